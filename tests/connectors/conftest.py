"""Fixtures for the tests of connectors."""

import pytest

pytest.register_assert_rewrite("tests.connectors.contract", "tests.connectors.wire_contract")
