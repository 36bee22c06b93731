"""Learning from examples, and measuring what was learned on examples it has not seen.

Needs SciPy, which takes a while to import: only what learns imports this module.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from app.learning import day_zero, judging, model
from app.learning.abstaining import threshold
from app.learning.features import Reader
from app.learning.fitted import Fitted
from app.learning.measuring import calibration_error
from app.learning.model import Learned, Model, Table
from app.learning.types import NOBODY, Example, Figures, Kind
from app.learning.weights import Marks, Prepared, Rows, Tell, learn, part

FOLDS = 5
MANY = 4_000
"""From so many examples on, two folds of five are held out instead of each in turn. One is not enough: among 22,475
examples a lucky fold made stated confidence four to six times as wrong elsewhere as any other fold did."""
_ENOUGH = 2
_SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, model.MOST)
_USUAL, _EXPECTED = 100, 8
"""Before anything is measured, ``n`` examples are expected to count for n / (n + 100), and this expectation weighs as
much as eight examples."""
_COLDEST, _HOTTEST = 0.3, 4.0
_TRIED, _NARROWINGS = 5, 6
"""Temperatures tried at a time, and how often the room between them is halved: to within four in a hundred."""


@dataclass(frozen=True, slots=True, eq=False)
class _Fold:
    """Examples that were left out, and what the others taught about them."""

    rows: Rows
    learned: Learned
    first: Table
    found: Table

    def chances(self, share: float) -> Table:
        return model.blended(replace(self.learned, share=share), self.first, self.found)


def data_hash(examples: Sequence[Example]) -> str:
    """The same for the same examples in any order."""
    lines = sorted(f"{one.team}\x1f{one.kind}\x1f{one.text}" for one in examples)
    return hashlib.sha256("\x1e".join(lines).encode()).hexdigest()[:16]


def fit(
    examples: Sequence[Example],
    reader: Reader,
    table: Mapping[Kind, str],
    *,
    before: Model | None = None,
    unseen: Marks | None = None,
    tell: Tell = lambda _share: None,
) -> Fitted:
    """Learn from scratch. ``table`` says which kind leads to which team, ``before`` is the version in use now (None:
    day zero), ``unseen`` marks the examples it was not made from (None: all).

    Raises ValueError when there are no examples.
    """
    if not examples:
        raise ValueError("there is nothing to learn from")
    known = prepare(examples, reader, table)
    tell(0.05)
    rows = np.arange(len(examples))
    folds = _unseen(known, tell)
    held = np.concatenate([one.rows for one in folds])
    share = _share(known, folds, table)
    chances = np.concatenate([one.chances(share) for one in folds])
    temperature = _temperature(known, held, chances, table)
    tell(0.6)
    learned = learn(known, rows, lambda done: tell(0.6 + 0.4 * done))
    learned = replace(learned, share=share, temperature=temperature)
    judged = _at(temperature, chances)
    truth = [known.teams[row] for row in held]
    teams, by_team = judging.team_probabilities(known.labels, judged, table)
    right = _right(teams, by_team, truth)
    compared = np.flatnonzero(unseen[held]) if unseen is not None else np.arange(len(held))
    was_right = _right_before(before or Model(), known, held[compared], table)
    figures = Figures(
        examples=len(examples),
        judged=len(held),
        accuracy=float(right.mean()),
        log_loss=-float(np.log(_of_truth(teams, by_team, truth) + 1e-6).mean()),
        calibration_error=calibration_error(by_team.max(axis=1), right),
        compared=len(compared),
        better=int((right[compared] & ~was_right).sum()),
        worse=int((~right[compared] & was_right).sum()),
    )
    thresholds = tuple(threshold(team, teams, by_team, truth, known.teams) for team in teams if team != NOBODY)
    tell(1.0)
    return Fitted(Model(learned, thresholds), figures, data_hash(examples))


def prepare(examples: Sequence[Example], reader: Reader, table: Mapping[Kind, str]) -> Prepared:
    """Read the examples. One whose kind nobody said may be of any kind that leads to its team."""
    seen = model.read([one.text for one in examples], reader, deeply=True)
    teams = tuple(one.team if one.team is not None else table.get(one.kind, NOBODY) for one in examples)  # type: ignore[arg-type]
    beyond = sorted({f"{model.TEAM}{team}" for team in set(teams) - set(table.values())})
    labels = (*(kind.value for kind in day_zero.KINDS), *beyond)
    leads = model.destinations(labels, table)
    fitting = {team: np.array([lead == team for lead in leads]) for team in set(teams)}
    allowed = np.stack([fitting[team] for team in teams])
    for at, one in enumerate(examples):
        if one.kind is not None and table.get(one.kind, NOBODY) == teams[at]:
            allowed[at] = [label == one.kind.value for label in labels]
    key = reader.sentences.key if reader.sentences else None
    return Prepared(seen, day_zero.opinions(seen.figures), labels, tuple(leads), allowed, teams, key)


def _unseen(known: Prepared, tell: Tell) -> list[_Fold]:
    """What models that had not seen them say about examples."""
    count = len(known.teams)
    order = np.random.default_rng(0).permutation(count)
    folds = np.array_split(order, min(FOLDS, count))
    chosen = folds[:_ENOUGH] if count >= MANY else folds
    said = []
    for at, rows in enumerate(chosen):
        rest = np.setdiff1d(order, rows)
        learned = learn(known, rest, lambda done, at=at: tell(0.05 + 0.55 * (at + done) / len(chosen)))  # type: ignore[misc]
        first = known.first[rows]
        said.append(_Fold(rows, learned, first, model.scores(learned, first, part(known.seen, rows))))
    return said


def _share(known: Prepared, folds: Sequence[_Fold], table: Mapping[Kind, str]) -> float:
    """How much what was learned counts beside day zero: what makes the true teams of unseen examples likeliest.

    A few examples say little about that, so they only move what is usual. Where day zero knows nothing of a place,
    twenty are enough to leave it; where it is nearly always right, fifty lucky or unlucky ones change little.
    """
    usual = min(len(known.teams) / (len(known.teams) + _USUAL), model.MOST)
    truth = [known.teams[row] for one in folds for row in one.rows]

    def likely(share: float) -> float:
        chances = np.concatenate([one.chances(share) for one in folds])
        said = _of_truth(*judging.team_probabilities(known.labels, chances, table), truth)
        expected = usual * np.log(share) + (1 - usual) * np.log(1 - share)
        return float(np.log(said + 1e-6).sum() + _EXPECTED * expected)

    return max(_SHARES, key=likely)


def _temperature(known: Prepared, held: Rows, chances: Table, table: Mapping[Kind, str]) -> float:
    """What the scores are divided by so that stated and true shares of right answers agree."""
    truth = [known.teams[row] for row in held]

    def missed(temperature: float) -> float:
        teams, by_team = judging.team_probabilities(known.labels, _at(temperature, chances), table)
        return -float(np.log(_of_truth(teams, by_team, truth) + 1e-6).mean())

    low, high = _COLDEST, _HOTTEST
    for _narrower in range(_NARROWINGS):  # there is one lowest point, and it stays between the two
        tried = np.geomspace(low, high, _TRIED)
        best = int(np.argmin([missed(one) for one in tried]))
        low, high = float(tried[max(best - 1, 0)]), float(tried[min(best + 1, _TRIED - 1)])
    return float(np.sqrt(low * high))


def _at(temperature: float, chances: Table) -> Table:
    return model.softmax(np.asarray(np.log(chances + 1e-9) / temperature, np.float32))


def _of_truth(teams: Sequence[str], by_team: Table, truth: Sequence[str]) -> Table:
    column = {team: at for at, team in enumerate(teams)}
    return by_team[np.arange(len(truth)), [column[team] for team in truth]]


def _right(teams: Sequence[str], by_team: Table, truth: Sequence[str]) -> Marks:
    return np.array([teams[at] == said for at, said in zip(by_team.argmax(axis=1), truth, strict=True)], bool)


def _right_before(before: Model, known: Prepared, rows: Rows, table: Mapping[Kind, str]) -> Marks:
    """Where the version in use was right."""
    if not len(rows):
        return np.zeros(0, bool)
    labels, chances = model.probabilities(before, part(known.seen, rows))
    return _right(*judging.team_probabilities(labels, chances, table), [known.teams[row] for row in rows])
