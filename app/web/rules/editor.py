"""Writing one rule, or all of them as a text. Every button of the form works without script."""

from collections.abc import Iterable
from dataclasses import replace

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import rejected, route
from app.pages import queries as pages
from app.routing import queries, reading, versions
from app.routing.faults import InvalidRules, told
from app.routing.queries import VersionView
from app.routing.types import Fact, Fault
from app.texts import queries as texts
from app.web.rules import buttons, fields, form, words
from app.web.rules.form import Typed
from app.web.rules.overview import names
from app.web.rules.routes import ID, POST, blueprint

NUMBER = "<int(max=1000):number>"
BOTH = ("GET", "POST")


@route(blueprint, f"/versions/{ID}/rules/{NUMBER}", needs=Permission.MANAGE_ROUTING, methods=BOTH)
def rule(rule_set_id: int, number: int) -> ResponseReturnValue:
    """A form for one rule of a draft, counted from 1; 0 is a new one, put at the end."""
    version = _draft(rule_set_id)
    there = list(versions.rules_of(session(), rule_set_id))
    if number > len(there):
        raise NotFound(_("There is no such rule in this draft."))
    if request.method == "GET":
        return _show(version, number, form.typed(there[number - 1]) if number else Typed())
    sent = fields.read(request.form)
    what = request.form.get("do", "save")
    if what != "save":
        return _show(version, number, buttons.changed(sent, what, request.form))
    made = form.rule(sent)
    place = number or len(there) + 1
    wrong = _by_place(reading.faults_of([made]))
    if not wrong:
        there[place - 1 : place] = [made]
        try:
            versions.save_rules(
                session(), actor(), rule_set_id, there, written=place, revision=_revision(), now=utc_now()
            )
        except InvalidRules as error:
            wrong = _by_place(one for one in error.faults if one.rule == place) or {"": [error.message]}
        except Conflict as error:
            wrong = {"": [error.message]}
    if wrong:
        return rejected(_show(version, number, replace(sent, wrong=wrong)), 422)
    return redirect(url_for("rules.version", rule_set_id=rule_set_id, _anchor=f"rule-{place}"), 303)


def _by_place(faults: Iterable[Fault]) -> dict[str, list[str]]:
    """All that is wrong, by place; without the fact's name before it, which the form shows anyway."""
    found: dict[str, list[str]] = {}
    for fault in faults:
        why = fault.why
        for fact in Fact:
            why = why.removeprefix(f"{fact.value}: ")
        if fault.value:
            why = _("Value %(n)s: %(why)s", n=fault.value, why=why)
        found.setdefault(fault.part, []).append(why)
    return found


def _show(version: VersionView, number: int, one: Typed) -> str:
    known = names()
    return render_template(
        "rules/editor.html",
        version=version,
        number=number,
        one=one,
        facts=[(fact.value, words.fact_name(fact)) for fact in Fact],
        fact_name=words.fact_name,
        choices=lambda line: _choices(line, known),
        kinds=form,
        teams=[team for team in accounts.teams(session()) if not team.demo],
        people=[(one.login, one.name) for one in accounts.users(session()) if one.active and not one.demo],
        saved=[(one.shortcut, f"/{one.shortcut}  {one.title}") for one in texts.saved(session())],
        revision=request.form.get("revision") or version.revision,
    )


def _choices(line: form.Line, known: words.Names) -> list[tuple[str, str]]:
    """What can be ticked; values that are no longer offered stay, so that saving does not drop them unseen."""
    if line.fact is Fact.PAGES:
        offered = {str(page.id): page.name for page in pages.pages(session()) if not page.demo}
    elif line.fact is Fact.CAMPAIGNS:
        offered = {str(number): name for number, name in known.campaigns.items()}
    elif line.fact is Fact.CONNECTORS:
        offered = dict(known.connectors)
    else:
        offered = words.choices(line.fact)
    offered |= {value: words.value_name(line.fact, value, known) for value in line.values if value not in offered}
    return list(offered.items())


@route(blueprint, f"/versions/{ID}/text", needs=Permission.MANAGE_ROUTING, methods=BOTH)
def text(rule_set_id: int) -> ResponseReturnValue:
    """All rules of a draft as one text."""
    version = _draft(rule_set_id)
    if request.method == "GET":
        return render_template("rules/text.html", version=version, text=version.source, faults=[], error="")
    source = request.form.get("text", "").replace("\r\n", "\n")
    try:
        versions.save(session(), actor(), rule_set_id, source, revision=_revision(), now=utc_now())
    except InvalidRules as error:
        faults = [told(fault) for fault in error.faults]
        return rejected(render_template("rules/text.html", version=version, text=source, faults=faults, error=""), 422)
    except Conflict as error:
        page = render_template("rules/text.html", version=version, text=source, faults=[], error=error.message)
        return rejected(page, 409)
    flash(_("The draft is saved."), "good")
    return redirect(url_for("rules.version", rule_set_id=rule_set_id), 303)


@route(blueprint, f"/versions/{ID}/rules/{NUMBER}/move", needs=Permission.MANAGE_ROUTING, methods=POST)
def move(rule_set_id: int, number: int) -> ResponseReturnValue:
    """One up, one down, away, or once more: all of that to a rule of a draft."""
    there = list(versions.rules_of(session(), rule_set_id))
    if not 1 <= number <= len(there):
        raise NotFound(_("There is no such rule in this draft."))
    what, at = request.form.get("do"), number - 1
    if what == "remove":
        del there[at]
    elif what == "copy":
        there.insert(at + 1, replace(there[at], name=f"{there[at].name} (2)"[: reading.NAME_MAXIMUM]))
    else:
        other = max(0, min(len(there) - 1, at - 1 if what == "up" else at + 1))
        there[at], there[other] = there[other], there[at]
        number = other + 1
    versions.save_rules(session(), actor(), rule_set_id, there, written=None, revision=_revision(), now=utc_now())
    return redirect(url_for("rules.version", rule_set_id=rule_set_id, _anchor=f"rule-{number}"), 303)


def _draft(rule_set_id: int) -> VersionView:
    version = queries.version(session(), rule_set_id)
    if not version.is_open:
        raise Conflict(_("This version is no draft any more. Make a new draft from it."))
    return version


def _revision() -> int | None:
    """The revision that the form was made at; a form that doesn't say has seen none."""
    return request.form.get("revision", type=int, default=-1)
