"""Having a post published, at once or at a time, taking it back, and deciding about one that did not arrive. Services
flush; the edge commits. What is asked for here is carried out by ``app.library.runner``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.connectors.publishing import NewPost, PostForm
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.core.ids import new_id
from app.core.jobs import JobName, defer_wake
from app.library import holding, previewing, queries, rules
from app.library.models import LibraryPage, LibraryPost, LibraryText, LibraryVariant, Publication
from app.library.types import NOT_USED, Words
from app.outreach.raising import department
from app.pages.models import Page
from app.pages.types import PageState
from app.sending.types import SendState
from app.texts import voice


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants published. ``at`` None: now. ``key`` is made by the form."""

    post_id: int
    page_id: int
    language: str
    at: datetime | None
    key: str


def publish(session: Session, actor: Actor, wish: Wish, form: PostForm | None, *, undo: float, now: datetime) -> int:
    """Have a post published; answer the publication's id. The same ``key`` again answers the same one.

    It leaves after ``undo`` seconds, or at its time. Raises NotFound, InvalidInput naming the field, and Conflict when
    it waits for approval, was used too short a while ago, or nothing can be published there.
    """
    key = f"{actor.id}:{wish.key}"[:80]
    post = session.get(LibraryPost, wish.post_id, with_for_update=True, populate_existing=True)  # one after another
    again = session.scalar(select(Publication.id).where(Publication.key == key))
    if again is not None:
        return again
    if post is None or post.retired_at is not None:
        raise NotFound(_("There is no such post in the library."))
    page = _page(session, wish)
    words = session.get(LibraryText, (post.id, wish.language))
    if words is None:
        raise InvalidInput(_("It is not written in that language."), field="language")
    due_at = _due_at(wish, undo, now)
    if queries.needs_approval(session, post, page.id) and not queries.is_approved(post):
        raise Conflict(_("Somebody else has to approve it first."), code="needs_approval")
    own = session.get(LibraryVariant, (post.id, words.language, page.connector))
    draft = NewPost(own.text if own else words.text, words.title, post.link, post.image, words.language)
    complaint = previewing.wrong(draft, form)
    if complaint:
        raise InvalidInput(complaint, field="page")
    voice.check(session, page.id, draft.language, f"{draft.title}\n{draft.text}")
    _check_pause(session, post, page.id, due_at)
    one = Publication(
        id=new_id(),
        key=key,
        page_id=page.id,
        post_id=post.id,
        language=draft.language,
        title=draft.title,
        text=draft.text,
        link=draft.link,
        image=draft.image,
        author_id=actor.id,
        team_id=department(actor, page.team_id),
        created_at=now,
        state=SendState.QUEUED,
        due_at=due_at,
    )
    session.add(one)
    session.flush()
    holding.hold(session, one, due_at, now)
    what = f"publication/{one.id}"
    audit.note(session, Action.PUBLICATION_ASKED, what, now, by=actor.id, post=post.id, version=post.version)
    return one.id


def cancel(session: Session, actor: Actor, publication_id: int, now: datetime) -> None:
    """Take it back before it leaves. Raises NotFound, Forbidden, and Conflict when it is on its way already."""
    one = _own(session, actor, publication_id)
    if one.state is SendState.HELD:
        holding.drop(session, one, actor, now)
        return
    if one.state is not SendState.QUEUED or one.attempts:
        raise Conflict(_("Too late: it is on its way already."), code="already_sent")
    one.state = SendState.CANCELLED
    session.flush()
    audit.note(session, Action.PUBLICATION_CANCELLED, f"publication/{one.id}", now, by=actor.id)


def decide(session: Session, actor: Actor, publication_id: int, *, again: bool, undo: float, now: datetime) -> None:
    """Say what becomes of one that failed, or of which nobody knows: try again, or leave it.

    Raises NotFound, Forbidden, and Conflict when it was settled, or its post was used there meanwhile.
    """
    one = _own(session, actor, publication_id)
    if one.state not in (SendState.FAILED, SendState.UNCLEAR):
        raise Conflict(_("This has been settled already."), code="settled")
    if again:
        one.state, one.attempts, one.first_sent_at = SendState.QUEUED, 0, None
        one.due_at = now + timedelta(seconds=undo)
        post = session.get(LibraryPost, one.post_id, with_for_update=True) if one.post_id is not None else None
        if post is not None:
            _check_pause(session, post, one.page_id, one.due_at, besides=one.id)
        one.error_code = one.error_detail = None
        session.flush()
        holding.hold(session, one, one.due_at, now)
    elif one.state is SendState.UNCLEAR:
        one.state, one.sent_at = SendState.SENT, now
    else:
        one.state = SendState.CANCELLED
    session.flush()
    audit.note(session, Action.PUBLICATION_SETTLED, f"publication/{one.id}", now, by=actor.id, again=again)
    defer_wake(session, JobName.PUBLISH)


def words_for(known: tuple[Words, ...], wanted: str) -> Words:
    """A post in the language that is wanted, else in its first."""
    return next((one for one in known if one.language == wanted), known[0])


def _page(session: Session, wish: Wish) -> Page:
    page = session.get(Page, wish.page_id)
    if page is None or page.state is PageState.REMOVED:
        raise InvalidInput(_("There is no such page, or it was removed."), field="page")
    if session.get(LibraryPage, (wish.post_id, wish.page_id)) is None:
        raise InvalidInput(_("This post is not meant for that page."), field="page")
    return page


def _due_at(wish: Wish, undo: float, now: datetime) -> datetime:
    soonest = now + timedelta(seconds=undo)
    if wish.at is None:
        return soonest
    if wish.at < now - timedelta(minutes=5) or wish.at > now + rules.FURTHEST:
        raise InvalidInput(_("Choose a moment that is still to come, within a year."), field="at")
    return max(wish.at, soonest)


def _check_pause(
    session: Session, post: LibraryPost, page_id: int, due_at: datetime, *, besides: int | None = None
) -> None:
    """Hold its pause to other uses, before and after. Raises Conflict."""
    pause = timedelta(days=post.pause_days)
    used = func.coalesce(Publication.sent_at, Publication.due_at)
    query = select(used).where(
        Publication.post_id == post.id,
        Publication.page_id == page_id,
        Publication.state.not_in(NOT_USED),
        Publication.id != (besides or 0),
    )
    for at in session.scalars(query):
        if abs(due_at - at) < pause:
            message = ngettext(
                "It is used there within %(num)s day of that. It asks for a longer pause.",
                "It is used there within %(num)s days of that. It asks for a longer pause.",
                post.pause_days,
            )
            raise Conflict(message, code="pause")


def _own(session: Session, actor: Actor, publication_id: int) -> Publication:
    one = session.get(Publication, publication_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(_("There is no such publication."))
    if one.author_id != actor.id and not account_rules.may(actor.role, Permission.MANAGE_CAMPAIGNS):
        raise Forbidden(_("Only the person who had it published, a marketer, a supervisor or an admin can do that."))
    return one
