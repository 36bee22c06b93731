"""Weights learned from examples: logistic regression on top of day zero, from scratch each time.

Needs SciPy, which takes a while to import: only what learns imports this module.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from app.learning import features, model
from app.learning.descent import Point, lowest
from app.learning.features import Buckets
from app.learning.model import Learned, Read, Table, Vocabulary

Rows = npt.NDArray[np.int64]
Marks = npt.NDArray[np.bool_]
Tell = Callable[[float], None]
"""Called now and then with how much is done, 0 to 1."""

STRENGTH = 30.0
"""How much an example counts against the wish for small weights."""
STEPS = 60
SEEN_TWICE = 200
"""From so many examples on, a bucket counts only when it is in two of them."""
_HARDLY = np.float32(1e-12)


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


def part(seen: Read, rows: Rows) -> Read:
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


def learn(known: Prepared, rows: Rows, tell: Tell) -> Learned:
    read = part(known.seen, rows)
    if read.letters is None or read.words is None:
        raise ValueError("the texts were not read deeply")
    letters, words = (_vocabulary(found, len(rows)) for found in (read.letters, read.words))
    parts = [_matrix(read.letters, letters, len(rows)), _matrix(read.words, words, len(rows))]
    if read.sentences is not None:
        parts.append(csr_matrix(model.stretched(read.sentences)))
    matrix = hstack([*parts, csr_matrix(model.scaled(read.figures))]).tocsr()
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
