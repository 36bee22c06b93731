"""What came of reading a page."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Outcome:
    """``code`` is None when the page was read completely, else why not."""

    page_id: int
    seen: int
    new: int
    changed: int
    code: str | None
    detail: str
