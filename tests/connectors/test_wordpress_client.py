"""Finding a site and understanding its refusals, on recorded answers served by a small server."""

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.ports import Access, Moderation, Target
from app.connectors.wordpress import WordPressConnector
from app.connectors.wordpress.client import rest_url
from app.connectors.wordpress.discover import canonical
from app.core.http import Http
from app.core.pace import Pace
from app.core.sections import Outgoing
from tests.connectors.wordpress_recordings import recording
from tests.servers.loopback import Loopback, Reply, redirect

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET = {"login": "rita", "password": "abcd efgh"}
ROOT = json.dumps({"name": "Br&ouml;tchen &amp; mehr", "namespaces": ["wp/v2"], "authentication": []})


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(scope="module")
def wordpress() -> WordPressConnector:
    return WordPressConnector(Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"]})), Pace())


def page(server: Loopback, link: str = "", html: str = "") -> Reply:
    headers = [("Link", link.replace("HERE", server.url("")))] if link else []
    return Reply(
        f"<!doctype html><title>Blog</title>{html}".encode(), headers=[*headers, ("Content-Type", "text/html")]
    )


def site(server: Loopback, *, below: str = "/wp-json", comments: Reply | None = None, **root: Any) -> None:
    """The REST interface of a site."""
    data = json.loads(ROOT) | {"home": server.url(""), "url": server.url("")} | root
    server.route(f"{below}/", lambda request: Reply(json.dumps(data).encode()))
    server.route(f"{below}/wp/v2/comments", lambda request: comments or Reply(b"[]"))


def served(server: Loopback, name: str) -> Reply:
    return recording(name).reply(server)


def moderator(server: Loopback, secret: dict[str, str] | None = SECRET) -> Access:
    settings = {"rest_root": server.url("/wp-json/"), "user_id": 2, "rights": "moderator"}
    return Access(server.url("/"), settings, secret)


# --- discovery


@pytest.mark.parametrize(
    ("root", "route", "address"),
    [
        ("https://b.example/wp-json/", "/", "https://b.example/wp-json/?per_page=1"),
        ("https://b.example/wp-json", "/wp/v2/comments", "https://b.example/wp-json/wp/v2/comments?per_page=1"),
        ("https://b.example/?rest_route=/", "/wp/v2", "https://b.example/?rest_route=/wp/v2&per_page=1"),
        ("https://b.example/x/index.php?rest_route=/", "/", "https://b.example/x/index.php?rest_route=/&per_page=1"),
        ("https://b.example/?lang=de&rest_route=%2F", "/a", "https://b.example/?lang=de&rest_route=/a&per_page=1"),
        ("https://b.example/wp-json/?lang=de", "/a", "https://b.example/wp-json/a?lang=de&per_page=1"),
    ],
)
def test_routes_below_both_forms_of_a_root(root: str, route: str, address: str) -> None:
    assert rest_url(root, route, {"per_page": 1}) == address


@pytest.mark.parametrize(
    ("url", "one"),
    [
        ("HTTPS://Blog.Example", "https://blog.example/"),
        ("https://blog.example:443/a//", "https://blog.example/a/"),
        ("http://blog.example:8080/a?x=1#y", "http://blog.example:8080/a/"),
        ("http://[::1]:80/", "http://[::1]/"),
    ],
)
def test_one_spelling_for_an_address(url: str, one: str) -> None:
    assert canonical(url) == one


@pytest.mark.parametrize(
    ("name", "path", "root"),
    [
        ("home-head", "/", "/wp-json/"),
        ("plain-home-head", "/", "/index.php?rest_route=/"),
        ("index-home-head", "/", "/index.php/wp-json/"),
        ("subpath-home-head", "/blog/", "/blog/wp-json/"),
    ],
)
def test_the_header_names_the_root(
    server: Loopback, wordpress: WordPressConnector, name: str, path: str, root: str
) -> None:
    server.route(path, lambda request: served(server, name))
    rest = served(server, "subpath-rest-root" if "subpath" in name else "rest-root-query")
    server.route(
        root.partition("?")[0], lambda r: Reply(b"[]") if "comments" in r.query.get("rest_route", "") else rest
    )
    server.route(f"{root}wp/v2/comments", lambda request: Reply(b"[]"))
    found = wordpress.discover(server.url(path))
    assert found is not None
    assert found.url == server.url(path)
    assert found.name == "Krümel & Kruste"
    assert found.settings == {"rest_root": server.url(root)}


@pytest.mark.parametrize(
    "html",
    [
        '<link rel="https://api.w.org/" href="HERE/wp-json/" />',
        "<LINK href=HERE/wp-json/ rel='https://api.w.org/'>",
        '<link rel="alternate" href="/feed"><link rel="foo https://api.w.org/" href="/wp-json/">',
    ],
)
def test_the_page_names_the_root(server: Loopback, wordpress: WordPressConnector, html: str) -> None:
    server.route("/", lambda request: page(server, html=html.replace("HERE", server.url(""))))
    site(server)
    found = wordpress.discover(server.url("/"))
    assert found is not None
    assert found.name == "Brötchen & mehr"
    assert found.settings["rest_root"] == server.url("/wp-json/")


def test_the_rest_root_itself_may_be_typed(server: Loopback, wordpress: WordPressConnector) -> None:
    site(server)
    found = wordpress.discover(server.url("/wp-json/"))
    assert found is not None
    assert found.url == server.url("/")


def test_a_site_that_hides_its_root_is_asked_by_parameter(server: Loopback, wordpress: WordPressConnector) -> None:
    root = (ROOT[:-1] + f', "home": "{server.url("")}"' + "}").encode()
    server.route("/2024/post/", lambda r: Reply(root) if r.query.get("rest_route") == "/" else page(server))
    server.route("/", lambda request: Reply(b"[]"))
    found = wordpress.discover(server.url("/2024/post/"))
    assert found is not None
    assert found.settings["rest_root"] == server.url("/?rest_route=/"), "of the site, not of the post that was typed"


def test_a_site_that_shows_rest_to_staff_only_can_be_connected(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("/", lambda request: page(server, '<HERE/wp-json/>; rel="https://api.w.org/"'))
    server.route("*", lambda request: served(server, "odd-login-required-root"))
    found = wordpress.discover(server.url("/"))
    assert found is not None
    assert (found.name, found.url, found.can_log_in) == ("Blog", server.url("/"), True)
    with pytest.raises(Permanent) as caught:
        list(wordpress.collect(Access(found.url, found.settings), None, since=None, now=NOW))
    assert caught.value.code == errors.FORBIDDEN


@pytest.mark.parametrize(
    "answer",
    [
        Reply(b"<!doctype html><title>Shop</title>"),
        Reply(b"nothing here", 404),
        Reply(b"{}"),
        Reply(b'{"namespaces": 5}'),
        Reply(b"[" * 100_000),
        Reply(b'<link rel="https://api.w.org/" href="http://[">'),
        Reply(b"x", headers=[("Link", '<javascript:x>; rel="https://api.w.org/"')]),
        Reply(b"\x00\xff\xfe<![foo"),
    ],
)
def test_other_pages_are_no_blogs(server: Loopback, wordpress: WordPressConnector, answer: Reply) -> None:
    server.route("*", lambda request: answer)
    assert wordpress.discover(server.url("/")) is None


def test_a_site_without_comment_routes_is_left_to_the_feeds(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("/", lambda request: page(server, '<HERE/wp-json/>; rel="https://api.w.org/"'))
    site(server, comments=served(server, "odd-no-comment-routes"))
    assert wordpress.discover(server.url("/")) is None


def test_an_address_without_a_scheme(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("/", lambda request: page(server, '<HERE/wp-json/>; rel="https://api.w.org/"'))
    site(server)
    found = wordpress.discover(server.url("/").removeprefix("http://"))
    assert found is not None
    assert found.url == server.url("/")


@pytest.mark.parametrize("typed", ["", "   ", "ftp://blog.example/", "http://", "blog example", "http://10.0.0.1/"])
def test_an_address_that_can_not_be_used_is_said_to_be_so(wordpress: WordPressConnector, typed: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        wordpress.discover(typed)
    assert caught.value.code in (errors.ADDRESS_REFUSED, errors.UNREACHABLE)


def test_redirects_lead_to_the_site(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("/old", redirect("/"))
    server.route("/", lambda request: page(server, '<HERE/wp-json/>; rel="https://api.w.org/"'))
    site(server)
    found = wordpress.discover(server.url("/old"))
    assert found is not None
    assert found.url == server.url("/")


# --- what WordPress's refusals mean


def read_fails(wordpress: WordPressConnector, access: Access) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(wordpress.collect(access, None, since=None, now=NOW))
    return caught.value


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("auth-wrong-me", AuthExpired, errors.WRONG_CREDENTIALS),
        ("auth-eager-wrong-list", AuthExpired, errors.WRONG_CREDENTIALS),
        ("comments-edit-author", AuthExpired, errors.MISSING_PERMISSION),
        ("odd-maintenance-rest", RateLimited, errors.SERVER_ERROR),
        ("odd-fatal-rest", Transient, errors.SERVER_ERROR),
        ("odd-no-comment-routes", Permanent, errors.NOT_FOUND),
        ("odd-rate-limit", RateLimited, errors.RATE_LIMITED),
        ("plain-rewrite-rest-pretty", Transient, errors.NOT_JSON),
    ],
)
def test_reading_is_refused(
    server: Loopback, wordpress: WordPressConnector, name: str, kind: type[ConnectorError], code: str
) -> None:
    server.route("*", lambda request: served(server, name))
    error = read_fails(wordpress, moderator(server))
    assert type(error) is kind
    assert error.code == code
    assert "abcd" not in str(error)


def test_maintenance_says_when_to_come_back(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("*", lambda request: served(server, "odd-maintenance-rest"))
    error = read_fails(wordpress, moderator(server))
    assert isinstance(error, RateLimited)
    assert error.retry_at is not None
    assert timedelta(seconds=550) < error.retry_at - datetime.now(UTC) <= timedelta(seconds=600)


def test_a_byte_order_mark_does_no_harm(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("*", lambda request: served(server, "odd-bom-rest"))
    assert len(wordpress.latest(moderator(server), count=5, now=NOW)) == 2


@pytest.mark.parametrize("body", [b'{"comments": []}', b"null", b"[1]", b'[{"id": 5}]', b'"x"'])
def test_json_that_is_no_list_of_comments_is_a_bad_answer(
    server: Loopback, wordpress: WordPressConnector, body: bytes
) -> None:
    server.route("*", lambda request: Reply(body))
    error = read_fails(wordpress, moderator(server))
    assert error.code in (errors.BAD_ANSWER, errors.NOT_JSON)


def test_wrong_credentials_that_the_list_ignores_are_found_out(server: Loopback, wordpress: WordPressConnector) -> None:
    """A member's list is a visitor's: WordPress answers it to wrong credentials as well."""
    server.route("/wp-json/wp/v2/comments", lambda request: served(server, "auth-wrong-list"))
    server.route("/wp-json/wp/v2/users/me", lambda request: served(server, "auth-wrong-me"))
    member = Access(server.url("/"), {"rest_root": server.url("/wp-json/"), "user_id": 4, "rights": "member"}, SECRET)
    assert read_fails(wordpress, member).code == errors.WRONG_CREDENTIALS


def test_a_site_without_application_passwords_says_so(server: Loopback, wordpress: WordPressConnector) -> None:
    server.route("/wp-json/", lambda request: served(server, "production-root"))
    server.route("/wp-json/wp/v2/users/me", lambda request: served(server, "auth-wrong-me"))
    with pytest.raises(AuthExpired) as caught:
        wordpress.check(moderator(server))
    assert caught.value.code == errors.LOGIN_UNAVAILABLE


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("create-closed", Permanent, errors.COMMENTS_CLOSED),
        ("create-no-post", Permanent, errors.TARGET_GONE),
        ("create-too-long", Permanent, errors.INVALID_TEXT),
        ("create-empty", Permanent, errors.INVALID_TEXT),
        ("create-anonymous", AuthExpired, errors.WRONG_CREDENTIALS),
        ("create-subscriber-flood", RateLimited, errors.RATE_LIMITED),
        ("odd-maintenance-rest", OutcomeUnknown, errors.SERVER_ERROR),
        ("odd-fatal-rest", OutcomeUnknown, errors.SERVER_ERROR),
        ("plain-rewrite-rest-pretty", OutcomeUnknown, errors.NOT_JSON),
        ("comments-100-page6", OutcomeUnknown, errors.BAD_ANSWER),
    ],
)
def test_a_reply_is_refused(
    server: Loopback, wordpress: WordPressConnector, name: str, kind: type[ConnectorError], code: str
) -> None:
    parent = Reply(b'{"id": 7, "post": 3, "status": "approved"}')
    server.route("*", lambda request: parent if request.method == "GET" else served(server, name))
    with pytest.raises(ConnectorError) as caught:
        wordpress.reply(moderator(server), Target("7", "3"), "Hello", key="k")
    assert type(caught.value) is kind
    assert caught.value.code == code


def test_a_reply_is_not_sent_along_a_redirect(server: Loopback, wordpress: WordPressConnector) -> None:
    parent = Reply(b'{"id": 7, "post": 3, "status": "approved"}')
    moved = redirect("https://elsewhere.example/")
    server.route("*", lambda request: parent if request.method == "GET" else moved(request))
    with pytest.raises(Permanent) as caught:
        wordpress.reply(moderator(server), Target("7", "3"), "Hello", key="k")
    assert caught.value.code == errors.REFUSED


@pytest.mark.parametrize("name", ["comment-none", "comment-trashed"])
def test_a_parent_that_is_not_there_is_not_answered(server: Loopback, wordpress: WordPressConnector, name: str) -> None:
    answer = recording(name)
    status = 403 if answer.status == 401 else answer.status  # what staff gets for a comment it may not read
    server.route("*", lambda request: Reply(answer.body.encode(), status))
    with pytest.raises(Permanent) as caught:
        wordpress.reply(moderator(server), Target("450", "3"), "Hello", key="k")
    assert caught.value.code == errors.TARGET_GONE
    assert {request.method for request in server.requests} == {"GET"}


def test_a_second_trashing_is_no_mistake(server: Loopback, wordpress: WordPressConnector) -> None:
    states = iter(["approved", "trash"])
    server.route(
        "*",
        lambda request: (
            Reply(f'{{"id": 7, "post": 3, "status": "{next(states)}"}}'.encode())
            if request.method == "GET"
            else served(server, "delete-trash-again")
        ),
    )
    assert wordpress.moderate(moderator(server), Target("7", "3"), Moderation.TRASH) == "trash"


def test_without_a_login_nothing_is_sent(server: Loopback, wordpress: WordPressConnector) -> None:
    anonymous = moderator(server, secret=None)
    with pytest.raises(Permanent) as caught:
        wordpress.moderate(anonymous, Target("7", "3"), Moderation.SPAM)
    assert caught.value.code == errors.NOT_SUPPORTED
    assert server.requests == []


@pytest.mark.parametrize("total", ["many", "-1", "99999999999"])
def test_a_list_that_never_ends_is_told_from_a_long_one(loopback: Loopback, total: str) -> None:
    """A cache that ignores where in the list we are shows the same comments for ever."""
    comment = {
        "id": 7,
        "post": 1,
        "parent": 0,
        "author": 0,
        "author_name": "Ann",
        "date_gmt": "2026-03-01T10:00:00",
        "content": {"rendered": "<p>Hello</p>"},
        "link": "https://b.example/#comment-7",
        "status": "approved",
        "type": "comment",
    }
    same = Reply(json.dumps([comment]).encode(), headers=(("Content-Type", "application/json"), ("X-WP-Total", total)))
    loopback.route("/wp-json/wp/v2/comments", lambda request: same)
    connector = WordPressConnector(Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"]})), Pace())
    access = Access(loopback.url("/"), {"rest_root": loopback.url("/wp-json/")})
    walk = connector.collect(access, None, since=None, now=datetime(2026, 3, 2, tzinfo=UTC))
    with pytest.raises(Permanent, match="same comments"):
        list(itertools.islice(walk, 50))
