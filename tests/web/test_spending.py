"""What a platform charges, on its page and among what needs a look."""

from datetime import timedelta

import pytest

from app.bootstrap import Services
from app.connectors.meter import Budget, Price, Unit
from app.connectors.ports import Found
from app.core.clock import utc_now
from app.pages import service as pages
from app.pages.spending import Ledger
from tests.domain.platform import Platform
from tests.web.browser import Browser, words


@pytest.fixture
def budget(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Budget:
    """Ten dollars, at a platform that charges half a cent for each post."""
    made = Budget("memory:2026-11", 10_000_000, utc_now() + timedelta(days=9), (Price("Each post read", 5_000),))
    monkeypatch.setattr(platform, "budget", lambda _now: made, raising=False)
    return made


@pytest.fixture
def shop(parts: Services) -> int:
    """A page that is read without a login."""
    with parts.db.write() as session:
        found = Found("memory", "Shop", "https://shop.example/", can_log_in=True)
        now = utc_now()
        return pages.add_page(session, found, team_id=1, sealed_secret=None, account=None, since=None, now=now)


def test_a_page_says_what_it_costs(agent: Browser, parts: Services, shop: int, budget: Budget) -> None:
    Ledger(parts.db).reserve(budget, 1_234_000)
    said = words(agent.get(f"/pages/{shop}"))
    assert "$1.234 of $10.00 are spent" in said
    assert "Each post read $0.005" in said


def test_health_warns_before_it_is_spent(agent: Browser, parts: Services, budget: Budget) -> None:
    ledger = Ledger(parts.db)
    ledger.reserve(budget, 8_990_000)
    assert "are spent" not in words(agent.get("/health"))
    ledger.reserve(budget, 10_000)
    assert "$9.00 of $10.00 are spent" in words(agent.get("/health"))


def test_a_page_that_charges_nothing_says_nothing_of_it(agent: Browser, shop: int) -> None:
    assert "What it costs" not in words(agent.get(f"/pages/{shop}"))


@pytest.fixture
def points(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Budget:
    """A platform that gives ten thousand units a day for nothing."""
    prices = (Price("A reply", 50),)
    made = Budget("memory:2026-11-22", 10_000, utc_now() + timedelta(hours=9), prices, Unit.POINTS)
    monkeypatch.setattr(platform, "budget", lambda _now: made, raising=False)
    return made


def test_points_are_no_dollars(agent: Browser, parts: Services, shop: int, points: Budget) -> None:
    Ledger(parts.db).reserve(points, 9_001)
    said = words(agent.get(f"/pages/{shop}"))
    assert "9,001 units of 10,000 units are spent" in said
    assert "A reply 50 units" in said
    assert "9,001 units of 10,000 units are spent" in words(agent.get("/health"))
