"""The model: what it learned, where kinds go, what it may do alone, its word lists, and how well all this works."""

from dataclasses import replace

from babel.dates import format_timedelta
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core.clock import utc_now
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import locale
from app.edge.context import actor, session
from app.edge.routes import route
from app.learning import queries, report, rules, service, words
from app.learning.types import DESTINATIONS, LANGUAGES, NOBODY, SPAM, Kind, VersionState
from app.routing import proposals
from app.web.present import names

blueprint = Blueprint("learning", __name__, url_prefix="/routing/model")
POST = ("POST",)
LISTED = 25


@route(blueprint, "", needs=Permission.READ_ROUTING)
def overview() -> ResponseReturnValue:
    """What judges now, what it may do alone, and how to change that."""
    versions = queries.versions(session(), LISTED)
    return render_template(
        "learning/overview.html",
        versions=versions,
        current=next((one for one in versions if one.state is VersionState.IN_USE), None),
        idle=queries.in_use(session()).idle,
        waiting=queries.waiting(session()),
        enough=rules.NEW_EXAMPLES,
        automatic=queries.automatic(session()),
        destinations=queries.destinations(session()),
        kinds=kind_words(),
        state_word=state_word,
        places=places(),
        languages=[(tag, locale().languages.get(tag, tag)) for tag in words.LANGUAGES],
        spoken=sorted(((tag, locale().languages.get(tag, tag)) for tag in LANGUAGES), key=lambda one: one[1]),
        chosen=queries.languages(session()) or (),
        own=dict(queries.own_lists(session())),
    )


@route(blueprint, "/versions/<int(max=2147483647):version_id>/use", needs=Permission.MANAGE_ROUTING, methods=POST)
def use(version_id: int) -> ResponseReturnValue:
    """Go back to a version; 0 is the model that came along."""
    service.go_back(session(), version_id, utc_now(), actor().id)
    said = _("Version %(version)s judges again.", version=version_id)
    flash(said if version_id else _("The model that came along judges again."), "good")
    return redirect(url_for("learning.overview"), 303)


@route(blueprint, "/kinds", needs=Permission.MANAGE_ROUTING, methods=POST)
def kinds() -> ResponseReturnValue:
    """Say which team answers which kind."""
    wanted = {kind: request.form.get(kind.value, DESTINATIONS[kind]) for kind in Kind}
    service.choose_destinations(session(), wanted, utc_now(), actor().id)
    flash(_("Saved. New comments are judged so from now on."), "good")
    return redirect(url_for("learning.overview"), 303)


@route(blueprint, "/languages", needs=Permission.MANAGE_ROUTING, methods=POST)
def languages() -> ResponseReturnValue:
    """Say what comments may be in."""
    service.choose_languages(session(), request.form.getlist("language"), utc_now(), actor().id)
    flash(_("Saved. New comments are told apart so from now on."), "good")
    return redirect(url_for("learning.overview"), 303)


@route(blueprint, "/automatic/<team>", needs=Permission.MANAGE_ROUTING, methods=POST)
def automatic(team: str) -> ResponseReturnValue:
    """Let a team's conversations be routed without asking, or stop that."""
    if team not in places():
        raise NotFound(_("There is no such team."))
    service.allow_automatic(session(), team, request.form.get("allowed") == "yes", utc_now(), actor().id)
    return redirect(url_for("learning.overview"), 303)


@route(blueprint, "/words/<language>", needs=Permission.READ_ROUTING)
def word_lists(language: str) -> ResponseReturnValue:
    """The word lists of a language."""
    return _lists(language, None, "")


@route(blueprint, "/words/<language>", needs=Permission.MANAGE_ROUTING, methods=POST)
def save_word_lists(language: str) -> ResponseReturnValue:
    """Change the word lists of a language, or bring back those that came along."""
    if language not in words.LANGUAGES:
        raise NotFound(_("There are no word lists in this language."))
    source = "" if request.form.get("reset") else request.form.get("source", "")
    try:
        service.save_lists(session(), language, source, utc_now(), actor().id)
    except InvalidInput as error:
        return make_response(_lists(language, source, error.message), 422)
    flash(_("Saved. The model learns anew with these lists in a few minutes."), "good")
    return redirect(url_for("learning.word_lists", language=language), 303)


def _lists(language: str, written: str | None, error: str) -> str:
    if language not in words.LANGUAGES:
        raise NotFound(_("There are no word lists in this language."))
    own = dict(queries.own_lists(session())).get(language)
    shipped = words.shipped(language)
    return render_template(
        "learning/words.html",
        language=language,
        name=locale().languages.get(language, language),
        source=written if written is not None else own or shipped,
        changed=own is not None and own.strip() != shipped.strip(),
        error=error,
    )


@route(blueprint, "/report", needs=Permission.READ_ROUTING)
def how_well() -> ResponseReturnValue:
    """How often conversations were routed rightly, and what could be better."""
    found = report.report(session(), utc_now())
    languages = [replace(one, name=locale().languages.get(one.name, one.name or "?")) for one in found.languages]
    return render_template(
        "learning/report.html",
        report=found,
        proposals=proposals.still_open(session(), found.proposals),
        rules=[replace(one, name=_rule_name(one.name)) for one in found.rules],
        teams=[replace(one, name=places().get(one.name, one.name)) for one in found.teams],
        languages=languages,
        places=places(),
        days=report.DAYS,
        lost=format_timedelta(found.lost, locale=locale()) if found.lost is not None else "–",
    )


@route(blueprint, "/report/propose", needs=Permission.MANAGE_ROUTING, methods=POST)
def propose() -> ResponseReturnValue:
    """Make a draft of the rules with a proposed change in it, to be tried and published."""
    wanted = {name: request.form.get(name, "") for name in ("rule", "team", "word")}
    draft = proposals.draft(session(), actor(), wanted["rule"], wanted["team"], wanted["word"], utc_now())
    flash(_("A draft with this change. Try it, then publish it."))
    return redirect(url_for("rules.version", rule_set_id=draft), 303)


def _rule_name(key: str) -> str:
    if key == "*":
        return _("No rule: the model was sure enough")
    return names.shown(key) if key else _("No rule: to the team of the page")


def places() -> dict[str, str]:
    """Everywhere a comment can go, by key."""
    known = {team.key: names.shown(team.name) for team in accounts.teams(session()) if not team.demo}
    return known | {SPAM: _("set aside as spam"), NOBODY: _("left to a person")}


def kind_words() -> dict[Kind, tuple[str, str]]:
    """Each kind, and what is meant by it."""
    return {
        Kind.COMPLAINT: (_("Complaint"), _("Something went wrong, or somebody is angry.")),
        Kind.QUESTION: (_("Question or suggestion"), _("Somebody wants to know something, or has an idea.")),
        Kind.HELP: (_("Help request"), _("Somebody needs us to do something.")),
        Kind.PRAISE: (_("Praise"), _("Somebody is happy with us.")),
        Kind.CHATTER: (_("Chatter"), _("Said among readers; wants no answer.")),
        Kind.SPAM: (_("Spam"), _("Promotes something else.")),
        Kind.OFF_TOPIC: (_("Off-topic"), _("Not about us. Never decided without a person.")),
    }


def state_word(state: VersionState) -> str:
    """What became of a version."""
    return {
        VersionState.IN_USE: _("in use"),
        VersionState.REPLACED: _("replaced"),
        VersionState.KEPT_BACK: _("kept back"),
        VersionState.TAKEN_BACK: _("taken back"),
    }[state]
