"""Speaking to an Isso server.

Its errors are web pages; only statuses are looked at, and whether Isso itself answered.
"""

import html
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

from app.connectors import errors
from app.connectors.answers import in_time, refusal
from app.connectors.decoding import decoded, not_json
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.limits import Paced
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Response

GUARD_WAIT = timedelta(seconds=61)
"""Isso's guard counts the comments of the last minute from one network."""
ALL = 1_000_000
_OWN = "access-control-allow-credentials"
"""A header that Isso gives with every answer of its own, refusals too, and nothing in front of it does."""
_COOKIE = re.compile(r"\badmin-session=([^;,\s]+)")


class Client:
    """Requests to one server, as administrator when there is a password."""

    def __init__(self, web: Paced, access: Access) -> None:
        self._web = web
        self._base = access.url.rstrip("/")
        self._access = access

    def latest(self, limit: int = ALL) -> Any:
        """Every public comment. With a small ``limit`` those are missing that answer nobody, so all are asked for."""
        return self._json(self._get(f"/latest?limit={limit}"))

    def thread(self, uri: str) -> dict[str, Any]:
        """All comments of a thread, as they were typed."""
        found = self._json(self._get(f"/?{urlencode({'uri': uri, 'plain': 1})}"))
        if not isinstance(found, dict):
            raise Permanent(errors.BAD_ANSWER, "not a thread")
        return found

    def sign_in(self) -> str:
        """Prove the administrator's password; answer the cookie. Raises AuthExpired, or Permanent(NOT_SUPPORTED)
        without one."""
        secret = self._access.secret
        if secret is None:
            raise Permanent(errors.NOT_SUPPORTED, "no password")
        form = {"password": secret["password"]}
        try:
            response = self._web.ask("POST", f"{self._base}/login/", form=form)
        except OutcomeUnknown as error:  # signing in changes nothing
            raise Transient(error.code, error.detail) from None
        found = _COOKIE.search(response.headers.get("set-cookie", "")) if response.status in (302, 303) else None
        if found is not None:
            return f"admin-session={found[1]}"
        if response.status == 401 or (response.status == 200 and _OWN in response.headers):
            raise AuthExpired(errors.WRONG_CREDENTIALS, f"HTTP {response.status} at /login/")
        if response.status >= 400:
            raise refusal(response, act=False)
        raise Transient(errors.NOT_JSON, f"HTTP {response.status} at /login/, not from Isso")

    def new(self, uri: str, body: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """Write a comment; answer it, and whether it waits for approval. What the guard said holds for all workers."""
        self._web.limits.before(self._base, "guard")
        in_time(self._access)
        response = self._web.ask("POST", f"{self._base}/new?uri={quote(uri, safe='')}", json=body)
        if response.status == 403 and _OWN in response.headers:
            # Everything else a guard may object to does not concern answers with a name and an address.
            until = utc_now() + GUARD_WAIT
            self._web.limits.hold(self._base, "guard", until)
            raise RateLimited(errors.RATE_LIMITED, "Isso's guard", retry_at=until)
        if response.status == 400 and _OWN in response.headers:
            raise Permanent(errors.INVALID_TEXT, "HTTP 400 at /new")
        if response.status >= 400:
            raise refusal(response, act=True)
        found = decoded(response.body)
        if response.status not in (201, 202) or not isinstance(found, dict):
            raise OutcomeUnknown(errors.NOT_JSON, f"HTTP {response.status} at /new, no comment")
        return found, response.status == 202

    def waiting(self, address: str) -> set[str]:
        """The texts of comments from that e-mail address that wait for approval, of the newest hundred that do."""
        query = "mode=2&page=0&order_by=created&asc=0"
        shown = self._web.ask("GET", f"{self._base}/admin/?{query}", headers={"cookie": self.sign_in()})
        if shown.status >= 400:
            raise refusal(shown, act=False)
        body = shown.body.decode("utf-8", "replace")
        numbers = re.findall(rf'id="isso-email-(\d+)">{re.escape(address)}<', body)
        texts = dict(re.findall(r'<pre id="isso-text-(\d+)">(.*?)</pre>', body, re.DOTALL))
        return {html.unescape(texts[number]).strip() for number in numbers if number in texts}

    def delete(self, number: int, page: str, cookie: str) -> None:
        """Delete a comment for good, with the key that the administration shows for it. ``page`` is its address."""
        query = urlencode({"mode": 0, "comment_search_url": f"{page}#isso-{number}"})
        shown = self._web.ask("GET", f"{self._base}/admin/?{query}", headers={"cookie": cookie})
        if shown.status >= 400:
            raise refusal(shown, act=False)
        body = shown.body.decode("utf-8", "replace")
        found = re.search(rf"delete_com\(\s*{number}\s*,\s*['\"]([\w.=-]+)['\"]", body)
        if found is None:
            raise Transient(errors.BAD_ANSWER, "the administration shows no key for this comment")
        in_time(self._access)
        response = self._web.ask("POST", f"{self._base}/id/{number}/delete/{found[1]}")
        if response.status >= 400 and response.status != 404:
            raise refusal(response, act=True)
        if response.status < 400 and _OWN not in response.headers:
            raise OutcomeUnknown(errors.NOT_JSON, "not an answer of Isso's to a deletion")

    def _get(self, path: str) -> Response:
        response = self._web.ask("GET", self._base + path, headers={"accept": "application/json"})
        if response.status == 401 and self._access.secret is not None:
            raise AuthExpired(errors.WRONG_CREDENTIALS, f"HTTP 401 from {response.url}")
        if response.status >= 400:
            raise refusal(response, act=False)
        return response

    def _json(self, response: Response) -> Any:
        found = decoded(response.body)
        if found is None:
            raise Transient(errors.NOT_JSON, not_json(response))
        return found
