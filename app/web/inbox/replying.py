"""Answering, in public or one person alone: checked, held where it contradicts another department, else sent or
proposed."""

from dataclasses import dataclass
from datetime import datetime

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.accounts.rules import may
from app.accounts.types import Permission
from app.connectors.ports import Capabilities, LengthLimit, PrivateReplies
from app.core.clock import utc_now
from app.core.errors import Conflict, InvalidInput
from app.core.i18n import gettext as _
from app.edge.context import actor, services, session
from app.edge.routes import route
from app.pages import connect
from app.pages import queries as pages
from app.remedies import guarding, telling
from app.replies import approval, holding, requirements, saved
from app.replies import service as replies
from app.replies.speaking import Answer
from app.web.inbox import forms, screens
from app.web.inbox import place as places
from app.web.inbox.actions import seen_version
from app.web.inbox.changing import change, refused
from app.web.inbox.routes import ID, blueprint, by_script, here
from app.writing.types import Voice


@dataclass(frozen=True, slots=True)
class Said:
    """An answer as its form has it."""

    conversation_id: int
    answer: Answer
    key: str
    can: Capabilities
    asks_remedy: bool
    """Whether a remedy is asked for next: then it is said already that something is owed."""

    @property
    def private(self) -> PrivateReplies | None:
        """The page's conditions, for a private reply."""
        return self.can.private if self.answer.private else None

    @property
    def limit(self) -> LengthLimit | None:
        return self.private.length if self.private else self.can.length

    def check(self, now: datetime) -> None:
        """Everything that may be said against sending it. Raises InvalidInput, Conflict."""
        if not self.can.reply:
            raise InvalidInput(_("This page can't be answered from here. Answer at the page itself."))
        if self.answer.private and self.private is None:
            raise InvalidInput(_("Nobody can be answered in private on this page from here."))
        seen_answer = places.number(request.form.get("answered"), 2**63 - 1)
        if not self.answer.private:
            telling.check_public(session(), self.conversation_id, self.answer.text)
        if not self.asks_remedy:
            guarding.check(session(), actor(), self.conversation_id, self.answer.text, forms.owed(), now)
        holding.check_personal(session(), actor(), self.conversation_id, self.answer)
        holding.check_answered(session(), actor(), self.conversation_id, seen_answer, now)
        seen = places.position(request.form.get("seen", ""))
        since = seen.at if seen else None
        text = self.answer.text
        replies.check_said_meanwhile(session(), actor(), self.conversation_id, text, key=self.key, since=since)

    def hold(self, now: datetime) -> int | None:
        """The held act it became; None when it may go."""
        return holding.hold(
            session(),
            actor(),
            self.conversation_id,
            self.answer,
            key=self.key,
            version=seen_version(),
            limit=self.limit,
            tells=forms.tells(),
            now=now,
            private=self.private,
        )

    def send(self, now: datetime) -> int:
        """The reply it became."""
        reply_id = replies.send(
            session(),
            actor(),
            self.conversation_id,
            self.answer.text,
            key=self.key,
            version=seen_version(),
            resolve=self.answer.resolve,
            limit=self.limit,
            undo_seconds=services().settings.outbox.undo_seconds,
            now=now,
            saved_id=self.answer.saved_id,
            also=self.answer.also,
            private=self.private,
        )
        telling.tells(session(), self.conversation_id, reply_id, forms.tells())
        return reply_id

    def propose(self, now: datetime) -> int:
        """The proposal it became."""
        proposal_id = approval.propose(
            session(),
            actor(),
            self.conversation_id,
            self.answer,
            key=self.key,
            version=seen_version(),
            limit=self.limit,
            now=now,
            private=self.private,
        )
        telling.tells_once_approved(session(), self.conversation_id, proposal_id, forms.tells())
        return proposal_id


@route(blueprint, f"/{ID}/reply", needs=Permission.ANSWER, methods=("POST",))
def reply(conversation_id: int) -> ResponseReturnValue:
    """Answer, in public or the person alone; it leaves a few seconds later."""
    words, done = forms.words(), request.form.get("then") != "wait"
    private = forms.voice() is Voice.PRIVATE
    draft, now = forms.draft(words, Voice.PRIVATE if private else Voice.REPLY), utc_now()
    talk = screens.row(session(), actor(), here(), conversation_id)
    reach = pages.reach(session(), talk.page_id) if talk else None
    can = connect.capabilities(services().connectors, services().box, reach)
    asks = saved.REMEDY in words.also and may(actor().role, Permission.ASK_REMEDY)
    answer = Answer(words.text, done, words.saved_id, words.also, private)
    said = Said(conversation_id, answer, draft.key, can, asks)
    try:
        said.check(now)
        held_id = said.hold(now)
    except (Conflict, InvalidInput) as error:
        return refused(conversation_id, draft, error)
    if held_id is not None:
        return _to_held(held_id)
    following = url_for("remedies.form", conversation_id=conversation_id) if asks else None
    if talk and requirements.of_ids(session(), actor().id, talk.page_id, talk.team_id, talk.id):
        text = _("Sent for approval.")
        return change(conversation_id, said.propose, text, moves_on=done, onward=True, draft=draft, then=following)
    return change(conversation_id, said.send, moves_on=done, draft=draft, sent=True, then=following)


def _to_held(held_id: int) -> ResponseReturnValue:
    """Where it is said how to go on with what was held."""
    address = url_for("outreach.held", held_id=held_id)
    return ("", 200, {"HX-Redirect": address}) if by_script() else redirect(address, 303)
