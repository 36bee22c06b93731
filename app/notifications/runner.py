"""Telling: what happened becomes notifications, and messages leave. No transaction is open while anybody is asked."""

import base64
import hashlib
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from time import monotonic

import structlog
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from sqlalchemy.orm import Session

from app.core import i18n
from app.core.clock import utc_now
from app.core.db import Database
from app.core.http import Http, HttpError, NoAnswer, Response
from app.core.i18n import gettext as _
from app.core.mail import Mailer, MailError, MailNotSent, MailRefused
from app.core.security import SecretBox
from app.notifications import chat, digests, letters, outgoing, places, push, service, spreading, words
from app.notifications.types import Channel, Outgoing

log = structlog.get_logger()
Recorder = Callable[[Session, datetime], None]
_SHIFT_SECONDS = 60.0
"""After this long the job ends and is woken again: nobody holds a worker for good."""
_ANSWER_BYTES = 10_000
_PUSH_LETTERS = 500
"""Of four bytes each at most: every push service takes 3,000 bytes."""
_PUSH_SECONDS = 86_400
"""How long a push service keeps a message for a browser that is switched off."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Works through signals, digests and messages. ``base`` is our public address, ``language`` holds for people who
    chose none."""

    db: Database
    http: Http
    box: SecretBox
    mailer: Mailer
    base: str
    language: str
    threads: int = 4

    def run(self) -> int:
        """Work until nothing is due or the shift is over; answer how many messages were tried."""
        self.spread()
        with self.db.read() as session:
            digest = digests.is_due(session, utc_now())
        if digest:
            with self.db.write() as session:
                digests.make_due(session, utc_now(), mail=self.mailer.ready)
        return self.send()

    def spread(self) -> int:
        """Turn all signals into notifications; answer how many there were."""
        done = 0
        while True:
            with self.db.write() as session:
                count = spreading.spread(session, utc_now(), mail=self.mailer.ready)
            if not count:
                return done
            done += count

    def send(self) -> int:
        """Send what is due."""
        done, end = 0, monotonic() + _SHIFT_SECONDS
        with ThreadPoolExecutor(self.threads, thread_name_prefix="notify") as pool:
            while monotonic() < end:
                with self.db.read() as session:
                    ids = outgoing.due(session, utc_now(), limit=4 * self.threads)
                tried = sum(pool.map(self._one, ids))
                done += tried
                if not tried:
                    break
        return done

    def _one(self, message_id: int) -> bool:
        with self.db.write() as session:
            claimed = outgoing.claim(session, message_id, utc_now())
        if claimed is None:
            return False
        with i18n.speaking(claimed.language or self.language):
            record = self._call(claimed)
        with self.db.write() as session:
            record(session, utc_now())
        return True

    def _call(self, one: Outgoing) -> Recorder:
        """Send it, and answer what is to be recorded."""
        try:
            send = {Channel.MAIL: self._mail, Channel.PUSH: self._push, Channel.CHAT: self._chat}[one.channel]
            record = send(one)
        except Exception as error:
            log.exception("notice_crashed", message=one.id, channel=one.channel)
            name = type(error).__name__
            return lambda session, now: outgoing.record_failed(session, one, name, now)
        return record

    def _mail(self, one: Outgoing) -> Recorder:
        leave = f"{self.base}/notifications/leave/{service.leave_token(self.box, one.user_id or 0)}"
        mail = letters.letter(one, base=self.base, sender=self.mailer.sender, leave=leave)
        try:
            self.mailer.send(mail, one.address or "")
        except MailError as error:
            reason = str(error)
            log.warning("mail_not_sent", message=one.id, kind=type(error).__name__)
            if isinstance(error, MailRefused):
                return lambda session, now: outgoing.record_failed(session, one, reason, now)
            if isinstance(error, MailNotSent):
                return lambda session, now: outgoing.record_not_sent(session, one, reason, now)
            return lambda session, now: outgoing.record_unknown(session, one, reason, now)
        return lambda session, now: outgoing.record_sent(session, one, now)

    def _push(self, one: Outgoing) -> Recorder:
        device = self.box.open(one.sealed_device or b"")
        newest = one.told[-1]
        text = {
            "title": "Porchlight",
            "body": (words.line(newest) if len(one.told) == 1 else words.subject(one.told))[:_PUSH_LETTERS],
            "url": places.place(newest) if len(one.told) == 1 else "/notifications",
            "tag": _topic(one),
        }
        body = push.encrypt(
            json.dumps(text, ensure_ascii=False).encode(),
            push.decoded(device["p256dh"]),
            push.decoded(device["auth"]),
        )
        with self.db.read() as session:
            key = service.push_private_key(session, self.box)
        headers = self._push_headers(key, device["endpoint"], one)
        return self._post(one, device["endpoint"], headers, body)

    def _push_headers(self, key: EllipticCurvePrivateKey, endpoint: str, one: Outgoing) -> dict[str, str]:
        subject = self.base if self.base.startswith("https://") else f"mailto:{self.mailer.sender}"
        return {
            "authorization": push.introduction(key, endpoint, subject, utc_now()),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(_PUSH_SECONDS),
            "topic": _topic(one),
            "urgency": "normal",
        }

    def _chat(self, one: Outgoing) -> Recorder:
        url = self.box.open(one.sealed_url or b"")["url"]
        body = json.dumps(chat.payload(one.told, one.forgotten, self.base), ensure_ascii=False).encode()
        return self._post(one, url, {"content-type": "application/json"}, body)

    def _post(self, one: Outgoing, url: str, headers: dict[str, str], body: bytes) -> Recorder:
        try:
            answer = self.http.request("POST", url, headers=headers, body=body, max_bytes=_ANSWER_BYTES)
        except NoAnswer as error:
            reason = str(error)
            return lambda session, now: outgoing.record_unknown(session, one, reason, now)
        except HttpError as error:
            reason = str(error)
            return lambda session, now: outgoing.record_not_sent(session, one, reason, now)
        return self._answered(one, answer)

    def _answered(self, one: Outgoing, answer: Response) -> Recorder:
        if answer.status < 300:
            return lambda session, now: outgoing.record_sent(session, one, now)
        log.warning("notice_refused", message=one.id, channel=one.channel, status=answer.status)
        if one.channel is Channel.PUSH and answer.status in (404, 410):
            return lambda session, _now: outgoing.record_gone(session, one)
        reason = _("It was answered with %(status)s.", status=answer.status)
        if one.channel is Channel.CHAT:
            said = " ".join(answer.body.decode("utf-8", "replace").split())[:80]
            reason = _("The room answered %(status)s: %(said)s", status=answer.status, said=said)
        if answer.status == 429 or answer.status >= 500:
            named = retry_after(answer.headers.get("retry-after", ""), utc_now())
            return lambda session, now: outgoing.record_not_sent(session, one, reason, now, named)
        return lambda session, now: outgoing.record_failed(session, one, reason, now)


def _topic(one: Outgoing) -> str:
    """What a push service and a browser know the same message by; at most 32 characters (RFC 8030, 5.4)."""
    return base64.urlsafe_b64encode(hashlib.sha256(str(one.id).encode()).digest()[:12]).decode("ascii")


def retry_after(value: str, now: datetime) -> datetime | None:
    """When the other side asks to be tried again (RFC 9110, 10.2.3), a day from now at most; None when it does not."""
    try:
        seconds = float(value) if value.strip().isdigit() else (parsedate_to_datetime(value) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return now + min(max(timedelta(seconds=seconds), timedelta(0)), timedelta(days=1)) if now.tzinfo is UTC else None
