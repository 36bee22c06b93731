"""Names of what is there from the start: teams, and rules of the first set.

They are stored in English and shown in the reader's language; names that people gave are shown as they are.
"""

from app.core.i18n import gettext, lazy

OURS = frozenset(
    {
        lazy("Customer service"),
        lazy("Marketing"),
        lazy("Set aside by the platform as spam"),
        lazy("Gambling, pills and loans"),
        lazy("Many links from a stranger"),
        lazy("Threat of lawyers, regulators or the press"),
        lazy("Danger to health or safety"),
        lazy("Money back or a new one"),
        lazy("Orders and deliveries"),
        lazy("Something is broken or wrong"),
        lazy("Asks for help"),
        lazy("Press and partners"),
        lazy("Asks a question"),
        lazy("Praise and thanks"),
    }
)


def shown(name: str) -> str:
    """A team's or a rule's name for the reader."""
    return gettext(name) if name in OURS else name
