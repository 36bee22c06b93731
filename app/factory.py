"""Makes the Flask application."""

import hashlib
from datetime import timedelta

from flask import Flask, Response, request
from flask import session as cookie
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import bootstrap, web
from app.bootstrap import Services
from app.core import i18n, logs
from app.core.security import read_or_make_key
from app.edge import errors
from app.edge.context import EXTENSION, maybe_actor
from app.web import assets
from app.web.imports import LARGEST_FORM

MAX_BODY_BYTES = 1_000_000
MAX_PICTURE_FORM_BYTES = 25_000_000
"""Where pictures are sent, by somebody who is signed in."""
LARGER = {
    "imports.check": LARGEST_FORM,
    "remedies.ask": MAX_PICTURE_FORM_BYTES,
    "remedies.edit": MAX_PICTURE_FORM_BYTES,
}
"""How much may be sent where files are."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def create_app(services: Services | None = None) -> Flask:
    """The application, with ``services`` or with those of the configuration. Raises ConfigError."""
    services = services or bootstrap.build()
    app = Flask("app.web", static_folder=None)  # app.web.assets serves them
    equip(app, services)
    app.before_request(_make_room)  # before the form is looked at
    forms = CSRFProtect(app)
    errors.install(app)
    web.install(app)
    forms.exempt(app.view_functions["asking.ask"])  # programs call it with a token, and send no cookie
    forms.exempt(app.view_functions["hooks.called"])  # platforms call it, and sign what they send
    forms.exempt(app.view_functions["outreach.called"])  # programs call it, and sign what they send
    forms.exempt(app.view_functions["outreach.enter"])  # programs call it with a token, and send no cookie
    forms.exempt(app.view_functions["remedies.called"])  # shops call it, and sign what they send
    forms.exempt(app.view_functions["notifications.leave"])  # mail programs send it by themselves; its token admits
    app.before_request(_speak)
    app.after_request(_harden)
    if services.settings.web.trusted_proxies:
        hops = services.settings.web.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def equip(app: Flask, services: Services) -> None:
    """Have the application work with these services: all of it that is not the same in every installation, but for the
    proxies before it."""
    logs.configure(services.settings.log.level, services.settings.log.format)
    app.extensions[EXTENSION] = services
    key = read_or_make_key(services.settings.key_file)
    app.config.update(
        # A key of its own for cookies: whoever learns it can't open credentials.
        SECRET_KEY=hashlib.blake2b(key, person=b"porchlight-cook", digest_size=32).hexdigest(),
        SESSION_COOKIE_NAME="porchlight",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=services.settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=timedelta(days=services.settings.web.session_days),
        SESSION_REFRESH_EACH_REQUEST=False,
        MAX_CONTENT_LENGTH=MAX_BODY_BYTES,
        MAX_FORM_MEMORY_SIZE=MAX_BODY_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session itself
        TEMPLATES_AUTO_RELOAD=False,
    )


def _make_room() -> None:
    """Let forms with files be larger; the cookie is signed, so it names a session that there was."""
    if request.endpoint in LARGER and cookie.get("sid"):
        request.max_content_length = LARGER[request.endpoint]


def _speak() -> None:
    """Until the route knows who is asking: the browser's language, and nobody's time zone."""
    i18n.use(i18n.choose(list(request.accept_languages.values()), "en"))
    i18n.use_zone(None)


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.endpoint == assets.ENDPOINT:  # parts of a page that has all of these; two dozen come with the first
        return response
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if maybe_actor() is not None:
        headers.setdefault("Cache-Control", "no-store")
    return response
