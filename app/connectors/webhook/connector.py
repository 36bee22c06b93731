"""A system of one's own that speaks the protocol in docs/connectors/webhook.md."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any

from app.connectors import errors
from app.connectors.decoding import decoded_object
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, Transient
from app.connectors.hooks import Call, Change, Hook, News
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
from app.connectors.typed import open_page
from app.connectors.webhook import parse
from app.connectors.webhook.client import MAX_BYTES, SIGNATURE, Client
from app.core.http import Http
from app.core.i18n import lazy
from app.core.pace import Pace
from app.core.signing import wrong_with
from app.core.text import one_line

PORTION = 100
SHORTEST_KEY = 16
SIGN_IN = SignIn(
    how=lazy(
        "Both sides sign what they send with a key that only they know: at least 16 characters, made by chance. Put "
        "the same one into your system."
    ),
    password=lazy("Signing key"),
    required=True,
    wrong=lazy("Your system has to know the same key, and its clock has to be right within five minutes."),
)
_READ, _REPLY = "read", "reply"


class WebhookConnector:
    """Settings kept with a connection: ``able`` and ``longest``, what the other system says it can do."""

    kind = "webhook"
    label = "Webhook"
    icon = "link"
    sign_in: SignIn | None = SIGN_IN
    own_hooks = True

    def __init__(self, http: Http, pace: Pace) -> None:
        self.web = Paced.by_host(http, pace)

    def discover(self, url: str) -> Found | None:
        page = open_page(self.web.http, url, accept="application/json", max_bytes=MAX_BYTES)
        found = decoded_object(page.body)
        if page.status != 200 or found is None or found.get("porchlight") != 1:
            return None
        address = page.url.partition("#")[0].rstrip("/")
        return Found(self.kind, one_line(str(found.get("name") or "")) or address, address, can_log_in=True)

    def check(self, access: Access) -> Account | None:
        if access.secret is None:
            return None
        if len(access.secret["password"]) < SHORTEST_KEY:
            raise AuthExpired(errors.WRONG_CREDENTIALS, "the signing key needs at least 16 characters")
        found = Client(self.web, access).get("account")
        able = found.get("able")
        longest = found.get("longest")
        settings = {
            "able": sorted({one for one in able if isinstance(one, str)}) if isinstance(able, list) else [],
            "longest": longest if isinstance(longest, int) and longest > 0 else 0,
        }
        name = one_line(str(found.get("name") or "")) or self.label
        known = Access(access.url, {**access.settings, **settings}, access.secret)
        return Account(f"webhook:{access.url}", name, self.capabilities(known), settings)

    def capabilities(self, access: Access) -> Capabilities:
        able = _able(access)
        longest = access.settings.get("longest") or 0
        return Capabilities(
            reply=_REPLY in able,
            moderate=frozenset(one for one in Moderation if one.value in able),
            verify=_READ in able,
            length=LengthLimit(longest, LengthUnit.CHARACTERS) if longest else None,
        )

    def latest(self, access: Access, *, count: int, now: datetime) -> Sequence[Item]:
        if _READ not in _able(access):
            return []
        found = _comments(Client(self.web, access).get("comments", newest=str(count)))
        return sorted(parse.items(found, now), key=lambda item: item.published_at, reverse=True)[:count]

    def collect(
        self, access: Access, cursor: Cursor | None, *, since: datetime | None, now: datetime
    ) -> Iterator[Batch]:
        """Every change since the cursor, in the order the other system made them; nothing where it can't be asked."""
        if _READ not in _able(access):
            Client(self.web, access).get("account")  # the connection is seen to be well, or not
            yield Batch((), cursor or {}, complete=True)
            return
        client, after = Client(self.web, access), str((cursor or {}).get("after", ""))
        more = True
        while more:
            answer = client.get("comments", after=after, limit=str(PORTION))
            taken = [one for one in _comments(answer) if not _too_old(one, since)]
            before, after = after, str(answer.get("after", ""))
            more = answer.get("more") is True
            if more and after == before:
                raise Transient(errors.BAD_ANSWER, "there is said to be more, after the same place")
            for start in range(0, max(len(taken), 1), PORTION):
                portion = taken[start : start + PORTION]
                last = start + PORTION >= len(taken)
                body = json.dumps({"comments": portion}, ensure_ascii=False).encode()
                yield Batch(
                    parse.items(portion, now),
                    {"after": after if last else before},
                    (Payload(f"{access.url}/comments", "application/json", body),) if portion else (),
                    complete=last and not more,
                )

    def verify(self, access: Access, known: Sequence[str], *, now: datetime) -> Iterator[Verdict]:
        if _READ not in _able(access):
            return
        client = Client(self.web, access)
        for start in range(0, len(known), 20):
            asked = known[start : start + 20]
            answer = _comments(client.get("comments", ids=json.dumps(asked)))
            shown = {item.external_id: item for item in parse.items(answer, now)}
            yield from (Verdict(one, shown.get(one)) for one in asked)

    def parse(self, access: Access, payload: Payload, *, now: datetime) -> Sequence[Item]:
        return parse.items(parse.comments(payload.body), now)

    def reply(self, access: Access, target: Target, text: str, *, key: str) -> Sent:
        """``key`` is the idempotency key: the same one again answers what stands there already."""
        able = self.capabilities(access)
        if not able.reply:
            raise Permanent(errors.NOT_SUPPORTED, "the other system takes no answers")
        if able.length is not None and len(text) > able.length.maximum:
            raise Permanent(errors.INVALID_TEXT, f"more than {able.length.maximum} characters")
        words = {"key": key, "comment": target.external_id, "post": target.post_external_id, "text": text}
        return _sent(Client(self.web, access).post("replies", words), act=True)

    def look_up(self, access: Access, target: Target, text: str, *, key: str, since: datetime) -> Sent | None:
        if not self.capabilities(access).reply:
            raise Permanent(errors.NOT_SUPPORTED, "the other system takes no answers")
        found = Client(self.web, access).find(f"replies/{key}")
        return None if found is None else _sent(found, act=False)

    def moderate(self, access: Access, target: Target, act: Moderation) -> Status:
        if act not in self.capabilities(access).moderate:
            raise Permanent(errors.NOT_SUPPORTED, "the other system does not do that")
        found = Client(self.web, access).post("moderation", {"comment": target.external_id, "act": act.value})
        try:
            return Status(found["status"])
        except (KeyError, ValueError):
            raise OutcomeUnknown(errors.BAD_ANSWER, "no status in the answer to a moderation") from None

    def shared_hook(self) -> Hook | None:
        return None

    def handshake(self, hook: Hook, query: Mapping[str, str]) -> str | None:
        return None  # both sides know the key; there is nothing to ask

    def is_genuine(self, hook: Hook, call: Call, now: datetime) -> bool:
        return not wrong_with(hook.secret["password"], call.headers.get(SIGNATURE, ""), call.body, now)

    def split(self, hook: Hook, call: Call) -> Sequence[Change]:
        """The same comment is told again when its ``changed_at`` is another, or without one its words are."""
        changes = []
        for one in parse.comments(call.body):
            # Half an emoji, as left where text is cut, is no reason to lose the others; it goes when it is taken.
            body = json.dumps(one, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
            version = str(one.get("changed_at") or "")[:60] or blake2b(body, digest_size=16).hexdigest()
            try:
                name = parse.identity(one)
            except Permanent:  # it fails by itself, later, where its reason is seen
                name = "?"
            changes.append(Change(f"{version} {name}", body))
        return changes

    def take(self, access: Access, change: Change, *, now: datetime) -> News:
        comment = json.loads(change.body)
        learned_at = parse.moment(comment.get("changed_at"))
        if parse.status(comment) is Status.DELETED:
            return News(gone=[parse.identity(comment)], wait=True, learned_at=learned_at)
        return News([parse.item(comment, now)], learned_at=learned_at)


def _able(access: Access) -> Sequence[str]:
    able = access.settings.get("able") if access.secret is not None else None
    return able if isinstance(able, list) else []


def _comments(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return parse.comments(json.dumps({"comments": answer.get("comments")}).encode())


def _too_old(comment: Mapping[str, Any], since: datetime | None) -> bool:
    at = parse.moment(comment.get("published_at"))
    return since is not None and at is not None and at < since


def _sent(answer: Mapping[str, Any], *, act: bool) -> Sent:
    try:
        url = answer.get("url")
        sent = Sent(parse.identity(answer), url if isinstance(url, str) else None, parse.status(answer))
    except Permanent as error:
        raise (OutcomeUnknown if act else Transient)(errors.BAD_ANSWER, error.detail) from None
    return sent
