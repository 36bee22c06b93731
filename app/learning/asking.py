"""Programs that ask what the model makes of comments. Services flush; the edge commits."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core import text as texts
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.security import new_token, token_hash
from app.learning.models import AskingProgram

NAME_MAXIMUM = 120


@dataclass(frozen=True, slots=True)
class Program:
    """A program that may ask, or was switched off."""

    id: int
    name: str
    active: bool
    used_at: datetime | None


def add(session: Session, actor: Actor, name: str, now: datetime) -> str:
    """Let a program ask. Answers its token, which is shown once and then known to it alone. Raises InvalidInput."""
    name = texts.one_line(name, limit=1_000).strip()
    if not name or len(name) > NAME_MAXIMUM:
        raise InvalidInput(_("Enter a name of at most %(n)s characters.", n=NAME_MAXIMUM), field="name")
    token = new_token()
    one = AskingProgram(name=name, token_hash=token_hash(token), created_at=now)
    session.add(one)
    session.flush()
    audit.record(session, Entry(Action.ASKER_ADDED, f"asking_program/{one.id}", now, actor.id))
    return token


def switch(session: Session, actor: Actor, program_id: int, *, on: bool, now: datetime) -> None:
    """Answer it no more, or again. Raises NotFound."""
    one = session.get(AskingProgram, program_id)
    if one is None:
        raise NotFound(_("There is no such program."))
    one.active = on
    session.flush()
    audit.record(session, Entry(Action.ASKER_SWITCHED, f"asking_program/{one.id}", now, actor.id, facts={"on": on}))


def admitted(session: Session, token: str, now: datetime) -> bool:
    """Whether a token may ask; that it did is noted."""
    query = select(AskingProgram).where(AskingProgram.token_hash == token_hash(token), AskingProgram.active)
    one = session.scalar(query) if token else None
    if one is not None:
        one.used_at = now
    return one is not None


def programs(session: Session) -> list[Program]:
    """All of them, the oldest first. One statement."""
    return [
        Program(one.id, one.name, one.active, one.used_at)
        for one in session.scalars(select(AskingProgram).order_by(AskingProgram.id))
    ]
