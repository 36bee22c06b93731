"""The port the web server is to listen on."""

import socket

from app.core.errors import PorchlightError
from app.core.i18n import gettext as _
from app.core.sections import Web


def claim(web: Web) -> int:
    """The port to listen on, a free one when 0 is set. Raises PorchlightError when somebody else listens there.

    The server itself would not notice: it shares its port with any other process that allows it.
    """
    family = socket.AF_INET6 if ":" in web.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((web.host, web.port))
        except OSError as error:
            raise PorchlightError(
                _(
                    "Porchlight can't listen on %(host)s port %(port)s (%(reason)s). Stop the program that uses it, or "
                    "choose another with --port or web.port in config.toml.",
                    host=web.host,
                    port=web.port,
                    reason=error.strerror or error,
                )
            ) from None
        return int(probe.getsockname()[1])


def accepts(web: Web) -> bool:
    """Whether somebody accepts connections there."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(web.host, web.host)  # noqa: S104 (compared, not bound)
    try:
        with socket.create_connection((host, web.port), timeout=1):
            return True
    except OSError:
        return False
