"""From which confidence on conversations are routed without asking anybody.

Needs SciPy, which takes a while to import: only what learns imports this module.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv

from app.learning.model import Table
from app.learning.types import NOBODY, Threshold

TARGET = 0.95
BOUND = 0.9
LEAST_LABELS = 100
LEAST_OF_TEAM = 20


def threshold(
    team: str, teams: Sequence[str], by_team: Table, truth: Sequence[str], labels: Sequence[str]
) -> Threshold:
    """The lowest confidence from which on nearly all belonged to the team, even when the sample flatters us."""
    mine = by_team.argmax(axis=1) == teams.index(team)
    order = np.argsort(-by_team[mine, teams.index(team)], kind="stable")
    confidence = by_team[mine, teams.index(team)][order]
    right = np.cumsum(np.array([said == team for said, chosen in zip(truth, mine, strict=True) if chosen])[order])
    of_team = sum(label == team for label in labels)
    nothing = Threshold(team, None, of_team, 0, 0, 0.0)
    if len(labels) < LEAST_LABELS or of_team < LEAST_OF_TEAM or team == NOBODY:
        return nothing
    of = np.arange(1, len(right) + 1)
    lower = lower_bound(right, of)
    good = np.flatnonzero(lower >= TARGET)
    if not len(good):
        return nothing
    at = int(good[-1])
    return Threshold(team, float(confidence[at]), of_team, int(right[at]), int(of[at]), float(lower[at]))


def lower_bound(right: npt.NDArray[np.int64], of: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Clopper-Pearson: with 90 % certainty the true share is at least this."""
    return np.where(right > 0, betaincinv(np.maximum(right, 1), of - right + 1, 1 - BOUND), 0.0)
