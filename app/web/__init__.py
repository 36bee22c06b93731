"""The screens."""

from flask import Flask

from app.web import account, assets, connect, health, inbox, pages, people, rules, sessions, setup, style
from app.web.present import filters


def install(app: Flask) -> None:
    """Register all screens."""
    filters.install(app)
    assets.install(app)
    for blueprint in (
        sessions.blueprint,
        setup.blueprint,
        account.blueprint,
        inbox.blueprint,
        connect.blueprint,
        pages.blueprint,
        people.blueprint,
        rules.blueprint,
        health.blueprint,
        style.blueprint,
    ):
        app.register_blueprint(blueprint)
