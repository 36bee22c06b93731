"""What all templates can use."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from flask import Flask, request
from markupsafe import Markup

from app.accounts import rules
from app.accounts.types import Permission
from app.core import i18n
from app.edge.context import maybe_actor, services
from app.remedies import money
from app.remedies import words as remedy_words
from app.web import live
from app.web.present import (
    addresses,
    figures,
    health,
    history,
    looks,
    names,
    nav,
    notices,
    remedies,
    text,
    times,
    words,
)

ICONS = "vendor/lucide-1.62.0/icons.svg"


def install(app: Flask) -> None:
    """Register translations, filters and what every page needs to know."""
    env = app.jinja_env
    env.add_extension("jinja2.ext.i18n")
    env.install_gettext_callables(i18n.gettext, i18n.plural, newstyle=True, pgettext=i18n.pgettext)  # type: ignore[attr-defined]
    env.trim_blocks = env.lstrip_blocks = True
    env.filters.update(
        ago=lambda at: times.ago(at, times.present()),
        clock_time=lambda at: times.clock_time(at, times.present()),
        day=times.day,
        moment=times.moment,
        iso=times.iso,
        seconds_left=lambda at: max(0, math.ceil((at - times.present()).total_seconds())),
        linkify=text.linkify,
        safe_url=text.safe_url,
        host=text.host,
        name=names.shown,
    )
    asset = cast(Callable[[str], str], env.globals["asset"])

    def icon(name: str, label: str = "") -> Markup:
        """One of the kept icons; with a ``label`` where it stands without a word."""
        return text.icon(asset(ICONS), name, label)

    env.globals.update(time_tag=lambda at, style="ago": times.tag(at, style, times.present()))
    env.globals.update(svg_icon=icon, ailment=health.ailment, ways=nav.ways, kept_ways=nav.kept_ways, asking=nav.ASKING)
    env.globals.update(figures=figures, history=history, notices=notices, words=words)
    env.filters["shop"] = remedies.shop
    env.globals.update(
        money=money.shown,
        typed=money.plain,
        remedy_words=remedy_words,
        remedy_state=remedies.state,
        remedy_step=remedies.step,
    )
    env.globals.update(live_position=live.position, url_for=addresses.address)
    app.context_processor(_common)


def _common() -> dict[str, Any]:
    asking = maybe_actor()
    return {
        "actor": asking,
        "may": partial(_may, asking.role) if asking else lambda _permission: False,
        "language": i18n.language(),
        "zone": i18n.zone(),
        "theme": looks.theme(),
        "density": looks.density(),
        "ago_words": times.ago_words(),
        "connector_icon": connector_icon,
        "connector_label": connector_label,
        "by_script": "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers,
    }


def _may(role: Any, permission: str) -> bool:
    return rules.may(role, Permission(permission))


def connector_label(kind: str) -> str:
    """The platform's name for people."""
    try:
        return services().connectors.get(kind).label
    except KeyError:
        return kind


def connector_icon(kind: str) -> str:
    """What stands for the platform in lists."""
    try:
        return services().connectors.get(kind).icon
    except KeyError:
        return "globe"
