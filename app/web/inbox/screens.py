"""What the screens of the inbox show, gathered in a fixed number of statements."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from app.accounts import queries as accounts
from app.accounts.types import Actor, TeamView
from app.bootstrap import Services
from app.connectors.ports import Capabilities
from app.contacts import queries as contacts
from app.contacts.types import ContactView
from app.core.i18n import gettext as _
from app.desk import bulk
from app.desk import queries as desk
from app.desk import rules as desk_rules
from app.desk.types import JobView, SavedView
from app.inbox import queries as inbox
from app.inbox import threads
from app.inbox.filters import counted
from app.inbox.rules import snippet
from app.inbox.types import (
    CommentView,
    ConversationState,
    ConversationView,
    EventView,
    HistoryEntry,
    Length,
    NoteView,
    Position,
    Row,
    View,
)
from app.outbox.types import Act
from app.pages import connect
from app.pages import queries as pages
from app.pages.types import ConnectionState, PageState, PageView
from app.remedies import queries as remedies
from app.remedies.views import RemedyRow
from app.replies import queries as replies
from app.replies import requirements, saved
from app.replies.types import ProposalView, Requirement
from app.routing import queries as routing
from app.routing.queries import Explanation
from app.routing.types import DecidedBy
from app.web.inbox import composer, narrow, thread
from app.web.inbox import place as places
from app.web.inbox.composer import Compose
from app.web.inbox.narrow import Chip
from app.web.inbox.place import Place
from app.web.inbox.thread import Line
from app.web.present import history, words
from app.web.present.word import Word
from app.writing import queries as writing
from app.writing.types import Begun, Voice, Words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

COUNTED_TO = 100
NEWS_AT_MOST = 5
NOTES_BESIDE = 3
IDENTITIES_BESIDE = 6
"""So many of a contact's stand beside a conversation; the contact's own page has them all."""
_COUNTED = (View.TEAM, View.MINE, View.UNASSIGNED, View.APPROVAL, View.UNSENT)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many wait for us: by view and saved view, and in the list at hand with its filters."""

    views: dict[str, Length]
    here: Length


@dataclass(frozen=True, slots=True)
class ListScreen:
    """One list."""

    place: Place
    rows: Sequence[Row]
    more: str | None
    """Where the list goes on; None when this is the end of it."""
    concerns: Sequence[PageView]
    """Pages of which something may be missing."""
    connected: bool
    """Whether there is any page; asked only where nothing else is shown."""
    chips: Sequence[Chip]
    saved: Sequence[SavedView]
    counts: Counts
    read_at: datetime
    all_of_them: bool
    """Whether this person may act on the list as a whole."""
    job: JobView | None
    """Work on a list that this person asked for, while it lasts."""

    @property
    def length(self) -> Length:
        """How long the list is, as far as that is known."""
        return self.counts.here if self.place.state is ConversationState.NEW else Length(0)

    @property
    def title(self) -> str:
        """What the list is called."""
        return next((one.name for one in self.saved if one.id == self.place.saved), words.view(self.place.view).text)

    @property
    def troubled(self) -> list[PageView]:
        """Pages that this list may lack comments of."""
        bad = (ConnectionState.FAILING, ConnectionState.STOPPED)
        return [
            page
            for page in self.concerns
            if page.state is PageState.ACTIVE and page.connection_state in bad and self.place.page_id in (None, page.id)
        ]

    @property
    def unread(self) -> list[PageView]:
        """Pages whose first read is still to come."""
        return [page for page in self.concerns if page.connection_state is ConnectionState.NEW]


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody was doing when the form came back."""

    mode: Voice = Voice.REPLY
    words: Words | None = None
    """What the form had; None: what is kept."""
    error: str = ""
    """Why it was not taken."""
    key: str = field(default_factory=lambda: secrets.token_hex(12))
    """The same for every try of one reply, so that it is taken once."""
    seen: Position | None = None
    """When the form was made, and the newest comment it showed; what came later is pointed out."""
    preview: bool = False
    """Whether the answer is shown as the page would show it."""
    answered: int = 0
    """The answer of another team that was pointed out; sending again sends."""
    question: str = ""
    """What it apologises with, when it has to be said first whether anything is owed."""


@dataclass(frozen=True, slots=True)
class Step:
    """A system line of a conversation."""

    word: Word
    at: datetime


@dataclass(frozen=True, slots=True)
class TalkScreen:
    """One conversation."""

    talk: ConversationView
    reader_id: int
    page: PageView
    lines: Sequence[Line]
    notes: Sequence[NoteView]
    events: Sequence[EventView]
    why: Sequence[Explanation]
    history: Sequence[HistoryEntry]
    contact: ContactView
    teams: Sequence[TeamView]
    people: Sequence[tuple[int, str]]
    can: Capabilities
    login_would_answer: bool
    begun: Begun
    compose: Compose
    proposals: Sequence[ProposalView]
    needs: Sequence[Requirement]
    """Why an answer of the reader needs approval; empty when it does not."""
    draft: Draft
    read_at: datetime
    undo_seconds: float
    remedies: Sequence[RemedyRow]
    """What the person was promised, here and elsewhere, newest first."""

    @property
    def target(self) -> CommentView | None:
        """The comment that an answer goes to."""
        return next((line.comment for line in self.lines if line.answered), None)

    @property
    def acts(self) -> list[Act]:
        """What can be done to a comment at the page."""
        return [act for act in Act if act.value in {one.value for one in self.can.moderate}]

    @property
    def steps(self) -> list[Step]:
        """What Porchlight and people did here, in order. What somebody decided about the team is an event already."""
        routed = [Step(Word(history.why(one), "route"), one.at) for one in self.why if one.actor is None]
        done = [Step(history.event(one), one.at) for one in self.events]
        return sorted([*routed, *done], key=lambda one: one.at)

    @property
    def seen(self) -> str:
        """What somebody has seen who looks at this screen."""
        return places.mark(self.read_at, max((line.comment.id for line in self.lines if line.comment), default=0))

    @property
    def news(self) -> list[str]:
        """The latest few things that others did since the form was made that was just refused."""
        seen = self.draft.seen
        if seen is None:
            return []
        comments = [
            line.comment for line in self.lines if line.comment and line.comment.id > seen.id and not self._own(line)
        ]
        replies = [
            line.reply for line in self.lines if line.reply and line.reply.created_at > seen.at and not self._own(line)
        ]
        found = [
            *(_("%(who)s wrote: “%(words)s”", who=one.author, words=snippet(one.text)) for one in comments),
            *(_("%(who)s answered: “%(words)s”", who=one.author, words=snippet(one.text)) for one in replies),
            *(history.event(one).text for one in self.events if one.at > seen.at and one.actor_id != self.reader_id),
        ]
        return found[-NEWS_AT_MOST:]

    def _own(self, line: Line) -> bool:
        """Whether the reader wrote it."""
        return line.reply is not None and line.reply.author_id == self.reader_id


def list_screen(session: "Session", actor: Actor, place: Place, now: datetime) -> ListScreen:
    """Six statements, and one for each filter in force."""
    found = inbox.rows(session, place.filter(actor), after=place.after, limit=inbox.PAGE_LENGTH + 1)
    saved = desk.saved_views(session, actor)
    rows = found[: inbox.PAGE_LENGTH]
    return ListScreen(
        place=place,
        rows=rows,
        more=places.mark(rows[-1].at, rows[-1].id) if len(found) > len(rows) else None,
        concerns=pages.concerns(session),
        connected=bool(rows) or pages.any_connected(session),
        chips=narrow.chips(session, place),
        saved=saved,
        counts=_counts(session, actor, place, saved),
        read_at=now,
        all_of_them=desk_rules.may_act_on_all(actor, place.filter(actor)),
        job=bulk.running(session, actor),
    )


def counts(session: "Session", actor: Actor, place: Place) -> Counts:
    """Two statements."""
    return _counts(session, actor, place, desk.saved_views(session, actor))


def _counts(session: "Session", actor: Actor, place: Place, saved: Sequence[SavedView]) -> Counts:
    """One statement. Saved views whose length is not kept have none."""
    wanted = {view.value: place.at(view).filter(actor) for view in _COUNTED}
    for one in saved:
        shown = places.read(MultiDict(parse_qsl(one.address)), actor).filter(actor)
        if counted(shown):
            wanted[f"saved-{one.id}"] = shown
    here = place.in_state(ConversationState.NEW).filter(actor)
    *views, length = inbox.lengths(session, [*wanted.values(), here], COUNTED_TO)
    return Counts(dict(zip(wanted, views, strict=True)), length)


def talk_screen(
    services: Services, session: "Session", actor: Actor, conversation_id: int, draft: Draft, now: datetime
) -> TalkScreen:
    """Sixteen statements, however long the thread, and one more each for earlier texts, for who marked the person, and
    for an answer that a rule prepared. Raises NotFound."""
    talk, page, reach = threads.conversation_on_page(session, actor, conversation_id)
    answers = replies.replies(session, actor, conversation_id)
    begun = writing.begun(session, actor, conversation_id, now)
    teams, people = accounts.teams_and_people(session)
    record = threads.record(session, actor, conversation_id)
    why = routing.explain(session, conversation_id)
    shortcut = next((step.reply for step in reversed(why) if step.decided_by is not DecidedBy.PERSON), None)
    offer = None
    if shortcut and talk.state is ConversationState.NEW and not answers:
        offer = saved.prepared(session, actor, talk, page.account_name or page.name, shortcut)
    return TalkScreen(
        talk=talk,
        reader_id=actor.id,
        page=page,
        lines=thread.lines(talk, threads.thread(session, actor, conversation_id), answers),
        notes=record.notes,
        events=record.events,
        why=why,
        history=threads.history(session, actor, conversation_id),
        contact=contacts.contact(session, actor, talk.contact_id, most_notes=NOTES_BESIDE, most=IDENTITIES_BESIDE),
        teams=teams,
        people=people,
        can=connect.capabilities(services.connectors, services.box, reach),
        login_would_answer=connect.login_would_answer(services.connectors, reach),
        begun=begun,
        compose=composer.compose(session, actor, begun, draft.mode, draft.words, teams, offer),
        proposals=replies.proposals(session, actor, conversation_id),
        needs=requirements.of_ids(session, actor.id, talk.page_id, talk.team_id),
        draft=draft,
        read_at=now,
        undo_seconds=services.settings.outbox.undo_seconds,
        remedies=remedies.of_person(session, conversation_id),
    )


def row(session: "Session", actor: Actor, place: Place, conversation_id: int) -> Row | None:
    """A conversation's line in a list; None when there is no such conversation."""
    found = inbox.some_rows(session, actor, [conversation_id], place.filter(actor))
    return found[0] if found else None


def next_after(session: "Session", actor: Actor, place: Place, left: Row | None) -> int | None:
    """Where to go on once ``left`` has left the list: the conversation below it, else the first; None at the end."""
    wanted = place.filter(actor)
    if left is not None and left.here:
        below = inbox.rows(session, wanted, after=Position(left.at, left.id), limit=1)
        if below:
            return below[0].id
    first = inbox.rows(session, wanted, limit=2)
    return next((one.id for one in first if left is None or one.id != left.id), None)
