"""Posts and trouble: what would go out on a page in a crisis, or names somebody another department turns down, disputes
with or owes, is held until both sides have spoken, or until it is over. Services flush; the edge commits."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import rules as account_rules
from app.accounts.models import Team
from app.accounts.types import Actor, Permission
from app.connectors.publishing import NewPost, PostForm
from app.core import text as texts
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.jobs import JobName, defer_wake
from app.library import crises, previewing, queries, rules
from app.library.models import LibraryPost, Publication, PublicationHold
from app.library.types import CrisisView
from app.outreach import holding, raising, standings
from app.outreach.models import HeldAct, HeldSide
from app.outreach.types import WAITING, HeldState, Key, Settled, Span, Stance, Standing
from app.pages import words
from app.pages.models import Page
from app.sending.types import SendState
from app.signals.service import tell
from app.signals.types import SignalKind
from app.texts import voice

NOBODY = 0
"""No department's number: a dispute of one's own department holds a post as well."""


def against(session: Session, one: Publication, at: datetime) -> tuple[list[Standing], list[Key]]:
    """What stands against a publication at a moment, and whom it names. At most eight statements."""
    page = session.get_one(Page, one.page_id)
    found: list[Standing] = []
    crisis = crises.of_pages(session, [page.id], at).get(page.id)
    if crisis is not None:
        found.append(_as_standing(session, page, crisis))
    named = rules.named((one.text, one.title, one.link), page.url)
    if named:
        keys, heads = standings.meant(session, named)
        others = standings.against(session, Span(NOBODY, Stance.COURTING, at, at + timedelta(minutes=1)), keys, heads)
        found += [side for side in others if side.stance is Stance.DISPUTE or side.team_id != one.team_id]
    return found, named


def hold(session: Session, one: Publication, at: datetime, now: datetime) -> bool:
    """Hold a publication if something stands against it at a moment that was not let go before; answer whether."""
    found, named = against(session, one, at)
    found = rules.still_new(found, _let_go(session, one.id))
    if not found:
        return False
    author = accounts.person(session, one.author_id)
    name = one.title or texts.one_line(one.text, limit=100)
    held_id = raising.hold_post(session, author, (name, one.text), one.team_id, found, named, now=now)
    session.add(PublicationHold(held_id=held_id, publication_id=one.id))
    one.state = SendState.HELD
    one.lease = one.lease_until = None
    session.flush()
    return True


def change(
    session: Session, actor: Actor, held_id: int, text: str, version: int, now: datetime, form: PostForm | None
) -> Settled:
    """Publish other words, as both sides agreed; ``form`` is what posts look like on its page.

    Raises NotFound, Forbidden, InvalidInput for what can't be published there, has a banned term or would still
    contradict somebody, and Conflict, also where somebody else has to approve other words than those approved.
    """
    one = _held(session, held_id)
    text = texts.plain(text).strip()
    if not text or len(text) > rules.TEXT_MAXIMUM:
        raise InvalidInput(_("Write something, in at most %(n)s characters.", n=rules.TEXT_MAXIMUM), field="text")
    _check_words(session, actor, one, text, form)
    one.text = text
    session.flush()
    found, named = against(session, one, max(one.due_at, now))
    found = rules.still_new(found, _let_go(session, one.id))
    if any(side.stance is Stance.CRISIS for side in found):
        message = _("The page is in a crisis: other words don’t change that. Wait until it is over, or drop it.")
        raise InvalidInput(message, field="text")
    if found:
        raise InvalidInput(
            _("This still contradicts what the other side does. Write it otherwise, or go on with a reason."),
            field="text",
        )
    return holding.change_post(session, actor, held_id, text, named, version, now)


def _check_words(session: Session, actor: Actor, one: Publication, text: str, form: PostForm | None) -> None:
    """Hold other words to what the first were held to. Whoever may approve, and had it not published, may say them at
    once: as with answers, what they write is what they approve."""
    post = session.get(LibraryPost, one.post_id) if one.post_id is not None else None
    approves = account_rules.may(actor.role, Permission.APPROVE_REPLIES) and actor.id != one.author_id
    if text != one.text and not approves and queries.needs_approval(session, post, one.page_id):
        message = _("Other words have to be approved. Ask somebody who may approve to write them here, or drop it.")
        raise Conflict(message, code="needs_approval")
    complaint = previewing.wrong(NewPost(text, one.title, one.link, one.image, one.language), form)
    if complaint:
        raise InvalidInput(complaint, field="text")
    voice.check(session, one.page_id, one.language, f"{one.title}\n{text}")


def released(session: Session, settled: Settled, undo_seconds: float, now: datetime) -> None:
    """What becomes of a publication whose hold was settled: it goes at its time, or when there was time for second
    thoughts; or it is dropped."""
    one = _held(session, settled.held_id)
    if settled.state is HeldState.DROPPED:
        one.state = SendState.CANCELLED
    else:
        one.state = SendState.QUEUED
        one.due_at = max(one.due_at, now + timedelta(seconds=undo_seconds))
    session.flush()


def look_again(session: Session, now: datetime) -> int:
    """Let go what nothing stands against any more; answer how much. Where its time has passed meanwhile its author is
    told and decides: the day it was made for may be over."""
    query = (
        select(Publication, HeldAct.id)
        .join(PublicationHold, PublicationHold.publication_id == Publication.id)
        .join(HeldAct, HeldAct.id == PublicationHold.held_id)
        .where(Publication.state == SendState.HELD, HeldAct.state.in_(WAITING))
        .order_by(Publication.id)
    )
    done = 0
    for one, held_id in session.execute(query.with_for_update(of=Publication)).all():
        found, _named = against(session, one, max(one.due_at, now))
        if rules.still_new(found, _let_go(session, one.id)):
            continue
        done += 1
        holding.over(session, held_id, now)
        if one.due_at > now:
            one.state = SendState.QUEUED
        else:
            one.state, one.error_code, one.error_detail = SendState.FAILED, words.TOO_LATE, ""
            people, code = [one.author_id], words.TOO_LATE
            tell(session, SignalKind.POST_FAILED, now, people=people, page_id=one.page_id, code=code)
    session.flush()
    if done:
        defer_wake(session, JobName.PUBLISH)
    return done


def drop(session: Session, one: Publication, actor: Actor, now: datetime) -> None:
    """Its author takes a held publication back: what held it is dropped with it. Raises Forbidden, Conflict."""
    query = (
        select(HeldAct.id, HeldAct.version)
        .join(PublicationHold, PublicationHold.held_id == HeldAct.id)
        .where(PublicationHold.publication_id == one.id, HeldAct.state.in_(WAITING))
    )
    for held_id, version in session.execute(query).all():
        holding.drop(session, actor, held_id, version, now)
    one.state = SendState.CANCELLED
    session.flush()


def _as_standing(session: Session, page: Page, crisis: CrisisView) -> Standing:
    team = session.get_one(Team, page.team_id)
    by = crisis.by
    return Standing(Stance.CRISIS, team.id, team.name, by.id, by.name, crisis.reason, crisis.since)


def _let_go(session: Session, publication_id: int) -> set[rules.Side]:
    """What stood against it and was let go, by agreement or with a reason."""
    query = (
        select(HeldSide)
        .join(PublicationHold, PublicationHold.held_id == HeldSide.held_id)
        .join(HeldAct, HeldAct.id == HeldSide.held_id)
        .where(
            PublicationHold.publication_id == publication_id,
            HeldAct.state.in_((HeldState.ALIGNED, HeldState.GONE_ON)),
        )
    )
    return {
        rules.side(
            Standing(
                one.stance,
                one.team_id,
                "",
                one.owner_id,
                None,
                one.what,
                one.since,
                outreach_id=one.outreach_id,
                conversation_id=one.conversation_id,
            )
        )
        for one in session.scalars(query)
    }


def page_of(session: Session, held_id: int) -> int:
    """The page that a held post is for. Raises NotFound, and Conflict when it was settled."""
    return _held(session, held_id).page_id


def _held(session: Session, held_id: int) -> Publication:
    query = (
        select(Publication)
        .join(PublicationHold, PublicationHold.publication_id == Publication.id)
        .where(PublicationHold.held_id == held_id)
    )
    one = session.scalar(query.with_for_update(of=Publication))
    if one is None:
        raise NotFound(_("There is no such held act."))
    if one.state is not SendState.HELD:
        raise Conflict(_("This has been settled already."), code="settled")
    return one
