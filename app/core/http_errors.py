"""What can go wrong with an outgoing request; ``app.core.http`` hands these on."""


class HttpError(Exception):
    """Base of what can go wrong with an outgoing request. The text is for operators and holds no secret."""


class AddressRefused(HttpError):
    """The address is malformed, not http(s), or leads to a network the operator did not allow."""


class Unreachable(HttpError):
    """No connection: the request certainly did not leave."""


class NoAnswer(HttpError):
    """The request may have left; no complete answer came within the time."""


class TooLarge(HttpError):
    """The answer is larger than allowed, counted after decompression."""


class TooManyRedirects(HttpError):
    """More than five redirects."""
