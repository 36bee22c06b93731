"""Proving a token: whose it is, what it may do and when it ends; and having Meta tell us of what is said."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.meta.client import Graph, RefusedError, rows
from app.connectors.ports import LACKING, LACKING_TO_PUBLISH

MODERATE, CREATE_CONTENT, MESSAGING = "MODERATE", "CREATE_CONTENT", "MESSAGING"
"""Tasks that somebody may have at a Page (developers.facebook.com/docs/pages-api/manage-pages)."""
ALL_TASKS = frozenset({MODERATE, CREATE_CONTENT, MESSAGING})
TASKS = "tasks"
"""Key of a secret: the tasks of who signed in, with spaces between."""
_NEW_PAGES = "PROFILE_PLUS_"
"""What the same tasks begin with at Pages of the new kind."""
PUBLISHES = "publishes"
"""Key of a connection's settings: whether the token may publish posts."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A token that is taken. ``kind``: what it is for (PAGE, USER, …); ``scopes``: all that it may there; ``tasks``:
    what the person it comes from may do at the Page, None where Meta does not say; ``ends_at``: as below."""

    kind: str
    scopes: frozenset[str]
    tasks: frozenset[str] | None
    ends_at: datetime | None

    def lacks(self, scopes: Sequence[str], tasks: Sequence[str]) -> list[str]:
        """Those of the permissions and tasks that are missing, by Meta's names."""
        undone = () if self.tasks is None else (one for one in tasks if one not in self.tasks)
        return [*(one for one in scopes if one not in self.scopes), *undone]


def prove(graph: Graph, needed: Sequence[str], tasks: Sequence[str]) -> Proved:
    """Ask Meta about the token: the permissions ``needed``, and the tasks that its person has to have at the Page.

    Raises AuthExpired: WRONG_CREDENTIALS, or MISSING_SCOPES naming all that are missing; Permanent(NOT_SET_UP) while
    no app is configured.
    """
    if not graph.app.ready:
        raise Permanent(errors.NOT_SET_UP, "meta.app_id and meta.app_secret_file")
    told = graph.inspect()
    if told.get("is_valid") is not True:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "Meta says that the token is not valid (any more)")
    if str(told.get("app_id", "")) != graph.app.id:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "the token was made by another app")
    proved = Proved(str(told.get("type", "")), _scopes(told), _tasks(graph, told), ends_at(told))
    missing = proved.lacks(needed, tasks)
    if missing:
        raise AuthExpired(errors.MISSING_SCOPES, ", ".join(missing))
    return proved


def able(proved: Proved, to_write: Sequence[str], to_publish: str) -> dict[str, Any]:
    """What to keep of what a token may: ``to_write`` is needed for private replies, ``to_publish`` for posts."""
    unpublished = proved.lacks([to_publish], [CREATE_CONTENT])
    return {
        LACKING: proved.lacks(to_write, [MESSAGING]),
        LACKING_TO_PUBLISH: unpublished,
        PUBLISHES: not unpublished,
    }


def _scopes(told: Mapping[str, Any]) -> frozenset[str]:
    """What the token may at its own Page: a person may give a permission for some Pages alone (``granular_scopes``;
    without ``target_ids`` it is for all). Instagram's are of another number than the Page's, and taken as they are."""
    scopes, page = told.get("scopes"), str(told.get("profile_id") or "")
    granted = frozenset(str(one) for one in scopes) if isinstance(scopes, list) else frozenset[str]()
    single = told.get("granular_scopes")
    elsewhere = {
        str(one.get("scope"))
        for one in (single if isinstance(single, list) and page else ())
        if isinstance(one, dict)
        and isinstance(one.get("target_ids"), list)
        and page not in [str(number) for number in one["target_ids"]]
    }
    return granted - {one for one in elsewhere if one.startswith("pages_")}


def _tasks(graph: Graph, told: Mapping[str, Any]) -> frozenset[str] | None:
    """What the person may do at the Page: as told at signing in, else asked for. Meta does not tell everybody."""
    kept = (graph.access.secret or {}).get(TASKS)
    if kept is not None:
        return frozenset(kept.split())
    if told.get("type") != "PAGE" or not told.get("user_id"):
        return None
    try:
        found = rows(graph.try_get("me/roles", uid=str(told["user_id"])))
    except RefusedError:
        return None
    return tasks(found[0]) if found else None


def tasks(page: Mapping[str, Any]) -> frozenset[str] | None:
    """The tasks in an answer about a Page or a role; None where it names none."""
    named = page.get("tasks")
    if not isinstance(named, list) or not named:
        return None
    bare = frozenset(str(one).removeprefix(_NEW_PAGES) for one in named)
    return bare | ALL_TASKS if "FULL_CONTROL" in bare else bare


def subscribe(graph: Graph, account: str, fields: str) -> None:
    """Have Meta tell us of what is said; again is harmless. Raises ConnectorError."""
    try:
        graph.post(f"{account}/subscribed_apps", subscribed_fields=fields)
    except RefusedError as refused:
        raise graph.error_for(refused, act=False) from None


def ends_at(told: Mapping[str, Any]) -> datetime | None:
    """The earliest end there is: of the token, or of the right to read data (90 days after the last log-in)."""
    ends = [told.get(name) for name in ("expires_at", "data_access_expires_at")]
    earliest = min((at for at in ends if isinstance(at, int) and at > 0), default=None)
    return None if earliest is None else datetime.fromtimestamp(earliest, UTC)
