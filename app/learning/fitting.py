"""Learning from examples: weights by logistic regression on top of day zero, measured on examples it has not seen.

Needs SciPy, which takes a while to import: only what learns imports this module.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from scipy.special import betaincinv

from app.learning import day_zero, features, judging, model
from app.learning.descent import Point, lowest
from app.learning.features import Buckets, Reader
from app.learning.fitted import Fitted
from app.learning.measuring import calibration_error
from app.learning.model import Learned, Model, Read, Table, Vocabulary
from app.learning.types import NOBODY, Example, Figures, Kind, Threshold

Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]
Tell = Callable[[float], None]
"""Called now and then with how much is done, 0 to 1."""

STRENGTH = 30.0
"""How much an example counts against the wish for small weights."""
STEPS = 60
FOLDS = 5
MANY = 4_000
"""From so many examples on, two folds of five are held out instead of each in turn. One is not enough: among 22,475
examples a lucky fold made stated confidence four to six times as wrong elsewhere as any other fold did."""
_ENOUGH = 2
SEEN_TWICE = 200
"""From so many examples on, a bucket counts only when it is in two of them."""

TARGET = 0.95
BOUND = 0.9
LEAST_LABELS = 100
LEAST_OF_TEAM = 20
_HARDLY = np.float32(1e-12)
_COLDEST, _HOTTEST = 0.3, 4.0
_TRIED, _NARROWINGS = 5, 6
"""Temperatures tried at a time, and how often the room between them is halved: to within four in a hundred."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Examples, read once."""

    seen: Read
    first: Table
    labels: tuple[str, ...]
    leads: tuple[str, ...]
    """Where each label leads."""
    allowed: Marks
    """Which labels each example may have; several where only its team is known."""
    teams: tuple[str, ...]
    """Where each example belongs."""
    sentences: str | None = None
    """The key of the sentence model they were read with."""


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
    held, chances = _unseen(known, tell)
    temperature = _temperature(known, held, chances, table)
    tell(0.6)
    learned = replace(_learn(known, rows, lambda share: tell(0.6 + 0.4 * share)), temperature=temperature)
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
    thresholds = tuple(_threshold(team, teams, by_team, truth, known.teams) for team in teams if team != NOBODY)
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


def _unseen(known: Prepared, tell: Tell) -> tuple[Rows, Table]:
    """Examples, and what models that had not seen them said about them."""
    count = len(known.teams)
    order = np.random.default_rng(0).permutation(count)
    folds = np.array_split(order, min(FOLDS, count))
    chosen = folds[:_ENOUGH] if count >= MANY else folds
    chances = []
    for at, fold in enumerate(chosen):
        rest = np.setdiff1d(order, fold)
        learned = _learn(known, rest, lambda share, at=at: tell(0.05 + 0.55 * (at + share) / len(chosen)))  # type: ignore[misc]
        part = _part(known.seen, fold)
        chances.append(model.blended(learned, known.first[fold], model.scores(learned, known.first[fold], part)))
    return np.concatenate(chosen), np.concatenate(chances)


def _part(seen: Read, rows: Rows) -> Read:
    """Some of the texts, in this order."""
    new = np.full(seen.cut.texts, -1)
    new[rows] = np.arange(len(rows))

    def kept(found: Buckets | None) -> Buckets | None:
        if found is None:
            return None
        inside = new[found.row] >= 0
        return Buckets(new[found.row[inside]], found.bucket[inside])

    cut = replace(seen.cut, texts=len(rows))
    meant = None if seen.sentences is None else seen.sentences[rows]
    letters, words = kept(seen.letters), kept(seen.words)
    return replace(seen, cut=cut, figures=seen.figures[rows], letters=letters, words=words, sentences=meant)


def _learn(known: Prepared, rows: Rows, tell: Tell) -> Learned:
    part = _part(known.seen, rows)
    if part.letters is None or part.words is None:
        raise ValueError("the texts were not read deeply")
    letters, words = (_vocabulary(found, len(rows)) for found in (part.letters, part.words))
    parts = [_matrix(part.letters, letters, len(rows)), _matrix(part.words, words, len(rows))]
    if part.sentences is not None:
        parts.append(csr_matrix(model.stretched(part.sentences)))
    matrix = hstack([*parts, csr_matrix(model.scaled(part.figures))]).tocsr()
    allowed, before = known.allowed[rows], model.offsets(known.first[rows], known.labels)
    weights, begin = _solve(matrix, allowed, before, tell)
    likely = model.softmax(np.asarray(matrix @ weights + begin + before, np.float32)) * allowed
    decided = likely / np.maximum(likely.sum(axis=1, keepdims=True), _HARDLY)
    shares = decided.sum(axis=0) / np.float32(max(len(rows), 1))  # without the only example, none is left
    learned = Learned(known.labels, letters, words, weights, begin, len(rows), shares, known.leads)
    return replace(learned, sentences=known.sentences)


def _vocabulary(found: Buckets, texts: int) -> Vocabulary:
    size = 1 << features.BITS
    pairs, _counts = model.counted(found.row * size + found.bucket)
    in_texts = np.bincount(pairs % size, minlength=size)
    kept = np.flatnonzero(in_texts >= (2 if texts >= SEEN_TWICE else 1))
    rarity = np.log((1 + texts) / (1 + in_texts[kept])) + 1
    # As stored, so that a loaded model says exactly what the fresh one did.
    return Vocabulary.of(kept.astype(np.int32), rarity.astype(np.float16).astype(np.float32))


def _matrix(found: Buckets, known: Vocabulary, texts: int) -> "csr_matrix":
    weighed = model.weigh(found, known, texts)
    return csr_matrix((weighed.value, (weighed.row, weighed.place)), shape=(texts, len(known.buckets)))


def _solve(matrix: "csr_matrix", allowed: Marks, offsets: Table, tell: Tell) -> tuple[Table, Table]:
    """Weights and beginnings that make an allowed label likely for each text, and stay small.

    Where several are allowed, which one it is stays open: what counts is that one of them is likely.
    """
    width = matrix.shape[1]
    labels = offsets.shape[1]
    turned = matrix.T.tocsr()
    wanted = allowed.astype(np.float32)

    def cost(flat: Point) -> tuple[float, Point]:
        weights, begin = flat[: width * labels].reshape(width, labels), flat[width * labels :]
        found = matrix @ weights + begin + offsets
        found -= found.max(axis=1, keepdims=True)
        chances = np.exp(found)
        chances /= chances.sum(axis=1, keepdims=True)
        inside = chances * wanted
        right = np.maximum(inside.sum(axis=1, keepdims=True), _HARDLY)
        missed = -float(np.log(right).sum(dtype=np.float64))
        slope = chances - inside / right
        slope *= np.float32(STRENGTH)
        gradient = np.concatenate([(turned @ slope).ravel(), slope.sum(axis=0)])
        gradient += flat
        return missed * STRENGTH + 0.5 * float(flat @ flat), gradient

    flat = lowest(cost, np.zeros((width + 1) * labels, np.float32), STEPS, lambda step: tell(step / STEPS))
    flat = flat.astype(np.float16).astype(np.float32)  # as stored
    return flat[: width * labels].reshape(width, labels), flat[width * labels :]


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
    labels, chances = model.probabilities(before, _part(known.seen, rows))
    return _right(*judging.team_probabilities(labels, chances, table), [known.teams[row] for row in rows])


def _threshold(
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


def lower_bound(right: Rows, of: Rows) -> Numbers:
    """Clopper-Pearson: with 90 % certainty the true share is at least this."""
    return np.where(right > 0, betaincinv(np.maximum(right, 1), of - right + 1, 1 - BOUND), 0.0)
