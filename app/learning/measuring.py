"""How well opinions agree with what people said, by source: pooled figures mostly measure the mix of the sources."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.learning.types import Kind, Opinion, Sentiment

_BINS = 10


@dataclass(frozen=True, slots=True)
class Truth:
    """What people said about a comment; None where they said nothing."""

    source: str
    team: str | None = None
    kind: Kind | None = None
    complaint: bool | None = None
    remedy: bool | None = None
    sentiment: Sentiment | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """Shares from 0 to 1; None where nobody said what is right."""

    source: str
    comments: int
    team: float | None
    team_f1: float | None
    """Mean over the teams that occur of the harmonic mean of precision and recall."""
    calibration_error: float | None
    automatic: float | None
    """Share that would be routed without asking."""
    automatic_right: float | None
    kind: float | None
    complaint: float | None
    remedy_recall: float | None
    remedy_false: float | None
    """Share of those who want nothing back that are taken for some who do."""
    sentiment: float | None


ALL = "*"


def measure(found: Sequence[Opinion], truth: Sequence[Truth]) -> list[Measured]:
    """All sources together first, then each by name."""
    rows: dict[str, list[int]] = defaultdict(list)
    for at, said in enumerate(truth):
        rows[said.source].append(at)
    parts = [(ALL, list(range(len(truth))))] + (sorted(rows.items()) if len(rows) > 1 else [])
    return [_measured(name, [found[at] for at in part], [truth[at] for at in part]) for name, part in parts]


def _measured(name: str, found: Sequence[Opinion], truth: Sequence[Truth]) -> Measured:
    judged = [(one, said.team) for one, said in zip(found, truth, strict=True) if said.team is not None]
    right = [one.team == team for one, team in judged]
    sure = [one.team == team for one, team in judged if one.automatic]
    both = list(zip(found, truth, strict=True))
    return Measured(
        source=name,
        comments=len(truth),
        team=_share(right),
        team_f1=_f1([one.team for one, _team in judged], [team for _one, team in judged]),
        calibration_error=_calibration([one.confidence for one, _team in judged], right),
        automatic=_share([one.automatic for one, _team in judged]),
        automatic_right=_share(sure),
        kind=_share([one.kind is said.kind for one, said in both if said.kind]),
        complaint=_share([one.complaint is said.complaint for one, said in both if said.complaint is not None]),
        remedy_recall=_share([one.remedy for one, said in both if said.remedy is True]),
        remedy_false=_share([one.remedy for one, said in both if said.remedy is False]),
        sentiment=_share([one.sentiment is said.sentiment for one, said in both if said.sentiment]),
    )


def _share(found: Sequence[bool]) -> float | None:
    return round(sum(found) / len(found), 4) if found else None


def _f1(found: Sequence[str], truth: Sequence[str]) -> float | None:
    scores = []
    for team in set(truth):
        hits = sum(one == said == team for one, said in zip(found, truth, strict=True))
        scores.append(2 * hits / (found.count(team) + truth.count(team)))
    return round(sum(scores) / len(scores), 4) if scores else None


def _calibration(confidence: Sequence[float], right: Sequence[bool]) -> float | None:
    if not right:
        return None
    return round(calibration_error(np.array(confidence), np.array(right)), 4)


def calibration_error(confidence: npt.NDArray[np.floating], right: npt.NDArray[np.bool_]) -> float:
    """The mean distance between stated confidence and the share that was right, over ten bins of confidence."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for one in range(_BINS):
        inside = bins == one
        if inside.any():
            error += float(inside.mean()) * abs(float(right[inside].mean()) - float(confidence[inside].mean()))
    return error
