"""Writing posts, approving them, and what is asked of posts on a page. Services flush; the edge commits.

Nobody approves what they wrote themselves; the database refuses it too. A change makes it another post: whoever made it
is its author now, and what was approved before is not approved any more.
"""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action
from app.core import text as texts
from app.core.db import run_in_bulk
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.library import queries, rules
from app.library.models import (
    LibraryPage,
    LibraryPost,
    LibraryText,
    LibraryVariant,
    PagePublishing,
    Publication,
    PublicationHold,
)
from app.library.types import PostTyped, Variant, Words
from app.outreach.models import HeldAct
from app.pages.models import Page
from app.pages.types import PageState
from app.signals.service import tell
from app.signals.types import SignalKind


def add(session: Session, actor: Actor, typed: PostTyped, now: datetime) -> int:
    """Keep a post; answer its id. Raises InvalidInput naming the field."""
    one = LibraryPost(version=0)
    _write(session, actor, one, typed, now)
    return one.id


def change(session: Session, actor: Actor, post_id: int, typed: PostTyped, version: int, now: datetime) -> None:
    """Write it otherwise. Raises InvalidInput naming the field, NotFound, and Conflict when somebody else just did."""
    one = _post(session, post_id)
    if one.version != version:
        raise Conflict(_("Somebody has changed it meanwhile. Look at it, then do it again."), code="stale")
    _write(session, actor, one, typed, now)


def retire(session: Session, actor: Actor, post_id: int, now: datetime, *, back: bool) -> None:
    """Use it no more, or again. What was published stays where it is. Raises NotFound."""
    _post(session, post_id).retired_at = None if back else now
    session.flush()
    audit.note(session, Action.POST_RETIRED, f"library_post/{post_id}", now, by=actor.id, back=back)


def approve(session: Session, actor: Actor, post_id: int, version: int, now: datetime) -> None:
    """Somebody else has looked at exactly this. Raises NotFound, Forbidden for its author and those who may
    not approve, and Conflict when it was changed."""
    one = _for_review(session, actor, post_id, version)
    one.approver_id, one.decided_at, one.remark = actor.id, now, ""
    _decided(session, one, actor, now, approved=True)


def refuse(session: Session, actor: Actor, post_id: int, remark: str, version: int, now: datetime) -> None:
    """Not like this; its author is told why. Raises as ``approve`` does, and InvalidInput without a remark."""
    remark = texts.plain(remark).strip()[: rules.REASON_MAXIMUM]
    if not remark:
        raise InvalidInput(_("Say what is to be different."), field="remark")
    one = _for_review(session, actor, post_id, version)
    one.approver_id, one.decided_at, one.remark = actor.id, now, remark
    _decided(session, one, actor, now, approved=False)


def ask_approval(session: Session, actor: Actor, page_id: int, now: datetime, *, wanted: bool) -> None:
    """Have posts on a page need approval, or not. Raises Forbidden, NotFound."""
    if not account_rules.may(actor.role, Permission.APPROVE_REPLIES):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
    page = session.get(Page, page_id)
    if page is None or page.state is PageState.REMOVED:
        raise NotFound(_("There is no such page, or it was removed."))
    one = session.get(PagePublishing, page_id)
    if one is None:
        one = PagePublishing(page_id=page_id, needs_approval=wanted)
        session.add(one)
    one.needs_approval = wanted
    session.flush()
    audit.note(session, Action.POSTS_APPROVAL_SET, f"page/{page_id}", now, by=actor.id, wanted=wanted)


def remove_pages(session: Session, page_ids: Sequence[int]) -> None:
    """Before these pages are removed, and with them what was published there: remove what was held there, and posts
    that were meant for them alone."""
    of_them = select(Publication.id).where(Publication.page_id.in_(page_ids))
    holds = select(PublicationHold.held_id).where(PublicationHold.publication_id.in_(of_them))
    meant = select(LibraryPage.post_id).where(LibraryPage.page_id.in_(page_ids))
    elsewhere = select(LibraryPage.post_id).where(LibraryPage.page_id.not_in(page_ids))
    run_in_bulk(
        session,
        delete(HeldAct).where(HeldAct.id.in_(holds)),
        delete(LibraryPost).where(LibraryPost.id.in_(meant), LibraryPost.id.not_in(elsewhere)),
    )


def _write(session: Session, actor: Actor, one: LibraryPost, typed: PostTyped, now: datetime) -> None:
    words = _words(typed.words)
    variants = _variants(typed.variants, {one.language for one in words})
    one.name = _line(typed.name, rules.NAME_MAXIMUM, "name")
    if not one.name:
        raise InvalidInput(_("Give it a name that you will find it by."), field="name")
    one.link, one.image = _address(typed.link, "link"), _address(typed.image, "image")
    one.season_first, one.season_last = _season(typed)
    one.pause_days = _pause(typed.pause_days)
    one.needs_approval = typed.needs_approval
    one.author_id, one.changed_at = actor.id, now
    one.approver_id = one.decided_at = None
    one.remark = ""
    one.version += 1
    pages = set(session.scalars(select(Page.id).where(Page.id.in_(typed.page_ids), Page.state != PageState.REMOVED)))
    if not pages:
        raise InvalidInput(_("Choose where it may be published."), field="pages")
    session.add(one)
    session.flush()
    run_in_bulk(session, delete(LibraryVariant).where(LibraryVariant.post_id == one.id))
    run_in_bulk(session, delete(LibraryText).where(LibraryText.post_id == one.id))
    run_in_bulk(session, delete(LibraryPage).where(LibraryPage.post_id == one.id))
    session.expire_all()
    session.add_all(LibraryText(post_id=one.id, language=w.language, title=w.title, text=w.text) for w in words)
    session.add_all(LibraryPage(post_id=one.id, page_id=page_id) for page_id in sorted(pages))
    session.flush()
    session.add_all(
        LibraryVariant(post_id=one.id, language=v.language, connector=v.connector, text=v.text) for v in variants
    )
    session.flush()
    audit.note(session, Action.POST_WRITTEN, f"library_post/{one.id}", now, by=actor.id, version=one.version)
    asking = select(PagePublishing.page_id).where(PagePublishing.page_id.in_(pages), PagePublishing.needs_approval)
    if one.needs_approval or session.scalar(asking.limit(1)) is not None:
        tell(session, SignalKind.POST_WANTED, now, actor_id=actor.id, post=one.id, name=one.name)


def _words(typed: Sequence[Words]) -> list[Words]:
    found: list[Words] = []
    for one in typed:
        text, title = texts.plain(one.text).strip(), _line(one.title, rules.TITLE_MAXIMUM, f"title-{one.language}")
        if not text and not title:
            continue
        if not text or len(text) > rules.TEXT_MAXIMUM:
            message = _("Write a text of at most %(n)s characters.", n=rules.TEXT_MAXIMUM)
            raise InvalidInput(message, field=f"text-{one.language}")
        if not rules.LANGUAGE.fullmatch(one.language) or one.language in {known.language for known in found}:
            raise InvalidInput(_("Choose each language once."), field=f"text-{one.language}")
        found.append(Words(one.language, title, text))
    if not found:
        first = typed[0].language if typed else ""
        raise InvalidInput(_("Write it in one language at least."), field=f"text-{first}")
    return found


def _variants(typed: Sequence[Variant], written: Collection[str]) -> list[Variant]:
    """What is said on one platform instead; only beside words for all the others, and once for each."""
    found: dict[tuple[str, str], Variant] = {}
    for one in typed:
        text, field = texts.plain(one.text).strip(), f"text-{one.language}-{one.connector}"
        if not text:
            continue
        if one.language not in written:
            message = _("First write what it says everywhere else.")
            raise InvalidInput(message, field=f"text-{one.language}")
        if len(text) > rules.TEXT_MAXIMUM or not rules.CONNECTOR.fullmatch(one.connector):
            message = _("Write a text of at most %(n)s characters.", n=rules.TEXT_MAXIMUM)
            raise InvalidInput(message, field=field)
        found[one.language, one.connector] = Variant(one.language, one.connector, text)
    return list(found.values())


def _line(text: str, maximum: int, field: str) -> str:
    found = texts.one_line(text, limit=10_000).strip()
    if len(found) > maximum:
        raise InvalidInput(_("At most %(n)s characters.", n=maximum), field=field)
    return found


def _address(text: str, field: str) -> str:
    found = texts.one_line(text, limit=10_000).strip()
    if not found:
        return ""
    if not found.startswith(("https://", "http://")) or " " in found or len(found) > rules.ADDRESS_MAXIMUM:
        raise InvalidInput(_("Enter a web address that begins with https://."), field=field)
    return found


def _season(typed: PostTyped) -> tuple[str | None, str | None]:
    if not typed.season_first.strip() and not typed.season_last.strip():
        return None, None
    days = []
    for text, field in ((typed.season_first, "season_first"), (typed.season_last, "season_last")):
        day = rules.day_of_year(text)
        if day is None:
            raise InvalidInput(_("Enter a day as month and day, like 12-24."), field=field)
        days.append(f"{day[0]:02}-{day[1]:02}")
    return days[0], days[1]


def _pause(text: str) -> int:
    digits = text.strip()
    if not digits.isascii() or not digits.isdecimal() or not 1 <= int(digits[:6]) <= rules.PAUSE_MAXIMUM:
        message = _("Write a whole number from %(least)s to %(most)s.", least=1, most=rules.PAUSE_MAXIMUM)
        raise InvalidInput(message, field="pause_days")
    return int(digits)


def _post(session: Session, post_id: int) -> LibraryPost:
    one = session.get(LibraryPost, post_id, with_for_update=True, populate_existing=True)
    if one is None:
        raise NotFound(_("There is no such post in the library."))
    return one


def _for_review(session: Session, actor: Actor, post_id: int, version: int) -> LibraryPost:
    one = _post(session, post_id)
    if not account_rules.may(actor.role, Permission.APPROVE_REPLIES):
        raise Forbidden(_("You may not do this. Ask a supervisor or an admin."))
    if one.author_id == actor.id:
        raise Forbidden(_("Somebody else has to decide about your own post."))
    if one.version != version:
        raise Conflict(_("Somebody has changed it meanwhile. Look at it, then do it again."), code="stale")
    return one


def _decided(session: Session, one: LibraryPost, actor: Actor, now: datetime, *, approved: bool) -> None:
    session.flush()
    action = Action.POST_APPROVED if approved else Action.POST_REFUSED
    words = session.scalars(select(LibraryText).where(LibraryText.post_id == one.id).order_by(LibraryText.language))
    variants = [f"{v.language}\0{v.connector}\0{v.text}" for v in queries.variants(session, one.id)]
    said = "\0".join([one.link, one.image, *(f"{w.language}\0{w.title}\0{w.text}" for w in words), *variants])
    digest = hashlib.sha256(said.encode()).hexdigest()
    facts = {"version": one.version, "author": one.author_id}
    audit.note(session, action, f"library_post/{one.id}", now, by=actor.id, content_hash=digest, **facts)
    people = [one.author_id]
    tell(
        session,
        SignalKind.POST_DECIDED,
        now,
        actor_id=actor.id,
        people=people,
        post=one.id,
        name=one.name,
        approved=approved,
    )
