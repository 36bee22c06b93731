"""What fitting answers; apart from ``fitting``, so that knowing it costs no import of SciPy."""

from dataclasses import dataclass

from app.learning.model import Model
from app.learning.types import Figures


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A model and what was measured on examples that it had not seen."""

    model: Model
    figures: Figures
    data_hash: str
