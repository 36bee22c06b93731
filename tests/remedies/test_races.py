"""Several at the same moment: what fits once is given once, one decision counts, and it is carried out once."""

import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.core.currencies import EXPONENTS
from app.core.db import Database
from app.core.errors import PorchlightError
from app.remedies import orders, service, signing
from app.remedies.types import State, Verdict
from tests.remedies.stage import Stage

RACES = int(os.environ.get("REMEDY_RACES", "4"))
"""Of each kind and database; ``make ordeal`` runs 1,000."""
OFTEN = 100
"""From so many on nothing is left out for being slow."""


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Begin all of them at the same moment; answer what came of each, refusals among it."""
    line = threading.Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        line.wait(30)
        try:
            return work()
        except PorchlightError as error:
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def stage(database_url: str) -> Iterator[Stage]:
    """With a person for each race: what was given to one counts together; and a connection for each who races, or
    whoever waits for one on a busy machine gives up after half a minute."""
    database = Database(database_url, pool_size=20)
    yield Stage(database).set_up(talks=RACES + 1)
    database.dispose()


@pytest.mark.parametrize("count", [2, 5, 20])
def test_requests_that_fit_only_once(stage: Stage, count: int) -> None:
    stage.ids |= {str(n): stage.ids["ann" if n % 2 else "ben"] for n in range(count)}
    actors = [stage.actor(str(n)) for n in range(count)]
    for race in range(RACES if RACES >= OFTEN else max(1, RACES * 2 // count)):
        number = f"R-{race}"
        if race % 20 == 0:
            stage.later(days=40)  # what limits look back at stays small
        currency = ("EUR", "JPY", "KWD")[race % 3]

        def ask(n: int, number: str = number, currency: str = currency, race: int = race) -> Any:
            asked = stage.asked(amount="60", order_number=number, paid="100", currency=currency)
            talk = stage.talks[race + n % 2]
            return stage.do(lambda s: service.ask(s, actors[n], talk, asked, stage.now, key=f"{number}-{n}"))

        found = at_once(*(lambda n=n: ask(n) for n in range(count)))
        assert len([one for one in found if isinstance(one, int)]) == 1, found
        assert {one.code for one in found if isinstance(one, PorchlightError)} == {"more_than_paid"}
        assert stage.order(number).taken == 60 * 10 ** EXPONENTS[currency]


def test_the_guarded_statement_holds_by_itself(stage: Stage) -> None:
    """Without the gate that every service passes: twenty takers of 60 from 100."""
    stage.ask(amount="1", order_number="G-1", paid="100")

    def take() -> None:
        stage.do(lambda s: orders.take(s, stage.shop_id, "G-1", "", 6000, "EUR"))

    for _race in range(RACES):
        found = at_once(*(take for _ in range(20)))
        assert found.count(None) == 1
        stage.do(lambda s: orders.give_back(s, stage.shop_id, "G-1", "", 6000))


def test_two_supervisors_at_once(stage: Stage) -> None:
    for race in range(RACES):
        stage.later(days=40 if race % 20 == 19 else 0)
        remedy = stage.ask(talk=race, order_number=f"D-{race}")
        sue, sam = stage.actor("sue"), stage.actor("sam")

        def decide(actor: Any, verdict: Verdict, remedy: int = remedy) -> Any:
            return stage.do(lambda s: signing.decide(s, actor, remedy, verdict, "so", stage.now, version=1))

        found = at_once(lambda: decide(sue, Verdict.APPROVE), lambda: decide(sam, Verdict.REFUSE))  # noqa: B023
        won = [one for one in found if isinstance(one, State)]
        lost = [one for one in found if isinstance(one, PorchlightError)]
        assert len(won) == len(lost) == 1
        assert stage.state(remedy) is won[0]
        assert ("Sue" if won[0] is State.APPROVED else "Sam") in lost[0].message


def test_a_change_between_looking_and_signing(stage: Stage) -> None:
    for race in range(RACES):
        stage.later(days=40 if race % 20 == 19 else 0)
        remedy = stage.ask(talk=race, order_number=f"E-{race}")
        sue, ben = stage.actor("sue"), stage.actor("ben")
        more = stage.asked(amount="90", order_number=f"E-{race}", paid="")

        def sign(remedy: int = remedy, sue: Any = sue) -> Any:
            return stage.do(lambda s: signing.decide(s, sue, remedy, Verdict.APPROVE, "", stage.now, version=1))

        def edit(remedy: int = remedy, ben: Any = ben, more: Any = more) -> Any:
            return stage.do(lambda s: service.edit(s, ben, remedy, more, stage.now, version=1))

        at_once(sign, edit)
        shown = stage.remedy(remedy)
        assert (shown.state, shown.amount) in ((State.ASKED, 9000), (State.APPROVED, 6000))
        stage.run()
        assert all(one.amount == 6000 for one in stage.till.effects), "only what was signed"


def test_a_change_while_it_is_about_to_be_carried_out(stage: Stage) -> None:
    for race in range(RACES):
        stage.later(days=40 if race % 20 == 19 else 0)
        remedy = stage.ask(talk=race, order_number=f"F-{race}")
        stage.decide("sue", remedy)
        ben, more = stage.actor("ben"), stage.asked(amount="90", order_number=f"F-{race}", paid="")

        def edit(remedy: int = remedy, ben: Any = ben, more: Any = more) -> Any:
            return stage.do(lambda s: service.edit(s, ben, remedy, more, stage.now, version=1))

        at_once(stage.run, stage.run, edit)
        moved = [one for one in stage.till.effects if one.order_number == f"F-{race}"]
        assert [one.amount for one in moved] in ([], [6000])
        assert stage.state(remedy) is (State.EXECUTED if moved else State.ASKED)


def test_five_workers_carry_it_out_once(stage: Stage) -> None:
    for race in range(RACES):
        stage.later(days=40 if race % 20 == 19 else 0)
        remedy = stage.ask(talk=race, amount="20", order_number=f"W-{race}", paid="20")
        at_once(*(stage.run for _ in range(5)))
        assert len(stage.till.effects_of(f"remedy-{remedy}-1")) == 1
        assert stage.state(remedy) is State.EXECUTED
