"""How a platform fails: said by the class and a stable ``code``, never by wording.

``detail`` is for the operator: what the platform answered, shortened, without secrets.
"""

from datetime import datetime


class ConnectorError(Exception):
    """Base. ``code`` is one of the codes below and picks the words on the page's health line."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:500]


class Permanent(ConnectorError):
    """Trying again will not help until somebody changes something."""


class Transient(ConnectorError):
    """Worth trying again. For an act: it certainly did not take place."""


class RateLimited(ConnectorError):
    """Wait. ``retry_at`` is when the platform allows the next call, None when it did not say."""

    def __init__(self, code: str, detail: str = "", *, retry_at: datetime | None = None) -> None:
        super().__init__(code, detail)
        self.retry_at = retry_at


class AuthExpired(ConnectorError):
    """The credentials are wrong, revoked or not enough: the whole connection stops until a person mends it."""


class OutcomeUnknown(ConnectorError):
    """An act left us and no usable answer came: it may or may not have taken place. Look it up before any repeat."""


# The codes. Words for each, in both languages, stand in app.pages.words.
UNREACHABLE = "unreachable"  # no connection, name not found, TLS failed
TIMED_OUT = "timed_out"
SILENCE = (UNREACHABLE, TIMED_OUT)  # nothing was said: others should not wait for whoever fails so
SERVER_ERROR = "server_error"  # 5xx
RATE_LIMITED = "rate_limited"
TOO_LARGE = "too_large"
TOO_MANY_REDIRECTS = "too_many_redirects"
ADDRESS_REFUSED = "address_refused"  # a private address the operator did not allow
NOT_FOUND = "not_found"  # 404
GONE = "gone"  # 410
FORBIDDEN = "forbidden"
WRONG_CREDENTIALS = "wrong_credentials"
MISSING_PERMISSION = "missing_permission"
MISSING_SCOPES = "missing_scopes"  # detail: the permissions that the token lacks, by the platform's names
BUDGET_SPENT = "budget_spent"  # what we may spend there is spent; nothing more until the next period
REPLY_RESTRICTED = "reply_restricted"  # the platform takes no answer to this comment from us; a person may
SIGN_IN_LOST = "sign_in_lost"  # a token good for one use left us, and no answer came
OTHER_ACCOUNT = "other_account"  # the credentials are somebody else's; detail: whose
NOT_SET_UP = "not_set_up"  # the operator has to configure something first; detail: the settings
LOGIN_UNAVAILABLE = "login_unavailable"  # the platform takes no credentials here (WordPress without HTTPS)
NOT_A_FEED = "not_a_feed"
NOT_JSON = "not_json"  # HTML or anything else where JSON was due
BAD_ANSWER = "bad_answer"  # the right format with impossible content
COMMENTS_CLOSED = "comments_closed"
TARGET_GONE = "target_gone"  # the comment to answer no longer exists
INVALID_TEXT = "invalid_text"
ANSWERED_BEFORE = "answered_before"  # the platform takes one private reply to a comment, and has one
ACTS_BLOCKED = "acts_blocked"  # the platform has stopped the account from acting for a while
REFUSED = "refused"  # the platform said no for another reason; see detail
NOT_SUPPORTED = "not_supported"
