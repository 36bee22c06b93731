"""One thread on the screen: what the page shows and what we have written, each once, nested as at the source."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.inbox.views import CommentView, ConversationView
from app.replies.types import ReplyView

BUDGET = 300_000
"""Characters of one thread that are sent in full; what is older than that, or other people's, is cut short."""
SHORT = 600
DEEPEST = 4
"""Further levels are shown, but not indented further."""


@dataclass(frozen=True, slots=True)
class Line:
    """A comment, a reply of ours, or a reply that the page shows as a comment too."""

    depth: int
    comment: CommentView | None
    reply: ReplyView | None = None
    by_person: bool = False
    """Whether the conversation's person wrote it."""
    answered: bool = False
    """Whether a reply written now goes to it."""
    cut: bool = False
    """Whether only its beginning is shown: the thread is too long to be sent whole."""

    @property
    def ours(self) -> bool:
        return self.comment is None or self.comment.is_us

    @property
    def indent(self) -> int:
        return min(self.depth, DEEPEST)


def lines(talk: ConversationView, comments: Sequence[CommentView], replies: Sequence[ReplyView]) -> list[Line]:
    """The thread from top to bottom. ``comments`` come nested, as ``app.inbox.queries.thread`` gives them."""
    by_external = {reply.external_id: reply for reply in replies if reply.external_id}
    shown = {comment.external_id for comment in comments if comment.is_us}
    cut = _too_much(talk, comments)
    found = [
        Line(
            depth=comment.depth,
            comment=comment,
            reply=by_external.get(comment.external_id) if comment.is_us else None,
            by_person=comment.conversation_id == talk.id and not comment.is_us,
            answered=comment.id == talk.reply_to_id,
            cut=comment.id in cut,
        )
        for comment in comments
    ]
    for reply in replies:
        if reply.external_id is None or reply.external_id not in shown:
            _insert(found, reply)
    return found


def _too_much(talk: ConversationView, comments: Sequence[CommentView]) -> set[int]:
    """Comments that are cut short: the person's own newest words are the last to be."""
    left = BUDGET
    cut = set()
    for comment in sorted(comments, key=lambda one: (one.conversation_id == talk.id, one.published_at), reverse=True):
        size = len(comment.text) + sum(map(len, comment.earlier_texts))
        if size > SHORT and size > left:
            cut.add(comment.id)
            size = SHORT
        left -= size
    return cut


def _insert(found: list[Line], reply: ReplyView) -> None:
    """Below what it answers and everything that was said there before."""
    for at, line in enumerate(found):
        if line.comment is not None and line.comment.id == reply.comment_id:
            end = at + 1
            while end < len(found) and found[end].depth > line.depth:
                end += 1
            found.insert(end, Line(depth=line.depth + 1, comment=None, reply=reply))
            return
    found.append(Line(depth=0, comment=None, reply=reply))
