"""All tables, for migrations: importing this module registers every model."""

from app.accounts import models as accounts
from app.audit import models as audit
from app.campaigns import models as campaigns
from app.collecting import models as collecting
from app.contacts import models as contacts
from app.core.db import Base
from app.desk import models as desk
from app.duty import models as duty
from app.goals import models as goals
from app.hooks import models as hooks
from app.inbox import models as inbox
from app.learning import models as learning
from app.library import models as library
from app.notifications import models as notifications
from app.outbox import models as outbox
from app.outreach import models as outreach
from app.pages import models as pages
from app.remedies import models as remedies
from app.replies import models as replies
from app.reports import models as reports
from app.reviews import models as reviews
from app.routing import models as routing
from app.search import models as search
from app.signals import models as signals
from app.targets import models as targets
from app.texts import models as texts
from app.upkeep import models as upkeep
from app.writing import models as writing

__all__ = [
    "Base",
    "accounts",
    "audit",
    "campaigns",
    "collecting",
    "contacts",
    "desk",
    "duty",
    "goals",
    "hooks",
    "inbox",
    "learning",
    "library",
    "notifications",
    "outbox",
    "outreach",
    "pages",
    "remedies",
    "replies",
    "reports",
    "reviews",
    "routing",
    "search",
    "signals",
    "targets",
    "texts",
    "upkeep",
    "writing",
]
