"""How Porchlight itself is: for people with reasons and remedies, for monitors in one word."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from babel.dates import format_date
from babel.numbers import format_decimal
from flask import Blueprint, jsonify, render_template, url_for
from flask.typing import ResponseReturnValue

from app.accounts import queries as accounts
from app.accounts.types import Permission
from app.core import alive, i18n, trouble
from app.core.clock import utc_now
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.edge.context import services, session
from app.edge.routes import PUBLIC, route
from app.hooks import queries as hooks
from app.notifications import queries as notifications
from app.notifications.types import Channel
from app.outbox import queries as outbox
from app.pages import connect, spending, tokens
from app.pages import queries as pages
from app.web.present import figures

blueprint = Blueprint("health", __name__)
NEARLY = 0.9
"""From this share of a budget on it is said."""
LITTLE_SPACE = 1_000_000_000
_NAMED = 5
LATE = timedelta(minutes=1)
"""An act that should have left this long ago means that nobody sends."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of Porchlight. ``text`` says how it is, ``remedy`` what to do when it is not well."""

    name: str
    well: bool
    text: str
    remedy: str = ""
    link: str = ""


@route(blueprint, "/health", needs=Permission.READ_PAGES)
def show() -> ResponseReturnValue:
    """Every part with reason and remedy, what needs a look first."""
    now = utc_now()
    found = [
        _database(),
        *_processes(),
        _outbox(now),
        *_notices(now),
        _pages(),
        *_sign_ins(now),
        *_budgets(now),
        *_told(now),
        _space(),
    ]
    parts = sorted(found, key=lambda part: part.well)
    return render_template("health/show.html", parts=parts, well=all(part.well for part in parts))


@route(blueprint, "/livez", needs=PUBLIC, own_transactions=True)
def live() -> ResponseReturnValue:
    """This web process answers: what decides whether it is started anew. Another one's trouble is no reason to."""
    return jsonify(status="ok")


@route(blueprint, "/readyz", needs=PUBLIC, own_transactions=True)
def ready() -> ResponseReturnValue:
    """This web process can do its work, or 503: what decides whether it is sent requests.

    It needs the database; without Redis or workers people can still read, and write what waits to be sent.
    """
    if _database_answers():
        return jsonify(status="ok")
    return jsonify(status="failing", reasons=["database"]), 503


@route(blueprint, "/healthz", needs=PUBLIC, own_transactions=True)
def check() -> ResponseReturnValue:
    """The whole installation, for monitors that call people: ``{"status": "ok"}``, or 503 with the parts that fail;
    nothing about the inside."""
    failing = [] if _database_answers() else ["database"]
    try:
        failing += ["processes"] if _missing() else []
    except redis.RedisError:
        failing += ["redis"]
    if failing:
        return jsonify(status="failing", reasons=failing), 503
    return jsonify(status="ok")


def _database_answers() -> bool:
    try:
        with services().db.read() as reading:
            accounts.admin_exists(reading)
    except Exception as error:
        if trouble.explain(error) is None:
            raise
        return False
    return True


def _missing() -> list[str]:
    """Roles nobody has been seen in for half a minute. Raises RedisError."""
    living = alive.living(services().redis)
    return [role for role in alive.EXPECTED if role not in living]


def _database() -> Part:
    """Somebody who sees this page was looked up in the database, so it answers."""
    name = services().settings.database_url.partition(":")[0].partition("+")[0]
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}.get(name, name)
    return Part(_("Database"), True, _("%(kind)s answers.", kind=kind))


def _processes() -> list[Part]:
    """Redis, and the processes whose signs of life it keeps."""
    try:
        living = alive.living(services().redis)
    except redis.RedisError:
        return [
            Part(
                _("Redis"),
                False,
                _("It does not answer. Nothing is lost: the work is in the database and waits."),
                _("Start it, or check redis.url in config.toml. “porchlight run” starts the one that comes along."),
            )
        ]
    names = {
        alive.SCHEDULER: _("Scheduler"),
        "worker-prompt": _("Worker that routes and assigns"),
        "worker-sending": _("Worker that sends"),
        "worker-patient": _("Worker that reads pages"),
        "worker-notices": _("Worker that notifies"),
    }
    parts = [Part(_("Redis"), True, _("It answers."))]
    for role in alive.EXPECTED:
        count = living.get(role, 0)
        if count:
            text = ngettext("%(num)s process runs.", "%(num)s processes run.", count)
            parts.append(Part(names.get(role, role), True, text))
        else:
            remedy = _("Look at the output of “porchlight run”, or start the process again where it is meant to run.")
            parts.append(Part(names.get(role, role), False, _("Not seen for half a minute."), remedy))
    return parts


def _outbox(now: datetime) -> Part:
    oldest = outbox.oldest_due(session())
    if oldest is None or now - oldest < LATE:
        return Part(_("Outbox"), True, _("Everything that was due has left."))
    minutes = int((now - oldest).total_seconds() // 60)
    text = ngettext(
        "The oldest answer should have left %(num)s minute ago.",
        "The oldest answer should have left %(num)s minutes ago.",
        minutes,
    )
    remedy = _("It waits for a page that is in trouble or paused, or the worker that sends is not running.")
    return Part(_("Outbox"), False, text, remedy, url_for("pages.overview"))


def _notices(now: datetime) -> list[Part]:
    """Mail, and whatever else does not reach our people."""
    failing = {one.channel: one for one in notifications.troubles(session(), now)}
    names = {
        Channel.MAIL: _("E-mail to colleagues"),
        Channel.PUSH: _("Notifications in browsers"),
        Channel.CHAT: _("Chat rooms"),
    }
    remedies = {
        Channel.MAIL: _("Check the settings under smtp in config.toml; what waits goes out as soon as it can."),
        Channel.PUSH: _("Usually it passes. Each browser shows its reason under “Your account”."),
        Channel.CHAT: _("Each room shows its reason."),
    }
    parts = []
    for channel, name in names.items():
        trouble_now = failing.get(channel)
        if trouble_now is not None:
            parts.append(Part(name, False, trouble_now.reason, remedies[channel]))
        elif channel is Channel.MAIL:
            ready = services().mailer.ready
            parts.append(Part(name, True, _("What was due has left.") if ready else _("Not set up.")))
    return parts


def _pages() -> Part:
    troubled = pages.troubled(session())
    if not troubled:
        return Part(_("Pages"), True, _("All pages that are not paused can be read."))
    names = ", ".join(f"{page.name} ({page.url})" for page in troubled[:_NAMED])
    if len(troubled) > _NAMED:
        names = _("%(names)s and %(num)s more", names=names, num=len(troubled) - _NAMED)
    text = ngettext(
        "%(num)s page is in trouble: %(names)s.", "%(num)s pages are in trouble: %(names)s.", len(troubled), names=names
    )
    return Part(
        _("Pages"), False, text, _("Each page says what is the matter and what to do."), url_for("pages.overview")
    )


def _budgets(now: datetime) -> list[Part]:
    """Platforms where what may be spent is spent, or nearly; nothing where it is at none."""
    parts = services().connectors
    budgets = {parts.get(kind).label: found for kind in parts.kinds() if (found := connect.budget(parts, kind, now))}
    used = spending.used(session(), [one.key for one in budgets.values()])
    near = {label: one for label, one in budgets.items() if used.get(one.key, 0) >= one.limit * NEARLY}
    return [
        Part(
            label,
            False,
            _(
                "%(used)s of %(limit)s are spent. When all is, nothing is read or sent there until %(day)s.",
                used=figures.amount(one, used[one.key]),
                limit=figures.amount(one, one.limit),
                day=format_date(one.ends_at, locale=i18n.locale()),
            ),
            _("Wait, or raise the limit in config.toml."),
            url_for("pages.overview"),
        )
        for label, one in near.items()
    ]


def _sign_ins(now: datetime) -> list[Part]:
    """Sign-ins that end within two weeks; nothing where none does."""
    ending = tokens.ending_soon(session(), now)
    if not ending:
        return []
    names = ", ".join(f"{name} ({format_date(at, locale=i18n.locale())})" for name, at in ending[:_NAMED])
    if len(ending) > _NAMED:
        names = _("%(names)s and %(num)s more", names=names, num=len(ending) - _NAMED)
    text = ngettext(
        "%(num)s page has to be signed in to again soon: %(names)s.",
        "%(num)s pages have to be signed in to again soon: %(names)s.",
        len(ending),
        names=names,
    )
    remedy = _("Open the page and sign in again; nothing is lost.")
    return [Part(_("Sign-ins"), False, text, remedy, url_for("pages.overview"))]


def _told(now: datetime) -> list[Part]:
    """What platforms told us by themselves; nothing where none ever did."""
    tally = hooks.tally(session(), now)
    if tally.last_at is None:
        return []
    name = _("Messages from platforms")
    if tally.failed:
        text = ngettext(
            "%(num)s message could not be taken into the inbox.",
            "%(num)s messages could not be taken into the inbox.",
            tally.failed,
        )
        return [Part(name, False, text, _("Each says why, and can be taken again."), url_for("told.overview"))]
    if tally.waiting_since is not None and now - tally.waiting_since > LATE:
        remedy = _("The worker that sends and routes has too much to do, or is not running.")
        return [Part(name, False, _("Some have waited for more than a minute."), remedy)]
    return [Part(name, True, _("All that was told to us has been taken."))]


def _space() -> Part:
    free = shutil.disk_usage(services().settings.data_dir).free
    text = _(
        "%(gigabytes)s GB are free in the data folder.",
        gigabytes=format_decimal(free / 1e9, "#,##0.0", locale=i18n.locale()),
    )
    return Part(_("Disk"), free >= LITTLE_SPACE, text, _("Make some space, or nothing new can be stored soon."))
