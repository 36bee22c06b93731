"""Values in CSV: text that a spreadsheet would run as a formula (OWASP, CSV injection) is covered, and uncovered when
it comes back."""

import re

_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_COVERED = re.compile(r"'+[=+\-@\t\r]")


def covered(value: str) -> str:
    """The value with a ``'`` before it when a spreadsheet would take it for a formula."""
    return f"'{value}" if _FORMULA.match(value) else value


def uncovered(value: str) -> str:
    """What ``covered`` was given."""
    return value[1:] if _COVERED.match(value) else value
