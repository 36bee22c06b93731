"""What most things on a screen are shown by."""

from dataclasses import dataclass

from app.core.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Word:
    """A word, its icon, and the tone of a badge: ``attention``, ``good``, ``bad`` or nothing."""

    text: str
    icon: str
    tone: str = ""

    def translated(self) -> "Word":
        """The same in the language in force."""
        return Word(_(self.text), self.icon, self.tone)
