"""The screens."""

from flask import Flask

from app.web import (
    account,
    approvals,
    assets,
    belonging,
    campaigns,
    connect,
    contacts,
    duty,
    goals,
    health,
    home,
    hooks,
    inbox,
    learning,
    library,
    notices,
    notifications,
    oauth,
    outreach,
    pages,
    people,
    remedies,
    reports,
    reviews,
    rooms,
    rules,
    search,
    sessions,
    settings,
    setup,
    stewards,
    style,
    targets,
    texts,
    told,
    vitality,
    voice,
    welcome,
)
from app.web.present import filters

SCREENS = (
    home,
    sessions,
    setup,
    inbox,
    connect,
    pages,
    campaigns,
    belonging,
    stewards,
    vitality,
    reports,
    library,
    goals,
    reviews,
    outreach,
    health,
    hooks,
    told,
    rules,
    learning,
    people,
    duty,
    targets,
    account,
    settings,
    style,
    search,
    contacts,
    notices,
    notifications,
    oauth,
    rooms,
    remedies,
    texts,
    voice,
    approvals,
    welcome,
)


def install(app: Flask) -> None:
    """Register all screens."""
    assets.install(app)
    filters.install(app)
    for screen in SCREENS:
        app.register_blueprint(screen.blueprint)
