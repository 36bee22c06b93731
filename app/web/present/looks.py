"""How screens look on this device, where its reader chose: kept in cookies, so that the first byte knows and nothing
flashes. Each device has its own: a phone at night is not the desk in the morning."""

from flask import Response, request

THEMES = ("auto", "light", "dark")
DENSITIES = ("comfortable", "compact")
_YEAR = 31_536_000


def theme() -> str:
    """``light`` or ``dark`` when the reader chose one, else ``auto``: what the system says."""
    return _chosen("theme", THEMES)


def density() -> str:
    """``comfortable``, or ``compact``: more rows on a screen."""
    return _chosen("density", DENSITIES)


def keep(response: Response, *, theme: str, density: str, secure: bool) -> None:
    """Remember choices; what is none means the usual."""
    for name, value, known in (("theme", theme, THEMES), ("density", density, DENSITIES)):
        kept = value if value in known else known[0]
        response.set_cookie(name, kept, max_age=_YEAR, samesite="Lax", secure=secure)


def _chosen(name: str, known: tuple[str, ...]) -> str:
    value = request.cookies.get(name, "")
    return value if value in known else known[0]
