"""Every connector passes the contract suite, whole; what is left out is left out here, with the reason."""

import re
from importlib import import_module
from pathlib import Path

import pytest

from app import bootstrap
from app.connectors.publishing import Publisher
from app.connectors.registry import Registry
from app.core.config import Settings
from tests.connectors.contract import ConnectorContract
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.wire_contract import WireContract

CONNECTORS = Path(__file__).resolve().parents[1] / "connectors"
NO_PLATFORM = {"archive": "it reads a file somebody sends; tests/web/test_imports.py takes it there and back"}
NO_NETWORK = {"demo": "its pretend platform is a file beside the database"}
Suites = dict[str, list[type[ConnectorContract]]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """All connectors, as a process of Porchlight has them."""
    built = bootstrap.build(Settings(data_dir=tmp_path_factory.mktemp("data")))
    built.redis.close()
    return built.connectors


@pytest.fixture(scope="module")
def suites() -> Suites:
    """The classes that run the contract suite, by connector."""
    found: Suites = {}
    for path in sorted(CONNECTORS.glob("test_*.py")):
        if "ConnectorContract)" in (text := path.read_text("utf-8")) or "ConnectorContract," in text:
            for one in vars(import_module(f"tests.connectors.{path.stem}")).values():
                if isinstance(one, type) and issubclass(one, ConnectorContract) and one is not ConnectorContract:
                    assert one.__name__.startswith("Test"), f"{one} is not run"
                    found.setdefault(one.kind, []).append(one)
    return found


def test_every_connector_passes_the_suite_and_is_broken_on_its_way(registry: Registry, suites: Suites) -> None:
    assert set(suites) == set(registry.kinds()) - set(NO_PLATFORM)
    for kind, classes in suites.items():
        broken = [one for one in classes if issubclass(one, WireContract)]
        assert bool(broken) != (kind in NO_NETWORK), kind


def test_who_publishes_passes_that_part_too(registry: Registry, suites: Suites) -> None:
    able = {kind for kind in registry.kinds() if registry.publisher(kind) is not None}
    assert len(able) > 3, Publisher
    for kind in able - set(NO_PLATFORM):
        known = [one for one in suites[kind] if issubclass(one, PublishContract)]
        assert known, kind
        assert kind in NO_NETWORK or any(issubclass(one, PublishWireContract) for one in known), kind


def test_nobody_takes_a_piece_out_of_the_suite(suites: Suites) -> None:
    """By overriding it, or by having it skipped."""
    parts = (ConnectorContract, WireContract, PublishContract, PublishWireContract)
    promised = {name for part in parts for name in dir(part) if name.startswith("test_")}
    assert len(promised) > 50
    for one in (one for classes in suites.values() for one in classes):
        assert not promised & set(vars(one)), one
        assert "pytestmark" not in vars(one), one
    for path in CONNECTORS.glob("*.py"):
        assert not re.search(r"\bpytest\.(mark\.)?(skip|xfail|importorskip)", path.read_text("utf-8")), path
