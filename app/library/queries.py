"""Reading the library, what was published from it, and what a page could use now."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.campaigns.types import Named
from app.core import ordering
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.library import rules
from app.library.models import (
    LibraryPage,
    LibraryPost,
    LibraryText,
    LibraryVariant,
    PagePublishing,
    Publication,
    PublicationHold,
)
from app.library.rules import Candidate
from app.library.types import (
    ASKS,
    NOT_USED,
    UNDER_WAY,
    Approval,
    PostRow,
    PostView,
    PublicationView,
    Season,
    Suggested,
    Variant,
    Words,
)
from app.pages.models import Page
from app.pages.types import PageState
from app.sending.types import SendState

PAGE_LENGTH = 50


def posts(
    session: Session, *, page_id: int | None = None, retired: bool = False, after: int | None = None
) -> tuple[list[PostRow], int | None]:
    """One screenful, the newest first, and where to go on. Five statements."""
    query = select(LibraryPost).order_by(LibraryPost.id.desc()).limit(PAGE_LENGTH + 1)
    query = query.where(LibraryPost.retired_at.is_not(None) if retired else LibraryPost.retired_at.is_(None))
    if after is not None:
        query = query.where(LibraryPost.id < after)
    if page_id is not None:
        query = query.where(LibraryPost.id.in_(select(LibraryPage.post_id).where(LibraryPage.page_id == page_id)))
    found = session.scalars(query).all()
    more = found[PAGE_LENGTH - 1].id if len(found) > PAGE_LENGTH else None
    return _rows(session, found[:PAGE_LENGTH]), more


def post(session: Session, post_id: int) -> PostView:
    """One of them. Raises NotFound."""
    one = session.get(LibraryPost, post_id)
    if one is None:
        raise NotFound(_("There is no such post in the library."))
    names = dict(session.execute(select(User.id, User.name).where(User.id.in_([one.author_id, one.approver_id]))).all())
    return PostView(
        row=_rows(session, [one])[0],
        variants=tuple(variants(session, post_id)),
        link=one.link,
        image=one.image,
        needs_approval=one.needs_approval,
        author=Named(one.author_id, names[one.author_id]),
        version=one.version,
        approver=names.get(one.approver_id) if one.approver_id else None,
        decided_at=one.decided_at,
        remark=one.remark,
        retired=one.retired_at is not None,
    )


def variants(session: Session, post_id: int) -> list[Variant]:
    """What a post says on one platform or another instead. One statement."""
    one = LibraryVariant
    query = select(one.language, one.connector, one.text).where(one.post_id == post_id)
    return [Variant(*row) for row in session.execute(query.order_by(one.language, one.connector))]


def suggestions(session: Session, page_ids: Collection[int], now: datetime) -> dict[int, Suggested]:
    """The post that each of these pages could use now, where there is one. Four statements."""
    rows = session.execute(
        select(LibraryPage.page_id, LibraryPost)
        .join(LibraryPost, LibraryPost.id == LibraryPage.post_id)
        .where(LibraryPage.page_id.in_(list(page_ids)), LibraryPost.retired_at.is_(None))
    ).all()
    asking, used = _asking(session, page_ids), _used(session, {one.id for _page, one in rows})
    by_page: dict[int, list[Candidate]] = defaultdict(list)
    names: dict[int, str] = {}
    for page_id, one in rows:
        ready = is_approved(one) or not (one.needs_approval or page_id in asking)
        by_page[page_id].append(Candidate(one.id, season(one), one.pause_days, ready, used.get((one.id, page_id))))
        names[one.id] = one.name
    found = {page_id: rules.suggested(candidates, now) for page_id, candidates in by_page.items()}
    return {page_id: Suggested(post_id, names[post_id]) for page_id, post_id in found.items() if post_id is not None}


def pages(session: Session) -> list[Named]:
    """All pages that posts may be meant for, by name. One statement."""
    query = select(Page.id, Page.name).where(Page.state != PageState.REMOVED).order_by(Page.id)
    return sorted((Named(*one) for one in session.execute(query)), key=lambda page: ordering.by_name(page.name))


def asks_approval(session: Session, page_id: int) -> bool:
    """Whether posts on a page need approval. One statement."""
    return page_id in _asking(session, [page_id])


def under_way(session: Session, post_id: int | None = None) -> list[PublicationView]:
    """What is going out, and what somebody has to say how to go on with, soonest first. One statement."""
    query = _publications().where(Publication.state.in_({*UNDER_WAY, *ASKS})).order_by(Publication.due_at)
    if post_id is not None:
        query = query.where(Publication.post_id == post_id)
    return _views(session, query.limit(4 * PAGE_LENGTH))


def published(
    session: Session, *, post_id: int | None = None, after: int | None = None
) -> tuple[list[PublicationView], int | None]:
    """What went out or was taken back, the newest first, and where to go on. One statement."""
    over = (SendState.SENT, SendState.CANCELLED)
    query = _publications().where(Publication.state.in_(over)).order_by(Publication.id.desc())
    query = query.where(Publication.post_id == post_id) if post_id is not None else query
    query = query.where(Publication.id < after) if after is not None else query
    found = _views(session, query.limit(PAGE_LENGTH + 1))
    return found[:PAGE_LENGTH], found[PAGE_LENGTH - 1].id if len(found) > PAGE_LENGTH else None


def publication(session: Session, publication_id: int) -> PublicationView:
    """One use of a post. Raises NotFound."""
    found = _views(session, _publications().where(Publication.id == publication_id))
    if not found:
        raise NotFound(_("There is no such publication."))
    return found[0]


def last_published(session: Session, page_ids: Collection[int]) -> dict[int, datetime]:
    """When we last published on these pages from here. One statement."""
    query = (
        select(Publication.page_id, func.max(Publication.sent_at))
        .where(Publication.page_id.in_(list(page_ids)), Publication.state == SendState.SENT)
        .group_by(Publication.page_id)
    )
    return {page_id: at for page_id, at in session.execute(query) if at is not None}


def season(one: LibraryPost) -> Season | None:
    """The season of a stored post."""
    first, last = rules.day_of_year(one.season_first or ""), rules.day_of_year(one.season_last or "")
    return Season(first, last) if first and last else None


def needs_approval(session: Session, one: LibraryPost | None, page_id: int) -> bool:
    """Whether somebody else has to look at a post, or at words that no post has any more, before they go out there. The
    demonstration's pages ask for nothing: nobody reads there."""
    found = select(Page.demo, PagePublishing.needs_approval).outerjoin(PagePublishing).where(Page.id == page_id)
    demo, wanted = session.execute(found).one()
    return bool(wanted or (one is not None and one.needs_approval)) and not demo


def is_approved(one: LibraryPost) -> bool:
    """Whether somebody else let this version go."""
    return one.approver_id is not None and not one.remark


def _rows(session: Session, found: Iterable[LibraryPost]) -> list[PostRow]:
    found = list(found)
    ids = [one.id for one in found]
    words: dict[int, list[Words]] = defaultdict(list)
    texts = select(LibraryText).where(LibraryText.post_id.in_(ids)).order_by(LibraryText.language)
    for text in session.scalars(texts):
        words[text.post_id].append(Words(text.language, text.title, text.text))
    places: dict[int, list[Named]] = defaultdict(list)
    query = (
        select(LibraryPage.post_id, Page.id, Page.name)
        .join(Page, Page.id == LibraryPage.page_id)
        .where(LibraryPage.post_id.in_(ids), Page.state != PageState.REMOVED)
        .order_by(Page.id)
    )
    for post_id, page_id, name in sorted(session.execute(query), key=lambda row: ordering.by_name(row[2])):
        places[post_id].append(Named(page_id, name))
    asking = _asking(session, {page.id for some in places.values() for page in some})
    used: dict[int, datetime] = {}
    for (post_id, _page_id), at in _used(session, set(ids)).items():
        used[post_id] = max(at, used.get(post_id, at))
    return [
        PostRow(
            id=one.id,
            name=one.name,
            words=tuple(words[one.id]),
            pages=tuple(places[one.id]),
            season=season(one),
            pause_days=one.pause_days,
            approval=_approval(one, wanted=any(page.id in asking for page in places[one.id])),
            last_used=used.get(one.id),
        )
        for one in found
    ]


def _approval(one: LibraryPost, *, wanted: bool) -> Approval:
    if not wanted and not one.needs_approval:
        return Approval.NONE
    if one.approver_id is None:
        return Approval.WANTED
    return Approval.REFUSED if one.remark else Approval.GIVEN


def _asking(session: Session, page_ids: Collection[int]) -> set[int]:
    query = (
        select(PagePublishing.page_id)
        .join(Page, Page.id == PagePublishing.page_id)
        .where(PagePublishing.page_id.in_(list(page_ids)), PagePublishing.needs_approval, Page.demo.is_(False))
    )
    return set(session.scalars(query))


def _used(session: Session, post_ids: Collection[int]) -> dict[tuple[int, int], datetime]:
    """When posts were, or are to be, used last, by post and page."""
    query = (
        select(
            Publication.post_id,
            Publication.page_id,
            func.max(func.coalesce(Publication.sent_at, Publication.due_at)),
        )
        .where(Publication.post_id.in_(list(post_ids)), Publication.state.not_in(NOT_USED))
        .group_by(Publication.post_id, Publication.page_id)
    )
    return {(post_id, page_id): at for post_id, page_id, at in session.execute(query) if post_id is not None}


def _publications() -> Any:
    author = aliased(User)
    held = (
        select(func.max(PublicationHold.held_id))
        .where(PublicationHold.publication_id == Publication.id)
        .correlate(Publication)
        .scalar_subquery()
    )
    return (
        select(Publication, Page.name, Page.demo, author.name, LibraryPost.name, held)
        .join(Page, Page.id == Publication.page_id)
        .join(author, author.id == Publication.author_id)
        .outerjoin(LibraryPost, LibraryPost.id == Publication.post_id)
    )


def _views(session: Session, query: Any) -> list[PublicationView]:
    return [
        PublicationView(
            id=one.id,
            post=Named(one.post_id, name) if one.post_id is not None and name else None,
            page=Named(one.page_id, page),
            demo=demo,
            author=Named(one.author_id, author),
            language=one.language,
            title=one.title,
            text=one.text,
            state=one.state,
            due_at=one.due_at,
            attempts=one.attempts,
            url=one.external_url,
            at_platform=one.at_platform,
            sent_at=one.sent_at,
            error_code=one.error_code,
            error_detail=one.error_detail,
            held_id=held,
        )
        for one, page, demo, author, name, held in session.execute(query)
    ]
