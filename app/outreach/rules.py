"""Which stances contradict each other, who is meant, how a text sounds; no database, no clock."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from app.contacts import rules as contacts
from app.outreach.types import IdKind, Key, OutreachState, OutreachView, Span, Stance

NAME_MAXIMUM = 200
MESSAGE_MAXIMUM = 5_000
REASON_MAXIMUM = 1_000
LONGEST_READ = 20_000

_AGAINST: Mapping[Stance, frozenset[Stance]] = {
    Stance.COURTING: frozenset({Stance.DECLINING, Stance.DISPUTE, Stance.OWING, Stance.CRISIS}),
    Stance.NEUTRAL: frozenset(),
    Stance.DECLINING: frozenset({Stance.COURTING, Stance.DISPUTE, Stance.OWING}),
    Stance.DISPUTE: frozenset({Stance.COURTING}),
    Stance.OWING: frozenset(),
    Stance.CRISIS: frozenset(),
}
"""An act with this stance is held where another department has one of those."""


def contradicts(act: Stance, standing: Stance) -> bool:
    """Whether somebody would wonder at both coming from one house."""
    return standing in _AGAINST[act]


def opposed(act: Stance) -> frozenset[Stance]:
    """All stances that an act of this one contradicts."""
    return _AGAINST[act]


def overlap(one: Span, other: Span) -> bool:
    """Whether both hold at some moment. A time includes its beginning and not its end; one that ends before it begins
    never holds."""
    if any(span.until is not None and span.until <= span.since for span in (one, other)):
        return False
    latest = max(one.since, other.since)
    return all(span.until is None or latest < span.until for span in (one, other))


def conflict(act: Span, standing: Span) -> bool:
    """Whether an act of one department has to wait for another: different departments, contrary stances, at one time.

    A department may contradict itself: it knows what it said before.
    """
    return act.team_id != standing.team_id and contradicts(act.stance, standing.stance) and overlap(act, standing)


def keys(*, site: str = "", account: str = "", email: str = "") -> list[Key]:
    """Who is meant, in one spelling: registrable domain, account, e-mail address. What is none of them is left out.

    An address typed as a site may be an account (``https://x.com/ann``), and the other way round.
    """
    found = [Key(IdKind.EMAIL, one) for one in [contacts.email_key(email)] if one]
    for text in (site, account):
        if one := contacts.site_key(text):
            found.append(Key(IdKind.SITE, one))
        if one := contacts.account_key(text):
            found.append(Key(IdKind.ACCOUNT, one))
    if account.strip().startswith("@"):
        meant = contacts.accounts_meant(account)
        found += [Key(IdKind.ACCOUNT, one) for one in meant if len(meant) == 1]
    return sorted(set(found))


def stance_of(text: str, phrases: Mapping[Stance, Sequence[str]]) -> Stance:
    """How a text sounds: it turns somebody down, or courts them; a refusal outweighs kind words around it."""
    plain = " ".join(text[:LONGEST_READ].casefold().replace("\u2019", "'").split())
    for stance in (Stance.DECLINING, Stance.COURTING):
        if _any(phrases.get(stance, ())).search(plain):
            return stance
    return Stance.NEUTRAL


def _any(phrases: Iterable[str]) -> re.Pattern[str]:
    """Literals and ``*`` for the rest of a word: linear in the text."""
    parts = [r"\w*".join(re.escape(part) for part in phrase.casefold().split("*")) for phrase in phrases]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)" if parts else r"(?!)")


def impersonal(text: str, template: str) -> bool:
    """Whether nothing was said to this one person that the saved reply does not say to everybody."""
    return " ".join(text.split()) == " ".join(template.split())


def stands(one: OutreachView, now: datetime) -> bool:
    """Whether it is of use beside somebody's words: it was not dropped, and it holds or is still to come."""
    return one.state is not OutreachState.DROPPED and not is_over(one.until, now)


def lasts(since: datetime, until: datetime | None, now: datetime) -> bool:
    """Whether it holds now."""
    return since <= now and not is_over(until, now)


def is_over(until: datetime | None, now: datetime) -> bool:
    """Whether it holds no longer, and never will."""
    return until is not None and until <= now
