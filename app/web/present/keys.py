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
    everywhere: bool = False
    """Whether it is so on every screen, and not in the inbox alone."""

    @property
    def words(self) -> str:
        """What it does, in the reader's language."""
        return _(self.what)

    @property
    def labels(self) -> list[str]:
        """The keys as they are called on the reader's keyboard."""
        return [key.replace("Ctrl", _("Ctrl")) for key in self.keys]


@dataclass(frozen=True, slots=True)
class Named:
    """What is done too seldom for a key: the palette has it by name, where it is marked with ``data-named``."""

    name: str
    what: str

    @property
    def words(self) -> str:
        """What it does, in the reader's language."""
        return _(self.what)


KEYS = (
    Key(("j", "k"), lazy("Next and previous row")),
    Key(("o",), lazy("Open the row")),
    Key(("x", "X"), lazy("Choose the row, or up to it")),
    Key(("u",), lazy("Back to the list"), presses=True),
    Key(("f",), lazy("Filter the list"), presses=True),
    Key((".",), lazy("Show what is new"), presses=True),
    Key(("*",), lazy("Choose all that match, once one is chosen"), presses=True),
    Key(("/",), lazy("Search"), presses=True, everywhere=True),
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
    Key(("A",), lazy("Approve the answer that waits, and send it"), presses=True),
    Key(("E",), lazy("Change the answer that waits"), presses=True),
    Key(("B",), lazy("Send the answer that waits back, and say why"), presses=True),
    Key(("v",), lazy("VIP, or not any more"), presses=True),
    Key(("d",), lazy("Do not contact: say why"), presses=True),
    Key(("c",), lazy("The same person: merge two contacts"), presses=True),
    Key(("T",), lazy("Tag the person"), presses=True),
    Key(("N",), lazy("Note about the person"), presses=True),
    Key(("z",), lazy("Undo what you did last"), presses=True),
    Key(("Ctrl K",), lazy("Everything there is to do, by name"), everywhere=True),
    Key(("Ctrl Enter",), lazy("Send, finish, and go on to the next")),
    Key(("Ctrl Shift Enter",), lazy("Send and wait for their answer")),
    Key(("Alt 1", "Alt 2", "Alt 3"), lazy("While you reply: use an earlier answer")),
    Key(("Esc",), lazy("Leave the field")),
    Key(("?",), lazy("This map"), everywhere=True),
)
NAMED = (
    Named("bring-back", lazy("Bring back at once what was put off")),
    Named("untag", lazy("Take a tag off")),
    Named("moderate", lazy("Act on another comment at the page")),
    Named("settle", lazy("Send a reply again that was not sent")),
    Named("drop", lazy("Drop a reply that was not sent, or say that it arrived")),
    Named("withdraw", lazy("Take back your answer that waits for approval")),
    Named("continue", lazy("Go on with a colleague’s text")),
    Named("saved-replies", lazy("Choose a saved reply")),
    Named("preview", lazy("Preview the answer")),
    Named("show-news", lazy("Show what is new since you began to write")),
    Named("seen", lazy("Seen: go on writing")),
    Named("other-text", lazy("Use the text of the other window")),
    Named("this-text", lazy("Keep the text of this window")),
    Named("whole-thread", lazy("Earlier comments of this thread")),
    Named("orders", lazy("Look for an order by its number")),
    Named("untag-person", lazy("Take a tag off the person")),
    Named("lift", lazy("Let the person be contacted again")),
    Named("rename", lazy("Show the person under another name")),
    Named("remove-note", lazy("Remove a note about the person")),
    Named("separate", lazy("Separate contacts that were merged")),
    Named("merge", lazy("Merge the two contacts")),
    Named("other-way", lazy("Merge the other way round")),
    Named("stop", lazy("Stop what is being done to the whole list")),
    Named("enough", lazy("Be given no more, and choose yourself")),
    Named("theme", lazy("Light or dark")),
    Named("sign-out", lazy("Sign out")),
)
