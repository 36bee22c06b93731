"""Our app at Google, as the configuration names it."""

from dataclasses import dataclass, field

from app.connectors.code_flow import App

DAILY_UNITS = 10_000
"""What YouTube gives an app in a day before it asked for more."""


@dataclass(frozen=True, slots=True)
class GoogleApp:
    """``app`` is None while none is configured: then nobody can sign in. Only tests have other addresses."""

    app: App | None = None
    daily_units: int = DAILY_UNITS
    authorize: str = "https://accounts.google.com/o/oauth2/v2/auth"
    tokens: str = "https://oauth2.googleapis.com/token"
    apis: dict[str, str] = field(default_factory=dict)
    """Where an interface stands instead of at its own host, by its name."""

    def base(self, name: str) -> str:
        """The host of an interface, such as ``youtube``."""
        return self.apis.get(name, f"https://{name}.googleapis.com")
