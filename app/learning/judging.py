"""From a model's probabilities to an opinion about a comment, and the words that speak for it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from app.learning import features, model, tokens
from app.learning.features import Reader
from app.learning.model import Model, Read, Table
from app.learning.types import NOBODY, SPAM, Kind, Opinion, Sentiment
from app.learning.words import LISTS

BATCH = 1_000
_COMPLAINT = 0.5
_WARM, _COLD = 0.3, -0.1
_TONE_COUNTS = 0.5
_SPEAK_FOR: Mapping[Kind, tuple[str, ...]] = {
    Kind.COMPLAINT: ("problem", "anger", "leaving"),
    Kind.PRAISE: ("praise", "thanks"),
    Kind.QUESTION: ("question", "wish"),
    Kind.HELP: ("help", "remedy", "problem", "question"),
    Kind.CHATTER: ("praise", "about_me"),
    Kind.SPAM: ("self_promotion",),
    Kind.OFF_TOPIC: ("news",),
}
"""The lists whose words people would point at."""
_MOST_WORDS = 5


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """Everything an opinion rests on. ``destinations`` says which team answers which kind."""

    model: Model
    reader: Reader
    destinations: Mapping[Kind, str]


def opinions(judge: Judge, texts: Sequence[str]) -> list[Opinion]:
    """What the model thinks of each text."""
    return [one for part, seen in _read(judge, texts) for one in _opinions(judge, part, seen)]


def explained(judge: Judge, texts: Sequence[str]) -> list[tuple[Opinion, tuple[str, ...]]]:
    """What the model thinks of each text, with words of it that stand in a list which speaks for that."""
    pairs: list[tuple[Opinion, tuple[str, ...]]] = []
    for part, seen in _read(judge, texts):
        found = _opinions(judge, part, seen)
        pairs += zip(found, _pointed_at(seen, found), strict=True)
    return pairs


def _read(judge: Judge, texts: Sequence[str]) -> Iterator[tuple[Sequence[str], Read]]:
    for start in range(0, len(texts), BATCH):
        part = texts[start : start + BATCH]
        yield part, model.read(part, judge.reader, deeply=judge.model.learned is not None)


def team_probabilities(labels: Sequence[str], chances: Table, table: Mapping[Kind, str]) -> tuple[list[str], Table]:
    """The teams that labels lead to, and how likely each is."""
    leads = model.destinations(labels, table)
    teams = list(dict.fromkeys([*leads, *table.values(), SPAM, NOBODY]))
    into = np.array([[lead == team for team in teams] for lead in leads], np.float32)
    return teams, chances @ into


def _opinions(judge: Judge, texts: Sequence[str], seen: Read) -> list[Opinion]:
    labels, chances = model.probabilities(judge.model, seen)
    teams, by_team = team_probabilities(labels, chances, judge.destinations)
    thresholds = {one.team: one.least for one in judge.model.thresholds}
    kinds = [Kind(label) for label in labels if label in _KIND_NAMES]
    by_kind = chances[:, [at for at, label in enumerate(labels) if label in _KIND_NAMES]]
    tone = seen.figures[:, features.NAMES.index("tone")]
    remedy = seen.figures[:, features.NAMES.index("remedy_any")] > 0
    urgent = np.zeros(seen.cut.texts, bool)
    urgent[seen.cut.row[seen.hits.token[seen.hits.value[:, len(LISTS)] > 0]]] = True
    return [
        opinion(
            dict(zip(kinds, map(float, by_kind[at]), strict=True)),
            dict(zip(teams, map(float, by_team[at]), strict=True)),
            judge.destinations,
            thresholds,
            tone=float(tone[at]),
            remedy=bool(remedy[at]),
            urgent=bool(urgent[at]),
        )
        if not tokens.blank(text)
        else _nothing_said(kinds, teams, judge.destinations)
        for at, text in enumerate(texts)
    ]


def _nothing_said(kinds: Sequence[Kind], teams: Sequence[str], table: Mapping[Kind, str]) -> Opinion:
    """A text with nothing in it, such as that of a picture, may be of any kind and for any team. It is taken for
    something about nothing, no surer than by chance, and waits for a person."""
    chance = 1 / len(teams)
    return Opinion(
        team=table.get(Kind.OFF_TOPIC, NOBODY),
        confidence=chance,
        teams=dict.fromkeys(teams, chance),
        kind=Kind.OFF_TOPIC,
        kinds=dict.fromkeys(kinds, 1 / len(kinds)),
        automatic=False,
        complaint=False,
        remedy=False,
        sentiment=Sentiment.NEUTRAL,
        urgent=False,
    )


def opinion(
    kinds: Mapping[Kind, float],
    teams: Mapping[str, float],
    table: Mapping[Kind, str],
    thresholds: Mapping[str, float | None],
    *,
    tone: float,
    remedy: bool,
    urgent: bool,
) -> Opinion:
    """What follows from how likely each kind and each team is: kind, team and complaint never contradict each other.

    What seems to be about nothing of ours is never automatic, whichever team answers it.
    """
    team = max(teams, key=lambda one: teams[one])
    kind, least = _kind(kinds, team, table), thresholds.get(team)
    return Opinion(
        team=team,
        confidence=teams[team],
        teams=teams,
        kind=kind,
        kinds=kinds,
        automatic=least is not None and teams[team] >= least and kind is not Kind.OFF_TOPIC,
        complaint=_complains(kind, kinds),
        remedy=remedy,
        sentiment=_sentiment(kinds, tone),
        urgent=urgent,
    )


_KIND_NAMES = frozenset(kind.value for kind in Kind)


def _kind(chances: Mapping[Kind, float], team: str, table: Mapping[Kind, str]) -> Kind:
    """The likeliest kind that leads to ``team``, or the likeliest of all when none does."""
    fitting = [kind for kind in chances if table.get(kind, NOBODY) == team]
    return max(fitting or list(chances), key=lambda kind: chances[kind])


def _complains(kind: Kind, chances: Mapping[Kind, float]) -> bool:
    """Whether it is a complaint, or a request for help that is one too."""
    if kind is Kind.HELP:
        return chances.get(Kind.COMPLAINT, 0.0) >= _COMPLAINT * (1 - chances.get(Kind.HELP, 0.0))
    return kind is Kind.COMPLAINT


def _sentiment(chances: Mapping[Kind, float], tone: float) -> Sentiment:
    odds = (chances.get(Kind.PRAISE, 0.0) + 0.05) / (chances.get(Kind.COMPLAINT, 0.0) + 0.05)
    lean = 0.3 * log(odds) + _TONE_COUNTS * tone
    if lean > _WARM:
        return Sentiment.POSITIVE
    return Sentiment.NEGATIVE if lean < _COLD else Sentiment.NEUTRAL


def _pointed_at(seen: Read, found: Sequence[Opinion]) -> list[tuple[str, ...]]:
    """Words of each text that stand in a list which speaks for its opinion, as the model reads them."""
    cut, hits = seen.cut, seen.hits
    speaks = {kind: [LISTS.index(name) for name in names] for kind, names in _SPEAK_FOR.items()}
    words: list[dict[str, None]] = [{} for _opinion in found]
    for token in np.argsort(hits.token, kind="stable").tolist():
        last = int(hits.token[token])
        row = int(cut.row[last])
        if len(words[row]) < _MOST_WORDS and hits.value[token, speaks[found[row].kind]].any():
            letters = cut.characters[cut.start[hits.first[token]] : cut.end[last]]
            words[row]["".join(map(chr, letters.tolist()))] = None
    return [tuple(one) for one in words]
