"""What the screen of one conversation shows, gathered in a fixed number of statements."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from app.accounts import queries as accounts
from app.accounts.types import Actor, TeamView
from app.bootstrap import Services
from app.connectors.ports import Capabilities
from app.contacts import queries as contacts
from app.contacts.types import ContactView
from app.core.i18n import gettext as _
from app.inbox import threads
from app.inbox.rules import snippet
from app.inbox.types import ConversationState, Position
from app.inbox.views import CommentView, ConversationView, EventView, HistoryEntry, NoteView
from app.outbox.types import Act
from app.pages import connect
from app.pages.types import PageView
from app.remedies import queries as remedies
from app.remedies.views import RemedyRow
from app.replies import queries as replies
from app.replies import requirements, saved, speaking
from app.replies.types import ProposalView, Requirement
from app.routing import queries as routing
from app.routing.queries import Explanation
from app.routing.types import DecidedBy
from app.sending.types import SendState
from app.web.inbox import composer, thread
from app.web.inbox import place as places
from app.web.inbox.composer import Compose
from app.web.inbox.thread import Line
from app.web.present import history
from app.web.present.word import Word
from app.writing import queries as writing
from app.writing.types import Begun, Voice, Words

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NEWS_AT_MOST = 5
NOTES_BESIDE = 3
SHOWN_AT_FIRST = 60
"""Comments of a thread that come with a conversation; a thread of 500 weighs 320 kB, and older ones are seldom read."""
HISTORY_BESIDE = 10
IDENTITIES_BESIDE = 6
"""So many of a contact's stand beside a conversation; the contact's own page has them all."""


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
    whole: bool
    """Whether the thread was asked for as far back as it is shown at all."""
    folded: bool
    """Whether there may be older comments of others than are shown."""
    cut: bool
    """Whether there may be older ones that are not shown here at all."""
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
    def mode(self) -> Voice:
        """Which form is open: where what is kept is a note, or for them alone, that one; where they wrote to us alone,
        the private one."""
        mode, kept = self.draft.mode, self.compose.answers
        begins = mode is Voice.REPLY and self.draft.words is None
        if begins and self.compose.note and not any(one.words.text for one in kept.values()):
            return Voice.NOTE
        if self.can.private is None or mode is Voice.NOTE:
            return Voice.REPLY if mode is Voice.PRIVATE else mode
        begun = kept[Voice.PRIVATE].words.text and not kept[Voice.REPLY].words.text
        return Voice.PRIVATE if begun or self.only_private else mode

    @property
    def only_private(self) -> bool:
        """Whether an answer must not be read by others, as what it answers is not."""
        return self.can.private is not None and self.target is not None and self.target.private

    @property
    def against_private(self) -> str:
        """Why the comment can't be answered in private; empty when it can."""
        if self.can.private is None or self.target is None:
            return ""
        unsaid = (SendState.FAILED, SendState.CANCELLED)
        said = (line.reply for line in self.lines if line.reply and line.reply.private)
        answered = any(one.comment_id == self.target.id and one.delivery.state not in unsaid for one in said)
        return speaking.against_private(
            self.can.private, self.target.external_id, self.target.published_at, answered=answered, now=self.read_at
        )

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
    def more_history(self) -> bool:
        """Whether there may be older conversations with the person than are shown."""
        return len(self.history) >= HISTORY_BESIDE

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


def talk_screen(
    services: Services,
    session: "Session",
    actor: Actor,
    conversation_id: int,
    draft: Draft,
    now: datetime,
    *,
    whole: bool = False,
) -> TalkScreen:
    """The newest of a long thread, or with ``whole`` as much of it as is shown at all.

    Sixteen statements, however long the thread, and one more each for earlier texts, for who marked the person, and
    for an answer that a rule prepared. Raises NotFound."""
    talk, page, reach = threads.conversation_on_page(session, actor, conversation_id)
    answers = replies.replies(session, actor, conversation_id)
    begun = writing.begun(session, actor, conversation_id, now)
    teams, people = accounts.teams_and_people(session)
    record = threads.record(session, actor, conversation_id)
    why = routing.explain(session, conversation_id)
    shortcut = None if answers else _asked_for(talk, why)
    offer = saved.prepared(session, actor, talk, page.account_name or page.name, shortcut) if shortcut else None
    comments = threads.thread(session, actor, conversation_id, threads.THREAD_LIMIT if whole else SHOWN_AT_FIRST)
    lines = thread.lines(talk, comments, answers)
    can = connect.capabilities(services.connectors, services.box, reach)
    alone = can.private is not None and any(line.comment.private for line in lines if line.answered and line.comment)
    offered_as = Voice.PRIVATE if alone else Voice.REPLY
    return TalkScreen(
        talk=talk,
        reader_id=actor.id,
        page=page,
        lines=lines,
        whole=whole,
        folded=not whole and len(comments) >= SHOWN_AT_FIRST,
        cut=whole and len(comments) >= threads.THREAD_LIMIT,
        notes=record.notes,
        events=record.events,
        why=why,
        history=threads.history(session, actor, conversation_id, HISTORY_BESIDE),
        contact=contacts.contact(session, actor, talk.contact_id, most_notes=NOTES_BESIDE, most=IDENTITIES_BESIDE),
        teams=teams,
        people=people,
        can=can,
        login_would_answer=connect.login_would_answer(services.connectors, reach),
        begun=begun,
        compose=composer.compose(
            session, actor, begun, draft.mode, draft.words, teams, offer=offer, offered_as=offered_as
        ),
        proposals=replies.proposals(session, actor, conversation_id),
        needs=requirements.of_ids(session, actor.id, talk.page_id, talk.team_id, talk.id),
        draft=draft,
        read_at=now,
        undo_seconds=services.settings.outbox.undo_seconds,
        remedies=remedies.of_person(session, conversation_id),
    )


def _asked_for(talk: ConversationView, why: Sequence[Explanation]) -> str | None:
    """The saved reply that a rule prepared, by its shortcut: for who waits for a first answer."""
    if talk.state is not ConversationState.NEW:
        return None
    return next((step.reply for step in reversed(why) if step.decided_by is not DecidedBy.PERSON), None)
