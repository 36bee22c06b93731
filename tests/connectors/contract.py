"""The contract suite: what every connector does, whatever its platform. Subclass, and give a ``stage`` fixture.

    class TestDemo(ConnectorContract):
        @pytest.fixture
        def stage(self, ...) -> Stage: ...

Platforms reached over a network pass ``WireContract`` besides (wire_contract.py). Nothing is skipped: what a platform
can't do the connector has to declare in its capabilities, and then refuse; what a platform never shows its stage says,
with the reason. ``tests/architecture/test_contracts.py`` holds that every connector there is passes it.
"""

import json
from typing import ClassVar

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired
from app.connectors.ports import Access
from app.connectors.publishing import Publisher
from tests.connectors.acting_contract import ActingContract
from tests.connectors.reading_contract import ReadingContract
from tests.connectors.stage import Lack, PublishStage, Stage


class ConnectorContract(ReadingContract, ActingContract):
    """For every connector."""

    kind: ClassVar[str]
    """Which connector this is about."""

    def test_it_is_the_connector_it_says(self, stage: Stage) -> None:
        assert stage.connector.kind == self.kind

    # --- finding the page and proving who we are

    def test_recognises_its_page_and_names_it_always_the_same(self, stage: Stage) -> None:
        found = stage.connector.discover(stage.address)
        assert found is not None
        assert found.kind == stage.connector.kind
        assert found.name.strip() == found.name != ""
        assert found.url == stage.access.url
        again = stage.connector.discover(f"  {found.url}  ")
        assert again is not None
        assert again.url == found.url
        json.dumps(dict(found.settings))

    def test_leaves_other_pages_to_others(self, stage: Stage) -> None:
        if not stage.excuses(Lack.ELSEWHERE):
            assert stage.elsewhere is not None
            assert stage.connector.discover(stage.elsewhere) is None

    def test_check_says_who_we_are(self, stage: Stage) -> None:
        account = stage.connector.check(stage.access)
        if stage.access.secret is None:
            assert account is None
            return
        assert account is not None
        assert account.key
        assert account.name
        kept = Access(stage.access.url, {**stage.access.settings, **account.settings}, stage.access.secret)
        assert account.capabilities == stage.connector.capabilities(kept)
        json.dumps(dict(account.settings))

    def test_who_publishes_is_tried_at_it(self, stage: Stage) -> None:
        """``PublishContract`` holds what is promised about posts of our own."""
        publishes = isinstance(stage.connector, Publisher) and stage.connector.publishes(stage.access) is not None
        assert not publishes or isinstance(stage, PublishStage)

    def test_wrong_credentials_are_refused(self, stage: Stage) -> None:
        found = stage.connector.discover(stage.address)
        assert found is not None
        assert found.can_log_in == (stage.wrong_secret is not None)
        if stage.wrong_secret is None:
            return
        wrong = Access(found.url, found.settings, stage.wrong_secret)
        with pytest.raises(AuthExpired) as caught:
            stage.connector.check(wrong)
        assert caught.value.code == errors.WRONG_CREDENTIALS
        assert stage.wrong_secret["password"] not in str(caught.value)
        assert stage.connector.sign_in is not None
        assert set(stage.wrong_secret) >= {"login", "password"} or stage.connector.sign_in.login is None

    def test_without_credentials_nothing_can_be_changed(self, stage: Stage) -> None:
        if stage.wrong_secret is None:
            return
        anonymous = Access(stage.access.url, stage.access.settings)
        able = stage.connector.capabilities(anonymous)
        assert not able.reply
        assert not able.moderate
        assert able.private is None
