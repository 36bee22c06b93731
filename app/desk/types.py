"""What somebody keeps on their desk, as others see it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SavedView:
    """A list that somebody keeps under a name, for themselves or for a team."""

    id: int
    name: str
    address: str
    """The list as an address names it: a query string."""
    owner_id: int
    owner: str
    team_id: int | None
    """Whose it is besides its owner's; None: nobody else's."""
    team: str | None
