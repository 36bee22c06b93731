"""The sections of the configuration: what can be set in each, what it means and within which bounds.

``config.example.toml`` shows them all; ``app.core.config`` reads them.
"""

import ipaddress
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

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
    try:
        ZoneInfo(value)  # to list them all takes longer than the rest of the configuration
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("zone", "It has to be a time zone such as Europe/Berlin") from None
    return value


Zone = Annotated[str, AfterValidator(_zone)]


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
