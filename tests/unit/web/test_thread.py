"""One thread on the screen: comments and our replies, each once, in order."""

from datetime import UTC, datetime

from app.connectors.ports import Status
from app.inbox.types import ConversationState, Priority
from app.inbox.views import CommentView, ConversationView
from app.outbox.types import Act, DeliveryView
from app.replies.types import ReplyView
from app.sending.types import SendState
from app.web.inbox.thread import DEEPEST, lines

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TALK = ConversationView(
    id=7, version=1, without_own=1, page_id=1, page_name="Blog", page_url="https://b.example", connector="wordpress",
    demo=False, connection_stopped=False, post_title=None, post_url=None, post_status=Status.LIVE, contact_id=1,
    person="Bob", person_url=None, person_email=None, state=ConversationState.NEW, priority=Priority.NORMAL, team_id=1,
    team_name="Service", assignee_id=None, assignee_name=None, waiting_since=NOW, opened_at=NOW, language=None,
    put_off_until=None,
    reply_to_id=3, target=None, due_at=None, campaign=None, tags=(),
)  # fmt: skip


def comment(key: int, depth: int = 0, *, ours: bool = False, talk: int | None = 7) -> CommentView:
    return CommentView(
        id=key,
        external_id=f"c{key}",
        parent_id=None,
        conversation_id=talk,
        author="Bob",
        is_us=ours,
        text=f"text {key}",
        url=None,
        published_at=NOW,
        status=Status.LIVE,
        edited_at=None,
        earlier_texts=(),
        depth=depth,
    )


def reply(key: int, to: int, external_id: str | None = None) -> ReplyView:
    way = DeliveryView(
        id=key,
        act=Act.REPLY,
        state=SendState.SENT if external_id else SendState.QUEUED,
        due_at=NOW,
        attempts=0,
        url=None,
        held=False,
        error_code=None,
        error_detail=None,
        sent_at=None,
    )
    return ReplyView(key, to, 1, "Ann", f"reply {key}", NOW, way, external_id, None, None)


def test_a_reply_stands_below_what_it_answers_and_all_that_was_said_there() -> None:
    found = lines(TALK, [comment(1), comment(2, 1), comment(3, 2), comment(4, 1), comment(5)], [reply(9, to=2)])
    assert [(line.comment.id if line.comment else "reply", line.depth) for line in found] == [
        (1, 0),
        (2, 1),
        (3, 2),
        ("reply", 2),
        (4, 1),
        (5, 0),
    ]


def test_a_reply_that_the_page_shows_is_shown_once() -> None:
    found = lines(TALK, [comment(1), comment(2, 1, ours=True)], [reply(9, to=1, external_id="c2")])
    assert len(found) == 2
    assert found[1].reply is not None
    assert found[1].ours


def test_a_visitor_with_the_same_id_as_a_reply_stays_a_visitor() -> None:
    found = lines(TALK, [comment(1), comment(2)], [reply(9, to=1, external_id="c2")])
    assert [line.reply is not None for line in found] == [False, True, False]


def test_a_reply_to_something_that_is_not_in_sight_comes_last() -> None:
    found = lines(TALK, [comment(1)], [reply(9, to=99)])
    assert found[-1].reply is not None


def test_two_replies_to_one_comment_keep_their_order() -> None:
    found = lines(TALK, [comment(1)], [reply(8, to=1), reply(9, to=1)])
    assert [line.reply.id for line in found if line.reply] == [8, 9]


def test_whose_words_and_where_the_answer_goes() -> None:
    found = lines(TALK, [comment(1, talk=8), comment(2, ours=True), comment(3)], [])
    assert [line.by_person for line in found] == [False, False, True]
    assert [line.answered for line in found] == [False, False, True]


def test_deep_threads_stop_moving_to_the_right() -> None:
    found = lines(TALK, [comment(number, number) for number in range(1, 30)], [])
    assert max(line.indent for line in found) == DEEPEST
