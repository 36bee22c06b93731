"""The pretend platform where the contract suite does not look: life and death of its file, and many at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.connectors import errors
from app.connectors.demo.connector import DemoConnector
from app.connectors.demo.platform import Platform
from app.connectors.demo.script import story
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent, Transient
from app.connectors.ports import Access, Item, Moderation, Status, Target

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
BAKERY = Access("demo:bakery")
TARGET = Target("wp-42", "rabatt")


@pytest.fixture
def connector(tmp_path: Path) -> DemoConnector:
    platform = Platform(tmp_path, clock=lambda: START)
    platform.create(story(START))
    return DemoConnector(platform)


def seen(connector: DemoConnector, now: datetime, after: int = 0, access: Access = BAKERY) -> list[Item]:
    batches = connector.collect(access, {"after": after}, since=None, now=now)
    return [item for batch in batches for item in batch.items]


def test_comments_appear_with_the_clock(connector: DemoConnector) -> None:
    def both(now: datetime) -> int:
        return len(seen(connector, now)) + len(seen(connector, now, access=Access("demo:travel")))

    assert both(START) == 120
    assert 120 < both(START + timedelta(minutes=5)) < 140
    assert 210 < both(START + timedelta(hours=1)) < 250
    assert both(START + timedelta(days=1)) == 316, "all but the two that were deleted meanwhile"
    assert both(START) == 316, "a clock that goes back takes nothing away"


def test_a_change_comes_once_and_with_its_new_words(connector: DemoConnector) -> None:
    before = list(connector.collect(BAKERY, None, since=None, now=START + timedelta(minutes=8)))[-1].cursor
    later = seen(connector, START + timedelta(minutes=20), after=before["after"])
    changed = {item.external_id: item for item in later}
    assert changed["wp-443"].text == "Edited text: the first version was wrong. ✏️"
    assert changed["wp-444"].status is Status.LIVE
    assert "wp-450" not in changed


def test_what_we_decided_about_a_comment_stays_when_the_platform_would_let_it_through(connector: DemoConnector) -> None:
    seen(connector, START + timedelta(minutes=8))
    held = Target("wp-444", "hours")
    assert connector.moderate(BAKERY, held, Moderation.TRASH) is Status.TRASH
    (verdict,) = connector.verify(BAKERY, ["wp-444"], now=START + timedelta(days=1))
    assert verdict.item is not None
    assert verdict.item.status is Status.TRASH


def test_nothing_is_recognised_and_reading_says_why_when_there_is_no_platform(tmp_path: Path) -> None:
    connector = DemoConnector(Platform(tmp_path / "nowhere"))
    assert connector.discover("demo:bakery") is None
    for ask in (
        lambda: seen(connector, START),
        lambda: connector.latest(BAKERY, count=3, now=START),
        lambda: connector.reply(BAKERY, TARGET, "Hello", key="k"),
        lambda: connector.moderate(BAKERY, TARGET, Moderation.HOLD),
    ):
        with pytest.raises(Permanent) as caught:
            ask()
        assert caught.value.code == errors.NOT_FOUND
    assert not (tmp_path / "nowhere").exists(), "asking makes no file"


def test_opening_twice_keeps_what_is_there_and_removing_leaves_nothing(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "demo", clock=lambda: START)
    platform.create(story(START))
    connector = DemoConnector(platform)
    seen(connector, START)
    connector.reply(BAKERY, TARGET, "Hello", key="k")
    platform.create(story(START + timedelta(days=3)))
    assert connector.look_up(BAKERY, TARGET, "Hello", key="k", since=START) is not None
    assert len(seen(connector, START)) + len(seen(connector, START, access=Access("demo:travel"))) == 121
    platform.remove()
    platform.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_platform_that_was_half_made_when_the_power_failed_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "platform.db").touch()
    platform = Platform(tmp_path)
    assert platform.pages() == {}
    platform.create(story(START))
    assert set(platform.pages()) == {"bakery", "travel"}


def test_one_reply_of_many_tries_at_once(connector: DemoConnector) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = list(pool.map(lambda _n: connector.reply(BAKERY, TARGET, "Hello", key="same"), range(16)))
        others = list(pool.map(lambda n: connector.reply(BAKERY, TARGET, "Hello", key=f"{n}"), range(16)))
    assert len({one.external_id for one in sent}) == 1
    assert len({one.external_id for one in (*sent, *others)}) == 17
    ours = [item for item in seen(connector, START) if item.author.is_us and item.text == "Hello"]
    assert len(ours) == 17


def test_a_reader_that_keeps_up_sees_every_change_while_many_write(connector: DemoConnector) -> None:
    seen(connector, START)
    got: list[str] = []
    after = 0
    with ThreadPoolExecutor(4) as pool:
        writing = [
            pool.submit(connector.reply, BAKERY, TARGET, f"Number {n}", key=f"{n}")  # numbered as they get the lock
            for n in range(60)
        ]
        while not all(one.done() for one in writing):
            for batch in connector.collect(BAKERY, {"after": after}, since=None, now=START):
                got += [item.external_id for item in batch.items]
                after = batch.cursor["after"]
    got += [item.external_id for item in seen(connector, START, after=after)]
    assert {one.result().external_id for one in writing} <= set(got)
    assert len(got) == len(set(got))


def test_a_file_that_can_not_be_used_is_trouble_not_silence(tmp_path: Path, connector: DemoConnector) -> None:
    (tmp_path / "platform.db").write_bytes(b"this is no database" * 1000)
    raised: list[ConnectorError] = []
    for ask in (lambda: seen(connector, START), lambda: connector.reply(BAKERY, TARGET, "Hello", key="k")):
        with pytest.raises(ConnectorError) as caught:
            ask()
        raised.append(caught.value)
    assert [type(one) for one in raised] == [Transient, OutcomeUnknown]
