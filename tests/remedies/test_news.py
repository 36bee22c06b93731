"""What shops tell of orders: money given back there counts, however late, often and in whatever order it is told."""

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from app.core.errors import Conflict
from app.executors import errors
from app.executors.errors import NotNow
from app.executors.ports import Access, Kind, Notice, Purchase
from app.remedies import news
from app.remedies.models import RemedyEvent, ShopNews
from app.remedies.types import State
from tests.remedies.stage import Stage
from tests.remedies.till import Fault, Till

ORDER = "A-1001"


class Shop(Till):
    """A till that also tells of money that others gave back there."""

    outside = 0
    asked = 0
    dead = False

    def purchase(self, access: Access, number: str) -> Purchase | None:
        self.asked += 1
        if self.dead:
            raise NotNow(errors.UNREACHABLE, "no connection")
        if number not in (ORDER, "id-1001"):
            return None
        ours = sum(one.amount for one in self.effects if one.order_number == ORDER and one.kind is Kind.REFUND)
        return Purchase(ORDER, "EUR", 10_000, ours + self.outside)


@pytest.fixture
def shop(stage: Stage) -> Shop:
    stage.till = Shop()
    return stage.till


def hear(stage: Stage, *named: str, after: float = 3) -> None:
    """The shop calls, and a worker looks a moment later."""
    told = [Notice(order=one) if one != "id-1001" else Notice(order_id=one) for one in named]
    news.keep(stage.db, stage.shop_id, told, stage.now)
    stage.later(seconds=after)
    stage.run()


def waiting(stage: Stage) -> int:
    with stage.db.read() as session:
        return session.scalar(select(func.count()).select_from(ShopNews)) or 0


def notes(stage: Stage, remedy_id: int) -> Sequence[str]:
    with stage.db.read() as session:
        mine = (RemedyEvent.remedy_id == remedy_id, RemedyEvent.act == "elsewhere")
        return session.scalars(select(RemedyEvent.text).where(*mine).order_by(RemedyEvent.id)).all()


def left(stage: Stage) -> int:
    return stage.order().paid - stage.order().taken


@pytest.mark.parametrize("named", [(ORDER,), ("id-1001",), (ORDER, ORDER, "id-1001")])
def test_a_refund_made_at_the_shop_counts(stage: Stage, shop: Shop, named: Sequence[str]) -> None:
    remedy = stage.ask(amount="30", paid="100")
    shop.outside = 5_000
    hear(stage, *named)
    assert (stage.order().elsewhere, left(stage), waiting(stage)) == (5_000, 2_000, 0)
    assert len(notes(stage, remedy)) == 1
    with pytest.raises(Conflict, match=r"20\.00 is left"):
        stage.ask("ben", amount="20.01", paid="")
    for _again in range(3):
        stage.later(hours=20)
        hear(stage, *named)
    assert (left(stage), len(notes(stage, remedy))) == (2_000, 1), "told again, it is the same"
    shop.outside = 0
    hear(stage, *named)
    assert left(stage) == 7_000, "and what was taken back there is there again"


def test_our_own_refunds_are_not_taken_for_the_shops(stage: Stage, shop: Shop) -> None:
    remedy = stage.ask(amount="20", paid="100")
    stage.run()
    assert stage.state(remedy) is State.EXECUTED
    hear(stage, ORDER)
    assert (stage.order().elsewhere, left(stage)) == (0, 8_000)


def test_a_replacement_is_no_money_that_the_shop_gave_back(stage: Stage, shop: Shop) -> None:
    stage.ask(amount="20", paid="100", kind=Kind.REPLACEMENT)
    stage.run()
    shop.outside = 2_000
    hear(stage, ORDER)
    assert (stage.order().elsewhere, left(stage)) == (2_000, 6_000)


def test_while_one_of_ours_is_under_way_it_waits(stage: Stage, shop: Shop) -> None:
    remedy = stage.ask(amount="20", paid="100")
    shop.faults = lambda _n: Fault.LOST_AFTER
    stage.run()
    assert stage.state(remedy) is State.UNSURE
    hear(stage, ORDER)
    assert (stage.order().elsewhere, waiting(stage)) == (0, 1)
    shop.faults = lambda _n: Fault.NONE
    for _minute in range(3):
        stage.later(minutes=1)
        stage.run()
    assert stage.state(remedy) is State.EXECUTED
    assert (stage.order().elsewhere, left(stage), waiting(stage)) == (0, 8_000, 0)


def test_more_than_is_left_stays_promised_and_nothing_more_is(stage: Stage, shop: Shop) -> None:
    remedy = stage.ask(amount="60", paid="100")
    shop.outside = 9_000
    hear(stage, ORDER)
    assert (stage.order().paid, stage.order().taken) == (6_000, 6_000)
    assert notes(stage, remedy)[0].endswith("90.00")
    stage.withdraw("ann", remedy)
    hear(stage, ORDER)
    assert left(stage) == 1_000


def test_orders_nobody_asked_about_are_left_alone(stage: Stage, shop: Shop) -> None:
    hear(stage, ORDER, "B-7", "id-1001")
    assert (shop.asked, waiting(stage)) == (0, 0)
    stage.ask(amount="20", paid="100")
    hear(stage, "B-7")
    assert (shop.asked, waiting(stage)) == (0, 0)
    hear(stage, "id-1001")
    assert shop.asked == 1


def test_a_shop_that_does_not_answer_is_asked_later_for_a_week(stage: Stage, shop: Shop) -> None:
    stage.ask(amount="20", paid="100")
    shop.dead, shop.outside = True, 5_000
    hear(stage, ORDER)
    assert waiting(stage) == 1
    for _hour in range(30):
        stage.later(hours=1)
        stage.run()
    assert shop.asked < 15, "less and less often"
    shop.dead = False
    stage.later(hours=7)
    stage.run()
    assert (stage.order().elsewhere, waiting(stage)) == (5_000, 0)
    shop.dead = True
    hear(stage, ORDER)
    for _day in range(9):
        stage.later(days=1)
        stage.run()
    assert waiting(stage) == 0


def test_told_again_while_it_is_asked_it_is_asked_again(stage: Stage, shop: Shop) -> None:
    stage.ask(amount="20", paid="100")
    news.keep(stage.db, stage.shop_id, [Notice(order=ORDER)], stage.now)
    stage.later(seconds=3)
    told = stage.do(lambda s: news.claim(s, stage.shop_id, ORDER, stage.now, 30))
    assert stage.do(lambda s: news.claim(s, stage.shop_id, ORDER, stage.now, 30)) is None, "one at a time"
    seen = shop.purchase(Access(), ORDER)
    shop.outside = 5_000
    news.keep(stage.db, stage.shop_id, [Notice(order=ORDER)], stage.now)
    stage.do(lambda s: news.record(s, told, seen, stage.now))
    stage.later(seconds=3)
    stage.run()
    assert (stage.order().elsewhere, waiting(stage)) == (5_000, 0)


def test_a_worker_that_dies_while_asking_is_followed_by_another(stage: Stage, shop: Shop) -> None:
    stage.ask(amount="20", paid="100")
    shop.outside = 5_000
    news.keep(stage.db, stage.shop_id, [Notice(order=ORDER)], stage.now)
    stage.later(seconds=3)
    assert stage.do(lambda s: news.claim(s, stage.shop_id, ORDER, stage.now, 30))
    stage.run()
    assert stage.order().elsewhere == 0
    stage.later(seconds=30)
    stage.run()
    assert (stage.order().elsewhere, waiting(stage)) == (5_000, 0)
