"""Comments as evidence: kept with the request in the words they had when they were chosen, signed by their digest.

What becomes of a comment at its platform later is shown beside its words, and changes nothing of what was signed.
"""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.connectors.ports import Status
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.inbox.models import Comment
from app.remedies.models import RemedyProof
from app.remedies.types import Proof
from app.remedies.views import Quote, Since

MOST = 10
OFFERED = 30
"""The latest comments of a conversation that can be chosen from."""
MARK = "comment:"
"""Begins what stands for a comment in a remedy's evidence, before its id, a colon and the digest of what was kept."""
MEDIA_TYPE = "application/json"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_REMOVED = frozenset({Status.TRASH, Status.DELETED, Status.SPAM})


def mark(comment_id: int, known_as: str) -> str:
    """What stands for a comment as it was kept."""
    return f"{MARK}{comment_id}:{known_as}"


def is_one(evidence: str) -> bool:
    """Whether a piece of evidence stands for a comment."""
    return evidence.startswith(MARK)


def digest(evidence: str) -> str:
    """The digest of the comment that a piece of evidence stands for; empty for anything else."""
    return evidence.rpartition(":")[2] if is_one(evidence) else ""


def offered(session: Session, conversation_id: int) -> list[Quote]:
    """The latest comments of a conversation that stand at its platform, oldest first; one statement."""
    query = (
        select(Comment)
        .where(Comment.conversation_id == conversation_id, Comment.status.not_in(_REMOVED))
        .order_by(Comment.published_at.desc(), Comment.id.desc())
        .limit(OFFERED)
    )
    return [_quote(one.id, _proof(one)) for one in session.scalars(query)][::-1]


def choices(session: Session, conversation_id: int, remedy_id: int | None, evidence: Sequence[str]) -> list[Quote]:
    """What a form offers, the latest first: comments that stand, and those its remedy kept, as they read then."""
    kept = shown(session, remedy_id, evidence) if remedy_id else []
    both = {one.evidence: one for one in (*offered(session, conversation_id), *kept) if one.since is not Since.NOT_KEPT}
    return sorted(both.values(), key=lambda one: (one.at, one.comment_id), reverse=True)


def likely(choices: Sequence[Quote]) -> set[str]:
    """What is chosen before anybody chose: the person's latest words, which a request is nearly always about."""
    return {one.evidence for one in [one for one in choices if not one.is_us][:1]}


def taken(session: Session, evidence: Sequence[str], conversation_id: int, known: Collection[str]) -> list[Proof]:
    """What is to be kept of the comments among it. ``known`` are digests that are kept already.

    Raises InvalidInput for a comment that is not part of the conversation, reads otherwise than when it was chosen, or
    is one too many.
    """
    marks = [one for one in evidence if is_one(one)]
    if len(marks) > MOST:
        raise InvalidInput(_("At most %(n)s comments can be given as evidence.", n=MOST), field="comments")
    fresh = {_comment_id(one): digest(one) for one in marks if digest(one) not in known}
    if not fresh:
        return []
    query = select(Comment).where(Comment.id.in_(fresh), Comment.conversation_id == conversation_id)
    found = {one.id: _proof(one) for one in session.scalars(query.execution_options(populate_existing=True))}
    for comment_id, known_as in fresh.items():
        if comment_id not in found or found[comment_id].digest != known_as:
            raise InvalidInput(
                _("A comment you chose was changed or removed meanwhile. Choose again what is to prove it."),
                field="comments",
            )
    return list(found.values())


def shown(session: Session, remedy_id: int, evidence: Sequence[str]) -> list[Quote]:
    """The comments among a remedy's evidence as they were when they were chosen, with what became of them since.

    Where what was kept is not what was signed, or is gone, nothing of it is shown. No statement without comments.
    """
    marks = [one for one in evidence if is_one(one)]
    if not marks:
        return []
    kept = _kept(session, remedy_id, [digest(one) for one in marks])
    ids = [_comment_id(one) for one in marks]
    now = {one.id: one for one in session.scalars(select(Comment).where(Comment.id.in_(ids)))}
    found = []
    for one in marks:
        comment_id, proof = _comment_id(one), kept.get(digest(one))
        if proof is None:
            found.append(Quote(one, comment_id, "", False, "", _LONG_AGO, None, Since.NOT_KEPT))
        else:
            found.append(_quote(comment_id, proof, now.get(comment_id), compared=True))
    return found


def _kept(session: Session, remedy_id: int, digests: Collection[str]) -> Mapping[str, Proof]:
    query = select(RemedyProof.digest, RemedyProof.media_type, RemedyProof.body).where(
        RemedyProof.remedy_id == remedy_id, RemedyProof.digest.in_(digests), RemedyProof.media_type == MEDIA_TYPE
    )
    rows = [Proof(*row) for row in session.execute(query)]
    return {one.digest: one for one in rows if hashlib.sha256(one.body).hexdigest() == one.digest}


def _comment_id(evidence: str) -> int:
    number = evidence.removeprefix(MARK).partition(":")[0]
    return int(number) if number.isascii() and number.isdecimal() and len(number) < 19 else 0


def _proof(comment: Comment) -> Proof:
    """Everything about a comment that is signed with it, in one spelling."""
    facts = {
        "id": str(comment.id),
        "author": comment.author_name,
        "us": comment.is_us,
        "text": comment.text,
        "at": comment.published_at.astimezone(UTC).isoformat(),
        "url": comment.url,
    }
    body = json.dumps(facts, sort_keys=True, separators=(",", ":")).encode()
    return Proof(hashlib.sha256(body).hexdigest(), MEDIA_TYPE, body)


def _quote(comment_id: int, proof: Proof, now: Comment | None = None, *, compared: bool = False) -> Quote:
    facts = json.loads(proof.body)
    return Quote(
        evidence=mark(comment_id, proof.digest),
        comment_id=comment_id,
        author=facts["author"],
        is_us=facts["us"],
        text=facts["text"],
        at=datetime.fromisoformat(facts["at"]),
        url=facts["url"],
        since=_since(facts["text"], now) if compared else Since.SAME,
        text_now=now.text if now else "",
    )


def _since(text: str, now: Comment | None) -> Since:
    if now is None:
        return Since.GONE
    if now.status in _REMOVED:
        return Since.REMOVED
    return Since.SAME if now.text == text else Since.CHANGED
