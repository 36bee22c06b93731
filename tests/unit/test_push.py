"""Push messages are encrypted and introduced as the RFCs say."""

import json
from datetime import UTC, datetime

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st

from app.notifications import push
from tests.servers.push_browser import PushBrowser

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def test_the_example_of_rfc_8291() -> None:
    """Section 5 and appendix A, byte for byte."""
    body = push.encrypt(
        b"When I grow up, I want to be a watermelon",
        push.decoded("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        push.decoded("BTBZMqHH6r4Tts7J_aSIgg"),
        salt=push.decoded("DGv6ra1nlYgDCS1FRnbzlw"),
        sender=push.private_from("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"),
    )
    assert push.encoded(body) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl"
        "7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(st.binary(max_size=3_000))
def test_only_that_browser_reads_it(message: bytes) -> None:
    browser = PushBrowser()
    body = push.encrypt(message, browser.public, browser.auth)
    assert browser.read(body) == message
    assert message not in body or len(message) < 8
    with pytest.raises(InvalidTag):
        PushBrowser().read(body)


def test_two_messages_never_look_alike() -> None:
    browser = PushBrowser()
    assert push.encrypt(b"x", browser.public, browser.auth) != push.encrypt(b"x", browser.public, browser.auth)


def test_the_introduction_is_signed_for_that_service_alone() -> None:
    key = push.private_from(push.private_text(push.new_key()))
    header = push.introduction(key, "https://push.example:8443/abc?d", "https://inbox.example.org", NOW)
    token, public = header.removeprefix("vapid t=").split(", k=")
    head, claims, signature = token.split(".")
    assert json.loads(push.decoded(head)) == {"typ": "JWT", "alg": "ES256"}
    assert json.loads(push.decoded(claims)) == {
        "aud": "https://push.example:8443",
        "exp": int(NOW.timestamp()) + 12 * 3600,
        "sub": "https://inbox.example.org",
    }
    raw = push.decoded(signature)
    verifier = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), push.decoded(public))
    parts = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    verifier.verify(encode_dss_signature(*parts), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("keys", [("", ""), ("BAAA", "BTBZMqHH6r4Tts7J_aSIgg"), ("é", "x")])
def test_keys_that_are_none_are_refused(keys: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        push.encrypt(b"", push.decoded(keys[0]), push.decoded(keys[1]))
