"""How carrying out fails: said by the class and a stable ``code``, never by wording.

``detail`` is for people who look after it: what was answered, shortened, without secrets.
"""

from datetime import datetime


class ExecutorError(Exception):
    """Base."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail[:500]


class Refused(ExecutorError):
    """It certainly did not take effect, and will not until somebody changes something."""


class NotNow(ExecutorError):
    """It certainly did not take effect; worth trying again, not before ``retry_at``."""

    def __init__(self, code: str, detail: str = "", *, retry_at: datetime | None = None) -> None:
        super().__init__(code, detail)
        self.retry_at = retry_at


class OutcomeUnknown(ExecutorError):
    """It may or may not have taken effect: look it up before any repeat."""


# The codes. Words for each stand in app.remedies.words.
UNREACHABLE = "unreachable"
TIMED_OUT = "timed_out"
SERVER_ERROR = "server_error"
RATE_LIMITED = "rate_limited"
ADDRESS_REFUSED = "address_refused"
WRONG_CREDENTIALS = "wrong_credentials"
UNKNOWN_ORDER = "unknown_order"
MORE_THAN_PAID = "more_than_paid"
WRONG_CURRENCY = "wrong_currency"
LINE_NEEDED = "line_needed"
NOT_SUPPORTED = "not_supported"
NOT_SEEN = "not_seen"
NOT_PAID_OUT = "not_paid_out"
DISPUTED = "disputed"
BAD_ANSWER = "bad_answer"
BAD_SIGNATURE = "bad_signature"
REFUSED = "refused"
INTERNAL = "internal"
CONTENT_CHANGED = "content_changed"
NOT_SIGNED = "not_signed"
NEVER_AGAIN = frozenset({CONTENT_CHANGED, NOT_SIGNED})
"""What was signed does not hold any more: trying again would change nothing."""

FOR_PEOPLE = frozenset({NOT_SUPPORTED, NOT_PAID_OUT})
"""Asking again tells nothing more: a person has to look."""
