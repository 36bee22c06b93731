"""Who may do what; what a password must be."""

from datetime import datetime, timedelta

from app.accounts.types import Permission, Role

_EVERYBODY = frozenset(
    {
        Permission.READ_INBOX,
        Permission.ANSWER,
        Permission.READ_PAGES,
        Permission.READ_ROUTING,
        Permission.OWN_ACCOUNT,
        Permission.ASK_REMEDY,
    }
)
_LEADING = _EVERYBODY | {
    Permission.CURATE,
    Permission.DECIDE_REMEDY,
    Permission.LIFT_DO_NOT_CONTACT,
    Permission.MANAGE_CAMPAIGNS,
    Permission.MANAGE_REMEDIES,
    Permission.MANAGE_DUTY,
    Permission.MANAGE_ROUTING,
    Permission.MANAGE_GOALS,
    Permission.MANAGE_TARGETS,
    Permission.MANAGE_TEXTS,
    Permission.APPROVE_REPLIES,
    Permission.SEE_PEOPLE,
    Permission.SEE_REPORTS,
}
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.AGENT: _EVERYBODY,
    Role.MARKETER: _EVERYBODY | {Permission.MANAGE_CAMPAIGNS, Permission.MANAGE_TEXTS},
    Role.SUPERVISOR: _LEADING,
    Role.ADMIN: _LEADING
    | {
        Permission.MANAGE_PAGES,
        Permission.MANAGE_PEOPLE,
        Permission.MANAGE_SHOPS,
        Permission.MANAGE_SOURCES,
        Permission.MANAGE_ROOMS,
    },
}

MINIMUM_PASSWORD = 10
MAXIMUM_PASSWORD = 512
FAILURES_ALLOWED = 10
FAILURES_ALLOWED_FROM_ADDRESS = 30
"""More than for one login: a whole office may share an address."""
FAILURE_WINDOW = timedelta(minutes=10)
SETUP_LINK_LIFE = timedelta(hours=24)
PASSWORD_LINK_LIFE = timedelta(hours=72)
"""Long enough for a weekend: a new colleague gets it on Friday."""
NAME_MAXIMUM = 120
TEAM_NAME_MAXIMUM = 80
ALWAYS_THERE = ("customer_service", "marketing")
"""Keys of the teams that every installation has."""


def may(role: Role, permission: Permission) -> bool:
    """Whether a role holds a permission; nothing is allowed that is not granted."""
    return permission in GRANTS[role]


def session_is_live(expires_at: datetime, active: bool, now: datetime) -> bool:
    """A session ends with its time or with its person's account."""
    return active and now < expires_at
