"""Who gets which conversation; no database, no clock."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from app.core import hours
from app.core.hours import Week
from app.duty.types import Abilities, Availability, Colleague, Mode, Wanting

UNSEEN_AFTER = timedelta(minutes=2)
"""A browser speaks up twice a minute; one in the background is slowed down to once a minute."""
GRACE = timedelta(minutes=1)
"""How long somebody who went keeps what they had: a browser that is opened again changes nothing."""
AGAIN_AFTER = timedelta(days=1)
"""How long nobody is given again what they did not answer in time; it is free meanwhile, for them to take too."""
CAPACITY_MAXIMUM = 500
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def at_work(
    availability: Availability, since: datetime, seen_at: datetime, now: datetime
) -> tuple[Availability, datetime]:
    """How somebody really stands, and since when: who is not seen is offline, whatever they said last."""
    if availability is Availability.ONLINE and now - seen_at > UNSEEN_AFTER:
        return Availability.OFFLINE, max(since, seen_at + UNSEEN_AFTER)
    return availability, since


def gives_back(availability: Availability, since: datetime, now: datetime) -> bool:
    """Whether somebody's conversations go back to the team by now."""
    return availability in (Availability.OFFLINE, Availability.AWAY_RETURNING) and now - since >= GRACE


def in_hours(text: str, days_off: str, now: datetime) -> bool:
    """Whether a person's or team's hours hold that moment; what can't be read (any more) holds nobody off."""
    return week(text, days_off).hold(now)


def week(text: str, days_off: str) -> Week:
    """A person's or team's hours; where they can't be read (any more), all there are."""
    try:
        return hours.read_week(text, days_off)
    except hours.HoursError:
        return Week(())


def hand_out(mode: Mode, people: Sequence[Colleague], waiting: Sequence[Wanting]) -> list[tuple[int, int]]:
    """Pairs of conversation and person, in the order of ``waiting``; nobody gets more than they have room for.

    A language or skill asks for those of the team who have it; where nobody of the team has it at all, anyone will do.
    """
    if mode is Mode.BY_HAND:
        return []
    team = abilities(people)
    standing = {one.id: one for one in people if one.free}
    turn = len(people)
    order = {
        one.id: place for place, one in enumerate(sorted(people, key=lambda one: (one.given_at or _NEVER, one.id)))
    }
    given: list[tuple[int, int]] = []
    for talk in waiting:
        if not standing:
            break
        able = [one for one in standing.values() if can_take(one, talk, team)]
        if not able:
            continue
        best = min(able, key=lambda one: (*_claim(mode, one), order[one.id]))
        given.append((talk.id, best.id))
        order[best.id] = turn = turn + 1
        standing[best.id] = replace(best, load=best.load + 1, given_lately=best.given_lately + 1)
        if not standing[best.id].free:
            del standing[best.id]
    return given


def abilities(people: Sequence[Colleague]) -> Abilities:
    """What people can do between them, at work or not."""
    return Abilities(
        frozenset(language for one in people for language in one.languages),
        any(not one.languages for one in people),
        frozenset(skill for one in people for skill in one.skills),
    )


def can_take(one: Colleague, talk: Wanting, team: Abilities) -> bool:
    """Whether somebody has what a conversation asks for, and did not let it lie. It asks only for what somebody of the
    team has at all."""
    if talk.id in one.lapsed or not talk.tags & team.skills <= one.skills:
        return False
    asked = talk.language is not None and (team.any_language or talk.language in team.languages)
    return not asked or not one.languages or talk.language in one.languages


def stuck(people: Sequence[Colleague], talks: Sequence[Wanting]) -> list[int]:
    """The conversations that nobody who is at work would be given, however much room they had."""
    team = abilities(people)
    return [talk.id for talk in talks if not any(one.ready and can_take(one, talk, team) for one in people)]


def _claim(mode: Mode, one: Colleague) -> tuple[float, ...]:
    if mode is Mode.LEAST_LOADED:
        return (one.load / one.capacity, one.given_lately)
    return ()
