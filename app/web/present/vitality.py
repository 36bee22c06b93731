"""How alive pages are, in words and pictures, for screens."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from flask import url_for

from app.core import i18n
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.upkeep.types import BoardRow, DayView, Facts, Help, Life, Part, TaskKind, TaskView, Terms, Verdict, Week
from app.web.present.word import Word

HIGH = 20
"""Units of a sparkline's height; four for each week."""
_SHADES = 4
_TWO_DAYS = 48


def life(one: Life) -> Word:
    """How alive a page is. Amber: it needs somebody."""
    return {
        Life.ALIVE: Word(_("Alive"), "heart-pulse", "good"),
        Life.QUIETING: Word(_("Growing quiet"), "sprout"),
        Life.AT_RISK: Word(_("At risk"), "circle-alert", "attention"),
        Life.GHOST_TOWN: Word(_("Ghost town"), "triangle-alert", "bad"),
    }[one]


def counts(rows: Sequence[BoardRow]) -> list[tuple[Life, Word, int]]:
    """How many pages are in each state, the worst first; states that none is in are left out."""
    found = Counter(row.verdict.life for row in rows if row.verdict)
    return [(one, life(one), found[one]) for one in reversed(Life) if found[one]]


@dataclass(frozen=True, slots=True)
class Act:
    """What helps a page most, and where it is done."""

    text: str
    icon: str
    href: str


def help_(row: BoardRow) -> Act | None:
    """The one thing that helps most; None where nothing needs help."""
    verdict, facts, page_id = row.verdict, row.facts, row.page.id
    if verdict is None or facts is None or verdict.help is Help.NOTHING:
        return None
    texts = {
        Help.MEND: Act(_("Mend its login"), "unplug", url_for("pages.show", page_id=page_id)),
        Help.APPOINT: Act(_("Name a steward who is there"), "user-plus", url_for("stewards.form", page_id=page_id)),
        Help.ANSWER: Act(
            ngettext("Answer %(num)s who waits", "Answer %(num)s who wait", facts.waiting)
            if facts.waiting
            else _("Answer sooner"),
            "reply",
            url_for("inbox.overview", view="all", page=page_id),
        ),
        Help.POST: Act(
            _("Publish “%(name)s”", name=row.suggested.name) if row.suggested else _("Post something"),
            "pencil",
            url_for("library.show", post_id=row.suggested.id, page=page_id)
            if row.suggested
            else url_for("library.overview", page=page_id),
        ),
        Help.PLAN: Act(_("Make a keep-alive plan"), "calendar", url_for("vitality.page", page_id=page_id) + "#plan"),
    }
    return texts[verdict.help]


@dataclass(frozen=True, slots=True)
class PartLine:
    """One thing that a page's life is judged by."""

    name: str
    value: str
    level: int


def parts(facts: Facts, terms: Terms, verdict: Verdict) -> list[PartLine]:
    """Everything it is judged by, in words."""
    levels = verdict.levels
    waits = _("nobody waits")
    if facts.oldest_hours is not None:
        waits = ngettext(
            "%(num)s waits, the longest %(time)s",
            "%(num)s wait, the longest %(time)s",
            facts.waiting,
            time=_span(facts.oldest_hours),
        )
    share = _share(facts.in_time_14, facts.answered_14)
    long_share = _share(facts.in_time_90, facts.answered_90)
    there = _("nobody") if not facts.has_steward else _("there") if facts.steward_present else _("away")
    return [
        PartLine(_("Our last post"), _since(facts.last_post_days), levels[Part.POSTS]),
        PartLine(_("Our last reply"), _since(facts.last_reply_days), levels[Part.REPLIES]),
        PartLine(
            _("Answered within %(n)s h", n=terms.answer_within_hours),
            _("%(fortnight)s in 14 days, %(quarter)s in 90", fortnight=share, quarter=long_share),
            levels[Part.ANSWERED],
        ),
        PartLine(_("Unanswered"), waits, levels[Part.WAITING]),
        PartLine(
            _("Comments in a week"),
            _("%(week)s, usually %(usual)s", week=facts.week, usual=_number(facts.usual)),
            levels[Part.COMMENTS],
        ),
        PartLine(_("Campaigns"), _campaigns(facts), 0),
        PartLine(_("Steward"), there, levels[Part.STEWARD]),
        PartLine(_("Connection"), _("works") if facts.connected else _("stopped"), levels[Part.CONNECTION]),
    ]


def _since(days: float | None) -> str:
    if days is None:
        return _("none known")
    return ngettext("%(num)s day ago", "%(num)s days ago", int(days)) if days >= 1 else _("today")


def _span(hours: float) -> str:
    return _("%(n)s h", n=int(hours)) if hours < _TWO_DAYS else _("%(n)s d", n=int(hours // 24))


def _share(part: int, whole: int) -> str:
    return str(format_percent(part / whole, locale=i18n.locale())) if whole else "–"


def _number(value: float) -> str:
    return str(format_decimal(round(value, 1), locale=i18n.locale()))


def _campaigns(facts: Facts) -> str:
    if facts.campaign_until == 0:
        return _("one is running")
    last = _("none before")
    if facts.campaign_since is not None:
        last = ngettext("the last ended %(num)s day ago", "the last ended %(num)s days ago", facts.campaign_since)
    following = _("none planned")
    if facts.campaign_until is not None:
        following = ngettext("the next in %(num)s day", "the next in %(num)s days", facts.campaign_until)
    return f"{last}, {following}"


def task(one: TaskView) -> Word:
    """What is to be done. Amber: it is due."""
    soon = {TaskKind.POST: _("A post is due soon"), TaskKind.ANSWER: _("An answer is due soon")}[one.kind]
    due = {TaskKind.POST: _("Post something"), TaskKind.ANSWER: _("Answer who waits longest")}[one.kind]
    return Word(due, "circle-alert", "attention") if one.open else Word(soon, "clock")


def points(weeks: Sequence[Week]) -> str:
    """A line through the weeks, for an SVG of ``4 × weeks`` by HIGH."""
    most = max([one.comments for one in weeks] + [1])
    places = ((4 * step + 2, HIGH - 2 - (HIGH - 4) * one.comments / most) for step, one in enumerate(weeks))
    return " ".join(f"{x},{y:.1f}" for x, y in places)


def spoken(weeks: Sequence[Week]) -> str:
    """The same in words."""
    half = len(weeks) // 2
    before, lately = (sum(one.comments for one in part) for part in (weeks[:half], weeks[half:]))
    return _("Comments: %(lately)s in the last quarter, %(before)s in the one before", lately=lately, before=before)


@dataclass(frozen=True, slots=True)
class Cell:
    """A day of the heat map: column, row from Monday, shade from 0, and what it says."""

    x: int
    y: int
    shade: int
    title: str


@dataclass(frozen=True, slots=True)
class Heat:
    """Half a year, week by week; the weeks also as a table."""

    cells: Sequence[Cell]
    columns: int
    weeks: Sequence[tuple[str, int, int, Word | None]]


def heat(days: Sequence[DayView]) -> Heat:
    """What was said on each day, as shades and as weeks."""
    most = max([one.comments + one.ours for one in days] + [1])
    cells = [
        Cell(
            step // 7,
            step % 7,
            -(-(one.comments + one.ours) * _SHADES // most),
            _("%(day)s: %(comments)s comments, %(ours)s of ours", day=_day(one), comments=one.comments, ours=one.ours),
        )
        for step, one in enumerate(days)
    ]
    weeks = []
    for start in range(0, len(days), 7):
        week = days[start : start + 7]
        judged = [one.life for one in week if one.life]
        said = sum(one.comments for one in week), sum(one.ours for one in week)
        weeks.append((_day(week[0]), *said, life(judged[-1]) if judged else None))
    return Heat(cells, -(-len(days) // 7), list(reversed(weeks)))


def _day(one: DayView) -> str:
    return str(format_date(one.day, "medium", locale=i18n.locale()))
