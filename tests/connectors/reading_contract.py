"""The part of the contract suite about reading: nothing lost, nothing twice, as it was written."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors.ports import Status
from tests.connectors.following import LATER, Follower, now_known, texts
from tests.connectors.stage import Lack, Stage


class ReadingContract:
    """For every connector."""

    def test_an_empty_page_is_read_completely(self, stage: Stage) -> None:
        follower = Follower(stage)
        assert follower.poll() == []
        assert follower.poll() == []

    def test_reads_many_comments_once_in_batches_of_at_most_100(self, stage: Stage) -> None:
        said = dict(zip(stage.say_many(texts(250)), texts(250), strict=True))
        follower = Follower(stage)
        follower.poll()
        assert {one: item.text for one, item in follower.items.items()} == said
        assert max(len(batch.items) for batch in follower.batches) <= 100
        follower.poll(later=timedelta(minutes=1))
        assert set(follower.items) == set(said)

    def test_a_walk_goes_on_from_every_cursor(self, stage: Stage) -> None:
        expected = set(stage.say_many(texts(250)))
        whole = Follower(stage)
        whole.poll()
        got: set[str] = set()
        for batch in whole.batches:
            got |= {item.external_id for item in batch.items}
            resumed = Follower(stage, cursor=json.loads(json.dumps(batch.cursor)))
            resumed.poll()
            assert got | set(resumed.items) == expected

    def test_what_arrives_during_a_walk_is_not_lost(self, stage: Stage) -> None:
        expected = set(stage.say_many(texts(120)))
        follower = Follower(stage)
        for number, _batch in enumerate(follower.walk()):
            if number < 5:
                expected |= set(stage.say_many([f"meanwhile {number}.{n}" for n in range(30)]))
        follower.poll(later=timedelta(minutes=1))
        assert set(follower.items) == expected

    def test_what_is_deleted_during_a_walk_takes_nothing_along(self, stage: Stage) -> None:
        ids = stage.say_many(texts(250))
        follower = Follower(stage)
        removed: set[str] = set()
        for batch in follower.walk():
            for item in list(batch.items)[:20]:
                if item.external_id not in removed and len(removed) < 40:
                    stage.remove(item.external_id)
                    removed.add(item.external_id)
        follower.poll(later=timedelta(minutes=1))
        assert set(follower.items) >= set(ids) - removed

    def test_new_comments_come_with_the_next_poll(self, stage: Stage) -> None:
        follower = Follower(stage)
        stage.say("one")
        follower.poll()
        for number in range(3):
            new = {stage.say(f"reply {number}"), stage.say(f"another {number}")}
            assert {item.external_id for item in follower.poll(later=timedelta(minutes=number + 1))} >= new

    def test_a_comment_held_for_long_is_not_missed(self, stage: Stage) -> None:
        held = stage.say("may I come in?", held=True)
        stage.say_many(texts(130))
        follower = Follower(stage)
        follower.poll()
        assert held not in follower.items or follower.items[held].status is Status.HELD
        stage.release(held)
        follower.poll(later=timedelta(minutes=1))
        follower.poll(later=LATER)
        assert now_known(follower, held).status is Status.LIVE

    def test_what_appears_late_with_an_old_date_is_not_missed(self, stage: Stage) -> None:
        now = datetime.now(UTC)
        stage.say("one", at=now - timedelta(hours=2))
        stage.say("two", at=now - timedelta(minutes=1))
        follower = Follower(stage)
        follower.poll()
        late = stage.say("written while the line was down", at=now - timedelta(hours=1))
        follower.poll(later=timedelta(minutes=1))
        follower.poll(later=LATER)
        assert follower.items[late].text == "written while the line was down"

    def test_a_first_read_goes_back_as_far_as_asked(self, stage: Stage) -> None:
        now = datetime.now(UTC)
        stage.say("long ago", at=now - timedelta(days=40))
        stage.say("a little too old", at=now - timedelta(days=7, minutes=1))
        wanted = {stage.say("just in", at=now - timedelta(days=7, minutes=-1)), stage.say("today")}
        follower = Follower(stage, since=now - timedelta(days=7))
        follower.poll()
        follower.poll(later=LATER)
        assert set(follower.items) == wanted

    def test_an_edit_is_noticed(self, stage: Stage) -> None:
        comment = stage.say("befor")
        stage.say("another")
        follower = Follower(stage)
        follower.poll()
        stage.edit(comment, "after")
        follower.poll(later=timedelta(minutes=1))
        if stage.follows_edits:
            assert now_known(follower, comment).text == "after"
        else:
            assert not stage.connector.capabilities(stage.access).verify

    def test_a_deletion_is_noticed_where_that_is_promised(self, stage: Stage) -> None:
        gone, stays = stage.say("regrets"), stage.say("stays")
        follower = Follower(stage)
        follower.poll()
        stage.remove(gone)
        follower.poll(later=timedelta(minutes=1))
        verdicts = list(stage.connector.verify(stage.access, [gone, stays], now=datetime.now(UTC)))
        if not stage.connector.capabilities(stage.access).verify:
            assert verdicts == []
            return
        told = {verdict.external_id: verdict.item for verdict in verdicts}
        assert told[gone] is None
        kept = told[stays]
        assert kept is not None
        assert kept.text == "stays"

    def test_threads_keep_their_shape(self, stage: Stage) -> None:
        parents: dict[str, str | None] = {}
        last: str | None = None
        for depth in range(7):
            last = stage.say(f"depth {depth}", parent=last)
            parents[last] = list(parents)[-1] if parents else None
        follower = Follower(stage)
        follower.poll()
        if stage.two_levels:
            parents = {one: parent and next(iter(parents)) for one, parent in parents.items()}
        got = {one: item.parent for one, item in follower.items.items()}
        assert got == (parents if stage.threaded else dict.fromkeys(parents))

    def test_namesakes_are_not_one_person(self, stage: Stage) -> None:
        follower = Follower(stage)
        first, second = stage.say("I am Ann", author="Ann"), stage.say("I am another Ann", author="Ann")
        follower.poll()
        one, other = follower.items[first].author, follower.items[second].author
        assert one.name == other.name == "Ann"
        assert one.key is None or one.key != other.key
        assert not one.is_us

    @pytest.mark.parametrize("lack", [Lack.EMPTY_NAME, Lack.NO_AUTHOR])
    def test_a_comment_of_somebody_without_a_name_is_a_comment(self, stage: Stage, lack: Lack) -> None:
        """It comes as any other, and two such people are never taken for one, nor for us."""
        if stage.excuses(lack):
            return
        said = {stage.say_unnamed(text, lack): text for text in ("Who am I?", "And who am I?")}
        follower = Follower(stage)
        follower.poll()
        assert {one: follower.items[one].text for one in said} == said
        one, other = (follower.items[comment].author for comment in said)
        assert one.name == one.name.strip()
        assert not one.is_us
        assert not other.is_us
        assert one.key is None or (one.key != other.key and one.key.rpartition(":")[2] != "")

    @pytest.mark.parametrize(
        "text",
        [
            "Love it! 👨‍👩‍👧‍👦 👍🏽 🏳️‍🌈 🇩🇪",
            "مرحبا! أين طلبي رقم 12345؟",
            "שלום, ההזמנה שלי (ABC) לא הגיעה.",
            "Äußerst köstlich: 5 € für zwei – «prima»…",
            "one\ntwo\n\nthree",
            "Fish & chips, AT&T; 7 > 2, I <3 it",
            "这个面包很好吃。𠮷野家",
            "word " * 11_000 + "end",
        ],
        ids=["emoji", "arabic", "hebrew", "umlauts", "lines", "entities", "han", "long"],
    )
    def test_a_text_comes_as_it_was_written(self, stage: Stage, text: str) -> None:
        text = text[-stage.longest :] if stage.longest else text
        comment = stage.say(text)
        follower = Follower(stage)
        follower.poll()
        assert follower.items[comment].text == text

    def test_items_are_as_the_port_says(self, stage: Stage) -> None:
        before = datetime.now(UTC) - timedelta(minutes=5)
        comment = stage.say("Is anybody there?")
        follower = Follower(stage)
        follower.poll()
        item = follower.items[comment]
        assert item.published_at.utcoffset() == timedelta()
        assert before < item.published_at < datetime.now(UTC) + timedelta(minutes=5)
        assert item.post.external_id == stage.target(comment).post_external_id
        for url in (item.url, item.post.url):
            assert url is None or url.startswith(("http://", "https://"))

    def test_a_stored_answer_gives_the_same_items_again(self, stage: Stage) -> None:
        stage.say_many(texts(120))
        now = datetime.now(UTC)
        stage.say("too old", at=now - timedelta(days=3))
        follower = Follower(stage, since=now - timedelta(days=1))
        follower.poll()
        kept = 0
        for batch in follower.batches:
            again = [i for one in batch.payloads for i in stage.connector.parse(stage.access, one, now=now)]
            assert again == list(batch.items)
            kept += len(again)
        assert kept >= 120

    def test_latest_shows_the_newest_first(self, stage: Stage) -> None:
        now = datetime.now(UTC)
        ids = [stage.say(f"number {n}", at=now - timedelta(minutes=60 - n)) for n in range(6)]
        seen = stage.connector.latest(stage.access, count=4, now=now)
        assert [item.external_id for item in seen] == ids[:1:-1]
