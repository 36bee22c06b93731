"""What a test does on the AT Protocol network: people sign up, post, delete, and the view catches up."""

import itertools
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

POST = "app.bsky.feed.post"
Reference = dict[str, str]
"""``uri`` and ``cid`` of a record."""


class Refused(AssertionError):
    """The network said no."""


@dataclass(frozen=True, slots=True)
class Person:
    """An account. ``token`` acts for it, ``password`` is an app password."""

    handle: str
    did: str
    token: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def secret(self) -> dict[str, str]:
        """As a connector takes it."""
        return {"login": self.handle, "password": self.password}


@dataclass
class Network:
    """Addresses of the parts, and calls to them."""

    pds: str
    view: str
    directory: str
    door: str
    _names: Any = field(default_factory=lambda: itertools.count(1))

    def join(self, name: str = "") -> Person:
        """A new account with a display name."""
        number = next(self._names)
        handle, password = f"person{number}.test", f"password-{number}"
        body = {"email": f"person{number}@example.org", "handle": handle, "password": password}
        made = self.call("com.atproto.server.createAccount", body)
        app = self.call("com.atproto.server.createAppPassword", {"name": "porchlight"}, made["accessJwt"])
        person = Person(handle, made["did"], made["accessJwt"], app["password"])
        if name:
            self.put(person, "app.bsky.actor.profile", "self", {"displayName": name})
        return person

    def post(self, person: Person, text: str, **fields: Any) -> Reference:
        """Post; ``parent`` and ``root`` are references, ``at`` a time, other fields as in the record."""
        body = {"repo": person.did, "collection": POST, "record": record(text, **fields)}
        made: Reference = self.call("com.atproto.repo.createRecord", body, person.token)
        return made

    def posts(self, person: Person, records: Sequence[Mapping[str, Any]]) -> list[Reference]:
        """Many posts quickly; ``records`` as ``record`` makes them."""
        found: list[Reference] = []
        for start in range(0, len(records), 100):
            kind = "com.atproto.repo.applyWrites#create"
            writes = [{"$type": kind, "collection": POST, "value": one} for one in records[start : start + 100]]
            answer = self.call("com.atproto.repo.applyWrites", {"repo": person.did, "writes": writes}, person.token)
            found += answer["results"]
        return found

    def put(self, person: Person, collection: str, key: str, value: Mapping[str, Any]) -> Reference:
        """Write a record, over another if there is one."""
        body = {"repo": person.did, "collection": collection, "rkey": key, "record": {"$type": collection, **value}}
        made: Reference = self.call("com.atproto.repo.putRecord", body, person.token)
        return made

    def delete(self, person: Person, uri: str) -> None:
        collection, key = uri.split("/")[3:]
        self.call(
            "com.atproto.repo.deleteRecord", {"repo": person.did, "collection": collection, "rkey": key}, person.token
        )

    def records(self, person: Person, collection: str = POST) -> list[dict[str, Any]]:
        """All records as they stand in the account's own repository, the newest first."""
        asked, found = {"repo": person.did, "collection": collection, "limit": "100"}, []
        while True:
            answer = self.call(f"com.atproto.repo.listRecords?{urllib.parse.urlencode(asked)}")
            found += answer["records"]
            if len(answer["records"]) < 100 or not answer.get("cursor"):
                return found
            asked["cursor"] = answer["cursor"]

    def revoke(self, person: Person) -> None:
        """The app password is no longer taken."""
        self.call("com.atproto.server.revokeAppPassword", {"name": "porchlight"}, person.token)

    def settle(self) -> None:
        """Wait until the view shows everything that was written."""
        with urllib.request.urlopen(self.door, timeout=60) as answer:
            answer.read()

    def call(self, method: str, body: Mapping[str, Any] | None = None, token: str | None = None) -> Any:
        """One call to the account server. Raises Refused."""
        data = json.dumps(body).encode() if body is not None else None
        headers = {"content-type": "application/json"} if body is not None else {}
        if token:
            headers["authorization"] = f"Bearer {token}"
        request = urllib.request.Request(f"{self.pds}/xrpc/{method}", data, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                said = answer.read()
        except urllib.error.HTTPError as error:
            raise Refused(f"{method}: {error.code} {error.read()[:500]!r}") from None
        return json.loads(said) if said else None


def record(
    text: str,
    *,
    root: Reference | None = None,
    parent: Reference | None = None,
    at: datetime | None = None,
    **fields: Any,
) -> dict[str, Any]:
    """A post, ready to be written."""
    when = (at or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    made: dict[str, Any] = {"$type": POST, "text": text, "createdAt": when, **fields}
    if parent:
        only = ("uri", "cid")
        made["reply"] = {"root": {n: (root or parent)[n] for n in only}, "parent": {n: parent[n] for n in only}}
    return made
