"""The part of the contract suite about acting: once or refused, and recognised when it comes back."""

from datetime import UTC, datetime

import pytest

from app.connectors import errors
from app.connectors.errors import Permanent
from app.connectors.ports import LengthUnit, Moderation, Status
from app.connectors.private import PrivateReplier
from tests.connectors.following import Follower, folded, now_known, stands
from tests.connectors.stage import Stage

AFTERWARDS = {
    Moderation.APPROVE: Status.LIVE,
    Moderation.HOLD: Status.HELD,
    Moderation.SPAM: Status.SPAM,
    Moderation.TRASH: Status.TRASH,
    Moderation.DELETE: Status.DELETED,
    Moderation.LIKE: Status.LIVE,
    Moderation.BAN: Status.TRASH,
}


class ActingContract:
    """For every connector."""

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
        assert [folded(one) for one in stage.answers(comment)] == [folded(text)]
        follower = Follower(stage)
        follower.poll()
        echo = follower.items[sent.external_id]
        assert echo.author.is_us
        assert echo.parent == (comment if stage.threaded else None)
        assert folded(echo.text) == folded(text)
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
        assert not stands(stage, other, text, began), "the same words under another comment are another reply"
        assert not stands(stage, comment, "Something else", began)

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
        assert [folded(one) for one in stage.letters(comment)] == [folded(text)]
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
        known = now_known(follower, comment)
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
