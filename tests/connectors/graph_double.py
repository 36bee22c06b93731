"""A stand-in for Meta's Graph API, for tests alone: stateful, and strict.

Every request is held against Meta's own description of its interface (``meta_data``): nodes, edges, parameters, fields.
A request that it does not describe is a mistake of ours, and the test fails at its end.
"""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from app.core.signing import mac
from tests.servers.loopback import Reply, Request

DATA = Path(__file__).parent / "meta_data"
APP, SECRET, TOKEN, VERIFY = "4711", "the app's secret", "EAAB-page-token", "a word of our own"
COMMON = frozenset({"fields", "limit", "after", "before", "appsecret_proof"})
MESSAGE_FIELDS = frozenset({"id", "created_time", "from", "to", "message", "attachments", "sticker", "tags"})
"""Of a message in a conversation (Meta's page "Conversation Messages"); the description leaves this node out."""
EDGES_EXPANDED = {"PagePost": {"comments": "Comment"}, "IGComment": {"replies": "IGComment"}, "IGMedia": {}}
"""Edges that are asked for as fields."""
KINDS: Mapping[str, type] = {"string": str, "datetime": str, "bool": bool, "int": int, "unsigned int": int}
"""What Meta's types are in JSON; every other is an object."""


@cache
def described(node: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / f"{node}.json").read_text(encoding="utf-8"))
    return found


@cache
def values_of(name: str) -> frozenset[str]:
    enums: dict[str, list[str]] = json.loads((DATA / "enums.json").read_text(encoding="utf-8"))
    return frozenset(enums[name])


def check_call(node: str, method: str, edge: str, params: Mapping[str, str]) -> None:
    """Raises AssertionError for what Meta does not describe."""
    apis = [one for one in described(node)["apis"] if (one["endpoint"] or "") == edge and one["method"] == method]
    assert apis, f"{node} has no {method} {edge or '/'}"
    known = {one["name"]: one for api in apis for one in api["params"]}
    for name, value in params.items():
        if name in COMMON:
            continue
        assert name in known, f"{method} {node}/{edge} takes no {name}"
        enum = re.search(r"(\w+_enum_param)", known[name]["type"])
        for one in value.split(",") if enum else ():
            assert enum is not None
            assert one in values_of(enum[1]), f"{name} is never {one}"
    missing = {name for name, one in known.items() if one["required"]} - set(params)
    assert not missing, f"{method} {node}/{edge} needs {missing}"


def check_fields(node: str, fields: str) -> None:
    """Raises AssertionError for fields a node does not have. Nested ones are checked where the node is known."""
    names = {one["name"] for one in described(node)["fields"]}
    for one in split_fields(fields):
        name = re.split(r"[.{]", one)[0]
        if name in EDGES_EXPANDED.get(node, {}):
            inner = one[one.index("{") + 1 : -1] if "{" in one else ""
            if inner:
                check_fields(EDGES_EXPANDED[node][name], inner)
            continue
        assert name in names, f"{node} has no field {name}"


def told(node: str, row: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """What was asked for of a row, and its place. Raises AssertionError for what the node never holds."""
    types = {one["name"]: one["type"] for one in described(node)["fields"]}
    asked = {re.split(r"[.{]", one)[0] for one in split_fields(fields)} | {"id"}
    for name, value in row.items():
        if name.startswith("_") or name in EDGES_EXPANDED.get(node, {}):
            continue
        assert name in types, f"{node} never tells {name}"
        assert isinstance(value, KINDS.get(types[name], dict)), f"{name} of {node} is {types[name]}, never {value!r}"
    return {name: value for name, value in row.items() if name in asked or name == "_place"}


def bare(row: Mapping[str, Any]) -> dict[str, Any]:
    """Without what only the stand-in knows."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def split_fields(fields: str) -> list[str]:
    """At the commas outside braces and brackets."""
    found, depth = [""], 0
    for char in fields:
        depth += (char in "{(") - (char in "})")
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return [one for one in found if one]


class Refusal(Exception):
    def __init__(self, code: int, subcode: int = 0, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.subcode, self.status = code, subcode, status


ABSENT = (100, 33)


@dataclass
class GraphDouble:
    """What all of Meta's accounts have in common. Subclasses answer ``act`` and ``read``."""

    account: str = "1001"
    token: str = TOKEN
    scopes: list[str] = field(default_factory=list)
    targets: dict[str, list[str]] = field(default_factory=dict)
    """The Pages that a permission was given for, where it was not for all."""
    tasks: list[str] = field(default_factory=lambda: ["ANALYZE", "MODERATE", "CREATE_CONTENT", "MESSAGING"])
    """What the person may do at the Page."""
    tells_roles: bool = True
    kind: str = "PAGE"
    expires_at: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    refuse: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Code and subcode by a word in the path of requests that are refused."""
    code: str = "a-code"
    persons: dict[str, str] = field(default_factory=dict)
    """What each token of a person is: short or long."""
    mistakes: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    reads_messages: bool = True
    """Whether the token may read the inbox."""
    letters: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """What was written to people in private, by conversation."""
    written: dict[str, str] = field(default_factory=dict)
    """The conversation of each comment that was answered in private."""
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(500))

    def answer(self, request: Request) -> Reply:
        self.asked.append(f"{request.method} {request.path}")
        params = dict(request.query) if request.method != "POST" else dict(parse_qsl(request.body.decode()))
        try:
            found = self._answer(request, params)
            return self._reply(found)
        except Refusal as refusal:
            error = {"message": "in words that change", "type": "OAuthException", "code": refusal.code}
            if refusal.subcode:
                error["error_subcode"] = refusal.subcode
            return self._reply({"error": error}, refusal.status)
        except AssertionError as mistake:
            self.mistakes.append(str(mistake))
            return self._reply({"error": {"code": 100, "message": str(mistake)}}, 400)

    def _reply(self, found: Any, status: int = 200) -> Reply:
        headers = [("Content-Type", "application/json"), ("facebook-api-version", "v26.0"), *self.headers.items()]
        return Reply(json.dumps(found).encode(), status, headers)

    def _answer(self, request: Request, params: dict[str, str]) -> Any:
        version, _slash, path = request.path.lstrip("/").partition("/")
        assert version == "v26.0", f"version {version}"
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if path == "oauth/access_token":
            assert request.method == "POST", "a secret in an address"
            return self._signed_in(params)
        assert not any("token" in name and name != "input_token" for name in params), "a token in an address"
        if path == "me/accounts" and self.persons.get(bearer) == "long":
            assert params.get("appsecret_proof") == mac(SECRET, bearer.encode()).hex()
            pages = [{"id": "7", "name": "Another Page", "access_token": "EAAB-7"}, self.as_account()]
            return {"data": [{**told("Page", one, params["fields"]), "tasks": self.tasks} for one in pages]}
        if path == "debug_token":
            return self._inspected(bearer, params["input_token"])
        if bearer != self.token:
            raise Refusal(190, 467, 401)
        assert params.get("appsecret_proof") == mac(SECRET, self.token.encode()).hex()
        for word, (code, subcode) in self.refuse.items():
            if word in path:
                raise Refusal(code, subcode)
        if path == "me/roles":
            check_call("Page", request.method, "roles", params)
            if not self.tells_roles:
                raise Refusal(200)
            return {"data": [{"id": params["uid"], "name": "Eva", "tasks": self.tasks}]}
        return self._private(request.method, path, params) or self.serve(request.method, path, params)

    # --- the inbox

    def person(self, comment: str) -> str:
        """The number of a comment's author. Raises Refusal."""
        raise NotImplementedError

    def forget_words(self) -> None:
        """What was said last is no obstacle to saying it again."""

    def write(self, comment: str, text: str) -> dict[str, Any]:
        """Write to the author of a comment, as the account. Raises Refusal."""
        person = self.person(comment)
        if comment in self.written:
            raise Refusal(10_900)
        conversation = self.written[comment] = f"t_{person}"
        at = datetime.now(UTC)
        number = f"m_{next(self.numbers)}"
        row = {"id": number, "message": text, "from": {"id": self.account}, "created_time": stamp(at)}
        self.letters.setdefault(conversation, []).insert(0, {**row, "_place": f"{at.timestamp():020}"})
        return {"recipient_id": person, "message_id": number}

    def letters_about(self, comment: str) -> list[str]:
        """What was written to the author of a comment, the oldest first."""
        return [str(one["message"]) for one in reversed(self.letters.get(self.written.get(comment, ""), []))]

    def _private(self, method: str, path: str, params: dict[str, str]) -> Any:
        """Private replies and the conversations that hold them; None for everything else."""
        name, _slash, edge = path.partition("/")
        if edge not in ("messages", "conversations"):
            return None
        check_call("UnifiedThread" if name.startswith("t_") else "Page", method, edge, params)
        if method == "POST":
            recipient, message = json.loads(params["recipient"]), json.loads(params["message"])
            assert params["messaging_type"] == "RESPONSE"
            assert set(message) == {"text"}
            assert set(recipient) in ({"comment_id"}, {"post_id"})
            return self.write(next(iter(recipient.values())), message["text"])
        if not self.reads_messages:
            raise Refusal(10)
        if edge == "conversations":
            check_fields("UnifiedThread", params["fields"])
            known = f"t_{params['user_id']}"
            found = told("UnifiedThread", {"id": known}, params["fields"])
            return {"data": [found] if known in self.letters else []}
        assert set(split_fields(params["fields"])) <= MESSAGE_FIELDS
        rows = self.letters[name]
        assert all(bare(one).keys() <= MESSAGE_FIELDS for one in rows)
        return page_of(rows, {**params, "_reverse": "yes"})

    def _inspected(self, bearer: str, token: str) -> Any:
        if bearer != f"{APP}|{SECRET}":
            raise Refusal(190)
        if token != self.token:
            return {"data": {"is_valid": False, "error": {"code": 190, "message": "Malformed"}, "scopes": []}}
        data = {
            "app_id": APP,
            "type": self.kind,
            "is_valid": True,
            "scopes": self.scopes,
            "expires_at": self.expires_at,
            "profile_id": self.account,
            "user_id": "3003",
            "granular_scopes": [{"scope": one, "target_ids": self.targets.get(one)} for one in self.scopes],
        }
        return {"data": data}

    def _signed_in(self, params: Mapping[str, str]) -> Any:
        assert (params["client_id"], params["client_secret"]) == (APP, SECRET)
        if params.get("grant_type") == "fb_exchange_token":
            assert self.persons[params["fb_exchange_token"]] == "short"
            self.persons["person-long"] = "long"
            return {"access_token": "person-long", "token_type": "bearer", "expires_in": 5_183_944}
        if params["code"] != self.code:
            raise Refusal(100, 36009)
        assert params["redirect_uri"]
        assert params["code_verifier"]
        self.code = ""
        self.persons["person-short"] = "short"
        return {"access_token": "person-short", "token_type": "bearer", "expires_in": 5_000}

    def as_account(self) -> dict[str, Any]:
        """Our Page among those a person looks after."""
        known = {"id": self.account, "name": "Our bakery", "username": "OurBakery"}
        return {**known, "access_token": self.token}

    def serve(self, method: str, path: str, params: dict[str, str]) -> Any:
        raise NotImplementedError


def page_of(rows: list[dict[str, Any]], params: Mapping[str, str]) -> dict[str, Any]:
    """A page of rows with Meta's cursors. ``after`` names the row before, so that deletions shift nothing."""
    limit = int(params.get("limit", "25"))
    assert limit <= 100, "Meta gives at most 100"
    start = 0
    if params.get("after"):
        start = next((n for n, one in enumerate(rows) if _place(one) > params["after"]), len(rows))
        if params.get("_reverse"):
            start = next((n for n, one in enumerate(rows) if _place(one) < params["after"]), len(rows))
    shown = rows[start : start + limit]
    answer: dict[str, Any] = {"data": [bare(one) for one in shown]}
    if shown:
        answer["paging"] = {"cursors": {"before": _place(shown[0]), "after": _place(shown[-1])}}
        if start + limit < len(rows):
            answer["paging"]["next"] = "https://graph.facebook.com/holds-the-token"
    return answer


def _place(row: Mapping[str, Any]) -> str:
    return str(row["_place"])


def stamp(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
