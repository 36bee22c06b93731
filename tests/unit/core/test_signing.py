"""Signatures of webhooks: each platform's way, held against vectors made apart from this code."""

import base64
import json
from pathlib import Path

import pytest

from app.core.signing import is_signed, mac

VECTORS = json.loads((Path(__file__).parents[2] / "connectors" / "webhook_vectors.json").read_text())["vectors"]
HEX = [one for one in VECTORS if one["platform"] in ("facebook/instagram/threads", "websub", "discourse")]
BASE64 = [one for one in VECTORS if one["platform"] in ("x", "shopify", "woocommerce")]


@pytest.mark.parametrize("vector", HEX, ids=lambda one: one["platform"])
def test_the_documented_signature_is_taken_and_no_other(vector: dict[str, str]) -> None:
    algorithms = ("sha1", "sha256")
    body = vector["body"].encode()
    assert is_signed(vector["secret"], vector["value"], body, algorithms)
    assert is_signed(vector["secret"], vector["value"].upper().replace("SHA", "sha"), body, algorithms)
    assert not is_signed(vector["secret"] + "x", vector["value"], body, algorithms)
    assert not is_signed(vector["secret"], vector["value"], body + b" ", algorithms)
    assert not is_signed(vector["secret"], vector["value"][:-1], body, algorithms)
    assert not is_signed("", vector["value"], body, algorithms)


def test_a_weaker_signature_than_asked_for_is_refused() -> None:
    vector = next(one for one in HEX if one["value"].startswith("sha1="))
    assert not is_signed(vector["secret"], vector["value"], vector["body"].encode())


@pytest.mark.parametrize("vector", BASE64, ids=lambda one: one["platform"])
def test_base64_forms_are_the_same_mac(vector: dict[str, str]) -> None:
    body, expected = vector.get("body") or vector["crc_token"], vector.get("value") or vector["response_token"]
    assert base64.b64encode(mac(vector["secret"], body.encode())).decode() == expected.removeprefix("sha256=")
