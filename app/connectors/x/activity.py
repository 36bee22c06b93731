"""Having X call us: the app's one webhook, and for each account what it is to tell of (descriptions 2.166 and 2.167).

The webhook is the app's, and looked after with its own token (``oauth2/token``, client credentials: RFC 6749, 4.4).
What is said to an account is nobody else's business at X, so that is asked for with the account's token.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.answers import ask
from app.connectors.code_flow import App
from app.connectors.errors import Permanent
from app.connectors.ports import Access
from app.connectors.x.hooks import EVENTS
from app.connectors.x.transport import GuardedSession, as_requests, error_for, read
from app.core.http import Http, Method
from app.core.pace import Pace

TAG = "porchlight"
MOST = 1_000
"""Subscriptions in one answer."""
_LONGEST_ADDRESS = 200
_PAGES = 25
_JSON = {"accept": "application/json"}


@dataclass(frozen=True, slots=True)
class Activity:
    """What our app has X tell us. ``consumer``: its API key and secret."""

    http: Http
    pace: Pace
    consumer: App
    base: str

    def begin(self, account: str, token: str, address: str) -> None:
        """Have X tell of what is said to an account, by its number and with its token; again is harmless. A kind of
        event that X refuses holds up no other. Raises ConnectorError."""
        _callable(address)
        app = self._app_token()
        webhook = self._find(app, address) or self._open(app, address)
        known = {one.get("event_type") for one in self._subscriptions(app, webhook) if _about(one) == account}
        refused: Permanent | None = None
        for event in [one for one in EVENTS if one not in known]:
            asked = {"event_type": event, "filter": {"user_id": account}, "webhook_id": webhook, "tag": TAG}
            try:
                self._ask(token, "POST", "/2/activity/subscriptions", json=asked)
            except Permanent as error:
                refused = Permanent(error.code, f"{event}: {error.detail}")
        if refused is not None:
            raise refused

    def end(self, account: str, address: str) -> None:
        """Have X tell no more of an account; the webhook goes with the last one. Raises ConnectorError."""
        app = self._app_token()
        webhook = self._find(app, address, mend=False)
        if webhook is None:
            return
        there = list(self._subscriptions(app, webhook))
        ours = [str(one.get("subscription_id")) for one in there if _about(one) == account]
        if ours:
            self._ask(app, "DELETE", "/2/activity/subscriptions", params={"ids": ",".join(ours)})
        if len(ours) == len(there):
            self._ask(app, "DELETE", f"/2/webhooks/{webhook}")

    def _find(self, app: str, address: str, *, mend: bool = True) -> str | None:
        """The number of our webhook; ``mend``: X is asked to try it again when it gave it up."""
        for one in _objects(self._ask(app, "GET", "/2/webhooks")):
            if one.get("url") == address and one.get("id"):
                if mend and one.get("valid") is False:
                    self._ask(app, "PUT", f"/2/webhooks/{one['id']}")
                return str(one["id"])
        return None

    def _open(self, app: str, address: str) -> str:
        """X asks back, before it answers, whether the address is ours."""
        answer = self._ask(app, "POST", "/2/webhooks", json={"url": address})
        made = answer.get("data")  # as the guide has it; the description has it bare
        number = (made if isinstance(made, dict) else answer).get("id")
        if not number:
            raise Permanent(errors.BAD_ANSWER, "no webhook in the answer to one")
        return str(number)

    def _subscriptions(self, app: str, webhook: str) -> Iterator[Mapping[str, Any]]:
        """What X tells this webhook of, in our name."""
        asked = {"max_results": str(MOST)}
        for _page in range(_PAGES):
            answer = self._ask(app, "GET", "/2/activity/subscriptions", params=asked)
            yield from (one for one in _objects(answer) if one.get("webhook_id") == webhook and one.get("tag") == TAG)
            meta = answer.get("meta")
            following = meta.get("next_token") if isinstance(meta, dict) else None
            if not following:
                return
            asked["pagination_token"] = str(following)

    def _app_token(self) -> str:
        """The app's own token; X gives the same one each time."""
        login = (self.consumer.id, self.consumer.secret or "")
        form = {"grant_type": "client_credentials"}
        answer = ask(self.http, "POST", f"{self.base}/oauth2/token", headers=_JSON, form=form, basic_auth=login)
        if answer.status in (400, 401, 403):
            raise Permanent(errors.REFUSED, f"HTTP {answer.status}: X does not accept x.consumer_key and its secret")
        if answer.status >= 400:
            raise error_for(answer, act=False)
        token = read(as_requests(answer, act=False)).get("access_token")
        if not isinstance(token, str):
            raise Permanent(errors.BAD_ANSWER, "no token in the answer to x.consumer_key and its secret")
        return token

    def _ask(self, token: str, method: Method, path: str, **arguments: Any) -> dict[str, Any]:
        session = GuardedSession(self.http, self.pace, Access("", {"account_id": "app"}), self.base)
        headers = {"authorization": f"Bearer {token}"}
        return read(session.request(method, f"{self.base}{path}", headers=headers, **arguments))


def _callable(address: str) -> None:
    """Raises Permanent(REFUSED) for an address of ours that X calls nobody at."""
    parts = urlsplit(address)
    if parts.scheme != "https" or ":" in parts.netloc or len(address) > _LONGEST_ADDRESS:
        raise Permanent(errors.REFUSED, "X calls only an address with https, without a port: web.public_url is none")


def _about(subscription: Mapping[str, Any]) -> str:
    filtered = subscription.get("filter")
    return str(filtered.get("user_id")) if isinstance(filtered, dict) else ""


def _objects(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = answer.get("data")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
