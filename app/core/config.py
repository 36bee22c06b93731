"""Typed configuration: ``config.toml``, overridden by ``PORCHLIGHT_*`` variables.

A key nobody knows or a value that can't be used stops the start with the line and the remedy: a typing error in a
limit must never be a limit that silently does not hold.
"""

import hashlib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, get_origin
from urllib.parse import quote
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from app.core.errors import ConfigError

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
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _split(value: Any) -> Any:
    """Lists in variables are written with commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _network(value: Any) -> Any:
    """One message for a network that is none, not one for each version of IP."""
    try:
        return ipaddress.ip_network(value)
    except ValueError:
        raise PydanticCustomError("network", "It has to be a network such as 10.1.2.0/24 or fd00:1::/64") from None


def _address(*schemes: str) -> AfterValidator:
    """Refuses a URL that begins like none of those we can use."""

    def check(value: str | None) -> str | None:
        if value is not None and not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise PydanticCustomError("address", "It has to begin with " + " or ".join(f"{one}://" for one in schemes))
        return value

    return AfterValidator(check)


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise PydanticCustomError("zone", "It has to be a time zone such as Europe/Berlin")
    return value


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


class Web(Section):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    public_url: Annotated[str | None, _address("https", "http")] = None
    """Where browsers reach us, for links in messages and for secure cookies; derived from host and port when unset."""
    processes: int = Field(default=1, ge=1, le=64)
    threads: int = Field(default=8, ge=1, le=256)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    """How many reverse proxies in front of us set X-Forwarded-*; 0 believes no such header."""
    session_days: int = Field(default=14, ge=1, le=365)


class DatabaseSection(Section):
    url: Annotated[str | None, _address("postgresql+psycopg", "postgresql", "sqlite")] = None
    """SQLAlchemy URL; unset means SQLite in the data folder."""
    pool_size: int = Field(default=10, ge=1, le=200)


class RedisSection(Section):
    url: Annotated[str | None, _address("redis", "rediss", "unix")] = None
    """``redis://`` or ``unix://`` URL; unset means the embedded server in the data folder."""


class Outgoing(Section):
    allow_networks: Annotated[list[Annotated[Network, BeforeValidator(_network)]], BeforeValidator(_split)] = []
    """Private networks that outgoing requests may reach all the same."""
    connect_seconds: float = Field(default=5.0, gt=0, le=60)
    read_seconds: float = Field(default=10.0, gt=0, le=60)
    total_seconds: float = Field(default=30.0, gt=0, le=300)
    max_bytes: int = Field(default=10_000_000, ge=1_000, le=100_000_000)
    """Largest answer taken, counted after decompression."""


class Collecting(Section):
    threads: int = Field(default=16, ge=1, le=128)
    fastest_seconds: int = Field(default=30, ge=1, le=86_400)
    """How often a page with fresh comments is read; quiet pages taper from here to once a day."""
    patience_seconds: float = Field(default=20.0, gt=0, le=300)
    """How long a page may keep us waiting for its next comments, over all requests that takes."""
    keep_raw_days: int = Field(default=30, ge=1, le=3650)
    """How long raw answers are kept for ``porchlight collect --replay``."""


class Meta(Section):
    """Our app at Meta, for Facebook and Instagram; docs/connectors/facebook.md says how to make one."""

    app_id: str | None = None
    app_secret_file: Path | None = None
    """Holds the app's secret."""
    verify_token: str | None = None
    """A word of one's own that Meta repeats when it asks whether the address for messages is ours."""
    graph_version: Annotated[str, Field(pattern=r"^v\d+\.\d+$")] = "v26.0"

    def app_secret(self) -> str:
        """What the file holds, without the line's end. Raises OSError."""
        return self.app_secret_file.read_text(encoding="utf-8").strip() if self.app_secret_file else ""


class Google(Section):
    """Our app at Google, for YouTube and Blogger; docs/connectors/youtube.md says how to make one."""

    client_id: str | None = None
    client_secret_file: Path | None = None
    """Holds the client secret."""
    youtube_daily_units: int = Field(default=10_000, ge=100, le=100_000_000)
    """What YouTube gives the app in a day; beyond it nothing is asked or sent there."""

    def client_secret(self) -> str:
        """What the file holds, without the line's end. Raises OSError."""
        return self.client_secret_file.read_text(encoding="utf-8").strip() if self.client_secret_file else ""


class X(Section):
    """Our app at X; docs/connectors/x-com.md says how to make one."""

    client_id: str | None = None
    client_secret_file: Path | None = None
    """Holds the secret of a confidential app; unset for a public one."""
    consumer_key: str | None = None
    """The app's API key: with it X is asked to tell of what is said by itself."""
    consumer_secret_file: Path | None = None
    """Holds the API key's secret, which X signs with; unset: X can't call us."""
    monthly_dollars: float = Field(default=25.0, ge=0, le=1_000_000)
    """What may be spent at X in a calendar month; then nothing more is asked or sent there."""

    def client_secret(self) -> str:
        """What the file holds, without the line's end. Raises OSError."""
        return self.client_secret_file.read_text(encoding="utf-8").strip() if self.client_secret_file else ""

    def consumer_secret(self) -> str:
        """What the file holds, without the line's end. Raises OSError."""
        return self.consumer_secret_file.read_text(encoding="utf-8").strip() if self.consumer_secret_file else ""


class Outbox(Section):
    undo_seconds: float = Field(default=10.0, ge=0, le=300)
    lease_seconds: float = Field(default=120.0, ge=1, le=900)
    """After this long a send of unknown outcome is looked up, be it that our process died or that no answer came. Keep
    it well above outgoing.total_seconds: a slow site may act on a request after we lost patience with it."""


class Learning(Section):
    sentence_model: Path | None = None
    """A folder with model.onnx and tokenizer.json, for the extra ``embeddings``; unset: words and letters do."""
    sentence_model_checksum: Annotated[str | None, Field(pattern=r"^[0-9a-f]{64}$")] = None
    """Of model.onnx: what the folder holds has to be what was meant."""


class Smtp(Section):
    host: str | None = None
    """The mail server; unset: nobody is told by e-mail."""
    port: int = Field(default=587, ge=1, le=65535)
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password_file: Path | None = None
    sender: str | None = None
    """The address mails come from."""

    def password(self) -> str:
        """What the password file holds, without the line's end. Raises OSError."""
        return self.password_file.read_text(encoding="utf-8").strip() if self.password_file else ""


class Log(Section):
    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"


class Settings(Section):
    """All settings; immutable. ``load`` makes one."""

    data_dir: Path = Path("data")
    language: Literal["en", "de"] = "en"
    """Language for people who chose none and whose browser asks for none we have."""
    time_zone: Annotated[str, AfterValidator(_zone)] = "UTC"
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
        text = file.read_text(encoding="utf-8")
    elif named is not None:
        raise ConfigError(f"{file}: there is no such file. Name an existing one, or leave it out to use the defaults.")
    try:
        values: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
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
