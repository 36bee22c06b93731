"""``porchlight webhook``: what could not be taken is named with its reason, and taken again."""

import json

import pytest

from app.bootstrap import Services
from app.connectors.hooks import Call
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.hooks import addresses
from app.hooks import service as hooks
from app.hooks.runner import Runner
from app.pages import service as pages
from tests.cli.conftest import Terminal

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_failed_ones_are_listed_and_taken_again(terminal: Terminal, parts: Services) -> None:
    now = utc_now()
    with parts.db.write() as session:
        found = Found("webhook", "Shop", "https://shop.example.org/porch")
        page_id = pages.add_page(
            session,
            found,
            team_id=1,
            sealed_secret=parts.box.seal({"password": "made by chance"}),
            account=None,
            since=None,
            now=now,
        )
        place = addresses.open_hook(session, page_id, now)
        told = [{"id": "c1", "text": "Hello"}, {"id": "c2"}]
        hooks.keep_call(session, "webhook", place, page_id, Call({}, json.dumps({"comments": told}).encode()), now)
    registry = parts.connectors
    Runner(parts.db, registry, parts.box, threads=1).run()
    (line,) = terminal.run("webhook", "list", "--json").lines
    assert (line["page"], line["detail"]) == ("Shop", "comment c2 has no “text”")
    assert "c2 has no" in terminal.run("webhook", "list").out
    again = terminal.run("webhook", "replay", "Shop")
    assert again.code == 1
    assert "1 message was taken again." in again.out
    everything = terminal.run("webhook", "replay", "--since", "2026-01-01", "--json")
    assert everything.lines == [{"taken": 3, "failed": 1}]
    assert terminal.run("webhook", "replay", "Elsewhere").code == 1
