"""What a request is proved with: links, and pictures and comments that are kept with it and signed by their digests."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.core.errors import InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.core.text import plain
from app.remedies import access, quotes
from app.remedies.models import Remedy, RemedyProof
from app.remedies.types import Asked, Proof

MOST_PICTURES = 5
MOST_EVIDENCE = 20
LONGEST = 500
MARK = "sha256:"
"""Begins what stands for a picture in a remedy's evidence, before the digest of its bytes."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a form gives as evidence, taken."""

    evidence: list[str]
    """Each piece once, as it is signed: links, and marks of pictures and comments."""
    fresh: Sequence[Proof]
    """What is to be kept for it, as far as nothing keeps it yet."""


def given(session: Session, asked: Asked, conversation_id: int, remedy_id: int | None) -> Given:
    """What is given as evidence. ``remedy_id`` has the pictures and comments that may stay as they were kept.

    Raises InvalidInput for too much of it, for a picture that nobody sent, and for a comment that is not part of the
    conversation or reads otherwise by now.
    """
    known = digests(session, remedy_id) if remedy_id else set()
    fresh = {one.digest: Proof(one.digest, one.media_type, one.body) for one in asked.pictures}
    written = [plain(one).strip()[:LONGEST] for one in asked.evidence]
    found = list(dict.fromkeys([*(one for one in written if one), *(MARK + digest for digest in fresh)]))
    shown = pictures(found)
    if not set(shown) <= known | set(fresh):
        raise InvalidInput(_("This picture is not there any more. Choose it again."), field="pictures")
    fresh |= {one.digest: one for one in quotes.taken(session, found, conversation_id, known)}
    if len(shown) > MOST_PICTURES:
        raise InvalidInput(_("At most %(n)s pictures can be sent with a request.", n=MOST_PICTURES), field="pictures")
    if len(found) > MOST_EVIDENCE:
        raise InvalidInput(_("At most %(n)s pieces of evidence can be given.", n=MOST_EVIDENCE), field="pictures")
    return Given(found, [one for one in fresh.values() if one.digest not in known])


def digest(evidence: str) -> str:
    """The digest of the picture that a piece of evidence stands for; empty for a link or a comment."""
    return evidence.removeprefix(MARK) if evidence.startswith(MARK) else ""


def keep(session: Session, remedy: Remedy, fresh: Sequence[Proof], now: datetime) -> None:
    """Keep what came with a request, each piece once; what the request it replaces kept comes along."""
    known = digests(session, remedy.id)
    for one in fresh:
        if one.digest not in known:
            session.add(_row(remedy.id, one, now))
    wanted = {digest(one) or quotes.digest(one) for one in remedy.evidence}
    missing = wanted - known - {one.digest for one in fresh} - {""}
    if missing and remedy.replaces_id is not None:
        query = select(RemedyProof).where(RemedyProof.remedy_id == remedy.replaces_id, RemedyProof.digest.in_(missing))
        for old in session.scalars(query).all():
            session.add(_row(remedy.id, Proof(old.digest, old.media_type, old.body), now))
    session.flush()


def digests(session: Session, remedy_id: int) -> set[str]:
    """Those of everything that is kept for a remedy, for all its versions."""
    return set(session.scalars(select(RemedyProof.digest).where(RemedyProof.remedy_id == remedy_id)))


def picture(session: Session, actor: Actor, remedy_id: int, wanted: str) -> Proof:
    """One picture of a remedy that somebody may see. Raises NotFound, also for one that is not what was kept."""
    access.remedy(session, actor, remedy_id)
    query = select(RemedyProof.digest, RemedyProof.media_type, RemedyProof.body).where(
        RemedyProof.remedy_id == remedy_id,
        RemedyProof.digest == wanted,
        RemedyProof.media_type != quotes.MEDIA_TYPE,
    )
    found = session.execute(query).one_or_none()
    if found is None or hashlib.sha256(found.body).hexdigest() != wanted:
        raise NotFound(_("There is no such picture, or it was removed."))
    return Proof(*found)


def links(evidence: Collection[str]) -> list[str]:
    """What of it is neither a picture nor a comment."""
    return [one for one in evidence if not digest(one) and not quotes.is_one(one)]


def pictures(evidence: Collection[str]) -> list[str]:
    """The digests of the pictures among it."""
    return [digest(one) for one in evidence if digest(one)]


def _row(remedy_id: int, one: Proof, now: datetime) -> RemedyProof:
    return RemedyProof(
        id=new_id(), remedy_id=remedy_id, digest=one.digest, media_type=one.media_type, body=one.body, added_at=now
    )
