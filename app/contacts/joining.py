"""Saying that two contacts are the same person or site, and taking it back. Only people do, but for nameless contacts
that their page names (``app.contacts.nameless``).

Nothing is moved: the one points to the other. What was done to the whole since then was done to the one that is kept,
and stays there; what came with the joined one, or came in for it since, is its own again when the two are separated.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts import service as accounts
from app.accounts.types import Actor, Permission
from app.audit import service as audit
from app.audit.types import Action, Entry
from app.contacts import access, rules
from app.contacts.models import Contact, ContactEvent, ContactMark, Identity, MutedMark
from app.contacts.types import DO_NOT_CONTACT, VIP, ContactEventKind, Mark
from app.core.db import run_in_bulk
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.events import Changed, announce
from app.core.i18n import gettext as _
from app.core.ids import new_id
from app.pages.models import Page


def join(
    session: Session,
    actor: Actor,
    *,
    kept_id: int,
    joined_id: int,
    kept_version: int,
    joined_version: int,
    now: datetime,
) -> None:
    """Show ``joined`` under ``kept`` from now on, with everything that was joined into it before.

    The versions are those the asker has seen. Raises NotFound, InvalidInput, Conflict when either has changed since.
    """
    kept, joined = access.pair(session, actor, kept_id, joined_id)
    if kept.id == joined.id:
        raise InvalidInput(_("These two are one already."))
    if (kept.version, joined.version) != (kept_version, joined_version):
        raise access.changed_meanwhile()
    _check_size(session, kept.id, joined.id)
    _check_demo(session, kept.id, joined.id)
    _put_under(session, kept, joined, actor.id, now)
    record(session, kept.id, ContactEventKind.JOINED, actor, now, {"id": joined.id, "name": joined.name})
    log(session, Action.CONTACTS_JOINED, kept.id, actor, now, joined.id)


def show_under(session: Session, contact_id: int, kept_id: int, now: datetime) -> None:
    """Show a contact under another, as their page named one person behind both; people can take it back like any join.

    Nothing changes where people joined it with somebody already, nor where the two would be too many for one.
    Raises Conflict when either was joined or separated in this very moment.
    """
    joined = session.get_one(Contact, contact_id)
    if joined.merged_into_id is not None:
        return
    kept = access.locked_head(session, kept_id)
    if kept is None or kept.id == joined.id or _size(session, kept.id, joined.id) > rules.GROUP_MAXIMUM:
        return
    _put_under(session, kept, joined, None, now)
    log(session, Action.CONTACTS_JOINED, kept.id, None, now, joined.id)


def _put_under(session: Session, kept: Contact, joined: Contact, by_id: int | None, now: datetime) -> None:
    joined.merged_into_id, joined.merged_by_id, joined.merged_at = kept.id, by_id, now
    joined.head_id = kept.id
    session.flush()
    run_in_bulk(session, update(Contact).where(Contact.head_id == joined.id).values(head_id=kept.id))
    changed(session, kept)
    announce(session, Changed("contact", joined.id))


def separate(session: Session, actor: Actor, joined_id: int, now: datetime) -> tuple[int, int]:
    """Take a join back; answer who is left, and who is on their own again.

    Joins can be taken back in any order: what was joined into ``joined`` before goes with it, everything else stays.
    Raises NotFound, Conflict when it is on its own already, and Forbidden where it would lift, for one of the two, a
    do-not-contact that was said about both, to somebody who may not lift it.
    """
    kept = access.head(session, actor, joined_id, to_write=True)
    joined = session.get(Contact, joined_id, populate_existing=True)
    if joined is None:
        raise NotFound(_("There is no such contact, or it was removed."))
    if joined.merged_into_id is None:
        raise Conflict(_("%(name)s is on its own already.", name=joined.name or _("Somebody")), code="stale")
    going = rules.branch(joined.id, parents(session, kept.id))
    since, said_since = joined.merged_at, _not_to_be_contacted_since(session, kept.id, going)
    run_in_bulk(session, delete(MutedMark).where(MutedMark.contact_id == joined.id))
    joined.merged_into_id = joined.merged_by_id = joined.merged_at = None
    joined.head_id = joined.id
    session.flush()
    run_in_bulk(session, update(Contact).where(Contact.id.in_(going - {joined.id})).values(head_id=joined.id))
    changed(session, kept)
    changed(session, joined)
    if said_since and since and said_since > since and not joined.do_not_contact:
        accounts.require(actor, account_rules.may(actor.role, Permission.LIFT_DO_NOT_CONTACT))
    record(session, kept.id, ContactEventKind.SEPARATED, actor, now, {"id": joined.id, "name": joined.name})
    record(session, joined.id, ContactEventKind.SEPARATED, actor, now, {"id": kept.id, "name": kept.name})
    log(session, Action.CONTACTS_SEPARATED, kept.id, actor, now, joined.id)
    return kept.id, joined.id


def parents(session: Session, head_id: int) -> dict[int, int]:
    """Which contact was joined into which, of all that a head shows."""
    query = select(Contact.id, Contact.merged_into_id).where(
        Contact.head_id == head_id, Contact.merged_into_id.is_not(None)
    )
    return {joined: kept for joined, kept in session.execute(query) if kept is not None}


def standing(session: Session, head_id: int) -> dict[Mark, tuple[int, ...]]:
    """What a head shows as marked, each mark with the contacts it comes from. Three statements."""
    group = select(Contact.id).where(Contact.head_id == head_id)
    own: dict[int, list[Mark]] = {}
    for at, kind, value in session.execute(
        select(ContactMark.contact_id, ContactMark.kind, ContactMark.value).where(ContactMark.contact_id.in_(group))
    ):
        own.setdefault(at, []).append(Mark(kind, value))
    muted: dict[int, list[Mark]] = {}
    for at, kind, value in session.execute(
        select(MutedMark.contact_id, MutedMark.kind, MutedMark.value).where(MutedMark.contact_id.in_(group))
    ):
        muted.setdefault(at, []).append(Mark(kind, value))
    return rules.shown(head_id, parents(session, head_id), own, muted)


def changed(session: Session, head: Contact) -> None:
    """Bring what a head repeats of its marks up to date, and count its version up."""
    session.flush()
    marks = standing(session, head.id)
    head.vip, head.do_not_contact = VIP in marks, DO_NOT_CONTACT in marks
    head.version += 1
    session.flush()
    announce(session, Changed("contact", head.id))


def record(
    session: Session, contact_id: int, kind: ContactEventKind, actor: Actor, now: datetime, data: dict[str, Any]
) -> None:
    """Add a line to a contact's history."""
    session.add(ContactEvent(id=new_id(), contact_id=contact_id, kind=kind, actor_id=actor.id, at=now, data=data))
    session.flush()


def log(
    session: Session, action: Action, contact_id: int, actor: Actor | None, now: datetime, other: int | None
) -> None:
    """Write what concerns whom we write to into the log that nobody can change."""
    facts = {} if other is None else {"other": str(other)}
    audit.record(session, Entry(action, f"contact/{contact_id}", now, actor.id if actor else None, facts=facts))


def _not_to_be_contacted_since(session: Session, head_id: int, but: set[int]) -> datetime | None:
    """When it was last said of a head, or of somebody who stays with it, that nothing may be sent to them."""
    query = (
        select(func.max(ContactMark.at))
        .join(Contact, Contact.id == ContactMark.contact_id)
        .where(
            Contact.head_id == head_id,
            ContactMark.contact_id.not_in(but),
            ContactMark.kind == DO_NOT_CONTACT.kind,
        )
    )
    return session.scalar(query)


def _size(session: Session, *heads: int) -> int:
    return session.scalar(select(func.count()).select_from(Contact).where(Contact.head_id.in_(heads))) or 0


def _check_size(session: Session, *heads: int) -> None:
    if _size(session, *heads) > rules.GROUP_MAXIMUM:
        raise InvalidInput(
            _("At most %(n)s contacts can be one. Separate some that don't belong together.", n=rules.GROUP_MAXIMUM)
        )


def _check_demo(session: Session, *heads: int) -> None:
    """The demonstration's people go without a trace; nobody real may be joined with them."""
    demo_pages = [rules.realm(page_id) for page_id in session.scalars(select(Page.id).where(Page.demo))]
    pretend = case((Identity.realm.in_(demo_pages), 1), else_=0)
    query = (
        select(func.min(pretend), func.max(pretend))
        .join(Contact, Contact.id == Identity.contact_id)
        .where(Contact.head_id.in_(heads))
    )
    least, most = session.execute(query).one()
    if least != most:
        raise Conflict(_("One of the two belongs to the demonstration, the other is real."), code="demo")
