"""Renewing tokens before they end: claim, ask, record. No transaction is open while the platform is being asked."""

from dataclasses import dataclass

import structlog

from app.connectors import errors
from app.connectors.code_flow import unsure
from app.connectors.oauth import OAuth, Tokens
from app.connectors.registry import Registry
from app.core.chance import draw
from app.core.clock import utc_now
from app.core.db import Database
from app.core.security import SecretBox, token_hash
from app.pages import service, tokens
from app.pages.tokens import Turn

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Renewer:
    """Works through the tokens that are due."""

    db: Database
    connectors: Registry
    box: SecretBox

    def run(self) -> int:
        """Renew what is due and tell of sign-ins that end; answer how many were tried."""
        with self.db.write() as session:
            tokens.announce_ends(session, utc_now())
        tried = 0
        while True:
            with self.db.read() as session:
                ids = tokens.due(session, utc_now())
            done = sum(self._one(page_id) for page_id in ids)
            tried += done
            if not done:
                return tried

    def _one(self, page_id: int) -> bool:
        with self.db.write() as session:
            turn = tokens.claim(session, page_id, utc_now())
        if turn is None:
            return False
        try:
            self._renew(turn)
        except errors.ConnectorError as error:
            self._failed(turn, error)
        except Exception as error:
            log.exception("token_not_renewed", page=page_id)
            self._failed(turn, errors.OutcomeUnknown("internal", type(error).__name__))
        return True

    def _renew(self, turn: Turn) -> None:
        oauth = self._oauth(turn)
        old = Tokens.of(self.box.open(turn.sealed_secret))
        if oauth is None or old.refresh is None:
            raise errors.AuthExpired(errors.WRONG_CREDENTIALS, "this sign-in can't be renewed")
        if oauth.rotates:
            if turn.spent == token_hash(old.refresh):
                raise errors.AuthExpired(errors.SIGN_IN_LOST, "the refresh token left us once and no answer came")
            with self.db.write() as session:
                tokens.spend(session, turn, old.refresh)
        new = oauth.refresh(turn.url, old)
        with self.db.write() as session:
            tokens.record_renewed(session, turn, self.box.seal(new.secret()), new, utc_now())
        log.info("token_renewed", page=turn.page_id)

    def _failed(self, turn: Turn, error: errors.ConnectorError) -> None:
        log.warning("token_not_renewed", page=turn.page_id, code=error.code)
        dead = isinstance(error, errors.AuthExpired | errors.Permanent)
        oauth = self._oauth(turn)
        lost = not dead and oauth is not None and oauth.rotates and unsure(error)
        with self.db.write() as session:
            if not dead and not lost:
                tokens.record_not_renewed(session, turn, draw(), utc_now())
            elif tokens.record_lost(session, turn):
                code = errors.SIGN_IN_LOST if lost else error.code
                service.stop(session, turn.page_id, utc_now(), code, error.detail, used=turn.sealed_secret)

    def _oauth(self, turn: Turn) -> OAuth | None:
        if turn.connector not in self.connectors.kinds():
            return None
        sign_in = self.connectors.get(turn.connector).sign_in
        return sign_in.oauth if sign_in is not None else None
