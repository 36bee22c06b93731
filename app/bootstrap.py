"""Wires the parts together, once per process. The only place that names a connector."""

from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.connectors.archive import ArchiveConnector
from app.connectors.blogger import BloggerConnector
from app.connectors.bluesky import BlueskyConnector
from app.connectors.code_flow import App
from app.connectors.connector import Connector
from app.connectors.demo.connector import DemoConnector
from app.connectors.demo.platform import Platform as DemoPlatform
from app.connectors.demo.script import story as demo_story
from app.connectors.facebook import FacebookConnector
from app.connectors.feed import FeedConnector
from app.connectors.google.app import GoogleApp
from app.connectors.instagram import InstagramConnector
from app.connectors.isso import IssoConnector
from app.connectors.mastodon import MastodonConnector
from app.connectors.meta.app import MetaApp
from app.connectors.meter import Meter
from app.connectors.registry import Registry
from app.connectors.webhook import WebhookConnector
from app.connectors.wordpress import WordPressComConnector, WordPressConnector
from app.connectors.x import XConnector
from app.connectors.x.connector import Terms as XTerms
from app.connectors.youtube import YouTubeConnector
from app.core import config, days
from app.core.clock import utc_now
from app.core.config import Settings
from app.core.db import BUSY_SECONDS, Database
from app.core.errors import ConfigError
from app.core.events import Changed, RedisAnnouncer
from app.core.http import Http
from app.core.jobs import JobName
from app.core.mail import Mailer
from app.core.pace import Pace
from app.core.security import SecretBox, derived_key, read_or_make_key
from app.core.waking import RqWaker
from app.executors.manual import ManualExecutor
from app.executors.registry import Executors
from app.executors.shopify import ShopifyExecutor
from app.executors.stripe import StripeExecutor
from app.executors.webhook import WebhookExecutor
from app.executors.woocommerce import WooCommerceExecutor
from app.learning import queries as learning_queries
from app.pages import queries as pages
from app.pages.spending import Ledger
from app.remedies import policies, shops
from app.remedies.finding import Finder
from app.routing import queries as routing_queries
from app.routing import unpacked
from app.routing import versions as rule_versions
from app.writing.presence import Presence


@dataclass(frozen=True, slots=True)
class Services:
    """What faces and workers need, made once per process."""

    settings: Settings
    db: Database
    quick_db: Database
    """The same database, for what must be answered within a second."""
    redis: "redis.Redis"
    http: Http
    connectors: Registry
    executors: Executors
    finder: Finder
    box: SecretBox
    waker: RqWaker
    mailer: Mailer
    presence: Presence


def build(settings: Settings | None = None, *, busy_seconds: float = BUSY_SECONDS) -> Services:
    """Connects lazily: nothing here needs the database (but at the first start) or Redis. Raises ConfigError."""
    settings = settings or config.load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    days.use(settings.time_zone)
    unpacked.keep_in(settings.data_dir)
    # Redis only says "now": while it is away nobody waits for it, and the sweep makes up for what was not said.
    connection: redis.Redis = redis.Redis.from_url(
        settings.redis_url, socket_timeout=5, socket_connect_timeout=2, retry=Retry(NoBackoff(), 1)
    )
    waker = RqWaker(connection)
    announcer = RedisAnnouncer(connection)

    def after_commit(work: list[Any]) -> None:
        announcer.publish([piece for piece in work if isinstance(piece, Changed)])
        for piece in work:
            if isinstance(piece, JobName):
                waker.wake(piece)

    http = Http(settings.outgoing)
    database = Database(
        settings.database_url,
        pool_size=settings.database.pool_size,
        busy_seconds=busy_seconds,
        after_commit=after_commit,
    )
    quick = Database(settings.database_url, pool_size=4, impatient=True, after_commit=after_commit)
    learning_queries.read_as_set(settings.learning, database, quick)
    box = secret_box(settings, database)
    able = executors(http)
    return Services(
        settings=settings,
        db=database,
        quick_db=quick,
        redis=connection,
        presence=Presence(connection),
        http=http,
        connectors=connectors(settings, http, Pace(connection), Ledger(database)),
        executors=able,
        finder=Finder(able, box),
        box=box,
        waker=waker,
        mailer=Mailer(settings.smtp),
    )


def secret_box(settings: Settings, database: Database) -> SecretBox:
    """What opens stored logins. Asks the database only when there is no key yet. Raises ConfigError."""

    def holds_secrets() -> bool:
        with database.read() as session:
            return pages.holds_secrets(session)

    return SecretBox.from_file(settings.key_file, holds_secrets)


def seed(services: Services) -> None:
    """Put the rules and the policy every installation starts with in force, once."""
    with services.db.write() as session:
        policies.seed(session, _text("app.remedies", "default_policy.toml"), utc_now())
        shops.seed(session, utc_now())
        if routing_queries.in_force_id(session) is None:
            rule_versions.install(session, _text("app.routing", "default_rules.toml"), utc_now())


def _text(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")


def executors(http: Http) -> Executors:
    """All ways to carry out remedies."""
    return Executors(
        [
            ManualExecutor(),
            ShopifyExecutor(http),
            StripeExecutor(http),
            WebhookExecutor(http),
            WooCommerceExecutor(http),
        ]
    )


def connectors(settings: Settings, http: Http, pace: Pace, meter: Meter) -> Registry:
    """All connectors; an unknown address is offered to them in this order. Raises ConfigError."""
    meta, google = meta_app(settings), google_app(settings)
    offered: list[Connector] = [
        FacebookConnector(http, meta, pace),
        InstagramConnector(http, meta, pace),
        BlueskyConnector(http, pace),
        MastodonConnector(http, pace),
        IssoConnector(http, pace),
        XConnector(http, pace, meter, x_terms(settings)),
        YouTubeConnector(http, pace, meter, google),
        WordPressComConnector(http, pace),
        WordPressConnector(http, pace),
        BloggerConnector(http, pace, google),
        FeedConnector(http, pace),
        WebhookConnector(http, pace),
    ]
    return Registry(offered, unasked=[ArchiveConnector(), DemoConnector(_demo_platform(settings))])


def x_terms(settings: Settings) -> XTerms:
    """Our app at X and what it may spend. Raises ConfigError when its secret can't be read."""
    at = settings.x
    try:
        secret = at.client_secret()
    except OSError as error:
        remedy = "Put the app's client secret there, or leave the setting out."
        raise ConfigError(f"x.client_secret_file: {error}. {remedy}") from None
    app = App(at.client_id, secret or None) if at.client_id else None
    return XTerms(app, at.monthly_dollars, _x_consumer(settings))


def _x_consumer(settings: Settings) -> App | None:
    """The key and secret that X calls us with; None while there is no secret. Raises ConfigError."""
    try:
        secret = settings.x.consumer_secret()
    except OSError as error:
        remedy = "Put the secret of the app's API key there, or leave the setting out."
        raise ConfigError(f"x.consumer_secret_file: {error}. {remedy}") from None
    return App(settings.x.consumer_key or "", secret) if secret else None


def google_app(settings: Settings) -> GoogleApp:
    """Our app at Google. Raises ConfigError when its secret can't be read."""
    at = settings.google
    try:
        secret = at.client_secret()
    except OSError as error:
        remedy = "Put the app's client secret there, or leave the setting out."
        raise ConfigError(f"google.client_secret_file: {error}. {remedy}") from None
    return GoogleApp(App(at.client_id, secret or None) if at.client_id else None, at.youtube_daily_units)


def meta_app(settings: Settings) -> MetaApp:
    """Our app at Meta. Raises ConfigError when its secret can't be read."""
    meta = settings.meta
    try:
        secret = meta.app_secret()
    except OSError as error:
        remedy = "Put the app's secret there, or leave the setting out."
        raise ConfigError(f"meta.app_secret_file: {error}. {remedy}") from None
    return MetaApp(meta.app_id or "", secret, meta.verify_token or "", meta.graph_version)


def open_demo_platform(settings: Settings, now: datetime) -> None:
    """Let the pretend platform begin, unless it has."""
    _demo_platform(settings).create(demo_story(now))


def close_demo_platform(settings: Settings) -> None:
    """Remove the pretend platform with all that was said there."""
    _demo_platform(settings).remove()


def _demo_platform(settings: Settings) -> DemoPlatform:
    return DemoPlatform(settings.data_dir / "demo")


def audit_key(settings: Settings) -> bytes:
    """What the audit log's heads are sealed with."""
    return derived_key(read_or_make_key(settings.key_file), "porchlight-audit")
