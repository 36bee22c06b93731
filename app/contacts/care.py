"""What people say about a contact: name, marks, notes. Said about the one under which it is shown."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.accounts import rules as account_rules
from app.accounts.types import Actor, Permission
from app.audit.types import Action
from app.contacts import access, joining, rules
from app.contacts.models import Contact, ContactMark, ContactNote, MutedMark
from app.contacts.types import DO_NOT_CONTACT, ContactEventKind, Mark, MarkKind
from app.core import text as texts
from app.core.errors import Conflict, Forbidden, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_id


def rename(session: Session, actor: Actor, contact_id: int, name: str, now: datetime) -> None:
    """Give a contact the name it is shown with; its identities keep theirs. Raises NotFound, InvalidInput."""
    head = access.head(session, actor, contact_id, to_write=True)
    name = texts.one_line(name, limit=rules.NAME).strip()
    if not name:
        raise InvalidInput(_("Enter a name."), field="name")
    if name == head.name:
        return
    before, head.name = head.name, name
    head.name_key = rules.folded(name)
    head.last_key = rules.last_word(head.name_key)
    joining.changed(session, head)
    joining.record(session, head.id, ContactEventKind.RENAMED, actor, now, {"from": before, "to": name})


def tag(text: str) -> Mark:
    """The tag that somebody typed. Raises InvalidInput."""
    word = texts.one_line(text, limit=1_000).strip().lstrip("#").strip()
    if not word:
        raise InvalidInput(_("Enter a word."), field="tag")
    if len(word) > rules.TAG_MAXIMUM:
        raise InvalidInput(_("A tag has at most %(n)s characters.", n=rules.TAG_MAXIMUM), field="tag")
    return Mark(MarkKind.TAG, word.casefold())


def mark(session: Session, actor: Actor, contact_id: int, what: Mark, now: datetime, reason: str = "") -> int:
    """Mark a contact; answers the head it was done to. Doing it twice changes nothing.

    Everybody may. Raises NotFound, InvalidInput.
    """
    head = access.head(session, actor, contact_id, to_write=True)
    standing = joining.standing(session, head.id)
    if head.id in standing.get(what, ()):
        return head.id
    if what.kind is MarkKind.TAG and len([one for one in standing if one.kind is MarkKind.TAG]) >= rules.TAGS_MAXIMUM:
        raise InvalidInput(_("A contact has at most %(n)s tags.", n=rules.TAGS_MAXIMUM), field="tag")
    reason = texts.one_line(reason, limit=rules.REASON_MAXIMUM).strip()
    session.add(
        ContactMark(contact_id=head.id, kind=what.kind, value=what.value, by_id=actor.id, at=now, reason=reason)
    )
    joining.changed(session, head)
    data = {"kind": what.kind.value, "value": what.value, "reason": reason}
    joining.record(session, head.id, ContactEventKind.MARKED, actor, now, data)
    if what == DO_NOT_CONTACT:
        joining.log(session, Action.CONTACT_HELD, head.id, actor, now, None)
    return head.id


def unmark(session: Session, actor: Actor, contact_id: int, what: Mark, now: datetime, reason: str = "") -> int:
    """Take a mark from a contact; answers the head it was done to.

    A mark that came with somebody who was joined stays theirs, and is back when the two are separated. Everybody may,
    but for do-not-contact, which not everybody may lift. Raises NotFound, Forbidden.
    """
    if what == DO_NOT_CONTACT and not account_rules.may(actor.role, Permission.LIFT_DO_NOT_CONTACT):
        raise Forbidden(_("Only a supervisor or an admin can lift this."))
    head = access.head(session, actor, contact_id, to_write=True)
    sources = joining.standing(session, head.id).get(what)
    if sources is None:
        return head.id
    own = session.get(ContactMark, (head.id, what.kind, what.value))
    if own is not None:
        session.delete(own)
    for branch in _branches_with(session, head.id, sources):
        session.merge(MutedMark(contact_id=branch, kind=what.kind, value=what.value))
    joining.changed(session, head)
    data = {"kind": what.kind.value, "value": what.value, "reason": texts.one_line(reason, limit=rules.REASON_MAXIMUM)}
    joining.record(session, head.id, ContactEventKind.UNMARKED, actor, now, data)
    if what == DO_NOT_CONTACT:
        joining.log(session, Action.CONTACT_LIFTED, head.id, actor, now, None)
    return head.id


def _branches_with(session: Session, head_id: int, sources: tuple[int, ...]) -> list[int]:
    """Who, of those joined into the head directly, brought one of the sources along."""
    into = joining.parents(session, head_id)
    direct = [joined for joined, kept in into.items() if kept == head_id]
    return [one for one in direct if rules.branch(one, into) & set(sources)]


def add_note(session: Session, actor: Actor, contact_id: int, text: str, now: datetime) -> int:
    """Words about a contact, for colleagues; answers the note's id. Raises NotFound, InvalidInput."""
    head = access.head(session, actor, contact_id, to_write=True)
    text = text.strip()
    if not text:
        raise InvalidInput(_("Write something first."), field="text")
    if len(text) > rules.NOTE_MAXIMUM:
        raise InvalidInput(_("A note has at most %(n)s characters.", n=rules.NOTE_MAXIMUM), field="text")
    note = ContactNote(id=new_id(), contact_id=head.id, author_id=actor.id, text=text, created_at=now)
    session.add(note)
    joining.changed(session, head)
    return note.id


def remove_note(session: Session, actor: Actor, contact_id: int, note_id: int) -> None:
    """Remove a note for good: its author may, and who may curate. Raises NotFound, Forbidden."""
    head = access.head(session, actor, contact_id, to_write=True)
    note = session.get(ContactNote, note_id)
    where = session.get(Contact, note.contact_id) if note else None
    if note is None or where is None or where.head_id != head.id:
        raise NotFound(_("There is no such note, or it was removed."))
    if note.author_id != actor.id and not account_rules.may(actor.role, Permission.CURATE):
        raise Forbidden(_("Only its author, a supervisor or an admin can remove a note."))
    session.delete(note)
    joining.changed(session, head)


def check_may_write(session: Session, contact_id: int) -> None:
    """Hold what is about to be sent to a contact that must not be contacted; nobody can say so meanwhile.

    Raises Conflict with who said it, when and why.
    """
    head = access.locked_head(session, contact_id, shared=True)
    if head is None or not head.do_not_contact:
        return
    raise Conflict(
        _(
            "%(name)s is marked “Do not contact”, so nothing is sent. A supervisor or an admin can lift that on the "
            "contact’s page.",
            name=head.name or _("Somebody"),
        ),
        code="do_not_contact",
    )
