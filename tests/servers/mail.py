"""A real SMTP server on 127.0.0.1 that keeps what it takes, and can refuse or break off on purpose."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Postbox:
    """What came in. ``faults`` are answers to give instead of taking the next mails; "break" takes one and then breaks
    the connection off before saying so."""

    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.faults and self.faults[0].startswith("rcpt "):
            return self.faults.pop(0).removeprefix("rcpt ")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self.faults.pop(0) if self.faults else ""
        if fault not in ("", "break"):
            return fault
        mail = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        if fault == "break" and server.transport is not None:
            cast(asyncio.Transport, server.transport).abort()
        return "250 Taken"


def _only_us(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: LoginPassword) -> AuthResult:
    return AuthResult(success=data == LoginPassword(b"porchlight", b"s3cret"), handled=False)


class _Server(Controller):
    """``tls``: starttls and a login are demanded."""

    def __init__(self, postbox: Postbox, tls: ssl.SSLContext | None) -> None:
        strict: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True} if tls else {}
        super().__init__(postbox, hostname="127.0.0.1", port=0, authenticator=_only_us, **strict)

    def _trigger_server(self) -> None:
        """The base class asks at the port it was given, which is not the one the system chose."""
        with socket.create_connection(("127.0.0.1", self.chosen), timeout=5) as probe:
            probe.recv(100)

    @property
    def chosen(self) -> int:
        """The port the system chose."""
        port: int = cast(asyncio.Server, self.server).sockets[0].getsockname()[1]
        return port


def serving(postbox: Postbox, tls: ssl.SSLContext | None = None) -> Iterator[Postbox]:
    """Run a server; the port stands in the post box."""
    server = _Server(postbox, tls)
    server.start()
    postbox.port = server.chosen
    yield postbox
    server.stop()


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A running mail server that takes everything from anybody."""
    yield from serving(Postbox())
