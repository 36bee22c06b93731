"""The map of keys: what "?" shows, what the palette offers, and what tests hold buttons and scripts to."""

from dataclasses import dataclass

from app.core.i18n import gettext as _
from app.core.i18n import lazy


@dataclass(frozen=True, slots=True)
class Key:
    """``keys`` do ``what``; with ``presses`` they press what is marked with ``data-key``, else a script listens."""

    keys: tuple[str, ...]
    what: str
    presses: bool = False

    @property
    def words(self) -> str:
        """What it does, in the reader's language."""
        return _(self.what)

    @property
    def labels(self) -> list[str]:
        """The keys as they are called on the reader's keyboard."""
        return [key.replace("Ctrl", _("Ctrl")) for key in self.keys]


KEYS = (
    Key(("j", "k"), lazy("Next and previous row")),
    Key(("o",), lazy("Open the row")),
    Key(("x", "X"), lazy("Choose the row, or up to it")),
    Key(("u",), lazy("Back to the list"), presses=True),
    Key(("f",), lazy("Filter the list"), presses=True),
    Key((".",), lazy("Show what is new"), presses=True),
    Key(("/",), lazy("Search"), presses=True),
    Key(("g",), lazy("Give me the next free one"), presses=True),
    Key(("s",), lazy("Not now: give me another"), presses=True),
    Key(("r",), lazy("Reply in public")),
    Key(("p",), lazy("Reply in private, where the page can")),
    Key(("n",), lazy("Note for colleagues")),
    Key(("a",), lazy("Take it"), presses=True),
    Key(("e",), lazy("Done, or open again"), presses=True),
    Key(("l",), lazy("Put it off until later"), presses=True),
    Key(("#",), lazy("Spam"), presses=True),
    Key(("t",), lazy("Tag"), presses=True),
    Key(("i",), lazy("Give it to a colleague"), presses=True),
    Key(("h",), lazy("Hide it, or what else the page can do"), presses=True),
    Key(("w",), lazy("Wrong team: hand it over"), presses=True),
    Key(("y",), lazy("Move it where the model would"), presses=True),
    Key(("m",), lazy("Ask for a remedy"), presses=True),
    Key(("z",), lazy("Undo what you did last"), presses=True),
    Key(("Ctrl K",), lazy("Everything there is to do, by name")),
    Key(("Ctrl Enter",), lazy("Send, finish, and go on to the next")),
    Key(("Ctrl Shift Enter",), lazy("Send and wait for their answer")),
    Key(("Alt 1", "Alt 2", "Alt 3"), lazy("While you reply: use an earlier answer")),
    Key(("Esc",), lazy("Leave the field")),
    Key(("?",), lazy("This map")),
)
