"""What publishing asks of both databases: one at a time, and nothing lost with a process."""

from concurrent.futures import ThreadPoolExecutor

from app.core.clock import utc_now
from app.library import queries
from app.library.delivering import publications
from app.sending.types import SendState
from tests.library.conftest import Shelf, shelf

__all__ = ["shelf"]


def test_a_second_click_publishes_nothing_more(shelf: Shelf) -> None:
    post = shelf.write()
    with ThreadPoolExecutor(2) as pool:
        made = set(pool.map(lambda _n: shelf.publish(post, key="one form"), range(2)))
    assert len(made) == 1
    shelf.run()
    assert len(shelf.house.platform.published) == 1


def test_a_process_that_dies_in_the_middle_leaves_it_to_be_looked_up(shelf: Shelf) -> None:
    number = shelf.publish(shelf.write())
    with shelf.house.db.write() as session:
        claimed = publications.claim(session, number, utc_now(), 120)
    assert claimed is not None
    shelf.house.platform.published.append((claimed.key, claimed.what))  # it left, and then the lights went out
    shelf.let_time_pass(number)
    shelf.run()
    assert shelf.view(number).state is SendState.SENT
    assert len(shelf.house.platform.published) == 1


def test_two_workers_publish_it_once(shelf: Shelf) -> None:
    number = shelf.publish(shelf.write())
    with ThreadPoolExecutor(2) as pool:
        tried = list(pool.map(lambda _n: shelf.run(), range(2)))
    assert sorted(tried) == [0, 1]
    assert len(shelf.house.platform.published) == 1
    with shelf.house.db.read() as session:
        assert queries.under_way(session) == []
        assert [one.id for one in queries.published(session)[0]] == [number]
