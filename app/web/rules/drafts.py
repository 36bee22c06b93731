"""Versions of the rules: looked at, made into drafts, tried, published, taken back."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.edge.context import actor, session
from app.edge.routes import route
from app.routing import queries, reading, trials, tried, versions
from app.web.rules import words
from app.web.rules.overview import lost, names
from app.web.rules.routes import ID, POST, blueprint

DAYS = 30


@route(blueprint, f"/versions/{ID}", needs=Permission.READ_ROUTING)
def version(rule_set_id: int) -> ResponseReturnValue:
    """A version with its rules in words, its trials and what was done with it."""
    one = queries.version(session(), rule_set_id)
    known = names()
    found = reading.read(one.source)
    in_force = queries.in_force_id(session())
    return render_template(
        "rules/version.html",
        version=one,
        rules=[words.rule(rule, known) for rule in found],
        lost=lost(found) if one.is_open else [],
        trials=trials.of_version(session(), rule_set_id),
        tried=tried.of(session(), one.source, one.digest, utc_now()) if one.is_open else None,
        overtaken_by=in_force if one.is_open and one.base_id != in_force else None,
        is_second=actor().id not in (one.proposed_by_id, one.changed_by_id),
        events=queries.version_events(session(), rule_set_id),
        others=[other for other in queries.versions(session(), 20) if other.id != rule_set_id],
        days=DAYS,
        event_text=words.version_event,
    )


@route(blueprint, "/drafts", needs=Permission.MANAGE_ROUTING, methods=POST)
def draft() -> ResponseReturnValue:
    """A new draft, made from a version; from the one in force, if none is named."""
    base = _version("base") or queries.in_force_id(session())
    made = versions.draft(session(), actor(), base, utc_now())
    return redirect(url_for("rules.version", rule_set_id=made), 303)


@route(blueprint, f"/versions/{ID}/try", needs=Permission.MANAGE_ROUTING, methods=POST)
def try_(rule_set_id: int) -> ResponseReturnValue:
    """Ask for it to be replayed on what is stored."""
    days = request.form.get("days", type=int, default=0)
    against = _version("against")
    asked = trials.ask(session(), actor().id, rule_set_id, days=days, against_id=against, now=utc_now())
    return redirect(url_for("rules.trial", trial_id=asked), 303)


@route(blueprint, f"/versions/{ID}/publish", needs=Permission.MANAGE_ROUTING, methods=POST)
def publish(rule_set_id: int) -> ResponseReturnValue:
    """Put a draft in force, or propose it to a second person."""
    done = versions.publish(session(), actor(), rule_set_id, revision=_revision(), now=utc_now())
    if not done:
        flash(_("Proposed. Another supervisor or admin has to agree before it counts."))
        return redirect(url_for("rules.version", rule_set_id=rule_set_id), 303)
    flash(_("These rules are in force now."), "good")
    return redirect(url_for("rules.overview"), 303)


@route(blueprint, f"/versions/{ID}/refuse", needs=Permission.MANAGE_ROUTING, methods=POST)
def refuse(rule_set_id: int) -> ResponseReturnValue:
    """Don't agree to what somebody proposed."""
    versions.refuse(session(), actor(), rule_set_id, revision=_revision(), now=utc_now())
    return redirect(url_for("rules.version", rule_set_id=rule_set_id), 303)


@route(blueprint, f"/versions/{ID}/discard", needs=Permission.MANAGE_ROUTING, methods=POST)
def discard(rule_set_id: int) -> ResponseReturnValue:
    """Put a draft away."""
    versions.discard(session(), actor(), rule_set_id, revision=_revision(), now=utc_now())
    flash(_("The draft is put away. A new draft can be made from it."))
    return redirect(url_for("rules.version", rule_set_id=rule_set_id), 303)


@route(blueprint, f"/versions/{ID}/restore", needs=Permission.MANAGE_ROUTING, methods=POST)
def restore(rule_set_id: int) -> ResponseReturnValue:
    """Put a version back in force that was before."""
    versions.roll_back(session(), actor(), rule_set_id, utc_now())
    flash(_("Version %(n)s is in force again.", n=rule_set_id), "good")
    return redirect(url_for("rules.overview"), 303)


def _revision() -> int | None:
    return request.form.get("revision", type=int, default=-1)


def _version(field: str) -> int | None:
    """The version that a form names; None when it names none."""
    found = request.form.get(field, type=int)
    if found is not None and not 0 <= found < 2**31:
        raise NotFound(_("There is no such version of the rules."))
    return found
