"""``porchlight page``: connected once, only when it can be read, and every refusal says why."""

import json

import pytest

from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Access, Found, Item
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.pages import leases, queries
from app.pages.types import ConnectionState, PageState
from tests.cli.conftest import Terminal
from tests.domain.platform import Platform
from tests.servers.loopback import Loopback, Reply
from tests.servers.wordpress.site import Site

pytestmark = pytest.mark.usefixtures("parts")


def connected(terminal: Terminal, url: str = "memory:blog") -> int:
    result = terminal.run("page", "add", url)
    assert result.code == 0, result.err
    return int(result.out)


def test_adding_prints_the_number_and_nothing_else(terminal: Terminal, platform: Platform, parts: Services) -> None:
    result = terminal.run("page", "add", "memory:blog")
    assert result.code == 0
    with parts.db.read() as session:
        (page,) = queries.pages(session)
    assert result.out == f"{page.id}\n"
    assert page.team_name == "Customer service"


def test_adding_as_json_says_what_was_found(terminal: Terminal, platform: Platform) -> None:
    secret = terminal.file("secret", b"abcd efgh\n")
    result = terminal.run(
        "page", "add", "memory:blog", "--login", "us", "--password-file", secret, "--team", "marketing", "--json"
    )
    (said,) = result.lines
    assert said == {
        "id": said["id"],
        "connector": "memory",
        "name": "Memory",
        "url": "memory:blog",
        "can_reply": True,
    }


def test_the_password_is_stored_sealed_and_without_its_line_break(
    terminal: Terminal, platform: Platform, parts: Services
) -> None:
    page_id = int(
        terminal.run("page", "add", "memory:blog", "--login", "us", "--password-file", "-", stdin=b"abcd efgh \r\n").out
    )
    with parts.db.read() as session:
        reach = queries.reach(session, page_id)
    assert reach is not None
    assert reach.sealed_secret is not None
    assert b"abcd" not in reach.sealed_secret
    assert parts.box.open(reach.sealed_secret) == {"login": "us", "password": "abcd efgh "}


@pytest.mark.parametrize(("days", "expected"), [("30", 30.0), ("0", 0.0), ("365", 365.0), ("all", None)])
def test_backfill_decides_how_far_back_the_first_read_goes(
    terminal: Terminal, platform: Platform, parts: Services, days: str, expected: float | None
) -> None:
    result = terminal.run("page", "add", "memory:blog", "--backfill", days)
    with parts.db.write() as session:
        claim = leases.claim_read(session, int(result.out), utc_now(), force=True)
    assert claim is not None
    if expected is None:
        assert claim.since is None
    else:
        assert claim.since is not None
        assert abs((utc_now() - claim.since).total_seconds() / 86_400 - expected) < 0.01


def test_a_page_is_connected_once(terminal: Terminal, platform: Platform) -> None:
    connected(terminal)
    again = terminal.run("page", "add", "memory:blog")
    assert again.code == 1
    assert again.out == ""
    assert "connected already" in again.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("memory:blog", "--connector", "telex"), "telex"),
        (("memory:blog", "--login", "us"), "needs --password-file"),
        (("memory:blog", "--backfill", "-3"), "-3"),
        (("memory:blog", "--backfill", "tomorrow"), "tomorrow"),
        (("memory:blog", "--backfill", "99999999999"), "99999999999"),
        ((), "URL"),
    ],
)
def test_wrong_usage_is_told_apart(
    terminal: Terminal, platform: Platform, arguments: tuple[str, ...], words: str
) -> None:
    result = terminal.run("page", "add", *arguments)
    assert (result.code, result.out) == (2, "")
    assert words in result.err


def test_an_unknown_team_is_refused_with_those_there_are(terminal: Terminal, platform: Platform) -> None:
    result = terminal.run("page", "add", "memory:blog", "--team", "kitchen")
    assert result.code == 1
    assert "customer_service, marketing" in result.err


@pytest.mark.parametrize("content", [b"", b"\n", b"two\nlines\n", b"\xff\xfe\x00", b"x" * 10_001])
def test_a_file_that_holds_no_password_is_refused(terminal: Terminal, platform: Platform, content: bytes) -> None:
    result = terminal.run("page", "add", "memory:blog", "--login", "us", "--password-file", "-", stdin=content)
    assert result.code == 1
    assert "one line" in result.err


def test_a_page_that_cannot_be_read_is_not_stored(
    terminal: Terminal, platform: Platform, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(access: Access, *, count: int, now: object) -> list[Item]:
        raise errors.Permanent(errors.FORBIDDEN, "HTTP 403")

    monkeypatch.setattr(platform, "latest", closed)
    result = terminal.run("page", "add", "memory:blog")
    assert result.code == 1
    assert "HTTP 403" in result.err
    with parts.db.read() as session:
        assert queries.pages(session) == []


def test_a_login_for_a_page_that_takes_none_is_refused(
    terminal: Terminal, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "discover", lambda url: Found("memory", "Blog", url))
    result = terminal.run("page", "add", "memory:blog", "--login", "us", "--password-file", "-", stdin=b"pw")
    assert result.code == 1
    assert "--login" in result.err


def test_an_address_with_nothing_says_what_was_tried(terminal: Terminal, loopback: Loopback) -> None:
    loopback.route(
        "*", lambda request: Reply(b"<html><title>Shop</title></html>", headers=[("Content-Type", "text/html")])
    )
    result = terminal.run("page", "add", loopback.url("/"))
    assert result.code == 1
    assert result.out == ""
    assert "WordPress" in result.err


def test_a_private_network_says_how_to_allow_it(
    terminal: Terminal, loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORCHLIGHT_OUTGOING_ALLOW_NETWORKS")
    result = terminal.run("page", "add", loopback.url("/"))
    assert result.code == 1
    assert "outgoing.allow_networks" in result.err
    assert loopback.requests == []


def test_pages_are_listed_and_found_by_number_address_and_name(
    terminal: Terminal, platform: Platform, parts: Services
) -> None:
    one, other = connected(terminal, "memory://one/"), connected(terminal, "memory://other/")
    assert [line["id"] for line in terminal.run("page", "list", "--json").lines] == [one, other]
    assert "memory://one/" in terminal.run("page", "list").out
    for name in (one, "memory://one/", "memory://ONE"):
        assert terminal.run("page", "check", name, "--json").lines[0]["id"] == one
    ambiguous = terminal.run("page", "check", "memory")
    assert ambiguous.code == 1
    assert f"{one}, {other}" in ambiguous.err
    unknown = terminal.run("page", "check", "nowhere")
    assert unknown.code == 1
    assert "nowhere" in unknown.err


def test_checking_says_what_ails_a_page(
    terminal: Terminal, platform: Platform, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    page_id = connected(terminal)
    assert terminal.run("page", "check").code == 0

    def locked(access: Access) -> None:
        raise errors.AuthExpired(errors.WRONG_CREDENTIALS, "HTTP 401")

    with monkeypatch.context() as broken:
        broken.setattr(platform, "check", locked)
        result = terminal.run("page", "check", page_id)
        assert result.code == 1
        assert "password" in result.out
        (line,) = terminal.run("page", "check", page_id, "--json").lines
        assert (line["well"], line["error"]) == (False, "wrong_credentials")
    platform.fail_before.append(errors.AuthExpired(errors.WRONG_CREDENTIALS, "HTTP 401"))
    assert terminal.run("collect", page_id).code == 1
    with parts.db.read() as session:
        assert queries.pages(session)[0].connection_state is ConnectionState.STOPPED
    assert terminal.run("page", "check", page_id).code == 0
    with parts.db.read() as session:
        assert queries.due(session, utc_now(), 10) == [page_id]


def test_pausing_resuming_and_removing(terminal: Terminal, platform: Platform, parts: Services) -> None:
    page_id = connected(terminal)
    assert terminal.run("page", "pause", page_id).code == 0
    with parts.db.read() as session:
        assert queries.due(session, utc_now(), 10) == []
    refused = terminal.run("collect", page_id)
    assert refused.code == 1
    assert "porchlight page resume" in refused.err
    assert terminal.run("page", "resume", page_id).code == 0
    with parts.db.read() as session:
        assert queries.due(session, utc_now(), 10) == [page_id]
    assert terminal.run("page", "remove", page_id).code == 0
    assert terminal.run("page", "list").out == ""
    assert connected(terminal) == page_id
    with parts.db.read() as session:
        page = queries.page(session, page_id)
    assert page is not None
    assert page.state is PageState.ACTIVE


@pytest.mark.slow
def test_a_real_wordpress_is_connected_with_and_without_credentials(
    terminal: Terminal, wordpress_site: Site, parts: Services
) -> None:
    post = wordpress_site.post("Spring")
    wordpress_site.comment(post, "Where is my parcel?")
    wrong = terminal.run(
        "page", "add", wordpress_site.url, "--login", "editor", "--password-file", "-", stdin=b"not this one\n"
    )
    assert wrong.code == 1
    assert "password" in wrong.err
    with parts.db.read() as session:
        assert queries.pages(session) == []
    editor = next(user for user in wordpress_site.users.values() if user.role == "editor")
    right = terminal.run(
        "page", "add", wordpress_site.url, "--login", editor.login, "--password-file", "-", "--json",
        stdin=f"{editor.password}\n".encode(),
    )  # fmt: skip
    assert json.loads(right.out) | {"id": 0} == {
        "id": 0,
        "connector": "wordpress",
        "name": "Brot & Butter",
        "url": wordpress_site.url,
        "can_reply": True,
    }
    collected = terminal.run("collect", "--json")
    assert collected.code == 0
    assert collected.lines[0]["new"] == 1
    (comment,) = terminal.run("export", "comments").lines
    assert comment["text"] == "Where is my parcel?"


def test_what_is_entered_has_to_be_what_is_asked_for(terminal: Terminal, platform: Platform) -> None:
    secret = terminal.file("secret", b"abcd efgh\n")
    nameless = terminal.run("page", "add", "memory:blog", "--password-file", secret)
    assert nameless.code == 1
    assert "--login" in nameless.err
    platform.sign_in = SignIn(how="Make a token.", password="Access token", required=True)
    bare = terminal.run("page", "add", "memory:blog")
    assert bare.code == 1
    assert "--password-file" in bare.err
