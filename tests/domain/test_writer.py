"""Many pages are stored with the statements of one; what fails takes nothing else with it."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from app.collecting import service
from app.collecting.types import Load
from app.collecting.writer import Writer
from app.connectors.ports import Author, Batch, Found, Item, Post
from app.inbox.arrivals import Stored
from app.inbox.models import Comment, Conversation
from app.pages import leases
from app.pages import service as pages
from app.pages.types import Claim
from tests.domain.conftest import House

POST = Post("p1", "https://b.example/p1", "Spring")


def _more_pages(house: House, count: int, now: datetime) -> list[Claim]:
    with house.db.write() as session:
        ids = [
            pages.add_page(
                session,
                Found("memory", f"Blog {number}", f"memory:{number}"),
                team_id=house.marketing_team,
                sealed_secret=None,
                account=None,
                since=None,
                now=now,
            )
            for number in range(count)
        ]
        claims = leases.claim_reads(session, ids, now, force=True)
    assert len(claims) == count
    return claims


def _load(claim: Claim, now: datetime, count: int = 3) -> Load:
    items = [
        Item(f"c{number}", POST, Author("Ann", "user:ann"), f"Page {claim.page_id}, {number}", now)
        for number in range(count)
    ]
    return Load(claim, Batch(items, {"at": count}), now)


def test_the_same_ids_on_two_pages_are_two_comments(house: House, now: datetime) -> None:
    claims = _more_pages(house, 2, now)
    with house.db.write() as session:
        stored = service.store_loads(session, [_load(claim, now) for claim in claims], now)
    assert [one.new_comments for one in stored if one] == [3, 3]
    with house.db.read() as session:
        texts = session.scalars(select(Comment.text).order_by(Comment.page_id, Comment.external_id)).all()
        owners = session.execute(select(Comment.page_id, Conversation.page_id).join(Conversation)).all()
    assert texts == [f"Page {claim.page_id}, {number}" for claim in claims for number in range(3)]
    assert all(own == talk for own, talk in owners)


def test_fifty_pages_cost_the_statements_of_one(house: House, now: datetime) -> None:
    claims = _more_pages(house, 52, now)
    _statements(house, lambda s: service.store_loads(s, [_load(claims[0], now)], now))  # the rules are read once
    one = _statements(house, lambda s: service.store_loads(s, [_load(claims[1], now)], now))
    fifty = _statements(house, lambda s: service.store_loads(s, [_load(claim, now) for claim in claims[2:]], now))
    assert fifty == one


def test_any_number_of_rows_is_stored_as_it_is(house: House, now: datetime) -> None:
    (claim,) = _more_pages(house, 1, now)
    with house.db.write() as session:
        service.store_loads(session, [_load(claim, now, 131)], now)
    with house.db.read() as session:
        query = select(Comment.external_id, Comment.text, Comment.published_at).where(Comment.page_id == claim.page_id)
        kept = sorted(session.execute(query).all())
    assert kept == sorted((f"c{number}", f"Page {claim.page_id}, {number}", now) for number in range(131))


def _statements(house: House, act: Callable[[Session], object]) -> int:
    counted = 0

    def count(*_arguments: object) -> None:
        nonlocal counted
        counted += 1

    event.listen(house.db.engine, "before_cursor_execute", count)
    try:
        with house.db.write() as session:
            act(session)
    finally:
        event.remove(house.db.engine, "before_cursor_execute", count)
    return counted


def test_one_that_fails_takes_no_other_with_it(house: House, now: datetime) -> None:
    claims = _more_pages(house, 6, now)
    bad = claims[2].page_id

    def store(session: Session, loads: Sequence[Load], at: datetime) -> Sequence[Stored | None]:
        stored = service.store_loads(session, loads, at)
        if any(load.claim.page_id == bad for load in loads):
            raise OSError("nothing is to be kept of this")
        return stored

    with Writer(house.db, store) as writer, ThreadPoolExecutor(len(claims)) as pool:
        futures = [pool.submit(writer.store, _load(claim, now)) for claim in claims]
    for claim, future in zip(claims, futures, strict=True):
        if claim.page_id == bad:
            with pytest.raises(OSError, match="nothing is to be kept"):
                future.result()
        else:
            stored = future.result()
            assert stored is not None
            assert stored.new_comments == 3
    with house.db.read() as session:
        kept = dict(session.execute(select(Comment.page_id, func.count()).group_by(Comment.page_id)).all())
    assert kept == {claim.page_id: 3 for claim in claims if claim.page_id != bad}


def test_a_page_taken_over_by_somebody_else_is_left_out(house: House, now: datetime) -> None:
    mine, lost = _more_pages(house, 2, now)
    with house.db.write() as session:
        leases.release(session, lost)
    with house.db.write() as session:
        stored = service.store_loads(session, [_load(lost, now), _load(mine, now)], now)
    assert stored[0] is None
    assert stored[1] is not None
    with house.db.read() as session:
        assert set(session.scalars(select(Comment.page_id))) == {mine.page_id}
