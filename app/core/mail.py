"""The door for outgoing mail: one message, one connection, and what is known about it afterwards."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property

from app.core.i18n import gettext as _
from app.core.sections import Smtp

SECONDS = 15
"""For each step of the exchange."""


class MailError(Exception):
    """It did not leave; ``str`` says why, for the person who looks after the server. Nothing in it is secret."""


class MailRefused(MailError):
    """The server will not take this message to this address, however often it is asked."""


class MailNotSent(MailError):
    """It certainly did not leave: later it may."""


class MailUnknown(MailError):
    """The connection broke while the server was taking it: it may have left."""


class Mailer:
    """Sends through the configured server; safe to share between threads."""

    def __init__(self, settings: Smtp, *, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._given = context

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made for the first mail: it takes time that a start need not wait for."""
        return self._given or ssl.create_default_context()

    @property
    def ready(self) -> bool:
        """Whether a mail server is configured at all."""
        return self._settings.host is not None

    @property
    def sender(self) -> str:
        """The address mails come from."""
        return self._settings.sender or f"porchlight@{self._settings.host or 'localhost'}"

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand one message over. Raises MailError's subclasses."""
        body = message.as_bytes(policy=SMTP)
        with self._connected() as server:
            self._offer(server, recipient)
            try:
                code, answer = server.data(body)
            except smtplib.SMTPDataError as error:
                raise _refusal(error.smtp_code, error.smtp_error) from None
            except (smtplib.SMTPException, OSError) as error:
                raise MailUnknown(
                    _("The mail server broke off while it took a mail (%(reason)s).", reason=_plain(error))
                ) from None
            if code != 250:
                raise _refusal(code, answer)

    def _offer(self, server: smtplib.SMTP, recipient: str) -> None:
        try:
            for code, answer in (server.mail(self.sender), server.rcpt(recipient)):
                if code not in (250, 251):
                    raise _refusal(code, answer)
        except (smtplib.SMTPException, OSError) as error:
            raise MailNotSent(_plain(error)) from None

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """A connection that is ready for a message."""
        one = self._settings
        where = f"{one.host}:{one.port}"
        try:
            server = self._open()
        except (smtplib.SMTPException, OSError) as error:
            why = _plain(error)
            raise MailNotSent(_("%(server)s can’t be reached: %(reason)s", server=where, reason=why)) from None
        try:
            try:
                self._greet(server)
            except smtplib.SMTPAuthenticationError:
                raise MailNotSent(_("%(server)s does not accept the user and the password.", server=where)) from None
            except (smtplib.SMTPException, OSError) as error:
                why = _plain(error)
                raise MailNotSent(_("%(server)s is not as expected: %(reason)s", server=where, reason=why)) from None
            yield server
        finally:
            server.close()  # a message that was taken is taken; nobody needs to hear good-bye

    def _open(self) -> smtplib.SMTP:
        one = self._settings
        if one.security == "tls":
            return smtplib.SMTP_SSL(one.host or "", one.port, timeout=SECONDS, context=self._context)
        return smtplib.SMTP(one.host or "", one.port, timeout=SECONDS)

    def _greet(self, server: smtplib.SMTP) -> None:
        one = self._settings
        if one.security == "starttls":
            server.starttls(context=self._context)
        server.ehlo_or_helo_if_needed()
        if one.user is not None:
            server.login(one.user, one.password())


def _refusal(code: int, answer: bytes | str) -> MailError:
    """5xx is for good, anything else may pass (RFC 5321, 4.2.1)."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    said = f"{code} {' '.join(text.split())}"[:200]
    reason = _("The mail server says: %(said)s", said=said)
    return MailRefused(reason) if 500 <= code < 600 else MailNotSent(reason)


def _plain(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return _("no answer in time")
    return (str(error) or type(error).__name__)[:200]
