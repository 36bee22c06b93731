"""Make app/learning/day_zero.json, the coefficients an installation begins with.

    .venv/bin/python scripts/make-day-zero.py ROWS.jsonl

They begin as BELIEFS, round numbers written down by people. Rows whose licence allows a model made from them to be
passed on then move them, each row a little, held to the beliefs by HOLD (a logistic regression with a normal prior
around BELIEFS). Rows of any other source are skipped, whatever the file holds.
"""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import minimize

from app.learning import features, model, words
from app.learning.types import Kind

ALLOWED = {
    "youtube_spam": "TubeSpam, Alberto, Lochter and Almeida 2015, CC BY 4.0 at UCI",
    "customer_care_tweets": "IBM/twitter-customer-care-document-prediction, Apache-2.0",
    "banking77": "Banking77, Casanueva et al. 2020, CC BY 4.0",
    "nlupp": "NLU++, Casanueva et al. 2022, CC BY 4.0",
    "wisesight_th": "Wisesight Sentiment Corpus, CC0-1.0",
}
HOLD = 100.0
WEIGHT = 4.0
"""All rows of one kind and source together count as this many times the square root of their number."""
TARGET = Path(__file__).resolve().parents[1] / "app" / "learning" / "day_zero.json"

BELIEFS: dict[Kind, dict[str, float]] = {
    Kind.COMPLAINT: {
        "begin": 0.6,
        "problem_much": 0.8,
        "anger_much": 0.8,
        "leaving_much": 0.9,
        "praise_much": -0.5,
        "thanks_much": -0.8,
        "tone": -1.2,
        "question_much": -0.1,
        "help_much": 0.1,
        "self_promotion_much": -0.2,
        "business_much": 0.2,
        "among_readers_any": -0.3,
    },
    Kind.PRAISE: {
        "begin": -0.2,
        "praise_much": 0.8,
        "thanks_much": 1.2,
        "tone": 1.6,
        "problem_much": -0.7,
        "anger_much": -0.8,
        "leaving_much": -0.7,
        "question_much": -0.5,
        "question_mark_any": -1.0,
        "help_much": -0.2,
        "exclamation_much": 0.3,
        "wish_much": -0.3,
        "to_us_any": 0.1,
    },
    Kind.QUESTION: {
        "begin": -0.4,
        "question_much": 0.5,
        "question_mark_any": 1.2,
        "wish_much": 0.5,
        "anger_much": -0.5,
        "thanks_much": -0.1,
        "praise_much": -0.1,
        "tone": 0.2,
        "self_promotion_much": -0.2,
    },
    Kind.HELP: {
        "begin": -1.2,
        "help_much": 0.9,
        "question_mark_any": 0.6,
        "problem_much": 0.4,
        "question_much": 0.4,
        "remedy_much": 0.5,
        "anger_much": -0.4,
        "praise_much": -0.4,
        "to_us_any": 0.2,
        "among_readers_any": -0.3,
    },
    Kind.CHATTER: {
        "begin": -0.2,
        "among_readers_any": 1.5,
        "among_readers_much": 0.7,
        "problem_much": -0.4,
        "anger_much": -0.2,
        "help_much": -0.8,
        "question_much": -0.3,
        "business_much": -0.6,
        "to_us_any": -0.5,
        "praise_much": 0.2,
        "tone": 0.3,
        "link_much": -0.5,
        "length": -0.1,
    },
    Kind.SPAM: {
        "begin": -2.0,
        "self_promotion_much": 1.3,
        "link_much": 1.5,
        "come_to_me_any": 2.0,
        "come_to_me_much": 1.5,
        "address_share": 1.0,
        "only_address": 3.0,
        "among_readers_any": 0.3,
        "problem_much": -0.7,
        "anger_much": -0.5,
        "business_much": -0.5,
        "help_much": -0.3,
        "question_much": -0.2,
        "question_mark_any": -0.8,
    },
    Kind.OFF_TOPIC: {
        "begin": -1.2,
        "news_much": 0.6,
        "to_us_any": -0.8,
        "business_much": -0.3,
        "help_much": -0.3,
        "short_link": 0.5,
        "question_mark_any": -0.3,
    },
}
KINDS = tuple(Kind)


def rows_of(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if row["source_dataset"] in ALLOWED and row.get("label_kind")]


def fitted(rows: list[dict[str, Any]], names: list[str]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """One row for each of ``names`` and a last one for the beginning, one column a kind."""
    texts = [row["text"] for row in rows]
    figures = model.read(texts, features.reader(words.compose()), deeply=False).figures
    seen = np.column_stack([figures[:, [features.NAMES.index(name) for name in names]], np.ones(len(rows))])
    kinds = np.array([KINDS.index(Kind(row["label_kind"])) for row in rows])
    of = [(row["source_dataset"], row["label_kind"]) for row in rows]
    sizes = Counter(of)
    weights = np.array([WEIGHT / np.sqrt(sizes[one]) for one in of])
    start = np.array([[BELIEFS[kind].get(name, 0.0) for kind in KINDS] for name in [*names, "begin"]])

    def cost(flat: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, np.ndarray[Any, np.dtype[np.float64]]]:
        changed = flat.reshape(start.shape)
        scores = seen @ changed
        scores -= scores.max(axis=1, keepdims=True)
        odds = np.exp(scores)
        chances = odds / odds.sum(axis=1, keepdims=True)
        right = chances[np.arange(len(kinds)), kinds]
        slope = chances.copy()
        slope[np.arange(len(kinds)), kinds] -= 1
        drift = changed - start
        total = -(weights * np.log(right)).sum() + HOLD / 2 * (drift**2).sum()
        return float(total), (seen.T @ (slope * weights[:, None]) + HOLD * drift).ravel()

    found = minimize(cost, start.ravel(), jac=True, method="L-BFGS-B")
    return np.asarray(found.x).reshape(start.shape)


def main() -> None:
    rows = rows_of(Path(sys.argv[1]))
    names = sorted({name for belief in BELIEFS.values() for name in belief} - {"begin"}, key=features.NAMES.index)
    found = fitted(rows, names)
    table = {
        kind.value: {name: round(float(found[at, column]), 3) for at, name in enumerate([*names, "begin"])}
        for column, kind in enumerate(KINDS)
    }
    used = Counter(row["source_dataset"] for row in rows)
    said = {
        "made_by": "scripts/make-day-zero.py",
        "from": {name: {"rows": used[name], "source": ALLOWED[name]} for name in sorted(used)},
        "weights": table,
    }
    TARGET.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")
    print(f"{len(rows)} rows, {len(names)} figures, {len(KINDS)} kinds -> {TARGET}")


if __name__ == "__main__":
    main()
