"""What waits for somebody besides answers: for pages they look after, campaigns, and what reviews decided."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import rules as account_rules
from app.accounts.types import Permission
from app.campaigns.types import Named
from app.core import days
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import route
from app.reviews import queries as reviews
from app.reviews.types import Decision
from app.upkeep import boards, handing_over, reminding
from app.upkeep.types import TaskView
from app.web.present import reviews as words
from app.web.present import vitality as life

blueprint = Blueprint("to_do", __name__, url_prefix="/to-do")


@dataclass(frozen=True, slots=True)
class ToDo:
    """All of it for one person."""

    tasks: list[TaskView]
    unsigned: list[Named]
    """Campaigns of theirs that are over and not handed over."""
    inherited: list[Named]
    """Closed campaigns that left them something they have not taken up."""
    decisions: list[Decision]

    @property
    def count(self) -> int:
        return len(self.tasks) + len(self.unsigned) + len(self.inherited) + len(self.decisions)

    @property
    def asks(self) -> bool:
        """Whether anything of it is due."""
        today = days.of(utc_now())
        due = any(one.open for one in self.tasks) or any(one.due_on <= today for one in self.decisions)
        return due or bool(self.unsigned or self.inherited)


def of_reader() -> ToDo:
    """What waits for whoever is asking. Four statements."""
    me = actor()
    leads = account_rules.may(me.role, Permission.MANAGE_GOALS)
    return ToDo(
        boards.tasks(session(), user_id=me.id, leads=leads),
        reminding.unsigned(session(), me.id, utc_now()),
        reminding.inherited(session(), me.id),
        reviews.of_person(session(), me.id),
    )


@route(blueprint, "", needs=Permission.READ_INBOX)
def overview() -> ResponseReturnValue:
    """All of it, each with what can be done."""
    return render_template("to_do/overview.html", found=of_reader(), say=words, life=life, today=days.of(utc_now()))


@route(blueprint, "/inherited/<int(max=2147483647):campaign_id>", needs=Permission.READ_INBOX, methods=("POST",))
def take_up(campaign_id: int) -> ResponseReturnValue:
    """An heir has what they inherited."""
    handing_over.take_up(session(), actor(), campaign_id, utc_now())
    flash(_("Thank you. Nobody reminds you of it any more."), "good")
    return redirect(url_for("to_do.overview"), 303)
