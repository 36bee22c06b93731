"""What stands beside a thread a moment later: orders that shops know, and what was promised for later."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.accounts.types import Permission
from app.core.clock import utc_now
from app.edge.context import actor, services
from app.edge.routes import route
from app.inbox import threads
from app.remedies import follow_ups, queries
from app.remedies import shops as shops_service
from app.web.inbox.routes import by_script
from app.web.remedies.asking import CONVERSATION
from app.web.remedies.routes import blueprint

EMAILS_AT_MOST = 3
LONGEST_NUMBER = 60


@route(blueprint, f"/beside/{CONVERSATION}", needs=Permission.ASK_REMEDY, own_transactions=True)
def beside(conversation_id: int) -> ResponseReturnValue:
    """Orders by the person's e-mail addresses or by a number; no transaction is open while shops are asked."""
    number = request.args.get("number", "").strip()[:LONGEST_NUMBER]
    with services().db.read() as reading:
        talk = threads.conversation(reading, actor(), conversation_id)
        shops = shops_service.shops(reading)
        emails = queries.emails(reading, conversation_id, EMAILS_AT_MOST)
        promised = follow_ups.of_conversation(reading, conversation_id)
        today = follow_ups.today(reading, utc_now())
    finder = services().finder
    asked = [shop for shop in shops if finder.can_ask(shop)]
    found = finder.by_number(asked, number) if number else finder.by_email(asked, emails)
    return render_template(
        "remedies/beside.html" if by_script() else "remedies/beside_alone.html",
        talk=talk,
        shops=asked,
        by_email=any(finder.can_ask(shop, by_email=True) for shop in asked),
        emails=emails,
        number=number,
        found=found,
        promised=promised,
        today=today,
    )
