"""People on their way to sign in at a platform: remembered until they come back, once, and not for long."""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.core.db import changed_rows
from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.core.security import SecretBox, new_token, token_hash
from app.pages.models import SignInAttempt

LASTS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was asked for when somebody went to sign in, and what proves that it is them who came back."""

    kind: str
    url: str
    verifier: str
    kept: Mapping[str, str]
    page_id: int | None = None
    """The page that gets another sign-in; None when a new one is connected."""
    team: str = ""
    days: str = ""


def new_state() -> str:
    """What the platform gives back with the person: nobody can guess it."""
    return new_token()


def new_verifier() -> str:
    """PKCE's code verifier: 64 characters of those RFC 7636 allows."""
    return secrets.token_urlsafe(48)


def remember(session: Session, box: SecretBox, state: str, attempt: Attempt, browser: str, now: datetime) -> None:
    """Keep what was asked for; ``browser`` is the session of the one who asked. Attempts nobody came back from go."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.expires_at <= now))
    kept = json.dumps(
        {
            "kind": attempt.kind,
            "url": attempt.url,
            "verifier": attempt.verifier,
            "kept": dict(attempt.kept),
            "page_id": attempt.page_id,
            "team": attempt.team,
            "days": attempt.days,
        }
    )
    sealed = box.seal({"attempt": kept})
    row = SignInAttempt(state=token_hash(state), browser=token_hash(browser), sealed=sealed, expires_at=now + LASTS)
    session.add(row)
    session.flush()


def take(session: Session, box: SecretBox, state: str, browser: str, now: datetime) -> Attempt:
    """What was asked for with this state; it is good once, in the session that asked, and for a quarter of an hour.

    Raises InvalidInput for any other.
    """
    mine = (SignInAttempt.state == token_hash(state), SignInAttempt.browser == token_hash(browser))
    sealed = session.scalar(select(SignInAttempt.sealed).where(*mine, SignInAttempt.expires_at > now))
    taken = changed_rows(session, delete(SignInAttempt).where(*mine))
    if sealed is None or taken != 1:
        raise InvalidInput(
            _("This sign-in was finished, given up or begun in another browser. Begin it again."), field="state"
        )
    return Attempt(**json.loads(box.open(sealed)["attempt"]))
