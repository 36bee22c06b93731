"""Speaking to WordPress's REST interface: addresses, one request at a time, and refusals turned into our errors.

Facts about ``wp/v2`` in this folder were checked against WordPress 6.1 and 6.5; see docs/connectors/wordpress.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from app.connectors import errors
from app.connectors.answers import in_time, refusal
from app.connectors.decoding import decoded, not_json
from app.connectors.errors import (
    AuthExpired,
    ConnectorError,
    OutcomeUnknown,
    Permanent,
    RateLimited,
    Transient,
)
from app.connectors.limits import Paced
from app.connectors.ports import Access
from app.core.clock import utc_now
from app.core.http import Method, Response
from app.core.text import one_line

FLOOD_WAIT = timedelta(seconds=15)
"""WordPress takes one comment in 15 seconds from a person who is no moderator (wp_check_comment_flood)."""

NAMESPACE = "/wp/v2"
COM_ROOT = f"{NAMESPACE}/sites/"
"""In the path of a REST root at WordPress.com, before the site's number."""

_ACT_CODES = {
    "rest_comment_closed": errors.COMMENTS_CLOSED,
    "rest_comment_draft_post": errors.TARGET_GONE,
    "rest_comment_trash_post": errors.TARGET_GONE,
    "rest_comment_invalid_post_id": errors.TARGET_GONE,
    "rest_comment_invalid_id": errors.TARGET_GONE,
    "rest_post_invalid_id": errors.TARGET_GONE,
    "rest_comment_content_invalid": errors.INVALID_TEXT,
    "comment_content_column_length": errors.INVALID_TEXT,
    "rest_invalid_param": errors.INVALID_TEXT,
}
_TOKEN_CODES = frozenset({"invalid_token", "authorization_required"})
"""How WordPress.com refuses a token, with various statuses."""
_RIGHTS_CODES = frozenset(
    {"rest_forbidden_context", "rest_forbidden_param", "rest_cannot_edit", "rest_cannot_delete", "rest_cannot_read"}
)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: the decoded JSON and what it came in."""

    data: Any
    response: Response
    url: str
    """The address that was asked for."""


class RefusedError(Exception):
    """WordPress said no in its own words: ``code`` is WordPress's, not one of ours."""

    def __init__(self, code: str, response: Response) -> None:
        super().__init__(code)
        self.code = code
        self.response = response


class Client:
    """Requests to one site, with the connection's credentials when it has any."""

    def __init__(self, web: Paced, access: Access) -> None:
        self._web = web
        self._root = str(access.settings.get("rest_root") or access.url)
        self._access = access
        self._auth, self._headers = _credentials(access.secret)
        self._signed_in = access.secret is not None
        # All blogs at WordPress.com are at one address: what it says to one of us is not meant for the others.
        at_com = COM_ROOT in urlsplit(self._root).path
        self._whose = str(access.settings.get("user_id") or "") if at_com else ""

    def get(self, route: str, **params: str | int) -> Answer:
        """Read ``route``, such as ``/wp/v2/comments``. Raises ConnectorError."""
        try:
            return self.try_get(route, **params)
        except RefusedError as refused:
            raise self.error_for(refused, act=False) from None

    def try_get(self, route: str, **params: str | int) -> Answer:
        """As ``get``, but a refusal in WordPress's own words is raised as RefusedError, for callers who expect one."""
        return self._ask("GET", route, params)

    def post(self, route: str, body: Mapping[str, Any]) -> Answer:
        """Change something. Raises RefusedError when WordPress said no, else ConnectorError; OutcomeUnknown when the
        change may have been made."""
        return self._ask("POST", route, {}, json=dict(body))

    def error_for(self, refused: RefusedError, *, act: bool) -> ConnectorError:
        """Our error for a refusal in WordPress's words."""
        code, status = refused.code, refused.response.status
        detail = f"{code}, HTTP {status}"
        if code == "comment_flood":
            return RateLimited(errors.RATE_LIMITED, detail, retry_at=utc_now() + FLOOD_WAIT)
        if self._signed_in and (status == 401 or code in _TOKEN_CODES):
            return AuthExpired(errors.WRONG_CREDENTIALS, detail)
        if status == 403 and self._signed_in and code in _RIGHTS_CODES:
            return AuthExpired(errors.MISSING_PERMISSION, detail)
        if act and code in _ACT_CODES:
            return Permanent(_ACT_CODES[code], detail)
        return refusal(refused.response, act=act, detail=detail)

    def _ask(self, method: Method, route: str, params: Mapping[str, str | int], **more: Any) -> Answer:
        url = rest_url(self._root, route, params)
        act = method != "GET"
        headers = {"accept": "application/json", **self._headers}
        if act:
            in_time(self._access)
        response = self._web.ask(method, url, account=self._whose, headers=headers, basic_auth=self._auth, **more)
        data = decoded(response.body)
        if response.status < 300:
            if data is None:
                detail = not_json(response)
                raise OutcomeUnknown(errors.NOT_JSON, detail) if act else Transient(errors.NOT_JSON, detail)
            return Answer(data, response, url)
        if response.status < 400:
            raise Permanent(errors.REFUSED, f"redirects to {one_line(response.headers.get('location', 'nowhere'))}")
        code = data.get("code", data.get("error")) if isinstance(data, dict) else None
        if isinstance(code, str) and response.status < 500:
            raise RefusedError(one_line(code, limit=80), response)
        if response.status == 401 and self._signed_in:
            raise AuthExpired(errors.WRONG_CREDENTIALS, f"HTTP 401 from {response.url}")
        raise refusal(response, act=act)


def _credentials(secret: Mapping[str, str] | None) -> tuple[tuple[str, str] | None, dict[str, str]]:
    """Login and application password, or the header for a token where there is no login."""
    if secret is None:
        return None, {}
    if "login" in secret:
        return (secret["login"], secret["password"]), {}
    return None, {"authorization": f"Bearer {secret['password']}"}


def rest_url(root: str, route: str, params: Mapping[str, str | int] | None = None) -> str:
    """The address of a route below a REST root, in all forms of it: ``…/wp-json/``, ``…?rest_route=/``, and
    WordPress.com's ``…/wp/v2/sites/N``, which holds the namespace already."""
    parts = urlsplit(root)
    query = parse_qsl(parts.query, keep_blank_values=True)
    path = parts.path
    if COM_ROOT in path:
        route = route.removeprefix(NAMESPACE)
    if any(name == "rest_route" for name, _ in query):
        query = [(name, route if name == "rest_route" else value) for name, value in query]
    else:
        path = path.rstrip("/") + route
    query += [(name, str(value)) for name, value in (params or {}).items()]
    return urlunsplit((parts.scheme, parts.netloc, path, urlencode(query, safe="/,"), ""))
