"""What is written down, and what a check of it finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Action(StrEnum):
    """Everything that is written down: ``domain:subject:act``. Names are stored, and so are never changed."""

    REMEDY_ASKED = "remedies:remedy:asked"
    REMEDY_EDITED = "remedies:remedy:edited"
    REMEDY_APPROVED = "remedies:remedy:approved"
    REMEDY_REFUSED = "remedies:remedy:refused"
    REMEDY_WITHDRAWN = "remedies:remedy:withdrawn"
    REMEDY_EXPIRED = "remedies:remedy:expired"
    REMEDY_BEGUN = "remedies:remedy:begun"
    REMEDY_RELEASED = "remedies:remedy:released"
    REMEDY_EXECUTED = "remedies:remedy:executed"
    REMEDY_FAILED = "remedies:remedy:failed"
    REMEDY_UNSURE = "remedies:remedy:unsure"
    REMEDY_AGAIN = "remedies:remedy:again"
    REMEDY_SETTLED = "remedies:remedy:settled"
    REMEDY_TOLD = "remedies:remedy:told"
    ORDER_NOTED = "remedies:order:noted"
    POLICY_PROPOSED = "remedies:policy:proposed"
    POLICY_CONFIRMED = "remedies:policy:confirmed"
    POLICY_DROPPED = "remedies:policy:dropped"
    STAND_IN_NAMED = "remedies:stand_in:named"
    SHOP_ADDED = "remedies:shop:added"
    SHOP_CHANGED = "remedies:shop:changed"
    GUARD_ANSWERED = "remedies:guard:answered"
    HELD_SETTLED = "outreach:held:settled"
    SOURCE_ADDED = "outreach:source:added"
    SOURCE_SWITCHED = "outreach:source:switched"
    ASKER_ADDED = "learning:asker:added"
    ASKER_SWITCHED = "learning:asker:switched"
    OUTREACH_ENTERED = "outreach:outreach:entered"
    OUTREACH_ENDED = "outreach:outreach:ended"
    CRISIS_DECLARED = "library:crisis:declared"
    CRISIS_ENDED = "library:crisis:ended"
    POSTS_APPROVAL_SET = "library:page:approval_set"
    POST_APPROVED = "library:post:approved"
    POST_REFUSED = "library:post:refused"
    POST_WRITTEN = "library:post:written"
    POST_RETIRED = "library:post:retired"
    PUBLICATION_ASKED = "library:publication:asked"
    PUBLICATION_CANCELLED = "library:publication:cancelled"
    PUBLICATION_SETTLED = "library:publication:settled"
    POST_MOVED = "campaigns:post:moved"
    GOAL_SET = "goals:goal:set"
    GOAL_REMOVED = "goals:goal:removed"
    REVIEW_PLANNED = "reviews:plan:set"
    REVIEW_CLOSED = "reviews:review:closed"
    DECISION_TAKEN = "reviews:decision:taken"
    DECISION_DONE = "reviews:decision:done"
    DECISION_REOPENED = "reviews:decision:reopened"
    REVIEW_TAKEN_OVER = "reviews:review:taken_over"
    CAMPAIGN_PLANNED = "campaigns:campaign:planned"
    CAMPAIGN_CHANGED = "campaigns:campaign:changed"
    CAMPAIGN_CLOSED = "campaigns:campaign:closed"
    ENTRY_ADDED = "campaigns:entry:added"
    ENTRY_REMOVED = "campaigns:entry:removed"
    STEWARD_NAMED = "upkeep:page:steward_named"
    DEPUTY_NAMED = "upkeep:page:deputy_named"
    PLAN_SET = "upkeep:page:plan_set"
    FOLLOW_UP_DONE = "remedies:follow_up:done"
    FOLLOW_UP_REOPENED = "remedies:follow_up:reopened"
    FOLLOW_UP_HANDED_ON = "remedies:follow_up:handed_on"
    REPLY_APPROVED = "replies:proposal:approved"
    REPLY_REFUSED = "replies:proposal:refused"
    REPLY_WITHDRAWN = "replies:proposal:withdrawn"
    REPLY_SETTLED = "replies:reply:settled"
    COMMENT_MODERATED = "replies:comment:moderated"
    APPROVAL_REQUIRED = "replies:requirement:added"
    APPROVAL_WAIVED = "replies:requirement:removed"
    TEXT_ADDED = "texts:text:added"
    TEXT_CHANGED = "texts:text:changed"
    TEXT_ARCHIVED = "texts:text:archived"
    VOICE_NOTE_SET = "texts:voice:note_set"
    TERM_ADDED = "texts:term:added"
    TERM_REMOVED = "texts:term:removed"
    TAG_RENAMED = "inbox:tag:renamed"
    TAG_REMOVED = "inbox:tag:removed"
    TAG_RETURNED = "inbox:tag:returned"
    VIEW_KEPT = "desk:view:kept"
    VIEW_REMOVED = "desk:view:removed"
    MANY_CHANGED = "desk:list:changed"
    PAGE_CONNECTED = "pages:page:connected"
    PAGE_LOGIN_CHANGED = "pages:page:login_changed"
    HISTORY_IMPORTED = "pages:page:history_imported"
    PAGE_STATE_CHANGED = "pages:page:state_changed"
    NEWS_DISMISSED = "hooks:news:dismissed"
    DUTY_TERMS_SET = "duty:person:terms_set"
    DUTY_WAY_SET = "duty:team:way_set"
    ROOM_SAVED = "notifications:room:saved"
    ROOM_SWITCHED = "notifications:room:switched"
    ROOM_REMOVED = "notifications:room:removed"
    RULES_PROPOSED = "routing:rules:proposed"
    RULES_APPROVED = "routing:rules:approved"
    RULES_PUBLISHED = "routing:rules:published"
    RULES_ROLLED_BACK = "routing:rules:rolled_back"
    MODEL_CHOSEN = "learning:model:chosen"
    WORDS_SAVED = "learning:words:saved"
    KINDS_SET = "learning:kinds:set"
    LANGUAGES_SET = "learning:languages:set"
    AUTOMATIC_SET = "learning:team:automatic_set"
    TARGET_SET = "targets:target:set"
    TARGET_REMOVED = "targets:target:removed"
    SAME_PERSON = "accounts:user:same_person"
    USER_ADDED = "accounts:user:added"
    USER_CHANGED = "accounts:user:changed"
    USER_SWITCHED_OFF = "accounts:user:switched_off"
    USER_SWITCHED_ON = "accounts:user:switched_on"
    SIGN_IN_CHANGED = "accounts:user:password_set"
    LINK_MADE = "accounts:link:made"
    LINK_USED = "accounts:link:used"
    TEAM_ADDED = "accounts:team:added"
    TEAM_RENAMED = "accounts:team:renamed"
    CONTACTS_JOINED = "contacts:contact:joined"
    CONTACTS_SEPARATED = "contacts:contact:separated"
    CONTACT_HELD = "contacts:contact:held"
    CONTACT_LIFTED = "contacts:contact:lifted"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from."""

    address: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log, before it has its place in the chain.

    Holds references, numbers and keys only, never what people wrote: a log that can't be changed must not need to be
    when somebody's words are erased. ``content_hash`` proves which words were meant while they are there.
    """

    action: Action
    subject: str
    """Such as ``remedy/123``."""
    at: datetime
    actor_id: int | None
    """None: Porchlight itself."""
    acting_for_id: int | None = None
    facts: Mapping[str, str | int | bool | None] = field(default_factory=dict)
    content_hash: str | None = None
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Link:
    """A line as it stands in the database."""

    seq: int
    at: datetime
    actor_id: int | None
    acting_for_id: int | None
    address: str | None
    request_id: str | None
    action: str
    subject: str
    facts: str
    content_hash: str | None
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Head:
    """The log's end at a moment, as it was written outside the database."""

    seq: int
    hash: str
    at: str
    seal: str
    """HMAC over the three, with a key that is not in the database."""


class Fault(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    OUT_OF_CHAIN = "out_of_chain"
    CUT_OFF = "cut_off"
    REWRITTEN = "rewritten"
    HEAD_FORGED = "head_forged"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and at which line of the log (for a forged head: of the file)."""

    fault: Fault
    seq: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    lines: int
    heads: int
    problems: tuple[Problem, ...]
