"""Typed configuration: ``config.toml``, overridden by ``PORCHLIGHT_*`` variables.

A key nobody knows or a value that can't be used stops the start with the line and the remedy: a typing error in a
limit must never be a limit that silently does not hold.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_origin
from urllib.parse import quote

from pydantic import ValidationError

from app.core import toml
from app.core.errors import ConfigError
from app.core.sections import (
    Collecting,
    DatabaseSection,
    Google,
    Learning,
    Log,
    Meta,
    Outbox,
    Outgoing,
    RedisSection,
    Section,
    Smtp,
    Web,
    X,
    Zone,
)

PREFIX = "PORCHLIGHT_"
_TOTAL = ("outgoing", "total_seconds")
_PATHS = (
    ("google", "client_secret_file"),
    ("learning", "sentence_model"),
    ("meta", "app_secret_file"),
    ("smtp", "password_file"),
    ("x", "client_secret_file"),
    ("x", "consumer_secret_file"),
)
"""Settings of sections that name a file or folder; relative ones count from the configuration's folder."""
SOCKET_PATH = re.compile(r"[A-Za-z0-9/._-]{1,107}")


class Settings(Section):
    """All settings; immutable. ``load`` makes one."""

    data_dir: Path = Path("data")
    language: Literal["en", "de"] = "en"
    """Language for people who chose none and whose browser asks for none we have."""
    time_zone: Zone = "UTC"
    """Where days begin in reports, goals, reviews and vitality; an IANA name."""
    secret_key_file: Path | None = None
    """Holds the key that encrypts credentials; unset means ``secret.key`` in the data folder, made at first start."""
    web: Web = Web()
    database: DatabaseSection = DatabaseSection()
    redis: RedisSection = RedisSection()
    outgoing: Outgoing = Outgoing()
    collecting: Collecting = Collecting()
    meta: Meta = Meta()
    google: Google = Google()
    x: X = X()
    outbox: Outbox = Outbox()
    learning: Learning = Learning()
    smtp: Smtp = Smtp()
    log: Log = Log()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{quote(str(self.data_dir / 'porchlight.db'))}"

    @property
    def key_file(self) -> Path:
        """Where the key lies that stored credentials are sealed with."""
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def redis_url(self) -> str:
        return self.redis.url or f"unix://{self.redis_socket}"

    @property
    def redis_socket(self) -> Path:
        """In the data folder; in a private one under /tmp when that path will not do.

        It must not be too long (unix(7): 107 bytes), and Redis names it in the answer to CLIENT INFO without escaping
        it, where its client can read neither spaces nor equals signs.
        """
        usual = self.data_dir / "run" / "redis.sock"
        if SOCKET_PATH.fullmatch(str(usual)):
            return usual
        mark = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return Path(f"/tmp/porchlight-{os.geteuid()}-{mark}/redis.sock")  # noqa: S108 (made 0700 and checked by app.cli.redis_server)

    @property
    def public_url(self) -> str:
        return (self.web.public_url or f"http://{self.web.host}:{self.web.port}").rstrip("/")


def load(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    ``path`` is the file to read; without it ``PORCHLIGHT_CONFIG`` names one, else ``config.toml`` in the current
    folder is taken when it is there. Relative paths inside count from the file's folder.

    Raises ConfigError with the file, the line and the remedy.
    """
    env = dict(os.environ if environ is None else environ)
    named = path or (Path(env[f"{PREFIX}CONFIG"]) if env.get(f"{PREFIX}CONFIG") else None)
    file = named or Path("config.toml")
    text = ""
    if file.is_file():
        text = _text(file)
    elif named is not None:
        raise ConfigError(f"{file}: there is no such file. Name an existing one, or leave it out to use the defaults.")
    try:
        values: dict[str, Any] = toml.tables(text)
    except toml.TomlError as error:
        raise ConfigError(f"{file}: this is not TOML: {error}. Compare with config.example.toml.") from None
    origin = _apply_environment(values, env)
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(_explain(item, file, text, origin) for item in error.errors())) from None
    if settings.outbox.lease_seconds <= settings.outgoing.total_seconds:
        place = ("outbox", "lease_seconds") if settings.outbox.lease_seconds != Outbox().lease_seconds else _TOTAL
        source = origin.get(place) or f"{file}, line {_line(text, place) or 1}"
        raise ConfigError(
            f"{source}: 'outbox.lease_seconds' ({settings.outbox.lease_seconds:g}) has to be longer than "
            f"'outgoing.total_seconds' ({settings.outgoing.total_seconds:g}), or a slow answer could be sent twice."
        )
    base = file.parent if text else Path()
    changes: dict[str, Any] = {"data_dir": (base / settings.data_dir).resolve()}
    if settings.secret_key_file is not None:
        changes["secret_key_file"] = (base / settings.secret_key_file).resolve()
    for section, name in _PATHS:
        part = getattr(settings, section)
        if (path_there := getattr(part, name)) is not None:
            changes[section] = part.model_copy(update={name: (base / path_there).resolve()})
    return settings.model_copy(update=changes)


def _text(file: Path) -> str:
    """The file's text; some editors begin it with a mark that is none of it."""
    try:
        written = file.read_bytes()
        return written.decode("utf-8-sig").replace("\r\n", "\n")
    except OSError as error:
        raise ConfigError(f"{file} can't be read ({error.strerror}). Give this user the right to read it.") from None
    except UnicodeDecodeError as error:
        line = written.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{file}, line {line}: this is not UTF-8. Save the file in that encoding, or use plain letters only."
        ) from None


def _apply_environment(values: dict[str, Any], env: Mapping[str, str]) -> dict[tuple[str, ...], str]:
    """Put the variables' values over the file's; answer which setting came from which variable."""
    origin: dict[tuple[str, ...], str] = {}
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in (f"{PREFIX}CONFIG", f"{PREFIX}TEST_POSTGRES"):
            continue
        where = _place(name.removeprefix(PREFIX).lower())
        if where is None:
            raise ConfigError(
                f"The variable {name} names no setting. Known ones: PORCHLIGHT_ with section and key of "
                "config.example.toml, for example PORCHLIGHT_WEB_PORT."
            )
        target = values
        for part in where[:-1]:
            target = target.setdefault(part, {})
        target[where[-1]] = env[name]
        origin[where] = name
    return origin


def _place(flat: str) -> tuple[str, ...] | None:
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, Section):
            key = flat.removeprefix(f"{name}_")
            if key != flat and key in kind.model_fields:
                return (name, key)
        elif flat == name:
            return (name,)
    return None


def _explain(item: Any, file: Path, text: str, origin: Mapping[tuple[str, ...], str]) -> str:
    where = tuple(str(part) for part in item["loc"] if not isinstance(part, int))
    place = tuple(where[:2]) if where and where[0] in Settings.model_fields else where
    while place and place not in origin and _line(text, place) is None and len(place) > 1:
        place = place[:-1]
    name = ".".join(where[:2])
    source = origin.get(place) or f"{file}, line {_line(text, place) or 1}"
    if item["type"] == "extra_forbidden":
        return f"{source}: there is no setting '{name}'. Remove it, or see config.example.toml for the known ones."
    shown = re.sub(r"//.*@", "//***@", repr(item["input"]))  # a password does not belong into a log
    return f"{source}: '{name}' can't be {shown}: {item['msg']}. See config.example.toml."


def _line(text: str, where: tuple[str, ...]) -> int | None:
    """The line a key stands on; None when it stands in none (inline tables are found by their own line)."""
    section: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if header:
            section = tuple(part.strip().strip("\"'") for part in header[1].split("."))
            if section == where:
                return number
            continue
        key = re.match(r"\s*([A-Za-z0-9_.\"'-]+)\s*=", line)
        if key and (*section, *(part.strip("\"'") for part in key[1].split("."))) == where:
            return number
    return None
