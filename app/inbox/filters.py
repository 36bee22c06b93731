"""What lists can be narrowed down by. One entry here makes a filter: its condition, its choices, its place in the
address; screens, saved views, counts and work on whole lists follow.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.campaigns import queries as campaigns
from app.campaigns.models import CampaignPost
from app.connectors.ports import SaidAs
from app.core.db import fixed
from app.core.i18n import gettext as _
from app.core.i18n import lazy
from app.inbox.models import Conversation, ConversationMark, ConversationTag, Tag
from app.inbox.types import TARGETS, ListFilter, Mark, Priority
from app.pages.models import Page
from app.pages.types import PageState

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "sv", "da", "fi", "cs", "tr", "ru", "uk", "ar", "zh", "ja")
NOBODY = "nobody"
LONGEST = 60
"""Characters of a value in an address."""


class Kind(StrEnum):
    """What is special about a conversation."""

    URGENT = "urgent"
    FIRST = "first"
    KNOWN = "known"
    PRIVATE = "private"
    """What was said last is read by nobody else."""
    MENTION = "mention"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a filter. ``text`` is what people called it; screens may have a better word for it."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to narrow a list down."""

    name: str
    """In addresses; unique."""
    title: str
    """English; screens translate it."""
    icon: str
    takes: Callable[[str], bool]
    """Whether a value makes sense; what doesn't counts as not said."""
    condition: Callable[[str, Any], ColumnElement[bool]]
    """What ``Conversation`` has to fulfil, or with ``counted`` anything that has its state, team, assignee and page."""
    choices: Callable[[Session], Iterable[Choice]]
    """All there is to choose from; at most one statement."""
    named: Callable[[Session, str], str | None] | None = None
    """What one choice is called, in one statement; None: all of them are few enough to look through."""
    counted: bool = False
    """Whether lists narrowed down by it are counted exactly (``app.inbox.counts``)."""
    some_have_none: bool = False
    """Whether a single choice already narrows a list down, as not every conversation has one."""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:12]) < 2**31 and len(text) < 12


def _pages(session: Session) -> list[Choice]:
    query = select(Page.id, Page.name).where(Page.state != PageState.REMOVED).order_by(func.lower(Page.name), Page.id)
    return [Choice(str(page_id), name) for page_id, name in session.execute(query)]


def _page(session: Session, value: str) -> str | None:
    return session.scalar(select(Page.name).where(Page.id == int(value), Page.state != PageState.REMOVED))


def _platforms(session: Session) -> list[Choice]:
    kinds = session.scalars(select(Page.connector).where(Page.state != PageState.REMOVED).distinct())
    return [Choice(kind, kind) for kind in sorted(kinds)]


def _teams(session: Session) -> list[Choice]:
    return [Choice(str(team.id), team.name) for team in accounts.teams(session)]


def _people(session: Session) -> list[Choice]:
    people = [Choice(str(user_id), name) for user_id, name in accounts.team_members(session)]
    return [Choice(NOBODY, _("Nobody")), *people]


def _tags(session: Session) -> list[Choice]:
    query = select(Tag.id, Tag.name).where(Tag.removed_at.is_(None)).order_by(Tag.key)
    return [Choice(str(tag_id), name) for tag_id, name in session.execute(query)]


def _tag(session: Session, value: str) -> str | None:
    return session.scalar(select(Tag.name).where(Tag.id == int(value), Tag.removed_at.is_(None)))


def _campaigns(session: Session) -> list[Choice]:
    return [Choice(str(one.id), one.name) for one in campaigns.names(session)]


def _assigned(value: str, of: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = of.assignee_id.is_(None) if value == NOBODY else of.assignee_id == int(value)
    return found


def _kinds(_session: Session) -> list[Choice]:
    words = {
        Kind.URGENT: _("High priority"),
        Kind.FIRST: _("First time they write to us"),
        Kind.KNOWN: _("They wrote to us before"),
        Kind.PRIVATE: _("Private, between them and us"),
        Kind.MENTION: _("Mention elsewhere"),
        Kind.REVIEW: _("Review of what we sell"),
    }
    return [Choice(kind.value, words[kind]) for kind in Kind]


def _of_kind(value: str, _of: Any) -> ColumnElement[bool]:
    return {
        Kind.URGENT: Conversation.priority == Priority.HIGH,
        Kind.FIRST: Conversation.author_known.is_(False),
        Kind.KNOWN: Conversation.author_known.is_(True),
        Kind.PRIVATE: and_(Conversation.private),  # as the index has it
        Kind.MENTION: Conversation.said_as == SaidAs.MENTION,
        Kind.REVIEW: Conversation.said_as == SaidAs.REVIEW,
    }[Kind(value)]


def kinds_of(priority: Priority, author_known: bool, private: bool, said_as: SaidAs | None) -> tuple[Kind, ...]:
    """The kinds that a conversation is of."""
    found = [Kind.KNOWN if author_known else Kind.FIRST]
    if priority is Priority.HIGH:
        found.append(Kind.URGENT)
    if private:
        found.append(Kind.PRIVATE)
    if said_as:
        found.append(Kind(said_as))
    return tuple(found)


class Missed(StrEnum):
    """How a conversation stands to its targets."""

    LATE = "late"
    CLOSE = "close"


def _missed(_session: Session) -> list[Choice]:
    words = {Missed.LATE: _("Past their target"), Missed.CLOSE: _("Past their target, or close to it")}
    return [Choice(one.value, words[one]) for one in Missed]


def _stands(value: str, _of: Any) -> ColumnElement[bool]:
    marks = (Mark.LATE,) if value == Missed.LATE else TARGETS
    return Conversation.id.in_(select(ConversationMark.conversation_id).where(ConversationMark.mark.in_(marks)))


_ALL = (
    Filter(
        "page",
        lazy("Page"),
        "newspaper",
        _is_number,
        lambda value, of: of.page_id == int(value),
        _pages,
        named=_page,
        counted=True,
    ),
    Filter(
        "platform",
        lazy("Platform"),
        "globe",
        lambda value: value.isascii() and value.isidentifier(),
        lambda value, of: of.page_id.in_(select(Page.id).where(Page.connector == value)),
        _platforms,
        counted=True,
    ),
    Filter(
        "team",
        lazy("Team"),
        "users",
        _is_number,
        lambda value, of: of.team_id == int(value),
        _teams,
        counted=True,
    ),
    Filter(
        "assignee",
        lazy("Whose it is"),
        "user-check",
        lambda value: value == NOBODY or _is_number(value),
        _assigned,
        _people,
        counted=True,
    ),
    Filter(
        "campaign",
        lazy("Campaign"),
        "calendar",
        _is_number,
        lambda value, _of: Conversation.post_id.in_(
            select(CampaignPost.post_id).where(CampaignPost.campaign_id == int(value))
        ),
        _campaigns,
        some_have_none=True,
    ),
    Filter(
        "kind",
        lazy("Kind"),
        "flag",
        lambda value: value in set(Kind),
        _of_kind,
        _kinds,
    ),
    Filter(
        "target",
        lazy("Target"),
        "clock",
        lambda value: value in set(Missed),
        _stands,
        _missed,
    ),
    Filter(
        "tag",
        lazy("Tag"),
        "tag",
        _is_number,
        lambda value, _of: Conversation.id.in_(
            select(ConversationTag.conversation_id).where(ConversationTag.tag_id == int(value))
        ),
        _tags,
        named=_tag,
        some_have_none=True,
    ),
    Filter(
        "language",
        lazy("Language"),
        "languages",
        lambda value: value in LANGUAGES,
        lambda value, _of: Conversation.language == value,
        lambda _session: [Choice(code, code) for code in LANGUAGES],
    ),
)
FILTERS = {one.name: one for one in _ALL}


def read(named: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """The filters among these names and values, each once, in the order they stand above."""
    said = {name: value for name, value in named if name in FILTERS and value and len(value) <= LONGEST}
    return tuple((name, said[name]) for name, one in FILTERS.items() if name in said and one.takes(said[name]))


def conditions(wanted: ListFilter, of: Any = Conversation) -> list[ColumnElement[bool]]:
    """What the conversations of a list have to fulfil, its mark left out; ``of`` stands in for them where the list is
    ``counted``."""
    found = [FILTERS[name].condition(value, of) for name, value in wanted.chosen]
    if wanted.state is not None:
        found.append(of.state == fixed(wanted.state))
    if wanted.team_ids is not None:
        found.append(of.team_id.in_([fixed(one) for one in sorted(wanted.team_ids)]))
    if wanted.assignee_id is not None:
        found.append(of.assignee_id == wanted.assignee_id)
    if wanted.unassigned:
        found.append(of.assignee_id.is_(None))
    if wanted.put_off:
        found.append(Conversation.put_off_until.is_not(None))
    return found


def counted(wanted: ListFilter) -> bool:
    """Whether the length of a list is kept."""
    return wanted.mark is None and not wanted.put_off and all(FILTERS[name].counted for name, _value in wanted.chosen)
