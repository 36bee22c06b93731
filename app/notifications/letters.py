"""Mails: subject, text and HTML from three templates, in the reader's language."""

from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, select_autoescape

from app.core import i18n
from app.notifications import places, words
from app.notifications.types import Event, Outgoing

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _templates() -> Environment:
    """HTML is escaped, text is not; a name that is missing is a mistake of ours and says so."""
    env = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"], default=False),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(i18n.gettext, i18n.plural, newstyle=True, pgettext=i18n.pgettext)  # type: ignore[attr-defined]
    return env


def letter(outgoing: Outgoing, *, base: str, sender: str, leave: str) -> EmailMessage:
    """The mail, in the language in force. ``leave`` is the address that ends these mails, by one press (RFC 8058).

    The same message has the same Message-ID however often it is sent, so that a mailbox can know it again.
    """
    values = _values(outgoing, base, leave)
    mail = EmailMessage()
    mail["Subject"] = " ".join(_render("bundle/subject.txt", values).split())
    mail["From"] = formataddr(("Porchlight", sender))
    mail["To"] = formataddr((outgoing.name, outgoing.address or ""))
    mail["Date"] = format_datetime(outgoing.created_at)
    mail["Message-ID"] = f"<notice-{outgoing.id}@{urlsplit(base).hostname or 'porchlight'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<{leave}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(_render("bundle/body.txt", values))
    mail.add_alternative(_render("bundle/body.html", values), subtype="html")
    mail["Content-Language"] = i18n.language()  # parts take what stands there before them
    return mail


def _render(name: str, values: dict[str, object]) -> str:
    return _templates().get_template(name).render(values)


def _values(outgoing: Outgoing, base: str, leave: str) -> dict[str, object]:
    forgotten = [
        {
            "person": one.person,
            "page": one.page,
            "since": format_date(one.since, "medium", locale=i18n.locale()),
            "url": f"{base}/inbox/{one.conversation_id}",
        }
        for one in outgoing.forgotten
    ]
    told = [
        {
            "line": words.line(one),
            "url": base + places.place(one),
            "details": words.details(one),
            "forgotten": forgotten if one.event is Event.DIGEST else [],
        }
        for one in outgoing.told
    ]
    return {
        "subject": words.subject(outgoing.told),
        "name": outgoing.name,
        "language": i18n.language(),
        "told": told,
        "choices": f"{base}/account#notifications",
        "leave": leave,
    }
