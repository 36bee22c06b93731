"""People and what they may do."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    AGENT = "agent"
    MARKETER = "marketer"
    SUPERVISOR = "supervisor"
    ADMIN = "admin"


class Permission(StrEnum):
    """What a route can ask for. Every route names one, or says that it is public."""

    READ_INBOX = "read_inbox"
    ANSWER = "answer"
    """Reply, note, take, assign, hand over, resolve, reopen, set aside as spam."""
    READ_PAGES = "read_pages"
    MANAGE_PAGES = "manage_pages"
    READ_ROUTING = "read_routing"
    MANAGE_CAMPAIGNS = "manage_campaigns"
    """Plan and close campaigns, say who looks after a page."""
    MANAGE_ROUTING = "manage_routing"
    """Write, try and publish rules."""
    OWN_ACCOUNT = "own_account"
    MANAGE_DUTY = "manage_duty"
    """Say who takes on how much, and how a team's conversations are given out."""
    MANAGE_ROOMS = "manage_rooms"
    """Say which chat rooms are told what."""
    CURATE = "curate"
    """Rename and remove what all see: tags, a team's saved views; act on whole lists of any team."""
    LIFT_DO_NOT_CONTACT = "lift_do_not_contact"
    """Let somebody be written to again who was marked as not to be contacted."""
    MANAGE_GOALS = "manage_goals"
    """Say what we mean to reach, and how often it is reviewed."""
    MANAGE_TARGETS = "manage_targets"
    """Say how quickly people are to be answered."""
    MANAGE_TEXTS = "manage_texts"
    """Write, change and archive saved replies."""
    APPROVE_REPLIES = "approve_replies"
    """Decide about replies that need approval, and say which do."""
    SEE_REPORTS = "see_reports"
    """See how everybody did; one's own figures need nothing."""
    SEE_PEOPLE = "see_people"
    """See how accounts are set up."""
    MANAGE_PEOPLE = "manage_people"
    """Add people, change roles and teams, switch accounts off."""
    ASK_REMEDY = "ask_remedy"
    """Ask for remedies, carry approved ones out by hand, and tell people."""
    DECIDE_REMEDY = "decide_remedy"
    """Approve, refuse, change; settle what nobody knows; see the ledger."""
    MANAGE_REMEDIES = "manage_remedies"
    """Propose and confirm the policy; name a stand-in."""
    MANAGE_SOURCES = "manage_sources"
    """Say which programs may enter outreach."""
    MANAGE_SHOPS = "manage_shops"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is signed in, or the command line acting for the operator."""

    id: int
    login: str
    name: str
    role: Role
    language: str | None
    team_ids: frozenset[int]
    proved_at: datetime | None = None
    """When they last gave their password in this session; None where there is no session."""
    time_zone: str | None = None
    """IANA name; None follows the browser."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh session: ``token`` goes to the browser and is stored nowhere else."""

    token: str
    actor: Actor


@dataclass(frozen=True, slots=True)
class TeamView:
    id: int
    key: str
    name: str
    demo: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    """How an account is set up."""

    id: int
    login: str
    name: str
    role: Role
    active: bool
    demo: bool
    language: str | None
    time_zone: str | None
    team_ids: frozenset[int]
    has_password: bool
    link_until: datetime | None
    """Until when a one-time link waits to be used; None without one."""
    since: datetime
    last_seen: datetime | None
    """When they last signed in, as far as that session is still kept."""


@dataclass(frozen=True, slots=True)
class PersonTyped:
    """An account as an admin typed it. Empty language and time zone follow the browser."""

    name: str
    role: str
    team_ids: frozenset[int]
    language: str = ""
    time_zone: str = ""


@dataclass(frozen=True, slots=True)
class UserView:
    id: int
    login: str
    name: str
    role: Role
    active: bool
    demo: bool
    team_names: tuple[str, ...]
