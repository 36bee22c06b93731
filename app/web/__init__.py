"""The screens."""

from flask import Flask

from app.web import assets, inbox, style
from app.web.present import filters


def install(app: Flask) -> None:
    """Register all screens."""
    filters.install(app)
    assets.install(app)
    for blueprint in (inbox.blueprint, style.blueprint):
        app.register_blueprint(blueprint)
