"""One after another: the next conversation that nobody has, made one's own as it is served. Services flush."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.inbox import queries
from app.inbox import service as inbox
from app.inbox.types import ListFilter, Position
from app.writing import queries as writing
from app.writing import service as answering


def serve(
    session: Session, actor: Actor, wanted: ListFilter, now: datetime, *, after: Position | None = None
) -> int | None:
    """Claim the first conversation of a list that waits, that nobody has and nobody is answering; answer its id, None
    when there is none left.

    Two at once never get the same: the row is locked when it is found (PostgreSQL passes over what somebody else has
    locked, SQLite lets one write at a time). Goes on after ``after``, then begins anew.
    """
    busy = writing.claimed(session, now)
    for start in (after, None) if after else (None,):
        talk = queries.first_free(session, wanted, after=start, but=busy)
        if talk is not None:
            answering.take(session, actor, talk, None, now)
            return talk
    return None


def pass_on(session: Session, actor: Actor, conversation_id: int, now: datetime) -> Position:
    """Not now: put it back for anyone, and answer where it stands, to be served something else. Raises NotFound."""
    talk = inbox.open_for(session, actor, conversation_id, None)
    if talk.assignee_id == actor.id:
        inbox.assign(session, actor, conversation_id, None, None, now)
    return Position(talk.sort_at, talk.id)
