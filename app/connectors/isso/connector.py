"""Isso, a small comment server of one's own. See docs/connectors/isso.md."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.isso import parse
from app.connectors.isso.client import Client
from app.connectors.isso.discover import KIND, discover
from app.connectors.isso.parse import Id, Place
from app.connectors.limits import Paced
from app.connectors.ports import (
    Access,
    Account,
    Batch,
    Capabilities,
    Cursor,
    Found,
    Item,
    LengthLimit,
    LengthUnit,
    Moderation,
    Payload,
    Sent,
    Status,
    Target,
    Verdict,
)
from app.connectors.sign_in import SignIn
from app.core.clock import utc_now
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.text import plain

SHORTEST, LONGEST = 3, 65_535
LENGTH = LengthLimit(LONGEST, LengthUnit.CHARACTERS)
SIGN_IN = SignIn(
    how=lazy(
        "With the password of Isso's administration ([admin] in its configuration) comments can be answered and "
        "deleted from here. Answers carry the site's name; Isso knows no accounts."
    ),
    password=lazy("Administration password"),
    wrong=lazy("The administration has to be switched on in Isso's configuration: enabled = true below [admin]."),
)
AT_ONCE = 100
VERSION = 1
MEDIA_TYPE = "application/json"


class IssoConnector:
    """All threads of one Isso server (0.13 or later).

    Settings kept with a connection: ``site``, the address of the pages its comments stand under, when known.
    """

    kind = KIND
    label = "Isso"
    icon = "message-square"
    sign_in: SignIn | None = SIGN_IN

    def __init__(self, http: Http, pace: Pace) -> None:
        self.web = Paced.by_host(http, pace)

    def discover(self, url: str) -> Found | None:
        return discover(self.web.http, url)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        client = Client(self.web, access)
        client.sign_in()
        client.latest(1)
        return Account("admin", _name(access), self.capabilities(access))

    def capabilities(self, access: Access) -> Capabilities:
        if access.secret is None:
            return Capabilities(verify=True)
        return Capabilities(reply=True, moderate=frozenset({Moderation.DELETE}), verify=True, length=LENGTH)

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        found = parse.objects(Client(self.web, access).latest())
        known = [parse.shown(one, _site(access), now) for one in found if str(one.get("uri")).startswith("/")]
        return sorted(known, key=lambda one: one.published_at, reverse=True)[:count]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        """Ask for the list of all comments, and read each thread whose part of it has changed, whole: numbers are used
        again, answers stand anywhere, and no validator of Isso's notices an answer or an edit."""
        client = Client(self.web, access)
        if access.secret is not None:
            client.sign_in()  # what everybody may read would not tell that the password is no longer taken
        known, begin = _known(cursor, since)
        marks = parse.threads(parse.objects(client.latest()))
        changed = [uri for uri, mark in sorted(marks.items()) if known.get(parse.short(uri)) != mark]
        known = {parse.short(uri): known[parse.short(uri)] for uri in marks if parse.short(uri) in known}
        for uri in changed:
            comments = parse.flattened(client.thread(uri))
            ids = parse.ids(comments, uri)
            last = {**known, parse.short(uri): marks[uri]}
            for start in range(0, len(comments), AT_ONCE):
                portion = comments[start : start + AT_ONCE]
                known = last if start + AT_ONCE >= len(comments) else known
                payload = _payload(access, uri, portion, ids, begin)
                yield Batch(self.parse(access, payload, now=now), _cursor(known, begin), (payload,))
            known = last
        yield Batch((), _cursor(known, begin), complete=True)

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        """A thread is always shown whole; what is not in it is gone."""
        client = Client(self.web, access)
        by_thread: dict[str, list[str]] = {}
        for one in known:
            if (at := parse.taken_apart(one)) is not None:
                by_thread.setdefault(at.uri, []).append(one)
        for uri, wanted in by_thread.items():
            found = {item.external_id: item for item in self._items(client, access, uri, now)}
            for one in wanted:
                yield Verdict(one, found.get(one))

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        try:
            kept = json.loads(payload.body)
            begin = datetime.fromisoformat(kept["since"]) if kept["since"] else None
            found = list(parse.items(kept["comments"], _place(access, kept["uri"]), kept["ids"], now))
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Permanent(errors.BAD_ANSWER, "not a thread of Isso's") from None
        return [one for one in found if begin is None or one.published_at >= begin]

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """Isso takes no key and posts twice what is sent twice, so what stands there already is looked for."""
        client, at = self._actor(access, target)
        client.sign_in()
        text = plain(text).strip()
        if not SHORTEST <= len(text) <= LONGEST:
            raise Permanent(errors.INVALID_TEXT, f"{len(text)} characters")
        found = self._items(client, access, at.uri, utc_now())
        if target.external_id not in {item.external_id for item in found}:
            raise Permanent(errors.TARGET_GONE, "deleted; its number may be another comment's by now")
        if (sent := _standing(found, target, text)) is not None:
            return sent
        secret = access.secret or {}
        body = {"text": text, "author": _name(access), "email": parse.our_address(secret["password"])}
        made, held = client.new(at.uri, {**body, "website": _site(access), "parent": at.number})
        number = parse.external_id(made, at.uri)
        url = f"{_site(access)}{quote(at.uri)}#isso-{made['id']}" if _site(access) else None
        return Sent(number, url, Status.HELD if held else Status.LIVE)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        """Our own answer of that text in the thread. One that waits for approval is shown without its date, so nobody
        can name it: a person decides."""
        client, at = self._actor(access, target)
        text = plain(text).strip()
        sent = _standing(self._items(client, access, at.uri, utc_now()), target, text)
        if sent is None and text in client.waiting(parse.our_address((access.secret or {})["password"])):
            raise Permanent(errors.NOT_SUPPORTED, "an answer of that text waits for approval at Isso")
        return sent

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "Isso's comments can only be deleted from here")
        client, at = self._actor(access, target)
        cookie = client.sign_in()
        if target.external_id not in {item.external_id for item in self._items(client, access, at.uri, utc_now())}:
            return Status.DELETED
        client.delete(at.number, f"{_site(access) or access.url.rstrip('/')}{quote(at.uri)}", cookie)
        return Status.DELETED

    def _actor(self, access: Access, target: Target) -> tuple[Client, Id]:
        if access.secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no password")
        at = parse.taken_apart(target.external_id)
        if at is None:
            raise Permanent(errors.NOT_SUPPORTED, "the thread's path is too long")
        return Client(self.web, access), at

    def _items(self, client: Client, access: Access, uri: str, now: datetime) -> list[Item]:
        comments = parse.flattened(client.thread(uri))
        return list(parse.items(comments, _place(access, uri), parse.ids(comments, uri), now))


def _standing(found: Sequence[Item], target: Target, text: str) -> Sent | None:
    """Our own answer of that text below the target, or beside it: Isso keeps two levels."""
    parents = {item.external_id: item.parent for item in found}
    above = (target.external_id, parents.get(target.external_id))
    for item in found:
        if item.author.is_us and item.text == text and item.parent is not None and item.parent in above:
            return Sent(item.external_id, item.url, item.status)
    return None


def _payload(
    access: Access, uri: str, portion: Sequence[dict[str, Any]], ids: Mapping[str, str], begin: datetime | None
) -> Payload:
    """A part of a thread with all that is needed to read it again."""
    parents = {str(one.get("parent")) for one in portion}
    kept = {
        "uri": uri,
        "since": begin.isoformat() if begin else None,
        "ids": {number: one for number, one in ids.items() if number in parents},
        "comments": list(portion),
    }
    return Payload(access.url, MEDIA_TYPE, json.dumps(kept, ensure_ascii=False).encode("utf-8", "replace"))


def _known(cursor: Cursor | None, since: datetime | None) -> tuple[dict[str, str], datetime | None]:
    """The marks of the threads that were read, and from when on comments are wanted."""
    if not isinstance(cursor, dict) or cursor.get("v") != VERSION:
        return {}, since
    begin = cursor.get("since")
    return dict(cursor["threads"]), datetime.fromisoformat(begin) if begin else None


def _cursor(known: Mapping[str, str], begin: datetime | None) -> Cursor:
    return {"v": VERSION, "since": begin.isoformat() if begin else None, "threads": dict(known)}


def _place(access: Access, uri: str) -> Place:
    mark = parse.our_mark(access.secret["password"]) if access.secret else None
    return Place(uri, _site(access), mark)


def _site(access: Access) -> str | None:
    site = access.settings.get("site")
    return site if isinstance(site, str) else None


def _name(access: Access) -> str:
    """What our answers are signed with."""
    return urlsplit(_site(access) or access.url).netloc
