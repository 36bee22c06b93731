"""The executor for everything that no program can do for us. It sends nothing; people do."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from app.executors import errors
from app.executors.errors import OutcomeUnknown, Refused
from app.executors.ports import Abilities, Access, Kind, Notice, Outcome, Purchase, Task


class ManualExecutor:
    """A named person carries it out; who, when and under which reference stands with the remedy."""

    kind = "manual"
    label = "By hand"
    abilities = Abilities(kinds=frozenset(Kind), by_hand=True)

    def check(self, access: Access) -> None:
        """There is nothing to prove."""

    def purchase(self, access: Access, number: str) -> Purchase | None:
        """Nobody can be asked; what was paid is typed, and shown to who signs."""
        return None

    def purchases(self, access: Access, email: str) -> Sequence[Purchase]:
        """Nobody can be asked."""
        return ()

    def execute(self, access: Access, task: Task) -> Outcome:
        """Never by a program."""
        raise Refused(errors.NOT_SUPPORTED, "a person does this")

    def look_up(self, access: Access, task: Task) -> Outcome | None:
        """Only the person knows."""
        raise OutcomeUnknown(errors.NOT_SUPPORTED, "ask the person who did it")

    def notices(self, access: Access, headers: Mapping[str, str], body: bytes, now: datetime) -> Sequence[Notice]:
        """Nobody calls."""
        raise Refused(errors.NOT_SUPPORTED, "nobody calls here")
