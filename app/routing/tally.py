"""What a replay of rules adds up to; kept as JSON between two slices of the work and when it is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.inbox.types import Priority
from app.routing.types import Verdict

SHARE_FOR_TWO = 0.2
"""Rules that put more than this part of what they were tried on out of sight take two people to publish."""
EXAMPLES = 5
MOVES_SHOWN = 40
SPAM = "spam"
NO_RULE = ""

Tally = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a set of rules does with one conversation. ``place`` is a team's number, or ``spam``."""

    place: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Replayed:
    """One conversation under two sets of rules."""

    conversation_id: int
    hour: int
    """Of the day when it was written, UTC."""
    held: bool
    """The platform holds it for spam anyway."""
    before: Outcome
    after: Outcome
    is_at: str
    """Where it is now, as ``Outcome.place``."""
    corrected_to: str | None
    """Where people moved it."""


def empty() -> Tally:
    """Nothing replayed yet."""
    return {
        "conversations": 0,
        "moved": 0,
        "elsewhere": 0,
        "rules": {},
        "moves": {},
        "unmatched": {"count": 0, "examples": []},
        "newly": {"count": 0, "examples": []},
        "acts": {name: [0, 0] for name in ("spam", "hide", "resolve", "snooze", "high")},
        "out_of_sight": [0, 0],
        "load": {},
        "corrected": {"count": 0, "before": 0, "after": 0, "worse": []},
    }


def add(tally: Tally, replayed: Iterable[Replayed]) -> None:
    """Count some more."""
    for one in replayed:
        tally["conversations"] += 1
        tally["elsewhere"] += one.after.place != one.is_at
        _rules(tally, one)
        _move(tally, one)
        _acts(tally, one)
        for side, outcome in enumerate((one.before, one.after)):
            load = tally["load"].setdefault(outcome.place, [[0] * 24, [0] * 24])
            load[side][one.hour] += 1
        if one.corrected_to is not None:
            _corrected(tally["corrected"], one)


def _rules(tally: Tally, one: Replayed) -> None:
    before, after = one.before.verdict.rule, one.after.verdict.rule
    for side, rule in enumerate((before, after)):
        tally["rules"].setdefault(rule or NO_RULE, [0, 0])[side] += 1
    if before and not after:
        _count(tally["unmatched"], one)
    elif after and not before:
        _count(tally["newly"], one)


def _move(tally: Tally, one: Replayed) -> None:
    if one.before.place == one.after.place:
        return
    tally["moved"] += 1
    key = f"{one.before.place}>{one.after.place}"
    _count(tally["moves"].setdefault(key, {"count": 0, "examples": []}), one)


def _acts(tally: Tally, one: Replayed) -> None:
    for side, outcome in enumerate((one.before, one.after)):
        verdict = outcome.verdict
        done = {
            "spam": verdict.spam,
            "hide": verdict.hide,
            "resolve": verdict.resolve,
            "snooze": verdict.snooze is not None,
            "high": verdict.priority is Priority.HIGH,
        }
        for name, is_done in done.items():
            # A trial may have begun before this was counted.
            tally["acts"].setdefault(name, [0, 0])[side] += is_done
        tally["out_of_sight"][side] += verdict.out_of_sight and not verdict.by_model and not one.held


def _corrected(corrected: dict[str, Any], one: Replayed) -> None:
    was, is_now = (outcome.place == one.corrected_to for outcome in (one.before, one.after))
    corrected["count"] += 1
    corrected["before"] += was
    corrected["after"] += is_now
    if was and not is_now and len(corrected["worse"]) < EXAMPLES:
        corrected["worse"].append(_example(one))


def _count(kept: dict[str, Any], one: Replayed) -> None:
    kept["count"] += 1
    if len(kept["examples"]) < EXAMPLES:
        kept["examples"].append(_example(one))


def _example(one: Replayed) -> dict[str, Any]:
    """Never what somebody wrote: a tally outlives the conversations it is about."""
    return {"id": one.conversation_id, "before": one.before.verdict.rule, "after": one.after.verdict.rule}


def share_out_of_sight(tally: Mapping[str, Any]) -> float:
    """The part of what was replayed that rules hide, resolve, put off or set aside, less what the platform held for
    spam."""
    replayed = tally["conversations"]
    return tally["out_of_sight"][1] / replayed if replayed else 0.0


def biggest_moves(tally: Mapping[str, Any]) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """From where to where, with count and examples; most first."""
    moves = sorted(tally["moves"].items(), key=lambda item: -item[1]["count"])[:MOVES_SHOWN]
    return [(*key.split(">", 1), kept) for key, kept in moves]
