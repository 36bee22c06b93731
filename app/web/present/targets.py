"""Targets in words."""

from app.core.i18n import gettext as _
from app.inbox.types import Priority
from app.targets.types import Figure


def figure(one: Figure) -> str:
    """What is measured."""
    return {
        Figure.FIRST_REPLY: _("First reply"),
        Figure.NEXT_REPLY: _("Next reply"),
        Figure.RESOLUTION: _("Until it is done"),
    }[one]


def hint(one: Figure) -> str:
    """What it counts."""
    return {
        Figure.FIRST_REPLY: _("From a person’s first words to our first answer."),
        Figure.NEXT_REPLY: _("From words that follow an answer of ours to the next answer."),
        Figure.RESOLUTION: _(
            "From the first words until it is done. The clock stands still while we wait for the person."
        ),
    }[one]


def priority(one: Priority) -> str:
    """How pressing a conversation is."""
    return {Priority.NORMAL: _("Normal priority"), Priority.HIGH: _("High priority")}[one]


def length(minutes: int | None) -> str:
    """A length as the form reads it; empty for none."""
    if not minutes:
        return ""
    whole, rest = divmod(minutes, 60)
    return " ".join([*([f"{whole} h"] if whole else []), *([f"{rest} min"] if rest else [])])
