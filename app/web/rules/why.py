"""Why a conversation is where it is: a page of its own, or what unfolds beside the conversation."""

from babel.numbers import format_percent
from flask import render_template
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.i18n import gettext as _
from app.core.i18n import locale
from app.edge.context import actor, session
from app.edge.routes import route
from app.inbox.types import Priority
from app.routing import story
from app.routing.story import Now
from app.routing.types import Fact
from app.web.inbox.routes import by_script
from app.web.present import history
from app.web.present import names as given
from app.web.rules import words
from app.web.rules.overview import names
from app.web.rules.routes import TALK_ID, blueprint


@route(blueprint, f"/why/{TALK_ID}", needs=Permission.READ_INBOX)
def why(conversation_id: int) -> ResponseReturnValue:
    """The rules and words that decided, those that nearly did, and what has changed since."""
    told = story.tell(session(), actor(), conversation_id)
    known = names()
    return render_template(
        "rules/story.html" if by_script() else "rules/why.html",
        story=told,
        conversation_id=conversation_id,
        matched=[words.rule(rule, known) for rule in told.matched],
        near=[(given.shown(one.rule.name), words.line(one.failing, known)) for one in told.near],
        kind_name=words.value_name(Fact.KINDS, told.kind or "", known),
        sure=format_percent(told.opinion.kind_confidence if told.opinion else 0, locale=locale()),
        leads=history.leads(told.opinion) if told.opinion else "",
        now_text=_now(told.now) if told.now else "",
    )


def _now(now: Now) -> str:
    if now.spam:
        text = _("set aside as spam")
    else:
        text = given.shown(now.team_name)
    if now.priority is Priority.HIGH:
        text = _("%(what)s, high priority", what=text)
    if now.by_model:
        return _("%(what)s, as the model is sure.", what=text)
    if now.rule and now.page_team:
        return _("%(what)s, as the rule “%(rule)s” matches and names no team.", what=text, rule=given.shown(now.rule))
    if now.rule:
        return _("%(what)s, by the rule “%(rule)s”.", what=text, rule=given.shown(now.rule))
    return _("%(what)s, as no rule matches.", what=text)
