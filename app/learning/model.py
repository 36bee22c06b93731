"""A learned model: plain arrays, and what it says about texts. Nothing in its stored form can run.

What it says is day zero's opinion, moved by what people's decisions taught it: for every bucket of letters and words
and for every figure, how far it pulls towards each label. A label is a kind, or a team that no kind leads to.
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from app.learning import day_zero, features, lexicon, tokens
from app.learning.features import Buckets, Reader
from app.learning.lexicon import Hits
from app.learning.tokens import Tokens
from app.learning.types import NOBODY, Kind, Threshold

Table = npt.NDArray[np.float32]
FORMAT = 3
_BEFORE = 2
"""Had no share of its own (nearly always MOST) and took sentences for twice as much: readable where it knows none."""
BEYOND = -4.0
"""Day zero's score for a team it can't know."""
MOST = 0.75
"""What was learned never counts for more than this beside day zero: day zero is the better judge of what is unlike all
that was seen. Where things are known this costs nothing (the temperature makes up for it); at three places never seen
it helped."""
_EASED = 1.25
"""What the scores of what was learned are divided by before they are mixed with day zero's: it is surer than it should
be of what is unlike all that it has seen."""
_SELDOM = 0.005
"""Of a label that so few of the examples have, half is left to day zero where that is sure; of one that none has, all.
What nobody ever decided here can't be learned here: a place without spam would teach that there is none anywhere."""
_SURE = 0.45
"""How likely day zero must hold such a label."""
_FIGURE_SCALE = 0.25
_SENTENCE_SCALE = 0.5
"""Sentences say the most about what is alike to what was seen, and mislead elsewhere: with twice as much, known places
gain 0.2 points and places never seen lose five."""
_BUCKETS = 1 << features.BITS


class UnreadableModelError(ValueError):
    """The stored bytes are not a model, or one of another format."""


@dataclass(frozen=True, slots=True, eq=False)
class Vocabulary:
    """The buckets that were seen often enough, ascending, and how much one counts (inverse document frequency)."""

    buckets: npt.NDArray[np.int32]
    rarity: Table
    place: npt.NDArray[np.int32] = field(repr=False, default_factory=lambda: np.zeros(0, np.int32))
    """Of every bucket, the place in ``buckets``, or -1."""

    @classmethod
    def of(cls, buckets: npt.NDArray[np.int32], rarity: Table) -> "Vocabulary":
        place = np.full(_BUCKETS, -1, np.int32)
        place[buckets] = np.arange(len(buckets), dtype=np.int32)
        return cls(buckets, rarity, place)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The buckets of texts with their weights; the squares of a text's weights add up to one."""

    row: npt.NDArray[np.int64]
    place: npt.NDArray[np.int64]
    value: Table


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """What examples taught. ``weights`` has one row for every bucket of letters, then of words, then every number of a
    sentence model, if there is one, then every figure."""

    labels: tuple[str, ...]
    letters: Vocabulary
    words: Vocabulary
    weights: Table
    begin: Table
    examples: int
    shares: Table
    """Of each label, the share of the examples that have it, as far as that is known."""
    leads: tuple[str, ...]
    """Where each label led when this was learned: a team's key, SPAM or NOBODY."""
    share: float = MOST
    """How much this counts beside day zero, 0 to MOST."""
    temperature: float = 1.0
    sentences: str | None = None
    """The key of the sentence model it was learned with."""


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What is known. ``learned`` None: day zero alone."""

    learned: Learned | None = None
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """Texts, read once for everything that is asked about them."""

    cut: Tokens
    hits: Hits
    figures: Table
    letters: Buckets | None
    words: Buckets | None
    sentences: Table | None = None


def read(texts: Sequence[str], reader: Reader, *, deeply: bool) -> Read:
    """Read texts; ``deeply`` also into buckets, which only a learned model needs."""
    cut = tokens.read(texts)
    hits = lexicon.find(reader.lists, cut)
    figures = features.figures(texts, cut, reader, hits)
    if not deeply:
        return Read(cut, hits, figures, None, None)
    meant = reader.sentences.read(list(texts)) if reader.sentences else None
    return Read(cut, hits, figures, features.letters(cut), features.words(cut), meant)


def weigh(found: Buckets, known: Vocabulary, texts: int) -> Weighed:
    """The known buckets of each text, each once, weighted by how often and how rare."""
    place = known.place[found.bucket]
    kept = place >= 0
    size = max(len(known.buckets), 1)
    keys, counts = counted(found.row[kept] * size + place[kept])
    row, place_of = keys // size, keys % size
    value = ((1 + np.log(counts)) * known.rarity[place_of]).astype(np.float32)
    length = np.sqrt(np.bincount(row, value * value, texts))
    return Weighed(row, place_of, (value / length[row]).astype(np.float32))


def counted(keys: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Each key once, ascending, and how often it was there. Sorts in place; ten times as fast as numpy.unique."""
    keys.sort()
    first = np.flatnonzero(np.concatenate(([True], keys[1:] != keys[:-1]))) if len(keys) else np.zeros(0, np.int64)
    return keys[first], np.diff(first, append=len(keys))


def probabilities(model: Model, seen: Read) -> tuple[tuple[str, ...], Table]:
    """The labels and how likely each is, one row a text."""
    first = day_zero.opinions(seen.figures)
    if model.learned is None:
        return tuple(day_zero.KINDS), np.exp(first)
    learned = model.learned
    return learned.labels, blended(learned, first, scores(learned, first, seen))


def blended(learned: Learned, first: Table, found: Table) -> Table:
    """What was learned and day zero, each with its share, at the learned temperature.

    Less of what was learned where day zero is sure of a label that was hardly ever decided and leads elsewhere.
    """
    before, leads = softmax(offsets(first, learned.labels)), np.array(learned.leads)
    familiar = learned.shares / (learned.shares + np.float32(_SELDOM))
    sure, ours = before.argmax(axis=1), found.argmax(axis=1)
    elsewhere = (before.max(axis=1) >= _SURE) & (leads[sure] != leads[ours])
    share = np.where(elsewhere, familiar[sure], 1)[:, None] * np.float32(learned.share)
    mixed = share * softmax(found / np.float32(_EASED)) + (1 - share) * before
    return softmax(np.asarray(np.log(mixed + 1e-9) / learned.temperature, np.float32))


def offsets(first: Table, labels: Sequence[str]) -> Table:
    """Day zero's opinions as the scores of ``labels``."""
    column = {kind.value: first[:, at] for at, kind in enumerate(day_zero.KINDS)}
    beyond = np.full(len(first), BEYOND, np.float32)
    return np.stack([column.get(label, beyond) for label in labels], axis=1)


def scores(learned: Learned, first: Table, seen: Read) -> Table:
    """Each label's score by what was learned, on top of day zero's."""
    if seen.letters is None or seen.words is None:
        raise ValueError("the texts were not read deeply")
    found = offsets(first, learned.labels) + learned.begin
    start = 0
    for buckets, known in ((seen.letters, learned.letters), (seen.words, learned.words)):
        weighed = weigh(buckets, known, seen.cut.texts)
        for label in range(len(learned.labels)):
            pull = weighed.value * learned.weights[start + weighed.place, label]
            found[:, label] += np.bincount(weighed.row, pull, seen.cut.texts)
        start += len(known.buckets)
    if learned.sentences:
        if seen.sentences is None:
            raise ValueError("the texts were read without the sentence model")
        figures_at = len(learned.weights) - seen.figures.shape[1]
        found += stretched(seen.sentences) @ learned.weights[start:figures_at]
        start = figures_at
    return np.asarray(found + scaled(seen.figures) @ learned.weights[start:], np.float32)


def scaled(figures: Table) -> Table:
    """Figures as a learned model takes them: small beside the buckets, so that they are learned from first."""
    return figures * np.float32(_FIGURE_SCALE)


def stretched(sentences: Table) -> Table:
    """Numbers of a sentence model as a learned model takes them."""
    return sentences * np.float32(_SENTENCE_SCALE)


def softmax(found: Table) -> Table:
    odds = np.exp(found - found.max(axis=1, keepdims=True))
    return np.asarray(odds / odds.sum(axis=1, keepdims=True), np.float32)


def destinations(labels: Sequence[str], table: Mapping[Kind, str]) -> list[str]:
    """Where each label leads."""
    kinds = set(Kind)
    return [table.get(Kind(label), NOBODY) if label in kinds else label.removeprefix(TEAM) for label in labels]


def led_elsewhere(learned: Learned, table: Mapping[Kind, str]) -> frozenset[str]:
    """The teams that other labels lead to by this table than did when it was learned: what was measured of them then
    says nothing of what goes there now."""
    pairs = zip(learned.leads, destinations(learned.labels, table), strict=True)
    return frozenset(team for then, now in pairs if then != now for team in (then, now))


TEAM = "team:"
"""Stands before labels that are teams."""


def to_bytes(model: Model) -> bytes:
    """As it is stored. Raises ValueError for a model without anything learned."""
    learned = model.learned
    if learned is None:
        raise ValueError("day zero is not stored")
    about = {
        "format": FORMAT,
        "labels": learned.labels,
        "figures": features.NAMES,
        "examples": learned.examples,
        "shares": learned.shares.tolist(),
        "leads": learned.leads,
        "share": learned.share,
        "temperature": learned.temperature,
        "sentences": learned.sentences,
        "thresholds": [_said(one) for one in model.thresholds],
    }
    out = io.BytesIO()
    np.savez_compressed(
        out,
        about=np.frombuffer(json.dumps(about).encode(), np.uint8),
        letters=learned.letters.buckets,
        letters_rarity=learned.letters.rarity.astype(np.float16),
        words=learned.words.buckets,
        words_rarity=learned.words.rarity.astype(np.float16),
        weights=learned.weights.astype(np.float16),
        begin=learned.begin,
    )
    return out.getvalue()


def _said(threshold: Threshold) -> dict[str, Any]:
    return {name: getattr(threshold, name) for name in Threshold.__slots__}


def from_bytes(data: bytes) -> Model:
    """The model in stored bytes. Raises UnreadableModelError."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            about = json.loads(stored["about"].tobytes())
            readable = about["format"] == FORMAT or (about["format"] == _BEFORE and not about.get("sentences"))
            if not readable or tuple(about["figures"]) != features.NAMES:
                raise UnreadableModelError("made by another version of Porchlight")
            learned = Learned(
                labels=tuple(about["labels"]),
                letters=Vocabulary.of(stored["letters"], stored["letters_rarity"].astype(np.float32)),
                words=Vocabulary.of(stored["words"], stored["words_rarity"].astype(np.float32)),
                weights=stored["weights"].astype(np.float32),
                begin=stored["begin"],
                examples=about["examples"],
                shares=np.array(about["shares"], np.float32),
                leads=tuple(about["leads"]),
                share=about.get("share", MOST),
                temperature=about["temperature"],
                sentences=about.get("sentences"),
            )
    except (KeyError, ValueError, OSError, EOFError, zipfile.BadZipFile, TypeError) as error:
        raise UnreadableModelError(str(error)) from error
    return Model(learned, tuple(Threshold(**one) for one in about["thresholds"]))
