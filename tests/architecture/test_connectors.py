"""Adding a connector touches its own folder and one line of ``app/bootstrap.py``: nobody else knows one by name."""

import ast
import re
from pathlib import Path

import pytest

from app import bootstrap
from app.connectors.registry import Registry
from app.core.config import Settings

ROOT = Path(__file__).resolve().parents[2]
SHARED = {
    "archive": {"app/collecting/imports.py"},
    "demo": {"app/accounts", "app/cli", "app/contacts", "app/demo", "app/inbox", "app/pages"},
    "feed": {"app/contacts/hosts.py"},
    "mastodon": {"app/connectors/ports.py"},
    "webhook": {"app/cli", "app/executors", "app/outreach"},
}
"""What fills pages of history, and words that mean something else there: the demonstration, a part
of other sites' addresses, a way of counting letters, calls between programs."""
QUOTED = re.compile(r"""['"]([a-z_]+)['"]""")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """All connectors, as a process of Porchlight has them."""
    built = bootstrap.build(Settings(data_dir=tmp_path_factory.mktemp("data")))
    built.redis.close()
    return built.connectors


def _elsewhere(path: Path) -> bool:
    """Whether a file is neither a connector's own nor the one that names them all."""
    parts = path.relative_to(ROOT).parts
    return not (parts[:2] == ("app", "connectors") and len(parts) > 3) and parts != ("app", "bootstrap.py")


def _is_shared(kind: str, path: Path) -> bool:
    place = path.relative_to(ROOT).as_posix()
    return any(place == known or place.startswith(f"{known}/") for known in SHARED.get(kind, ()))


def test_no_code_asks_which_connector_it_is(registry: Registry) -> None:
    kinds = set(registry.kinds())
    assert {"bluesky", "feed", "wordpress"} <= kinds
    for path in [*(ROOT / "app").rglob("*.py"), *(ROOT / "workers").rglob("*.py")]:
        if _elsewhere(path):
            constants = (one for one in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(one, ast.Constant))
            named = {one.value for one in constants if isinstance(one.value, str)} & kinds
            assert not [kind for kind in named if not _is_shared(kind, path)], path


def test_no_screen_asks_which_connector_it_is(registry: Registry) -> None:
    kinds = set(registry.kinds())
    web = ROOT / "app" / "web"
    for path in [*(web / "templates").rglob("*.html"), *(web / "static" / "js").glob("*.js")]:
        lengths = {"mastodon"} if path.name == "lengths.js" else set()
        assert not set(QUOTED.findall(path.read_text("utf-8"))) & kinds - lengths, path


def test_each_connector_says_how_it_looks_and_is_described(registry: Registry) -> None:
    icons = next((ROOT / "app" / "web" / "static" / "vendor").glob("lucide-*/icons.svg")).read_text("utf-8")
    listed = (ROOT / "docs" / "connectors" / "README.md").read_text("utf-8")
    for kind in registry.kinds():
        connector = registry.get(kind)
        assert f'<symbol id="{connector.icon}"' in icons, kind
        if kind != "demo":
            document = f"{kind.replace('_', '-')}.md"
            assert f"({document})" in listed, kind
            assert (ROOT / "docs" / "connectors" / document).exists()
