"""Decisions about telling: defaults, waits, days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import i18n
from app.notifications import chat, rules, words
from app.notifications.types import Channel, Event, Told
from app.signals.types import SignalKind
from app.web.present import notices

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Auckland"]).map(ZoneInfo)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


def test_every_signal_is_something_to_somebody() -> None:
    assert set(rules.EVENTS) == set(SignalKind)
    assert set(words.TITLES) == set(Event)
    assert all(notices.icon(event) for event in Event)


def test_what_is_new_in_a_team_is_told_to_those_who_ask() -> None:
    assert not any(rules.default(Event.NEW_IN_TEAM, channel) for channel in Channel)
    assert rules.default(Event.ASSIGNED, Channel.MAIL)
    assert rules.chosen({(Event.ASSIGNED, Channel.MAIL): False}, Event.ASSIGNED, Channel.APP)
    assert not rules.chosen({(Event.ASSIGNED, Channel.MAIL): False}, Event.ASSIGNED, Channel.MAIL)


@given(st.floats(0, 1))
def test_waits_grow_and_end(jitter: float) -> None:
    waits = [rules.retry_at(NOW, tries, jitter) for tries in range(rules.TRIES)]
    seconds = [(when - NOW).total_seconds() for when in waits if when]
    assert len(seconds) == rules.TRIES
    assert seconds == sorted(seconds)
    assert max(seconds) <= 38 * 60
    assert rules.retry_at(NOW, rules.TRIES, jitter) is None
    named = NOW + timedelta(hours=2)
    assert rules.retry_at(NOW, 1, jitter, named) == named


@given(MOMENTS, ZONES, st.integers(0, 23))
def test_a_day_has_one_digest_in_its_own_zone(moment: datetime, zone: ZoneInfo, hour: int) -> None:
    """Looked at every ten minutes through two days, whatever the clocks do there: one digest a local day, not early."""
    last = moment.astimezone(zone).date() - timedelta(days=1)
    made: list[date] = []
    for step in range(0, 48 * 6):
        now = moment + timedelta(minutes=10 * step)
        day = rules.digest_day(now, zone, hour, made[-1] if made else last)
        if day is not None:
            assert day == now.astimezone(zone).date()
            assert now.astimezone(zone).hour >= hour
            made.append(day)
    assert len(made) == len(set(made)) <= 3
    assert len(made) >= 1


def told(event: Event, **facts: object) -> Told:
    return Told(1, event, NOW, False, True, "Ann", "Bob <b>", "Our blog", "Marketing", 7, None, dict(facts))


FACTS: dict[Event, list[dict[str, object]]] = {
    Event.DECISION: [{"what": what, "due": "2026-05-11"} for what in ("due", "new")],
    Event.REVIEW: [{"first": "2026-05-04", "last": "2026-05-10"}],
    Event.OWN_FIGURES: [{"first": "2026-05-04", "last": "2026-05-10"}],
    Event.SIGN_IN_ENDS: [{"ends": NOW.isoformat()}],
    Event.HELD_SETTLED: [{"outcome": one} for one in ("aligned", "gone_on", "dropped", "over")],
    Event.KEEP_ALIVE: [
        {"kind_of_task": kind, "step": step} for kind in ("post", "answer") for step in ("warn", "task", "escalate")
    ],
    Event.REMEDY_LATE: [{"waits_for": one} for one in ("decide", "do", "tell")],
    Event.REMEDY_DECIDED: [{"what": one} for one in ("approve", "refuse", "expire", "fail", "lose", "succeed")],
}
"""What an event can tell besides; with the others it is always the same."""


@pytest.mark.parametrize("event", list(Event))
def test_every_event_has_words_in_both_languages(event: Event) -> None:
    for facts in FACTS.get(event, [{"code": "timed_out", "count": 3}]):
        with i18n.speaking("en"):
            english = words.line(told(event, **facts))
        with i18n.speaking("de"):
            german = words.line(told(event, **facts))
        assert english
        assert english != german, facts


def test_names_of_strangers_do_nothing_in_a_chat_room() -> None:
    text = chat.escaped("<!channel> @here <https://x|y> &\n*b*")
    assert "<" not in text
    assert "\n" not in text
    assert "@here" not in text
