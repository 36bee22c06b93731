"""Errors that carry a message for the person who caused them or can do something about them.

Every message is a sentence in the reader's language (made with ``gettext``) that says what to do. ``app.edge.errors``
translates them to HTTP, ``app.cli`` to exit codes; nothing else is ever shown to a user.
"""


class PorchlightError(Exception):
    """Base of all errors whose text may be shown. ``code`` is stable and for programs."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class InvalidInput(PorchlightError):
    """What was typed or sent can't be taken; the message says what would be."""

    code = "invalid"

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.field = field


class NotFound(PorchlightError):
    """The thing does not exist, or the asker may not know that it does."""

    code = "not_found"


class Forbidden(PorchlightError):
    """The asker is known and may not do this."""

    code = "forbidden"


class Conflict(PorchlightError):
    """Somebody else changed it first; the message says who and what."""

    code = "conflict"


class ConfigError(PorchlightError):
    """The configuration can't be used; the start stops here."""

    code = "config"
