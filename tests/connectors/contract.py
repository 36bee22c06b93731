"""The contract suite: what every connector does, whatever its platform. Subclass, and give a ``stage`` fixture.

    class TestDemo(ConnectorContract):
        @pytest.fixture
        def stage(self, ...) -> Stage: ...

Platforms reached over a network pass ``WireContract`` besides (wire_contract.py). Nothing is skipped: what a platform
can't do the connector has to declare in its capabilities, and then refuse.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.ports import Access, Batch, Cursor, Item, LengthUnit, Moderation, Status
from app.connectors.private import PrivateReplier
from app.connectors.publishing import Publisher
from tests.connectors.stage import PublishStage, Stage

AFTERWARDS = {
    Moderation.APPROVE: Status.LIVE,
    Moderation.HOLD: Status.HELD,
    Moderation.SPAM: Status.SPAM,
    Moderation.TRASH: Status.TRASH,
    Moderation.DELETE: Status.DELETED,
    Moderation.LIKE: Status.LIVE,
    Moderation.BAN: Status.TRASH,
}
LATER = timedelta(hours=30)
"""After this long every connector has taken the deeper look it takes now and then."""


@dataclass
class Follower:
    """Collects as the product does: keeps what came, goes on from the last cursor."""

    stage: Stage
    access: Access | None = None
    cursor: Cursor | None = None
    since: datetime | None = None
    items: dict[str, Item] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)

    def walk(self, *, later: timedelta = timedelta()) -> Iterator[Batch]:
        access = self.access or self.stage.access
        now = datetime.now(UTC) + later
        for batch in self.stage.connector.collect(access, self.cursor, since=self.since, now=now):
            self.cursor = json.loads(json.dumps(batch.cursor))
            self.items.update({item.external_id: item for item in batch.items})
            self.batches.append(batch)
            yield batch

    def poll(self, *, later: timedelta = timedelta()) -> list[Item]:
        """One complete walk; answers what came."""
        batches = list(self.walk(later=later))
        assert batches, "a walk gives at least one batch, to move the cursor and to say that it is complete"
        assert [batch.complete for batch in batches] == [False] * (len(batches) - 1) + [True]
        return [item for batch in batches for item in batch.items]


class ConnectorContract:
    """For every connector."""

    # --- finding the page and proving who we are

    def test_recognises_its_page_and_names_it_always_the_same(self, stage: Stage) -> None:
        found = stage.connector.discover(stage.address)
        assert found is not None
        assert found.kind == stage.connector.kind
        assert found.name.strip() == found.name != ""
        assert found.url == stage.access.url
        again = stage.connector.discover(f"  {found.url}  ")
        assert again is not None
        assert again.url == found.url
        json.dumps(dict(found.settings))

    def test_leaves_other_pages_to_others(self, stage: Stage) -> None:
        if stage.elsewhere is not None:
            assert stage.connector.discover(stage.elsewhere) is None

    def test_check_says_who_we_are(self, stage: Stage) -> None:
        account = stage.connector.check(stage.access)
        if stage.access.secret is None:
            assert account is None
            return
        assert account is not None
        assert account.key
        assert account.name
        kept = Access(stage.access.url, {**stage.access.settings, **account.settings}, stage.access.secret)
        assert account.capabilities == stage.connector.capabilities(kept)
        json.dumps(dict(account.settings))

    def test_who_publishes_is_tried_at_it(self, stage: Stage) -> None:
        """``PublishContract`` holds what is promised about posts of our own."""
        publishes = isinstance(stage.connector, Publisher) and stage.connector.publishes(stage.access) is not None
        assert not publishes or isinstance(stage, PublishStage)

    def test_wrong_credentials_are_refused(self, stage: Stage) -> None:
        found = stage.connector.discover(stage.address)
        assert found is not None
        assert found.can_log_in == (stage.wrong_secret is not None)
        if stage.wrong_secret is None:
            return
        wrong = Access(found.url, found.settings, stage.wrong_secret)
        with pytest.raises(AuthExpired) as caught:
            stage.connector.check(wrong)
        assert caught.value.code == errors.WRONG_CREDENTIALS
        assert stage.wrong_secret["password"] not in str(caught.value)
        assert stage.connector.sign_in is not None
        assert set(stage.wrong_secret) >= {"login", "password"} or stage.connector.sign_in.login is None

    def test_without_credentials_nothing_can_be_changed(self, stage: Stage) -> None:
        if stage.wrong_secret is None:
            return
        anonymous = Access(stage.access.url, stage.access.settings)
        able = stage.connector.capabilities(anonymous)
        assert not able.reply
        assert not able.moderate
        assert able.private is None

    # --- reading

    def test_an_empty_page_is_read_completely(self, stage: Stage) -> None:
        follower = Follower(stage)
        assert follower.poll() == []
        assert follower.poll() == []

    def test_reads_many_comments_once_in_batches_of_at_most_100(self, stage: Stage) -> None:
        texts = dict(zip(stage.say_many(_texts(250)), _texts(250), strict=True))
        follower = Follower(stage)
        follower.poll()
        assert {one: item.text for one, item in follower.items.items()} == texts
        assert max(len(batch.items) for batch in follower.batches) <= 100
        follower.poll(later=timedelta(minutes=1))
        assert set(follower.items) == set(texts)

    def test_a_walk_goes_on_from_every_cursor(self, stage: Stage) -> None:
        expected = set(stage.say_many(_texts(250)))
        whole = Follower(stage)
        whole.poll()
        got: set[str] = set()
        for batch in whole.batches:
            got |= {item.external_id for item in batch.items}
            resumed = Follower(stage, cursor=json.loads(json.dumps(batch.cursor)))
            resumed.poll()
            assert got | set(resumed.items) == expected

    def test_what_arrives_during_a_walk_is_not_lost(self, stage: Stage) -> None:
        expected = set(stage.say_many(_texts(120)))
        follower = Follower(stage)
        for number, _batch in enumerate(follower.walk()):
            if number < 5:
                expected |= set(stage.say_many([f"meanwhile {number}.{n}" for n in range(30)]))
        follower.poll(later=timedelta(minutes=1))
        assert set(follower.items) == expected

    def test_what_is_deleted_during_a_walk_takes_nothing_along(self, stage: Stage) -> None:
        ids = stage.say_many(_texts(250))
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
        stage.say_many(_texts(130))
        follower = Follower(stage)
        follower.poll()
        assert held not in follower.items or follower.items[held].status is Status.HELD
        stage.release(held)
        follower.poll(later=timedelta(minutes=1))
        follower.poll(later=LATER)
        assert self._now_known(follower, held).status is Status.LIVE

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
            assert self._now_known(follower, comment).text == "after"
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
        stage.say_many(_texts(120))
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

    # --- acting

    def test_a_reply_stands_once_under_its_comment(self, stage: Stage) -> None:
        comment = stage.say("Where is my parcel?")
        text = 'On its way & "soon" <there> – it\'s promised 🙂\nYours, the <b>bakery</b>'
        if not stage.connector.capabilities(stage.access).reply:
            with pytest.raises(Permanent) as caught:
                stage.connector.reply(stage.access, stage.target(comment), text, key="k1")
            assert caught.value.code == errors.NOT_SUPPORTED
            assert stage.answers(comment) == []
            return
        sent = stage.connector.reply(stage.access, stage.target(comment), text, key="k1")
        assert [_folded(one) for one in stage.answers(comment)] == [_folded(text)]
        follower = Follower(stage)
        follower.poll()
        echo = follower.items[sent.external_id]
        assert echo.author.is_us
        assert echo.parent == (comment if stage.threaded else None)
        assert _folded(echo.text) == _folded(text)
        assert echo.status is sent.status
        assert not follower.items[comment].author.is_us

    def test_the_same_reply_again_does_not_stand_twice(self, stage: Stage) -> None:
        if not stage.connector.capabilities(stage.access).reply:
            return  # the test above holds that it refuses
        comment = stage.say("Where is my parcel?")
        first = stage.connector.reply(stage.access, stage.target(comment), "On its way & soon", key="k1")
        second = stage.connector.reply(stage.access, stage.target(comment), "On its way & soon", key="k1")
        assert second.external_id == first.external_id
        assert len(stage.answers(comment)) == 1

    def test_our_reply_can_be_looked_up(self, stage: Stage) -> None:
        comment, other = stage.say("Where is my parcel?"), stage.say("And mine?")
        began = datetime.now(UTC)
        text = '  It\'s <on> its way & "soon" 🙂 – promised…\n\nYours, the bakery'
        if not stage.connector.capabilities(stage.access).reply:
            with pytest.raises(Permanent) as caught:
                stage.connector.look_up(stage.access, stage.target(comment), text, key="k1", since=began)
            assert caught.value.code == errors.NOT_SUPPORTED
            return
        sent = stage.connector.reply(stage.access, stage.target(comment), text, key="k1")
        found = stage.connector.look_up(stage.access, stage.target(comment), text, key="k1", since=began)
        assert found is not None
        assert found.external_id == sent.external_id
        assert not self._stands(stage, other, text, began), "the same words under another comment are another reply"
        assert not self._stands(stage, comment, "Something else", began)

    def test_a_private_reply_reaches_one_person_once(self, stage: Stage) -> None:
        connector, comment = stage.connector, stage.say("Where is my parcel?")
        target, began, text = stage.target(comment), datetime.now(UTC), 'It\'s at "number 7", <there> – sorry 🙂\nAnn'
        if stage.connector.capabilities(stage.access).private is None:
            if isinstance(connector, PrivateReplier):
                with pytest.raises(Permanent) as caught:
                    connector.reply_privately(stage.access, target, text, key="k1")
                assert caught.value.code == errors.NOT_SUPPORTED
            return
        assert isinstance(connector, PrivateReplier)
        sent = connector.reply_privately(stage.access, target, text, key="k1")
        assert connector.reply_privately(stage.access, target, text, key="k1").external_id == sent.external_id
        assert [_folded(one) for one in stage.letters(comment)] == [_folded(text)]
        assert stage.answers(comment) == [], "nobody else reads it"
        found = connector.look_up_private(stage.access, target, text, key="k1", since=began)
        assert found is not None
        assert found.external_id == sent.external_id
        follower = Follower(stage)
        follower.poll()
        assert all(item.private for item in follower.items.values() if item.author.is_us)
        assert not follower.items[comment].private

    def test_public_and_private_replies_are_not_taken_for_each_other(self, stage: Stage) -> None:
        connector, began, text = stage.connector, datetime.now(UTC), "On its way & soon"
        if not isinstance(connector, PrivateReplier) or connector.capabilities(stage.access).private is None:
            return  # the test above holds that it refuses
        openly, quietly = (stage.say(text, author=name) for name in ("Ann", "Ben"))
        connector.reply(stage.access, stage.target(openly), text, key="k1")
        assert connector.look_up_private(stage.access, stage.target(openly), text, key="k2", since=began) is None
        connector.reply_privately(stage.access, stage.target(quietly), text, key="k3")
        assert connector.look_up(stage.access, stage.target(quietly), text, key="k4", since=began) is None
        assert stage.letters(openly) == stage.answers(quietly) == []

    def test_a_private_reply_keeps_to_what_the_platform_takes(self, stage: Stage) -> None:
        connector, able = stage.connector, stage.connector.capabilities(stage.access).private
        if not isinstance(connector, PrivateReplier) or able is None:
            return  # the test above holds that it refuses
        comment = stage.say("How long?")
        target = stage.target(comment)
        if able.length is not None:
            with pytest.raises(Permanent) as caught:
                connector.reply_privately(stage.access, target, "x" * (able.length.maximum + 1), key="k1")
            assert caught.value.code == errors.INVALID_TEXT
        if able.once:
            connector.reply_privately(stage.access, target, "The first", key="k2")
            with pytest.raises(Permanent) as caught:
                connector.reply_privately(stage.access, target, "The second", key="k3")
            assert caught.value.code == errors.ANSWERED_BEFORE
        assert stage.letters(comment) == (["The first"] if able.once else [])
        gone = stage.say("Gone tomorrow")
        stage.remove(gone)
        with pytest.raises(Permanent) as caught:
            connector.reply_privately(stage.access, stage.target(gone), "Hello?", key="k4")
        assert caught.value.code == errors.TARGET_GONE

    def test_a_deleted_comment_is_not_answered(self, stage: Stage) -> None:
        comment = stage.say("Where is my parcel?")
        target = stage.target(comment)
        stage.remove(comment)
        with pytest.raises(Permanent) as caught:
            stage.connector.reply(stage.access, target, "On its way", key="k1")
        able = stage.connector.capabilities(stage.access).reply
        assert caught.value.code == (errors.TARGET_GONE if able else errors.NOT_SUPPORTED)

    def test_a_reply_that_is_too_long_is_refused(self, stage: Stage) -> None:
        able = stage.connector.capabilities(stage.access)
        if not able.reply or able.length is None:
            return
        comment = stage.say("How long?")
        text = "x" * (able.length.maximum + 1)
        assert able.length.unit in LengthUnit
        with pytest.raises(Permanent) as caught:
            stage.connector.reply(stage.access, stage.target(comment), text, key="k1")
        assert caught.value.code == errors.INVALID_TEXT
        assert stage.answers(comment) == []

    @pytest.mark.parametrize("act", list(Moderation))
    def test_moderation_is_done_once_or_refused(self, stage: Stage, act: Moderation) -> None:
        comment = stage.say("Buy cheap watches")
        target = stage.target(comment)
        if act not in stage.connector.capabilities(stage.access).moderate:
            with pytest.raises(Permanent) as caught:
                stage.connector.moderate(stage.access, target, act)
            assert caught.value.code == errors.NOT_SUPPORTED
            return
        assert stage.connector.moderate(stage.access, target, act) is AFTERWARDS[act]
        assert stage.connector.moderate(stage.access, target, act) is AFTERWARDS[act], "twice is harmless"
        follower = Follower(stage)
        follower.poll()
        if act is Moderation.DELETE:
            assert comment not in follower.items
            gone = list(stage.connector.verify(stage.access, [comment], now=datetime.now(UTC)))
            assert [one.item for one in gone] == ([None] if stage.connector.capabilities(stage.access).verify else [])
            return
        known = self._now_known(follower, comment)
        assert known.state_known == stage.shows_states
        assert not known.state_known or known.status is AFTERWARDS[act]

    def test_moderation_can_be_taken_back(self, stage: Stage) -> None:
        able = stage.connector.capabilities(stage.access).moderate
        comment = stage.say("Is this spam?")
        for act in sorted(able - {Moderation.DELETE}):
            stage.connector.moderate(stage.access, stage.target(comment), act)
            if Moderation.APPROVE in able:
                back = stage.connector.moderate(stage.access, stage.target(comment), Moderation.APPROVE)
                assert back is Status.LIVE

    def _now_known(self, follower: Follower, comment: str) -> Item:
        """A comment as collecting gave it last, or as a second look shows it."""
        stage = follower.stage
        if stage.connector.capabilities(stage.access).verify:
            for verdict in stage.connector.verify(stage.access, [comment], now=datetime.now(UTC)):
                if verdict.item is not None:
                    follower.items[comment] = verdict.item
        return follower.items[comment]

    def _stands(self, stage: Stage, comment: str, text: str, began: datetime) -> bool:
        try:
            found = stage.connector.look_up(stage.access, stage.target(comment), text, key="k2", since=began)
        except Permanent as error:
            if error.code != errors.NOT_SUPPORTED:  # nobody can know, and that is said
                raise
            return False
        return found is not None


def _texts(count: int) -> list[str]:
    return [f"Comment number {number}" for number in range(count)]


def _folded(text: str) -> str:
    """A text without what blogs' typography changes: quotation marks, dashes, white space."""
    marks = str.maketrans({"“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-"})
    return " ".join(text.translate(marks).split())
