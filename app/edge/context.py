"""What a view works with: the services, the transaction, and who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from flask import current_app, g, request
from sqlalchemy.orm import Session

from app.accounts.types import Actor
from app.bootstrap import Services

EXTENSION = "porchlight"


def services() -> Services:
    """The process's services."""
    return cast(Services, current_app.extensions[EXTENSION])


def session() -> Session:
    """The request's transaction; the edge commits it after the view."""
    return cast(Session, g.session)


@contextmanager
def reading() -> Iterator[Session]:
    """The request's transaction while it lasts, else a short one of its own: for what stands on every page, those of
    views with own transactions and of errors too. A session that was closed would begin anew and never end."""
    current = g.get("session")
    if current is not None and current.in_transaction():
        yield current
    else:
        with services().db.read() as own:
            yield own


def actor() -> Actor:
    """Who is asking; only for routes that need a permission, where somebody always is."""
    asking = g.get("actor")
    if asking is None:
        raise RuntimeError("this route is public; nobody needs to be signed in")
    return cast(Actor, asking)


def maybe_actor() -> Actor | None:
    """Who is asking, or None on a public route without a session."""
    return cast("Actor | None", g.get("actor"))


def bearer() -> str:
    """The token a program sends as ``Authorization: Bearer TOKEN`` (RFC 6750, section 2.1); empty without one."""
    kind, _blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if kind.casefold() == "bearer" else ""
