"""What most things on a screen are shown by."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its icon, and the tone of a badge: ``attention``, ``good``, ``bad`` or nothing."""

    text: str
    icon: str
    tone: str = ""
