"""What a request is proved with: links, and pictures that are kept with it and signed by their digests."""

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
from app.core.pictures import Picture
from app.core.text import plain
from app.remedies import access
from app.remedies.models import Remedy, RemedyPicture
from app.remedies.types import Asked

MOST_PICTURES = 5
MOST_EVIDENCE = 20
LONGEST = 500
MARK = "sha256:"
"""Begins what stands for a picture in a remedy's evidence, before the digest of its bytes."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture as it was kept."""

    media_type: str
    body: bytes


def listed(session: Session, asked: Asked, remedy_id: int | None) -> list[str]:
    """What is given as evidence, each once, as it is signed. ``remedy_id`` has the pictures that may be kept.

    Raises InvalidInput for too much of it, and for a picture that nobody sent.
    """
    known = {one.digest for one in asked.pictures} | (digests(session, remedy_id) if remedy_id else set())
    given = [plain(one).strip()[:LONGEST] for one in asked.evidence]
    sent = [MARK + one.digest for one in asked.pictures]
    found = list(dict.fromkeys([*(one for one in given if one), *sent]))
    pictures = [digest(one) for one in found if digest(one)]
    if len(pictures) > MOST_PICTURES or len(found) > MOST_EVIDENCE:
        raise InvalidInput(_("At most %(n)s pictures can be sent with a request.", n=MOST_PICTURES), field="pictures")
    if not set(pictures) <= known:
        raise InvalidInput(_("This picture is not there any more. Choose it again."), field="pictures")
    return found


def digest(evidence: str) -> str:
    """The digest of the picture that a piece of evidence stands for; empty for a link."""
    return evidence.removeprefix(MARK) if evidence.startswith(MARK) else ""


def keep(session: Session, remedy: Remedy, pictures: Sequence[Picture], now: datetime) -> None:
    """Keep pictures with a remedy, each once; those of the request it replaces come along."""
    known = digests(session, remedy.id)
    for one in {picture.digest: picture for picture in pictures if picture.digest not in known}.values():
        session.add(_row(remedy.id, one.digest, one.media_type, one.body, now))
    wanted = {digest(one) for one in remedy.evidence} - known - {one.digest for one in pictures} - {""}
    if wanted and remedy.replaces_id is not None:
        query = select(RemedyPicture).where(
            RemedyPicture.remedy_id == remedy.replaces_id, RemedyPicture.digest.in_(wanted)
        )
        for old in session.scalars(query).all():
            session.add(_row(remedy.id, old.digest, old.media_type, old.body, now))
    session.flush()


def digests(session: Session, remedy_id: int) -> set[str]:
    """Those of a remedy's pictures, of all its versions."""
    return set(session.scalars(select(RemedyPicture.digest).where(RemedyPicture.remedy_id == remedy_id)))


def picture(session: Session, actor: Actor, remedy_id: int, wanted: str) -> Kept:
    """One picture of a remedy that somebody may see. Raises NotFound, also for one that is not what was kept."""
    access.remedy(session, actor, remedy_id)
    found = session.execute(
        select(RemedyPicture.media_type, RemedyPicture.body).where(
            RemedyPicture.remedy_id == remedy_id, RemedyPicture.digest == wanted
        )
    ).one_or_none()
    if found is None or hashlib.sha256(found.body).hexdigest() != wanted:
        raise NotFound(_("There is no such picture, or it was removed."))
    return Kept(found.media_type, found.body)


def links(evidence: Collection[str]) -> list[str]:
    """What of it is no picture."""
    return [one for one in evidence if not digest(one)]


def pictures(evidence: Collection[str]) -> list[str]:
    """The digests of the pictures among it."""
    return [digest(one) for one in evidence if digest(one)]


def _row(remedy_id: int, known_as: str, media_type: str, body: bytes, now: datetime) -> RemedyPicture:
    return RemedyPicture(
        id=new_id(), remedy_id=remedy_id, digest=known_as, media_type=media_type, body=body, added_at=now
    )
