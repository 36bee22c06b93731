"""Programs that enter outreach: by token, or by signed calls. Services flush; the edge commits.

A call is signed with HMAC-SHA256 over its raw body, in hexadecimal digits (GitHub's form: ``sha256=…``); compared in
constant time. There is no address without a secret.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.models import Team, User
from app.accounts.types import Actor
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.core import text as texts
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.security import SecretBox, new_token, token_hash
from app.outreach.models import OutreachSource
from app.outreach.types import By, Source, Typed

LONGEST_BODY = 64_000
NAME_MAXIMUM = 120
_FIELDS = {
    "kind": "kind",
    "stance": "stance",
    "name": "name",
    "site": "site",
    "account": "account",
    "email": "email",
    "message": "message",
    "from": "since",
    "until": "until",
    "id": "key",
}
"""What a body or the first line of a file may name, and what it is here."""


@dataclass(frozen=True, slots=True)
class Made:
    """A fresh source; ``secret`` is shown once and then known to the other side only."""

    id: int
    secret: str
    place: str | None


def add(
    session: Session,
    actor: Actor,
    name: str,
    team_id: int | None,
    owner_id: int | None,
    *,
    signed: bool,
    box: SecretBox,
    now: datetime,
) -> Made:
    """Let a program enter outreach for a team, by signed calls or by token. Raises InvalidInput naming the field."""
    name = texts.one_line(name, limit=1_000).strip()
    if not name or len(name) > NAME_MAXIMUM:
        raise InvalidInput(_("Enter a name of at most %(n)s characters.", n=NAME_MAXIMUM), field="name")
    team = session.get(Team, team_id) if team_id else None
    if team is None or team.demo:
        raise InvalidInput(_("Choose a team from the list."), field="team")
    owner = session.get(User, owner_id) if owner_id else None
    if owner is None or not owner.active or owner.demo:
        raise InvalidInput(_("Choose somebody from the list."), field="owner")
    secret = new_token()
    one = OutreachSource(
        name=name,
        team_id=team.id,
        owner_id=owner.id,
        token_hash=None if signed else token_hash(secret),
        place=secrets.token_urlsafe(24) if signed else None,
        sealed_secret=box.seal({"secret": secret}) if signed else None,
        created_at=now,
    )
    session.add(one)
    session.flush()
    facts: dict[str, str | int | bool | None] = {"team": team.id, "signed": signed}
    audit.record(session, Entry(Action.SOURCE_ADDED, f"outreach_source/{one.id}", now, actor.id, facts=facts))
    return Made(one.id, secret, one.place)


def switch(session: Session, actor: Actor, source_id: int, *, on: bool, now: datetime) -> None:
    """Take nothing more from it, or something again. Raises NotFound."""
    one = session.get(OutreachSource, source_id)
    if one is None:
        raise NotFound(_("There is no such program."))
    one.active = on
    session.flush()
    facts: dict[str, str | int | bool | None] = {"on": on}
    audit.record(session, Entry(Action.SOURCE_SWITCHED, f"outreach_source/{one.id}", now, actor.id, facts=facts))


def by_token(session: Session, token: str, now: datetime) -> By | None:
    """On whose behalf a token speaks; None for one that is unknown or switched off."""
    if not token:
        return None
    query = select(OutreachSource).where(OutreachSource.token_hash == token_hash(token), OutreachSource.active)
    return _by(session.scalar(query), Source.API, now)


def by_signature(session: Session, place: str, signature: str, body: bytes, box: SecretBox, now: datetime) -> By | None:
    """On whose behalf a signed call speaks; None for anything that was not signed with the secret of its address."""
    query = select(OutreachSource).where(OutreachSource.place == place, OutreachSource.active)
    one = session.scalar(query)
    secret = box.open(one.sealed_secret)["secret"] if one is not None and one.sealed_secret else ""
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    given = signature.strip().removeprefix("sha256=").encode("utf-8", "replace")
    if not hmac.compare_digest(given, expected.encode()) or not secret:
        return None
    return _by(one, Source.WEBHOOK, now)


def _by(one: OutreachSource | None, source: Source, now: datetime) -> By | None:
    if one is None:
        return None
    one.used_at = now
    return By(one.team_id, one.owner_id, source, source_id=one.id)


def parse(body: bytes) -> Typed:
    """What a JSON body says. Raises InvalidInput."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidInput(_("The body must be a JSON object.")) from None
    if not isinstance(said, dict):
        raise InvalidInput(_("The body must be a JSON object."))
    wrong = next((name for name, value in said.items() if not isinstance(value, str) or name not in _FIELDS), None)
    if wrong is not None:
        name, known = texts.one_line(wrong, limit=40), ", ".join(_FIELDS)
        message = _("“%(name)s” can’t be taken: there are %(known)s, each a text.", name=name, known=known)
        raise InvalidInput(message, field=name)
    return typed(said)


def typed(said: Mapping[str, Any]) -> Typed:
    """An outreach from named texts, such as a line of a file; names we do not know are passed over."""
    fields = {ours: texts.plain(str(said[name])) for name, ours in _FIELDS.items() if said.get(name)}
    return Typed(**{"kind": "", "stance": "", "name": "", **fields})
