"""Deciding about answers that need approval, in the conversation they stand in."""

from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.connectors.ports import Capabilities
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.text import plain
from app.edge.context import actor, services, session
from app.edge.routes import route
from app.inbox import threads
from app.pages import connect
from app.pages import queries as pages
from app.remedies import telling
from app.replies import approval, queries
from app.replies.approval import Decision
from app.replies.types import Others
from app.web.inbox.changing import change
from app.web.inbox.routes import ID, blueprint

POST = ("POST",)
PROPOSAL = "<int(max=9223372036854775807):proposal_id>"


@route(blueprint, f"/{ID}/proposals/{PROPOSAL}/approve", needs=Permission.APPROVE_REPLIES, methods=POST)
def approve(conversation_id: int, proposal_id: int) -> ResponseReturnValue:
    """Send it, as it was proposed or changed."""
    others = request.form.get("others", "")
    decision = Decision(
        text=plain(request.form.get("text", "")),
        version=request.form.get("version", type=int, default=-1),
        others=Others(others) if others in set(Others) else None,
    )

    def work(now: datetime) -> int:
        if not queries.is_private(session(), proposal_id):
            telling.check_public(session(), conversation_id, decision.text)
        can = _can(conversation_id)
        reply_id = approval.approve(
            session(),
            actor(),
            proposal_id,
            decision,
            limit=can.length,
            undo_seconds=services().settings.outbox.undo_seconds,
            now=now,
            private=can.private,
        )
        telling.follow_approval(session(), conversation_id)
        return reply_id

    return change(conversation_id, work, moves_on=True, sent=True)


@route(blueprint, f"/{ID}/proposals/{PROPOSAL}/refuse", needs=Permission.APPROVE_REPLIES, methods=POST)
def refuse(conversation_id: int, proposal_id: int) -> ResponseReturnValue:
    """Send it back to its author with a remark."""
    remark = plain(request.form.get("remark", ""))
    version = request.form.get("version", type=int, default=-1)

    def work(now: datetime) -> int:
        talk_id = approval.refuse(session(), actor(), proposal_id, remark, version, now)
        telling.follow_approval(session(), talk_id)
        return talk_id

    return change(conversation_id, work, _("Sent back to its author."), moves_on=True)


@route(blueprint, f"/{ID}/proposals/{PROPOSAL}/withdraw", needs=Permission.ANSWER, methods=POST)
def withdraw(conversation_id: int, proposal_id: int) -> ResponseReturnValue:
    """Take one's own answer back, and go on writing it."""

    def work(now: datetime) -> int:
        talk_id = approval.withdraw(session(), actor(), proposal_id, now)
        telling.follow_approval(session(), talk_id)
        return talk_id

    return change(conversation_id, work)


def _can(conversation_id: int) -> Capabilities:
    """What can be done there. Raises InvalidInput where no answer can be given from here."""
    page_id = threads.conversation(session(), actor(), conversation_id).page_id
    can = connect.capabilities(services().connectors, services().box, pages.reach(session(), page_id))
    if not can.reply:
        raise InvalidInput(_("This page can't be answered from here. Answer at the page itself."))
    return can
