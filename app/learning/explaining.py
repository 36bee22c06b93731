"""Which words of a text pulled the model towards what it thinks."""

import numpy as np
import numpy.typing as npt

from app.learning import day_zero, features, model, tokens
from app.learning.features import NAMES
from app.learning.judging import Judge
from app.learning.model import Learned, Read, Table
from app.learning.types import Weight
from app.learning.words import LISTS

_MOST = 6
_LEAST = 0.05
_ANY, _MUCH = "_any", "_much"


def weights(judge: Judge, text: str) -> list[Weight]:
    """The words that spoke most for the likeliest label and against the next, strongest first.

    A word counts for the lists it stands in and for what was learned of it. What lies in its letters is left out.
    """
    if tokens.blank(text):
        return []
    learned = judge.model.learned
    seen = model.read([text], judge.reader, deeply=learned is not None)
    labels, chances = model.probabilities(judge.model, seen)
    first, second = np.argsort(-chances[0])[:2]
    pull = np.zeros(len(seen.cut.hashes))
    figures = day_zero.difference(labels[first], labels[second])
    if learned is not None:
        figures = figures + model.scaled(_contrast(learned, int(first), int(second), len(NAMES)))
        _add_learned(pull, seen, learned, int(first), int(second))
    _add_lists(pull, seen, figures)
    found: dict[str, float] = {}
    for token in np.flatnonzero(np.abs(pull) >= _LEAST).tolist():
        word = "".join(map(chr, seen.cut.characters[seen.cut.start[token] : seen.cut.end[token]].tolist()))
        if word not in (tokens.LINK, tokens.MENTION):
            found[word] = found.get(word, 0.0) + float(pull[token])
    strongest = sorted(found.items(), key=lambda one: -abs(one[1]))[:_MOST]
    return [Weight(word, weight) for word, weight in strongest]


def _contrast(learned: Learned, first: int, second: int, last: int) -> Table:
    """How far each of the last rows pulls towards one label and away from another."""
    rows = learned.weights[-last:]
    return np.asarray(rows[:, first] - rows[:, second])


def _add_lists(pull: npt.NDArray[np.float64], seen: Read, figures: Table) -> None:
    """What a list's figures weigh, shared by the words found from it."""
    for column, name in enumerate(LISTS):
        hits = np.flatnonzero(seen.hits.value[:, column] > 0)
        if not len(hits):
            continue
        much, any_ = NAMES.index(name + _MUCH), NAMES.index(name + _ANY)
        share = (seen.figures[0, much] * figures[much] + figures[any_]) / len(hits)
        np.add.at(pull, seen.hits.token[hits], float(share))


def _add_learned(pull: npt.NDArray[np.float64], seen: Read, learned: Learned, first: int, second: int) -> None:
    """What was learned of single words."""
    if seen.words is None or not len(learned.words.buckets):
        return
    start = len(learned.letters.buckets)
    places, hashes = tokens.runs(seen.cut, 1)
    known = learned.words.place[features.word_buckets(hashes, 1)]
    length = max(float(np.sqrt((learned.words.rarity[known[known >= 0]] ** 2).sum())), 1.0)
    for token, place in zip(places.tolist(), known.tolist(), strict=True):
        if place >= 0:
            towards = learned.weights[start + place, first] - learned.weights[start + place, second]
            pull[token] += float(towards * learned.words.rarity[place]) / length
