"""Acting as an account: answers, finding our own answers again, hiding."""

from dataclasses import dataclass
from typing import Any

from app.connectors import errors
from app.connectors.bluesky import names, parse, richtext
from app.connectors.bluesky.client import Client, RefusedError, error_for
from app.connectors.bluesky.names import Uri
from app.connectors.bluesky.reader import Reader, View
from app.connectors.errors import OutcomeUnknown, Permanent, Transient
from app.connectors.ports import Moderation, Sent, Status, Target
from app.core.clock import utc_now
from app.core.text import graphemes, plain

MOST_GRAPHEMES, MOST_BYTES = 300, 3_000
"""What the lexicon ``app.bsky.feed.post`` allows for a text."""
MOST_HIDDEN = 300
"""What the lexicon ``app.bsky.feed.threadgate`` allows for one thread."""
TRIES = 3
PUT = "com.atproto.repo.putRecord"


@dataclass(frozen=True, slots=True)
class Actor:
    """Acts for the account that is signed in."""

    client: Client
    reader: Reader

    def reply(self, target: Target, text: str, key: str) -> Sent:
        """Post an answer under a record key that every try of it shares: written only where nothing stands yet."""
        text = plain(text).strip()
        if not text or graphemes(text) > MOST_GRAPHEMES or len(text.encode()) > MOST_BYTES:
            raise Permanent(errors.INVALID_TEXT, f"{graphemes(text)} characters, {len(text.encode())} bytes")
        parent = self._parent(target)
        record: dict[str, Any] = {
            "$type": names.POST,
            "text": text,
            "createdAt": _now(),
            "reply": {"root": self._root(parent), "parent": {"uri": parent["uri"], "cid": parent["cid"]}},
        }
        if facets := richtext.facets(text, self._did_of):
            record["facets"] = facets
        return self._put(key, record, "a reply") or self._already_there(target, text, key)

    def publish(self, text: str, language: str, key: str) -> Sent:
        """Publish a post under a record key that every try of it shares."""
        record: dict[str, Any] = {"$type": names.POST, "text": text, "createdAt": _now()}
        if len(text.encode()) > MOST_BYTES:
            raise Permanent(errors.INVALID_TEXT, f"{len(text.encode())} bytes")
        if language:
            record["langs"] = [language]
        if facets := richtext.facets(text, self._did_of):
            record["facets"] = facets
        return self._put(key, record, "a post") or self._published_already(text, key)

    def look_up(self, key: str) -> Sent | None:
        """Our own answer, by the key it was sent with, from our own repository."""
        at = self._own(key)
        return Sent(str(at), names.post_url(at)) if self._record(at) else None

    def moderate(self, target: Target, act: Moderation) -> Status:
        """Hide an answer in a thread of ours, or show it again; nothing is written when it is so already."""
        root = names.uri(target.post_external_id)
        if act not in (Moderation.HOLD, Moderation.APPROVE) or root is None or root.did != self.client.did:
            raise Permanent(errors.NOT_SUPPORTED, "only answers below our own posts can be hidden")
        gate = Uri(root.did, names.THREADGATE, root.key)
        hide = act is Moderation.HOLD
        for _attempt in range(TRIES):
            known = self._record(gate)
            value = _value(known) or {"$type": names.THREADGATE, "post": str(root), "createdAt": _now()}
            hidden = [one for one in value.get("hiddenReplies") or () if isinstance(one, str)]
            if (target.external_id in hidden) == hide:
                return Status.HELD if hide else Status.LIVE
            hidden = [*hidden, target.external_id] if hide else [one for one in hidden if one != target.external_id]
            if len(hidden) > MOST_HIDDEN:
                raise Permanent(errors.REFUSED, f"Bluesky hides at most {MOST_HIDDEN} answers of one thread")
            body: dict[str, Any] = {"repo": gate.did, "collection": gate.collection, "rkey": gate.key}
            body |= {"record": {**value, "hiddenReplies": hidden}, "swapRecord": known.get("cid") if known else None}
            try:
                self.client.try_post(PUT, body)
            except RefusedError as refused:
                if refused.name == "InvalidSwap":  # somebody else changed it meanwhile: once more, with theirs
                    continue
                raise _refused(refused) from None
            return Status.HELD if hide else Status.LIVE
        raise Transient(errors.SERVER_ERROR, "others keep changing what is hidden in this thread")

    def _parent(self, target: Target) -> View:
        """The comment to answer: Bluesky would take an answer to one that is gone."""
        found = self.reader.posts([target.external_id])
        if not found or not isinstance(found[0].get("cid"), str):
            raise Permanent(errors.TARGET_GONE, "deleted, or not shown to us")
        return found[0]

    def _root(self, parent: View) -> dict[str, Any]:
        record = parent.get("record")
        reply = record.get("reply") if isinstance(record, dict) else None
        root = reply.get("root") if isinstance(reply, dict) else None
        if isinstance(root, dict) and parse.root_of(parent) == root.get("uri"):
            return {"uri": root["uri"], "cid": root.get("cid")}
        return {"uri": parent["uri"], "cid": parent["cid"]}

    def _own(self, key: str) -> Uri:
        return Uri(self.client.did, names.POST, names.record_key(key))

    def _record(self, at: Uri) -> dict[str, Any] | None:
        try:
            return self.client.try_get("com.atproto.repo.getRecord", repo=at.did, collection=at.collection, rkey=at.key)
        except RefusedError as refused:
            if refused.name == "RecordNotFound":
                return None
            raise error_for(refused) from None

    def _already_there(self, target: Target, text: str, key: str) -> Sent:
        """Something stands under our key: this answer, from an earlier try."""
        value = _value(self._record(self._own(key))) or {}
        reply = value.get("reply")
        parent = reply.get("parent") if isinstance(reply, dict) else None
        if value.get("text") != text or not isinstance(parent, dict) or parent.get("uri") != target.external_id:
            raise Permanent(errors.REFUSED, "InvalidSwap: another post stands in its place")
        at = self._own(key)
        return Sent(str(at), names.post_url(at))

    def _published_already(self, text: str, key: str) -> Sent:
        value = _value(self._record(self._own(key))) or {}
        if value.get("text") != text or "reply" in value:
            raise Permanent(errors.REFUSED, "InvalidSwap: another post stands in its place")
        at = self._own(key)
        return Sent(str(at), names.post_url(at))

    def _put(self, key: str, record: dict[str, Any], what: str) -> Sent | None:
        """Write a record where nothing stands yet; None when something does."""
        at = self._own(key)
        body = {"repo": at.did, "collection": at.collection, "rkey": at.key, "record": record, "swapRecord": None}
        try:
            answer = self.client.try_post(PUT, body)
        except RefusedError as refused:
            if refused.name != "InvalidSwap":
                raise _refused(refused) from None
            return None
        if answer.get("uri") != str(at):
            raise OutcomeUnknown(errors.BAD_ANSWER, f"no address in the answer to {what}")
        return Sent(str(at), names.post_url(at))

    def _did_of(self, handle: str) -> str | None:
        try:
            found = self.client.try_get("com.atproto.identity.resolveHandle", handle=handle).get("did")
        except RefusedError:
            return None
        return found if isinstance(found, str) else None


def _value(record: dict[str, Any] | None) -> dict[str, Any] | None:
    value = record.get("value") if record else None
    return value if isinstance(value, dict) else None


def _refused(refused: RefusedError) -> Permanent:
    code = errors.INVALID_TEXT if refused.name in ("InvalidRecord", "InvalidRequest") else errors.REFUSED
    return Permanent(code, f"{refused.name}, HTTP {refused.response.status}")


def _now() -> str:
    return utc_now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
