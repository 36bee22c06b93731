"""Where a blog's comments are read: Blogger's interface for who is signed in, its public feed for everybody.

Both list comments newest first and by the time they were written, so a list can be asked for from any such time down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from app.connectors import errors
from app.connectors.answers import refusal
from app.connectors.blogger import parse
from app.connectors.blogger.parse import Comment, Named
from app.connectors.decoding import decoded_object, not_json
from app.connectors.errors import Permanent, Transient
from app.connectors.google.client import Google, RefusedError, rows
from app.connectors.limits import Paced

PAGE = 100
INSTANT = timedelta(milliseconds=1)
"""How exactly Blogger says when something was written."""
MOST_OF_POST = 50
"""How many pages of one post's comments are looked through for those that are known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: below ``until``, and there behind ``token``."""

    until: datetime | None = None
    token: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    comments: Sequence[Comment]
    following: Place | None


class Source(Protocol):
    """One way to read a blog. All methods raise ConnectorError."""

    @property
    def states(self) -> Sequence[str]:
        """States besides LIVE that it shows."""
        ...

    def page(self, status: str, since: datetime | None, place: Place) -> Page:
        """A part of the comments in one state written since then, newest first."""
        ...

    def look(self, known: Sequence[str]) -> dict[str, Comment | None]:
        """Known comments as they are now, by external id; None for one that is gone."""
        ...

    def named(self, posts: Sequence[str]) -> Named:
        """What these posts are called, as far as it tells."""
        ...


@dataclass(frozen=True, slots=True)
class Interface:
    """Blogger's interface, version 3."""

    google: Google
    blog: str
    states: Sequence[str] = ("PENDING", "SPAM")

    def page(self, status: str, since: datetime | None, place: Place) -> Page:
        params = {"status": status, "fetchBodies": "true", "maxResults": str(PAGE)}
        params |= {"startDate": _stamp(since)} if since else {}
        params |= {"endDate": _stamp(place.until)} if place.until else {}
        params |= {"pageToken": place.token} if place.token else {}
        answer = self.google.get(f"v3/blogs/{self.blog}/comments", **params)
        found = [{"status": status, **one} for one in rows(answer)]
        token = answer.get("nextPageToken")
        return Page(found, Place(place.until, token) if isinstance(token, str) and token else None)

    def look(self, known: Sequence[str]) -> dict[str, Comment | None]:
        return {one: self._one(*parse.split(one)) for one in known}

    def named(self, posts: Sequence[str]) -> Named:
        return {post: self._post(post) for post in posts}

    def act(self, external_id: str, what: str) -> None:
        """Change a comment. Raises ConnectorError; RefusedError only for one that is gone."""
        post, number = parse.split(external_id)
        try:
            self.google.post(f"v3/blogs/{self.blog}/posts/{post}/comments/{number}/{what}")
        except RefusedError as refused:
            if refused.absent:
                raise
            raise self.google.error_for(refused, act=True) from None

    def _one(self, post: str, number: str) -> Comment | None:
        try:
            found = self.google.look(f"v3/blogs/{self.blog}/posts/{post}/comments/{number}", view="ADMIN")
        except RefusedError as refused:
            if refused.absent:
                return None
            raise self.google.error_for(refused, act=False) from None
        return None if found.get("status") == parse.REMOVED else found

    def _post(self, post: str) -> tuple[str, str]:
        asked = {"fetchBody": "false", "fetchImages": "false", "view": "ADMIN"}
        try:
            found = self.google.look(f"v3/blogs/{self.blog}/posts/{post}", **asked)
        except RefusedError as refused:
            if refused.absent:  # comments of a page, not of a post; or it was deleted meanwhile
                return "", ""
            raise self.google.error_for(refused, act=False) from None
        return str(found.get("title") or ""), str(found.get("url") or "")


@dataclass(frozen=True, slots=True)
class Feed:
    """A blog's public comment feed; ``base`` is the blog's address."""

    web: Paced
    base: str
    states: Sequence[str] = ()

    def page(self, status: str, since: datetime | None, place: Place) -> Page:
        params = {"published-min": _stamp(since)} if since else {}
        params |= {"published-max": _stamp(place.until)} if place.until else {}
        first = int(place.token or "1")
        found, total = parse.entries(self._read("feeds/comments/default", first, params))
        return Page(found, self._following(place, found, first, total))

    def look(self, known: Sequence[str]) -> dict[str, Comment | None]:
        """A feed knows no single comment: all of each post are read."""
        found: dict[str, Comment | None] = dict.fromkeys(known)
        for post in dict.fromkeys(parse.split(one)[0] for one in known):
            for comment in self._of_post(post):
                external_id = ".".join(parse.numbers(comment))
                if external_id in found:
                    found[external_id] = comment
        return found

    def named(self, posts: Sequence[str]) -> Named:
        return {}

    def _of_post(self, post: str) -> Sequence[Comment]:
        all_of_it: list[Comment] = []
        for _number in range(MOST_OF_POST):
            try:
                answer = self._read(f"feeds/{post}/comments/default", len(all_of_it) + 1, {})
            except Permanent as error:
                if error.code in (errors.NOT_FOUND, errors.GONE):
                    return all_of_it
                raise
            found, total = parse.entries(answer)
            all_of_it += found
            if not found or len(all_of_it) >= total:
                return all_of_it
        raise Permanent(errors.TOO_LARGE, f"more than {len(all_of_it)} comments below one post")

    def _following(self, place: Place, found: Sequence[Comment], first: int, total: int) -> Place | None:
        """By time rather than by place: what is deleted meanwhile moves places, and no times."""
        if not found or first + len(found) > total:
            return None
        written = [at for one in found if (at := parse.published(one)) is not None]
        until = min(written) + INSTANT if written else None
        if until is not None and (place.until is None or until < place.until):
            return Place(until)
        return Place(place.until, str(first + len(found)))

    def _read(self, path: str, first: int, params: dict[str, str]) -> dict[str, Any]:
        asked = {"alt": "json", "max-results": str(PAGE), "start-index": str(first), **params}
        return read_feed(self.web, f"{self.base}{path}?{urlencode(asked)}")


def read_feed(web: Paced, url: str) -> dict[str, Any]:
    """A feed as JSON. Raises ConnectorError."""
    response = web.ask("GET", url, headers={"accept": "application/json"})
    if response.status >= 400:
        raise refusal(response, act=False)
    found = decoded_object(response.body)
    if found is None:
        raise Transient(errors.NOT_JSON, not_json(response))
    return found


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
