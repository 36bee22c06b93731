"""The model an installation begins with: what a few dozen figures say about each kind, and nothing learned by heart.

``day_zero.json`` is made by ``scripts/make-day-zero.py``; where its numbers come from stands there and in
``docs/decisions/classifier.md``.
"""

import json
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from app.learning.features import NAMES, Figures
from app.learning.types import Kind

KINDS = tuple(Kind)
_BEGIN = "begin"


def opinions(figures: Figures) -> npt.NDArray[np.float32]:
    """The logarithm of each kind's probability, one row a text, columns as in ``KINDS``."""
    weights, begin = _weights()
    scores = figures @ weights + begin
    scores -= scores.max(axis=1, keepdims=True)
    return np.asarray(scores - np.log(np.exp(scores).sum(axis=1, keepdims=True)), np.float32)


def difference(first: str, second: str) -> npt.NDArray[np.float32]:
    """How far one of each figure speaks for the label ``first`` rather than ``second``; nothing for teams."""
    weights, _begin = _weights()
    column = {kind.value: weights[:, at] for at, kind in enumerate(KINDS)}
    nothing = np.zeros(len(NAMES), np.float32)
    return np.asarray(column.get(first, nothing) - column.get(second, nothing))


@lru_cache(maxsize=1)
def _weights() -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    said = json.loads(resources.files("app.learning").joinpath("day_zero.json").read_text(encoding="utf-8"))
    by_kind: dict[str, dict[str, float]] = said["weights"]
    weights = [[by_kind[kind].get(name, 0.0) for kind in KINDS] for name in NAMES]
    return np.array(weights, np.float32), np.array([by_kind[kind][_BEGIN] for kind in KINDS], np.float32)
