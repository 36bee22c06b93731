"""Conversations per second and core that are routed: language, model, and a hundred rules, in batches as intake does.

The model is measured as it comes along, and after it has learned from as many examples as asked for. Usage:
``python -m bench.route [--conversations N] [--examples N]``.
"""

import argparse
import random
import time
from collections.abc import Sequence

from app.inbox.arrivals import Facts
from app.learning import features, fitting, judging, words
from app.learning.judging import Judge
from app.learning.model import Model
from app.learning.queries import InUse
from app.learning.types import DESTINATIONS, LANGUAGES, Example, Kind
from app.routing import book as books
from app.routing import language, learned, rules
from app.routing.book import RuleBook
from bench.rules import conversations, hundred

BATCH = 100


def examples(said: Sequence[Facts], count: int) -> list[Example]:
    """Texts like those that are routed, with any label: what matters here is how many buckets they fill."""
    chance = random.Random(11)
    alphabet = "abcdefghijklmnoprstuvwz"
    return [
        Example(
            said[at % len(said)].texts[0]
            + " "
            + " ".join("".join(chance.choices(alphabet, k=7)) for _word in range(9)),
            None,
            chance.choice(list(Kind)),
        )
        for at in range(count)
    ]


def measure(judge: Judge, book: RuleBook, said: Sequence[Facts]) -> float:
    """Conversations a second."""
    judging.opinions(judge, [said[0].texts[0]])
    known = InUse(None, judge, LANGUAGES)
    begun = time.process_time()
    for start in range(0, len(said), BATCH):
        part = said[start : start + BATCH]
        found = judging.opinions(judge, [one.texts[0] for one in part])
        for fact, opinion in zip(part, found, strict=True):
            thought = learned.thought(opinion, known, fact.conversation_id)
            spoken = language.detect(fact.texts[0])
            learned.heeded(rules.decide(book, learned.told(fact, thought), spoken), thought)
    return len(said) / (time.process_time() - begun)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--examples", type=int, default=2_000)
    given = parser.parse_args()
    said = conversations(given.conversations)
    book = books.compiled(hundred())
    reader = features.reader(words.compose())
    plain = measure(Judge(Model(), reader, DESTINATIONS), book, said)
    print(f"{plain:,.0f} conversations/s and core with {len(book.rules)} rules and the model that comes along")
    fitted = fitting.fit(examples(said, given.examples), reader, DESTINATIONS)
    after = measure(Judge(fitted.model, reader, DESTINATIONS), book, said)
    print(f"{after:,.0f} conversations/s and core after learning from {given.examples:,} examples")


if __name__ == "__main__":
    main()
