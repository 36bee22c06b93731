"""Signals: facts that somebody may want to be told."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class SignalKind(StrEnum):
    """What happened. ``people`` of a signal are those it happened to; the text says what else it carries."""

    ASSIGNED = "assigned"
    """A conversation was given to ``people``."""
    TAKEN_OVER = "taken_over"
    """A conversation was taken from ``people``."""
    MENTIONED = "mentioned"
    """A note names ``people``."""
    REPLY_FAILED = "reply_failed"
    """An act of ``people`` could not be carried out at the page; ``facts``: ``code``."""
    REPLY_UNCLEAR = "reply_unclear"
    """Nobody knows whether a reply of ``people`` arrived; ``facts``: ``code``."""
    PAGE_STOPPED = "page_stopped"
    """A page's login died: nothing is read or sent any more; ``facts``: ``code``, ``since``."""
    SIGN_IN_ENDS = "sign_in_ends"
    """Within two weeks somebody has to sign in at a page's platform again; ``facts``: ``ends``."""
    APPROVAL_WANTED = "approval_wanted"
    """A reply of the actor waits for approval. ``people`` are those who may give it; empty: whoever supervises."""
    APPROVAL_DECIDED = "approval_decided"
    """A reply of ``people`` was approved or not; ``facts``: ``approved`` (true or false)."""
    ACT_HELD = "act_held"
    """Something contradicts what another department does; ``people`` own both sides; ``facts``: ``held``, ``name``."""
    HELD_SAID = "held_said"
    """Somebody wrote about a held act; ``facts``: ``held``, ``name``."""
    HELD_SETTLED = "held_settled"
    """A held act was settled; ``facts``: ``held``, ``name``, ``outcome``."""
    POST_WANTED = "post_wanted"
    """A post of the library waits for approval; ``facts``: ``post`` (id), ``name``."""
    POST_DECIDED = "post_decided"
    """A post of ``people`` was approved or not; ``facts`` besides: ``approved`` (true or false)."""
    POST_FAILED = "post_failed"
    """A post that ``people`` had published did not go out; ``facts``: ``code``."""
    POST_UNCLEAR = "post_unclear"
    """Nobody knows whether a post of ``people`` stands on its page; ``facts``: ``code``."""
    HANDED_OVER = "handed_over"
    """A campaign was closed and ``people`` inherited from it; ``facts``: ``campaign`` (id), ``name``."""
    CAMPAIGN_OVER = "campaign_over"
    """A campaign is over and nobody has signed who inherits it; ``people`` own or supervise it; ``facts`` as before."""
    PAGE_GIVEN = "page_given"
    """``people`` look after a page from now on."""
    REMEDY_WANTED = "remedy_wanted"
    """A remedy waits for signatures; told to whoever may sign. ``facts``: ``remedy``, ``amount``, ``currency``."""
    REMEDY_DECIDED = "remedy_decided"
    """What came of a remedy that ``people`` asked for; ``facts`` besides: ``what``, the act."""
    REMEDY_LATE = "remedy_late"
    """A remedy is overdue; told to ``people`` and to those who can see to it. ``facts`` besides: ``waits_for``."""
    FOLLOW_UP_DUE = "follow_up_due"
    """The day has come that ``people`` promised something for."""
    KEEP_ALIVE = "keep_alive"
    """A page falls behind its plan; ``facts``: ``kind_of_task`` and ``step`` as ``app.upkeep.types`` has them."""
    RULE = "rule"
    """A rule tells ``people`` of a conversation; ``facts``: ``rule``, its name."""
    TARGET_NEAR = "target_near"
    """Conversations of ``people`` come close to a target; ``facts``: ``conversations``, their ids (the first of them),
    ``count``."""
    TARGET_MISSED = "target_missed"
    """Conversations of a team missed a target; ``people`` supervise it; ``facts`` as before."""
    REVIEW_READY = "review_ready"
    """A review was prepared; ``people`` lead. ``facts``: ``review`` and ``owner``, ids, ``first`` and ``last`` day,
    ``figures`` as ``app.reviews.rules`` packs them."""
    OWN_FIGURES = "own_figures"
    """How the period of a review went for one of ``people``; ``facts``: ``person`` (id), ``first``, ``last`` and
    ``figures`` as before."""
    DECISION = "decision"
    """``people`` see to something that was decided; ``facts``: ``review``, ``due`` (day), ``what``: ``given`` or
    ``due``."""
    NOT_IN_TIME = "not_in_time"
    """Conversations of a team were not answered in time, and nobody else at work could be given them; ``people``
    supervise it; ``facts``: ``conversations``."""
    WOKE = "woke"
    """A conversation that ``people`` had put off waits for us again."""
    MODEL_ASKS = "model_asks"
    """Checks found that what went to a team (None: aside, as spam) without asking went wrong too often: the model asks
    again; ``facts``: ``right`` of ``audits``."""
    NEW_IN_TEAM = "new_in_team"
    """Conversations came to a team; ``facts``: ``conversations``, their ids."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One of them, taken to be told."""

    id: int
    kind: SignalKind
    at: datetime
    actor_id: int | None
    people: tuple[int, ...]
    conversation_id: int | None
    page_id: int | None
    team_id: int | None
    facts: dict[str, Any]
    tries: int
