"""Rules, what they are made of, and verdicts."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.inbox.arrivals import Placement
from app.inbox.types import ConversationState, Priority
from app.learning.types import Kind


class DecidedBy(StrEnum):
    RULE = "rule"
    MODEL = "model"
    DEFAULT = "default"
    OWNER = "owner"
    """It stays with who has another open conversation of the same person."""
    PERSON = "person"


class RuleSetState(StrEnum):
    """``draft``: being written. ``proposed``: waits for a second person. ``published``: in force. ``replaced``: was,
    until another took over. ``rolled_back``: was, until somebody took it back. ``discarded``: nobody wanted it."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    PUBLISHED = "published"
    REPLACED = "replaced"
    ROLLED_BACK = "rolled_back"
    DISCARDED = "discarded"


class RuleSetEventKind(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    TRIED = "tried"
    PROPOSED = "proposed"
    REFUSED = "refused"
    APPROVED = "approved"
    PUBLISHED = "published"
    REPLACED = "replaced"
    ROLLED_BACK = "rolled_back"
    RESTORED = "restored"
    DISCARDED = "discarded"


class TrialState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


class Cause(StrEnum):
    """Why a conversation is judged anew."""

    EDITED = "edited"
    """What the person wrote was changed at the platform."""
    AUTHOR = "author"
    """We learned who the person is, or how somebody stands towards them."""
    REMEDY = "remedy"
    """A remedy was asked for in another conversation of the person, or finished."""
    HELD = "held"
    """The platform changed its mind about whether it is spam."""


class Fact(StrEnum):
    """What a condition can ask about; the value is its key in a rules text. What each takes: ``app.routing.facts``."""

    WORDS = "words"
    """Any of these, as whole words or phrases; a trailing ``*`` matches any ending."""
    REGEX = "regex"
    QUESTION = "question"
    """Whether the text holds a question mark, of any script."""
    ONLY = "only"
    """The text is made of nothing but these."""
    LINKS = "links_at_least"
    ATTACHED = "attachments"
    """Whether a picture, a film or something like it came along."""
    LANGUAGES = "languages"
    PAGES = "pages"
    CONNECTORS = "connectors"
    CAMPAIGNS = "campaigns"
    """The campaign that the post belongs to, also after its end."""
    POSTS = "posts"
    """Words in the post's title, or parts of its address."""
    COMMENT_KINDS = "comment_kinds"
    STARS = "stars"
    """What a review gives, 1 to 5; nothing else has any."""
    KNOWN = "author_known"
    VIP = "author_vip"
    STANCES = "author_stances"
    """How a department of ours stands towards the person, as entered under Outreach."""
    OWED = "remedy_open"
    """Whether a remedy was asked for in a conversation with the person, and is not finished."""
    EARLIER = "earlier_at_least"
    HOURS = "hours"
    HELD = "held_as_spam"
    KINDS = "kinds"
    CONFIDENCE = "confidence_at_least"


class Only(StrEnum):
    MENTIONS = "mentions"
    EMOJI = "emoji"
    LINKS = "links"


class CommentKind(StrEnum):
    COMMENT = "comment"
    REPLY = "reply"
    MENTION = "mention"
    """Said elsewhere than below something of ours, and names us."""
    REVIEW = "review"


class Match(StrEnum):
    """How many conditions of a group must hold."""

    ALL = "all"
    ANY = "any"


Value = bool | int | float | tuple[str, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """One question about a conversation. ``negated`` turns its answer round."""

    fact: Fact
    value: Value
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that count as one. Groups hold no groups: with ``negated``, two levels can say everything."""

    match: Match
    members: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Actions:
    """What a rule does. None and False: it says nothing about that, and a later rule may, if this one goes on."""

    team: str | None = None
    assignee: str | None = None
    """A login."""
    skills: tuple[str, ...] = ()
    """What somebody must be able to do to be given it."""
    priority: Priority | None = None
    tags: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    """Logins of people who are told."""
    spam: bool = False
    """Set aside, here."""
    hide: bool = False
    """Hidden at the platform, where that can be done."""
    resolve: bool = False
    snooze: int | None = None
    """Hours for which nobody needs to look at it; then it waits like any other."""
    reply: str | None = None
    """The shortcut of a saved reply that whoever answers finds prepared."""

    @property
    def out_of_sight(self) -> bool:
        """Whether nobody would see it unless they look for it."""
        return self.spam or self.hide or self.resolve or self.snooze is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. The first that matches decides, unless it goes on: then later ones may add what it left open."""

    name: str
    when: tuple[Condition | Group, ...]
    then: Actions
    match: Match = Match.ALL
    goes_on: bool = False
    note: str = ""
    """For people; decides nothing."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with rules, and where."""

    rule: int
    """Counted from 1; 0 means the text as a whole."""
    part: str
    """``name``, ``team``; ``when.2`` for the second condition, ``when.2.1`` for the first of a group; "": the rule."""
    why: str
    """A sentence for the person who wrote it."""
    value: int = 0
    """Which value of a condition's list, counted from 1; 0: all of it."""
    line: int = 0
    """Where it stands in the text that somebody wrote, counted from 1; 0 where no such line is known."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation to be judged."""

    id: int
    page_id: int
    state: ConversationState
    author_known: bool
    contact_id: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, and the words it saw (none for rules that look at other things)."""

    rule: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Where a conversation goes and why. ``team`` None means the page's default team."""

    team: str | None
    priority: Priority
    spam: bool
    rule: str | None
    """The rule that says where it goes; the first that matched, if none of them does."""
    matched: tuple[str, ...]
    """The words ``rule`` saw."""
    assignee: str | None = None
    skills: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    hide: bool = False
    resolve: bool = False
    snooze: int | None = None
    """Hours."""
    reply: str | None = None
    by_model: bool = False
    """Whether the model said where it goes, because no rule did."""
    hits: tuple[Hit, ...] = field(default=(), compare=False)
    """All rules that matched, in order."""

    @property
    def out_of_sight(self) -> bool:
        """Whether nobody would see it unless they look for it."""
        return self.spam or self.hide or self.resolve or self.snooze is not None


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model makes of a conversation."""

    team: str
    """A team's key, ``spam`` or ``none``."""
    confidence: float
    """0 to 1, of ``team``."""
    kind: Kind
    kind_confidence: float
    automatic: bool
    """Sure enough to be heeded without asking a person."""
    audited: bool
    """Would have been, but was drawn to be decided by a person who is not told what the model thinks."""
    untold: bool
    """Nobody is told what the model thinks: ``audited``, or drawn to look like it."""
    remedy: bool
    """Seems to want money back or a new one."""
    version_id: int | None
    """None for the model that came along."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on one conversation, and by which version of the rules."""

    conversation_id: int
    version_id: int | None
    verdict: Verdict
    placement: Placement
    said_at: datetime | None = None
    """When the person wrote."""
    thought: Thought | None = None
    stays_with: str | None = None
    """The name of who has another open conversation of the same person, where it goes to them for that reason."""


@dataclass(frozen=True, slots=True)
class WhatModelThought:
    """What the model thought of a conversation when it was routed, as it is shown."""

    team: str
    """A team's key, ``spam`` or ``none``."""
    kind: Kind
    confidence: float
    """0 to 1, of ``team``."""
    kind_confidence: float
    untold: bool
    """Nobody is shown the above."""
    remedy: bool
    """Seems to want money back or a new one."""
