"""Tables of the inbox, by what they are about; those who use them find them all here."""

from app.inbox.models.conversations import Conversation, ConversationEvent, ConversationMark, ConversationTag, Tag
from app.inbox.models.kept import ConversationCount, ConversationCountChange, Wait
from app.inbox.models.notes import Mention, Note
from app.inbox.models.said import Comment, CommentVersion, Post, RawPayload
from app.inbox.models.undo import UndoEntry, UndoItem

__all__ = [
    "Comment",
    "CommentVersion",
    "Conversation",
    "ConversationCount",
    "ConversationCountChange",
    "ConversationEvent",
    "ConversationMark",
    "ConversationTag",
    "Mention",
    "Note",
    "Post",
    "RawPayload",
    "Tag",
    "UndoEntry",
    "UndoItem",
    "Wait",
]
