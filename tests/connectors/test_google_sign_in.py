"""Signing in at Google, there and back, and again every hour."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.connectors import errors
from app.connectors.code_flow import challenge
from app.connectors.errors import AuthExpired, Permanent, Transient
from app.connectors.google.signing_in import GoogleOAuth
from app.connectors.oauth import Tokens
from app.connectors.ports import Access
from app.core.clock import utc_now
from tests.connectors.google_double import APP, CODE, SECRET, VERIFIER
from tests.connectors.youtube_double import YouTubeStage, on_stage
from tests.servers.faulty_proxy import Cut

BACK = "https://porch.example/pages/sign-in/back"
SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"


@pytest.fixture
def stage() -> Iterator[YouTubeStage]:
    with on_stage() as stage:
        yield stage


@pytest.fixture
def oauth(stage: YouTubeStage) -> GoogleOAuth:
    assert stage.connector.sign_in is not None
    assert isinstance(stage.connector.sign_in.oauth, GoogleOAuth)
    return stage.connector.sign_in.oauth


def exchanged(oauth: GoogleOAuth, code: str = CODE, verifier: str = VERIFIER) -> Tokens:
    return oauth.exchange("https://x", code=code, verifier=verifier, redirect_uri=BACK, kept={})


def test_there_and_back_gives_tokens_that_last(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    start = oauth.begin(stage.access.url, redirect_uri=BACK, state="st", challenge=challenge(VERIFIER))
    parts = urlsplit(start.url)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://accounts.google.com/o/oauth2/v2/auth"
    assert {name: values[0] for name, values in parse_qs(parts.query).items()} == {
        "response_type": "code",
        "client_id": APP,
        "redirect_uri": BACK,
        "scope": SCOPE,
        "state": "st",
        "code_challenge": challenge(VERIFIER),
        "code_challenge_method": "S256",
        "access_type": "offline",
        "prompt": "consent",
    }
    assert SECRET not in start.url
    made = exchanged(oauth)
    assert made.refresh == "1//refresh"
    assert made.expires_at is not None
    assert timedelta(minutes=59) < made.expires_at - utc_now() <= timedelta(hours=1)
    account = stage.connector.check(Access(stage.access.url, stage.access.settings, made.secret()))
    assert account is not None
    assert account.name == "Kettle & Co"


@pytest.mark.parametrize(("code", "verifier"), [("none", VERIFIER), (CODE, "w" * 64)])
def test_a_wrong_code_or_verifier_gives_nothing(oauth: GoogleOAuth, code: str, verifier: str) -> None:
    with pytest.raises(AuthExpired) as caught:
        exchanged(oauth, code, verifier)
    assert caught.value.code == errors.WRONG_CREDENTIALS


@pytest.mark.parametrize("granted", ["", "openid https://www.googleapis.com/auth/youtube.readonly"])
def test_a_permission_that_was_left_out_is_named(stage: YouTubeStage, oauth: GoogleOAuth, granted: str) -> None:
    stage.channel.granted = granted
    with pytest.raises(AuthExpired) as caught:
        exchanged(oauth)
    assert (caught.value.code, caught.value.detail) == (errors.MISSING_SCOPES, SCOPE)


def test_a_sign_in_without_a_refresh_token_would_not_last(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    stage.channel.refresh = ""
    with pytest.raises(Permanent):
        exchanged(oauth)


def test_tokens_are_renewed_and_keep_their_refresh_token(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    made = exchanged(oauth)
    again = oauth.refresh("https://x", made)
    assert (again.refresh, again.access != made.access) == (made.refresh, True)
    assert not oauth.rotates


def test_when_a_sign_in_ends_by_itself_is_known(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    """An app that Google calls "in testing": seven days."""
    stage.channel.more["refresh_token_expires_in"] = 604_799
    made = exchanged(oauth)
    stage.channel.more.clear()
    for tokens in (made, oauth.refresh("https://x", made)):
        assert tokens.ends_at is not None
        assert timedelta(days=6) < tokens.ends_at - utc_now() < timedelta(days=7)


def test_access_that_was_taken_back_needs_a_person(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    made = exchanged(oauth)
    stage.channel.refresh = "another"
    with pytest.raises(AuthExpired) as caught:
        oauth.refresh("https://x", made)
    assert caught.value.code == errors.WRONG_CREDENTIALS
    assert made.refresh is not None
    assert made.refresh not in str(caught.value)


def test_a_google_that_is_away_is_asked_again(stage: YouTubeStage, oauth: GoogleOAuth) -> None:
    made = exchanged(oauth)
    with stage.proxy.fault(Cut(after=False)), pytest.raises((Transient, errors.OutcomeUnknown)):
        oauth.refresh("https://x", made)
    assert oauth.refresh("https://x", made).access
