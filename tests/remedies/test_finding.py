"""Orders are found by address or number, kept for a minute, and a shop that fails is not asked twice."""

from dataclasses import dataclass, field
from threading import Thread

from app.core.security import SecretBox
from app.executors import errors
from app.executors.errors import NotNow
from app.executors.ports import Abilities, Access, Kind, Purchase
from app.executors.registry import Executors
from app.remedies.finding import KEPT_SECONDS, Finder
from app.remedies.shops import ShopView
from tests.remedies.stage import KEY
from tests.remedies.till import Till

SHOP = ShopView(7, "till", "Till", False, "EUR", {}, None, True)
ORDER = Purchase("A-1", "EUR", 1000, 0)


@dataclass
class Asked(Till):
    abilities = Abilities(kinds=frozenset(Kind), knows_orders=True, finds_by_email=True)
    questions: list[str] = field(default_factory=list)
    fails: bool = False

    def purchases(self, access: Access, email: str) -> list[Purchase]:
        self.questions.append(email)
        if self.fails:
            raise NotNow(errors.UNREACHABLE, "no")
        return [ORDER] if email == "eva@x.example" else []


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_answer_is_kept_for_a_minute() -> None:
    till, clock = Asked(), Clock()
    finder = Finder(Executors([till]), SecretBox(KEY), clock)
    for _ in range(3):
        (bought,) = finder.by_email([SHOP], ["Eva@x.example ", "none@x.example"])
        assert (list(bought.purchases), bought.error) == ([ORDER], None)
    assert till.questions == ["eva@x.example", "none@x.example"]
    clock.now += KEPT_SECONDS
    finder.by_email([SHOP], ["eva@x.example"])
    assert len(till.questions) == 3


def test_failures_are_said_and_kept_too() -> None:
    till = Asked(fails=True)
    finder = Finder(Executors([till]), SecretBox(KEY), Clock())
    for _ in range(2):
        (bought,) = finder.by_email([SHOP], ["eva@x.example"])
        assert (list(bought.purchases), bought.error) == ([], errors.UNREACHABLE)
    assert len(till.questions) == 1


def test_many_at_once_ask_once() -> None:
    till = Asked()
    finder = Finder(Executors([till]), SecretBox(KEY), Clock())
    threads = [Thread(target=finder.by_email, args=([SHOP], ["eva@x.example"])) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(till.questions) == 1


def test_shops_that_know_no_addresses_are_asked_by_number_only() -> None:
    till = Till()
    till.paid = {"A-1": ("EUR", 1000)}
    finder = Finder(Executors([till]), SecretBox(KEY), Clock())
    assert finder.by_email([SHOP], ["eva@x.example"]) == []
    (bought,) = finder.by_number([SHOP], " A-1 ")
    assert [one.paid for one in bought.purchases] == [1000]
    assert finder.by_number([ShopView(8, "gone", "Gone", False, "EUR", {}, None, True)], "A-1") == []
