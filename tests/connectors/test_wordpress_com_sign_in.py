"""Signing in at WordPress.com: registered by ourselves, there and back, and again every week."""

import json
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from app.connectors import errors
from app.connectors.code_flow import challenge
from app.connectors.errors import AuthExpired, ConnectorError
from app.connectors.oauth import OAuth, Tokens
from app.connectors.wordpress import WordPressComConnector
from app.core.pace import Pace
from tests.connectors.proxied_stage import CountingHttp
from tests.servers.loopback import Loopback, Reply, Request

BACK = "https://porch.example/pages/sign-in/back"
VERIFIER = "v" * 64
JSON = [("Content-Type", "application/json")]


class Com:
    """WordPress.com's sign-in, with a memory: a refresh token is good for one use."""

    def __init__(self) -> None:
        self.registered: list[dict[str, object]] = []
        self.granted = "comments sites users"
        self.refresh = "refresh-0"

    def register(self, request: Request) -> Reply:
        self.registered.append(json.loads(request.body))
        return Reply(json.dumps({"client_id": f"client-{len(self.registered)}"}).encode(), 201, JSON)

    def token(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        assert "client_secret" not in form
        good = form["client_id"] == "client-1" and (
            form.get("refresh_token") == self.refresh
            or (form.get("code") == "a-code" and challenge(form.get("code_verifier", "")) == challenge(VERIFIER))
        )
        if not good:
            return Reply(b'{"error": "invalid_grant"}', 400, JSON)
        self.refresh += "+"
        made = {"access_token": f"access{self.refresh}", "refresh_token": self.refresh, "expires_in": 1_209_600}
        return Reply(json.dumps({**made, "scope": self.granted}).encode(), headers=JSON)


@pytest.fixture
def com(loopback: Loopback) -> Com:
    made = Com()
    loopback.route("/oauth2-1/register", made.register)
    loopback.route("/oauth2-1/token", made.token)
    return made


@pytest.fixture
def oauth(loopback: Loopback, com: Com) -> OAuth:
    sign_in = WordPressComConnector(CountingHttp(), Pace(), api=loopback.url("").rstrip("/")).sign_in
    assert sign_in is not None
    assert sign_in.password, "a token can be entered by hand, too"
    assert sign_in.oauth is not None
    return sign_in.oauth


def there_and_back(oauth: OAuth, code: str = "a-code") -> Tokens:
    start = oauth.begin("https://blog.example/", redirect_uri=BACK, state="st", challenge=challenge(VERIFIER))
    return oauth.exchange("https://blog.example/", code=code, verifier=VERIFIER, redirect_uri=BACK, kept=start.kept)


def test_there_and_back_gives_tokens_that_are_renewed(oauth: OAuth, com: Com) -> None:
    start = oauth.begin("https://blog.example/", redirect_uri=BACK, state="st", challenge=challenge(VERIFIER))
    asked = {name: values[0] for name, values in parse_qs(urlsplit(start.url).query).items()}
    assert (asked["client_id"], asked["state"], asked["code_challenge_method"]) == ("client-1", "st", "S256")
    assert com.registered[0]["redirect_uris"] == [BACK]
    made = oauth.exchange("https://x", code="a-code", verifier=VERIFIER, redirect_uri=BACK, kept=start.kept)
    again = oauth.refresh("https://x", Tokens.of(made.secret()))
    assert again.access != made.access
    assert again.refresh == com.refresh
    assert oauth.refresh("https://x", Tokens.of(again.secret())).access != again.access
    assert oauth.rotates
    with pytest.raises(AuthExpired):  # it was used
        oauth.refresh("https://x", made)


def test_a_permission_that_was_left_out_is_named(oauth: OAuth, com: Com) -> None:
    com.granted = "sites users"
    with pytest.raises(AuthExpired) as caught:
        there_and_back(oauth)
    assert (caught.value.code, caught.value.detail) == (errors.MISSING_SCOPES, "comments")


def test_all_permissions_are_enough(oauth: OAuth, com: Com) -> None:
    com.granted = "global"
    assert there_and_back(oauth).refresh


def test_a_wrong_code_gives_nothing(oauth: OAuth) -> None:
    with pytest.raises(AuthExpired):
        there_and_back(oauth, code="none")


def test_a_token_entered_by_hand_is_left_as_it_is(oauth: OAuth) -> None:
    with pytest.raises(AuthExpired):
        oauth.refresh("https://x", Tokens("by-hand"))


@pytest.mark.parametrize("reply", [Reply(b"<html>"), Reply(b"{}"), Reply(b"", 500), Reply(b"", 403)])
def test_without_being_registered_nobody_is_sent_there(oauth: OAuth, loopback: Loopback, reply: Reply) -> None:
    loopback.route("/oauth2-1/register", lambda _request: reply)
    with pytest.raises(ConnectorError):
        there_and_back(oauth)
