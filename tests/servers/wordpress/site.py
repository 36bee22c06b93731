"""What a test does with the WordPress test site: visitors write, staff acts, hosts behave oddly."""

import http.client
import itertools
import json
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

STRUCTURES = {
    "pretty": "/%year%/%monthnum%/%postname%/",
    "index": "/index.php/%year%/%monthnum%/%postname%/",
    "plain": "",
}
OPTIONS = {
    "test_flags": [],
    "timezone_string": "Europe/Berlin",
    "comment_moderation": "0",
    "page_comments": "0",
    "blogname": "Brot & Butter",
    "comment_registration": "0",
}
"""Options tests change, with the values each test starts from."""


@dataclass(frozen=True, slots=True)
class Ports:
    root: int
    subpath: int
    production: int


@dataclass(frozen=True, slots=True)
class User:
    login: str
    id: int
    role: str
    name: str
    password: str
    """Their application password; the one for the login form is ``password-of-LOGIN``."""

    @property
    def secret(self) -> dict[str, str]:
        """As a connector takes it."""
        return {"login": self.login, "password": self.password}


@dataclass(frozen=True, slots=True)
class FormAnswer:
    """What the comment form answered; ``comment_id`` is None when the comment was refused."""

    status: int
    comment_id: int | None
    pending: bool


class Site:
    """The same WordPress at three addresses: ``url`` at the root of its host, ``subpath_url`` below ``/blog`` of
    another, ``production_url`` as a production site without HTTPS (no application passwords there)."""

    def __init__(self, ports: Ports, users: Mapping[str, User], state: Path, *, key: str) -> None:
        self.url = f"http://127.0.0.1:{ports.root}/"
        self.subpath_url = f"http://127.0.0.1:{ports.subpath}/blog/"
        self.production_url = f"http://127.0.0.1:{ports.production}/"
        self.address = ("127.0.0.1", ports.root)
        self.users = dict(users)
        self._revoked: set[str] = set()
        self._state = state
        self._key = key
        self._visitors = itertools.count()
        self._posts = itertools.count(1)

    # --- the site as a whole

    def reset(self) -> None:
        """No posts, no comments, pretty permalinks, the usual options, everybody in their role."""
        self.maintenance(False)
        (self._state / "no-rewrite").unlink(missing_ok=True)
        roles = [["role", user.id, user.role] for user in self.users.values()]
        options = [["option", name, value] for name, value in OPTIONS.items()]
        self.door(["clear"], *options, *roles, ["permalinks", STRUCTURES["pretty"]])
        for login in self._revoked:
            [password] = self.door(["password", self.users[login].id, True])
            self.users[login] = replace(self.users[login], password=password)
        self._revoked.clear()

    def option(self, name: str, value: Any) -> None:
        """Set a WordPress option; those in ``OPTIONS`` are put back by ``reset``."""
        self.door(["option", name, value])

    def flags(self, *names: str) -> None:
        """Behave as with certain plugins (see door.php): login-required, eager-login, no-comment-routes, ..."""
        self.option("test_flags", list(names))

    def permalinks(self, kind: str, *, rewrites: bool = True) -> None:
        """``pretty``, ``index`` or ``plain``; ``rewrites`` False: the host knows no address but real files."""
        self.door(["permalinks", STRUCTURES[kind]])
        marker = self._state / "no-rewrite"
        marker.unlink(missing_ok=True)
        if not rewrites:
            marker.touch()

    def maintenance(self, on: bool) -> None:
        """WordPress's own maintenance mode: 503, HTML, Retry-After of 600 seconds."""
        marker = self._state / "site" / ".maintenance"
        marker.unlink(missing_ok=True)
        if on:
            marker.write_text("<?php $upgrading = time();")

    def revoke(self, login: str) -> None:
        """The user's application password stops working; ``reset`` makes a new one."""
        self.door(["password", self.users[login].id, False])
        self._revoked.add(login)

    # --- what people do

    def post(self, title: str = "", **fields: Any) -> int:
        """Publish a post (fields as for wp_insert_post); answers its number."""
        title = title or f"Post {next(self._posts)}"
        [number] = self.door(["post", {"post_title": title, **fields}])
        return int(number)

    def comment(self, post: int, text: str, *, author: str = "Ann", email: str = "", parent: int = 0) -> FormAnswer:
        """A visitor fills in the real comment form, each from an address of their own (WordPress throttles by it)."""
        number = next(self._visitors)
        email = email or f"visitor{number}@example.org"
        fields = {"comment_post_ID": post, "comment_parent": parent, "comment": text, "author": author, "email": email}
        source = f"127.{1 + number // 62_500 % 100}.{number // 250 % 250}.{2 + number % 250}"
        body = urllib.parse.urlencode(fields | {"url": "", "submit": "Post Comment"})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": "Mozilla/5.0"}
        status, headers, _ = self._request("POST", "/wp-comments-post.php", body.encode(), kind, source)
        location = headers.get("Location", "")
        found = re.search(r"#comment-(\d+)$", location)
        number_given = int(found[1]) if status == 302 and found else None
        return FormAnswer(status, number_given, "unapproved=" in location)

    def comments(self, comments: Sequence[Mapping[str, Any]]) -> list[int]:
        """Many comments quickly, fields as for wp_insert_comment (``comment_approved`` 1, 0, ``spam``, ``trash``;
        ``comment_parent`` -1 is the one before in this list); answers their numbers."""
        [numbers] = self.door(["comments", list(comments)])
        return [int(number) for number in numbers]

    def edit(self, comment: int, text: str) -> None:
        self.door(["edit", comment, text])

    def act(self, comment: int, what: str) -> None:
        """approve, hold, spam, unspam, trash, untrash or delete (for good), as staff does it."""
        self.door(["act", comment, what])

    def delete_post(self, post: int, *, force: bool = False) -> None:
        self.door(["delete_post", post, force])

    def truth(self) -> list[dict[str, str]]:
        """Every comment as it stands in the table, all values as text, by number."""
        [rows] = self.door(["truth"])
        return list(rows)

    # --- plumbing

    def door(self, *calls: list[Any]) -> list[Any]:
        """Have WordPress carry out the calls of door.php, in one request; answers what each returned."""
        headers = {"X-Test-Door": self._key, "Content-Type": "application/json"}
        status, _, body = self._request("POST", "/?door", json.dumps(calls).encode(), headers)
        if status != 200:
            raise AssertionError(f"The door of the test site answered {status}: {body[:500]!r}")
        results: list[Any] = json.loads(body)
        failed = [result for result in results if isinstance(result, dict) and "error" in result]
        if failed:
            raise AssertionError(f"The test site refused: {failed}")
        return results

    def _request(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str], source: str | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        origin = (source, 0) if source else None
        connection = http.client.HTTPConnection(*self.address, timeout=60, source_address=origin)
        try:
            connection.request(method, path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.msg, answer.read()
        finally:
            connection.close()
