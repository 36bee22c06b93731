"""Programs that ask where comments would go, with a token."""

import json
import re

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.audit import queries as audit
from app.audit.types import Action
from app.bootstrap import Services
from app.web import asking
from tests.web.browser import Browser

PROGRAMS = "/routing/model/programs"
PARCEL = {"id": 7, "text": "My parcel never arrived, I want my money back!"}


@pytest.fixture
def token(admin: Browser) -> str:
    made = admin.post(PROGRAMS, name="Shop system")
    found = re.search(r'<span class="mono">([\w-]{20,})</span>', made.text)
    assert found is not None
    return found[1]


def ask(app: Flask, body: bytes, token: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return app.test_client().post("/api/v1/route", data=body, headers=headers)


def test_a_program_is_told_where_comments_would_go(app: Flask, admin: Browser, token: str) -> None:
    body = f"{json.dumps(PARCEL)}\nnonsense\n\n{json.dumps({'text': 'Thank you, we love it!'})}\n"
    answer = ask(app, body.encode(), token)
    assert (answer.status_code, answer.mimetype) == (200, "application/x-ndjson")
    first, wrong, last = [json.loads(line) for line in answer.text.splitlines()]
    assert (first["id"], first["team"], first["refund_or_replacement_wanted"]) == (7, "customer_service", True)
    assert "Line 2" in wrong["error"]
    assert (last["id"], last["team"]) == (None, "marketing")
    shown = admin.get(PROGRAMS).text
    assert "Shop system" in shown
    assert "never heard of" not in shown
    assert token not in shown


def test_nobody_else_is_answered(app: Flask, admin: Browser, token: str) -> None:
    body = json.dumps(PARCEL).encode()
    for wrong in ("", "x", token[:-1], token.swapcase()):
        assert ask(app, body, wrong).status_code == 401
    admin.post(f"{PROGRAMS}/1/switch", on="no")
    assert ask(app, body, token).status_code == 401
    admin.post(f"{PROGRAMS}/1/switch", on="yes")
    assert ask(app, body, token).status_code == 200


def test_too_much_at_once_is_refused_whole(app: Flask, token: str) -> None:
    line = b'{"text": ""}\n'
    assert ask(app, line * asking.AT_ONCE, token).status_code == 200
    answer = ask(app, line * (asking.AT_ONCE + 1), token)
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_many")
    assert ask(app, b" " * 1_000_001, token).status_code == 413
    assert ask(app, b"", token).text == ""


def test_who_let_a_program_ask_is_written_down(parts: Services, admin: Browser, token: str) -> None:
    admin.post(f"{PROGRAMS}/1/switch", on="no")
    with parts.db.read() as session:
        written = [(Action(line.action), json.loads(line.facts)) for line in audit.about(session, "asking_program/1")]
    assert written == [(Action.ASKER_ADDED, {}), (Action.ASKER_SWITCHED, {"on": False})]


@pytest.mark.parametrize("name", ["", "  ", "x" * 121])
def test_a_program_has_a_name(admin: Browser, name: str) -> None:
    answer = admin.post(PROGRAMS, name=name)
    assert answer.status_code == 422
    assert "at most 120 characters" in answer.text


def test_one_that_is_not_there_can_not_be_switched(admin: Browser) -> None:
    assert admin.post(f"{PROGRAMS}/9/switch", on="no").status_code == 404
