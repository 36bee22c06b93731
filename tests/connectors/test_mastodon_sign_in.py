"""Signing in on a server of Mastodon's kind, there and back."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.connectors import errors
from app.connectors.code_flow import challenge
from app.connectors.errors import AuthExpired
from app.connectors.mastodon import MastodonConnector
from app.connectors.ports import Access
from app.core.pace import Pace
from tests.connectors.proxied_stage import CountingHttp
from tests.servers.mastodon import DESCRIPTION, US, Mastodon

pytestmark = pytest.mark.xdist_group("mastodon")
BACK = "https://porch.example/pages/sign-in/back"


def test_there_and_back_gives_a_token_with_all_permissions(mastodon: Mastodon) -> None:
    connector = MastodonConnector(CountingHttp(), Pace())
    found = connector.discover(f"{mastodon.base}/@{US}")
    assert found is not None
    assert connector.sign_in is not None
    oauth = connector.sign_in.oauth
    assert oauth is not None
    start = oauth.begin(found.url, redirect_uri=BACK, state="st", challenge=challenge("v" * 64))
    DESCRIPTION.check("GET", start.url)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert (asked["redirect_uri"], asked["state"], asked["code_challenge_method"]) == (BACK, "st", "S256")
    answer = requests.post(
        f"{mastodon.base}/oauth/authorize", data={**asked, "username": US}, timeout=10, allow_redirects=False
    )
    code = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    tokens = oauth.exchange(found.url, code=code, verifier="v" * 64, redirect_uri=BACK, kept=start.kept)
    account = connector.check(Access(found.url, found.settings, tokens.secret()))
    assert account is not None
    assert account.name == f"@{US}"
    with pytest.raises(AuthExpired) as caught:
        oauth.exchange(found.url, code="none", verifier="v" * 64, redirect_uri=BACK, kept=start.kept)
    assert caught.value.code == errors.WRONG_CREDENTIALS
