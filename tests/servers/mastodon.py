"""A server that speaks Mastodon's interface: ``mastodon_mock`` from PyPI, on loopback, for as long as the tests run.

It is reached over HTTP like any server. What no client of a server can do (accounts by the dozen, dates in the past,
texts that came from servers with other limits) is put into its database.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from jsonschema import ValidationError
from mastodon_mock.config import AuthConfig, DatabaseConfig, MastodonMockConfig, SeedAccount, SeedConfig
from mastodon_mock.content_format import render_status_html
from mastodon_mock.db.models import Account, Notification, OAuthToken, Status, StatusMention
from mastodon_mock.testing.server import MockServer

from tests.connectors.described import OpenApi

DESCRIPTION = OpenApi(Path(__file__).parent.parent / "connectors" / "mastodon_data" / "openapi-subset.json")
TOKEN = "kettle-token"
US = "kettleco"
NO_INTERFACE = ("/api/v1/_mock/", "/oauth/authorize")
"""What a test asks of the server in place of its operator, and of a person at a browser."""
NOWHERE = "urn:ietf:wg:oauth:2.0:oob"


class Checked:
    """Holds each answer of the application against Mastodon's description before it leaves, whatever becomes of it."""

    def __init__(self, app: Any, mistakes: list[str]) -> None:
        self._app, self._mistakes = app, mistakes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"].startswith(NO_INTERFACE):
            await self._app(scope, receive, send)
            return
        begun: Any = {}
        body = b""

        async def checked(message: Any) -> None:
            nonlocal begun, body
            if message["type"] == "http.response.start":
                begun = message
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                made = self._checked(scope["method"], scope["path"], begun["status"], body)
                headers = [one for one in begun["headers"] if one[0] != b"content-length"]
                await send({**begun, "headers": [*headers, (b"content-length", b"%d" % len(made))]})
                await send({"type": "http.response.body", "body": made})

        await self._app(scope, receive, checked)

    def _checked(self, method: str, path: str, status: int, body: bytes) -> bytes:
        try:
            found = json.loads(body, object_hook=mended)
            DESCRIPTION.check_answer(method, path, status, found)
        except (AssertionError, ValueError, ValidationError) as mistake:
            self._mistakes.append(f"{method} {path} {status}: {mistake}")
            return body
        return json.dumps(found).encode()


def mended(one: dict[str, Any]) -> dict[str, Any]:
    """An object of an answer with what ``mastodon_mock`` leaves out and Mastodon always tells."""
    if "provider_name" in one:  # a PreviewCard
        return {"authors": [], **one}
    if one.keys() == {"name", "website", "scopes", "vapid_key"}:  # an Application
        return {"id": "1", "redirect_uri": NOWHERE, "redirect_uris": [NOWHERE], **one}
    return one


class Mastodon:
    """One running server with our account on it; ``reset`` brings it back to the beginning."""

    def __init__(self, server: MockServer) -> None:
        self._server = server
        self._names = itertools.count()
        app: Any = server._server.config.app
        self._sessions = app.state.session_factory
        self.mistakes: list[str] = []
        """Answers that Mastodon would not give."""
        app.middleware_stack = Checked(app.middleware_stack, self.mistakes)

    @property
    def base(self) -> str:
        return self._server.base_url

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self._server.port

    def reset(self) -> None:
        requests.post(f"{self.base}/api/v1/_mock/reset", timeout=10).raise_for_status()
        self.mistakes.clear()

    def post(self, text: str) -> str:
        """Our account publishes something."""
        with self._sessions.begin() as session:
            us = session.query(Account).filter(Account.username == US).one()
            return str(self._status(session, us.id, text, None, datetime.now(UTC)).id)

    def mention(
        self, texts: Sequence[str], *, name: str = "Ann", parent: str, at: datetime, told: bool = True
    ) -> list[str]:
        """People speak to us, each somebody else: every status answers ``parent`` and names us."""
        with self._sessions.begin() as session:
            us = session.query(Account).filter(Account.username == US).one()
            made = []
            for text in texts:
                person = Account(username=f"guest{next(self._names)}", display_name=name, fields=[])
                session.add(person)
                session.flush()
                status = self._status(session, person.id, f"@{US} {text}", parent, at)
                session.add(StatusMention(status_id=status.id, account_id=us.id))
                if told:
                    session.add(_notification(us.id, status, at))
                    session.flush()
                made.append(str(status.id))
            return made

    def tell(self, status: str) -> None:
        """Our account is told of a status it was not told of before."""
        with self._sessions.begin() as session:
            us = session.query(Account).filter(Account.username == US).one()
            session.add(_notification(us.id, session.get(Status, int(status)), datetime.now(UTC)))

    def edit(self, status: str, text: str) -> None:
        with self._sessions.begin() as session:
            one = session.get(Status, int(status))
            one.text, one.content = f"@{US} {text}", render_status_html(f"@{US} {text}")
            one.edited_at = datetime.now(UTC)

    def remove(self, status: str) -> None:
        with self._sessions.begin() as session:
            session.delete(session.get(Status, int(status)))

    def set(self, status: str, **values: Any) -> None:
        """Change columns of a status: visibility, spoiler_text..."""
        with self._sessions.begin() as session:
            for name, value in values.items():
                setattr(session.get(Status, int(status)), name, value)

    def statuses(self, parent: str | None = None) -> list[dict[str, Any]]:
        """What our account published, oldest first; with ``parent`` only answers to that."""
        with self._sessions() as session:
            query = session.query(Status).join(Account, Account.id == Status.account_id).filter(Account.username == US)
            if parent is not None:
                query = query.filter(Status.in_reply_to_id == int(parent))
            return [
                {"id": str(one.id), "text": one.text, "visibility": one.visibility, "warning": one.spoiler_text}
                for one in query.order_by(Status.id)
            ]

    def revoke(self) -> None:
        """Our token is no longer taken."""
        with self._sessions.begin() as session:
            session.query(OAuthToken).filter(OAuthToken.access_token == TOKEN).delete()

    def _status(self, session: Any, account: int, text: str, parent: str | None, at: datetime) -> Status:
        above = session.get(Status, int(parent)) if parent else None
        status = Status(
            account_id=account,
            text=text,
            content=render_status_html(text),
            created_at=at,
            in_reply_to_id=int(parent) if parent else None,
            in_reply_to_account_id=above.account_id if above else None,
            edit_history=[],
        )
        session.add(status)
        session.flush()
        return status


def _notification(us: int, status: Status, at: datetime) -> Notification:
    return Notification(
        account_id=us, from_account_id=status.account_id, type="mention", status_id=status.id, created_at=at
    )


@pytest.fixture(scope="module")
def mastodon_server() -> Iterator[Mastodon]:
    """One running server for a module."""
    seed = SeedConfig(accounts=[SeedAccount(username=US, display_name="Kettle & Co ☕", access_token=TOKEN)])
    config = MastodonMockConfig(database=DatabaseConfig(path=":memory:"), seed=seed, auth=AuthConfig())
    with MockServer(config=config) as server:
        yield Mastodon(server)


@pytest.fixture
def mastodon(mastodon_server: Mastodon) -> Iterator[Mastodon]:
    """The server at its beginning: our account, and nothing said. Every answer it gave is one Mastodon describes."""
    mastodon_server.reset()
    yield mastodon_server
    assert mastodon_server.mistakes == [], "Mastodon would not answer so"
