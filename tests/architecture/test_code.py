"""House rules no linter knows: sizes, nothing done at import, one commit at the edge, every connector held apart."""

import ast
import configparser
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("app", "workers", "migrations")
SOURCES = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
MAXIMUM_FILE = 500
MAXIMUM_FUNCTION = 60

AT_IMPORT_REFUSED = {
    *("open", "read_bytes", "read_text", "write_bytes", "write_text", "mkdir"),
    *("connect", "create_connection", "create_engine", "execute", "from_url", "getaddrinfo", "socket"),
    *("fetch", "request", "urlopen", "Popen", "run", "sleep", "start", "system"),
}
"""Calls that reach for a file, the network or another process."""
STARTS_WHEN_IMPORTED = {"app/asgi.py", "migrations/env.py"}
"""Loaded by a server or by Alembic in order to run, and imported by nobody."""
COMMITS = {"app/core/db.py", "app/core/migrate.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.fixture(params=SOURCES, ids=name)
def source(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def at_import(node: ast.AST) -> Iterator[ast.Call]:
    """All calls made when the module is imported; bodies of functions are not, their decorators and defaults are."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child
        if isinstance(child, Function):
            for part in (*child.decorator_list, *child.args.defaults, *filter(None, child.args.kw_defaults)):
                yield from at_import(ast.Expression(part))
        elif isinstance(child, ast.Lambda) or is_main_guard(child):
            continue
        else:
            yield from at_import(child)


def is_main_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def test_every_file_goes_into_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    files = [path for path in (ROOT / "app").rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    left = [name(path) for path in files if not any(path.match(one) for one in settings["package-data"]["app"])]
    assert files
    assert left == []


def test_files_stay_readable(source: Path) -> None:
    assert len(source.read_text(encoding="utf-8").splitlines()) <= MAXIMUM_FILE


def test_functions_stay_readable(source: Path) -> None:
    if source.parent.name == "versions":
        return  # a migration is one list of steps
    long = [
        node.name
        for node in ast.walk(parsed(source))
        if isinstance(node, Function) and (node.end_lineno or node.lineno) - node.lineno >= MAXIMUM_FUNCTION
    ]
    assert long == []


def test_importing_does_nothing(source: Path) -> None:
    if name(source) in STARTS_WHEN_IMPORTED:
        return
    refused = [
        f"line {call.lineno}: {called(call)}" for call in at_import(parsed(source)) if called(call) in AT_IMPORT_REFUSED
    ]
    assert refused == []


def test_only_the_database_commits(source: Path) -> None:
    if name(source) in COMMITS:
        return
    commits = [
        node.lineno
        for node in ast.walk(parsed(source))
        if isinstance(node, ast.Call) and called(node) in ("commit", "rollback")
    ]
    assert commits == []


SHARED = {"app.connectors.google", "app.connectors.meta"}
"""No connector, but what the connectors of one platform's family have in common."""


def test_no_screen_is_given_something_under_a_name_that_the_frame_around_it_uses() -> None:
    web = ROOT / "app" / "web"
    frame = [web / "templates" / "base.html", *(web / "templates" / "macros").glob("*.html")]
    drawn = " ".join(path.read_text("utf-8") for path in frame)
    common = {one for one in given(parsed(web / "present" / "filters.py"), "env.globals.update") if f"{one}." in drawn}
    assert "figures" in common
    for path in web.rglob("*.py"):
        assert not given(parsed(path), "render_template") & common, name(path)


def given(module: ast.Module, to: str) -> set[str]:
    """The names under which something is handed to calls of ``to``."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    return {one.arg for call in calls if ast.unparse(call.func) == to for one in call.keywords if one.arg}


def test_every_connector_is_held_apart() -> None:
    found = {f"app.connectors.{path.parent.name}" for path in (ROOT / "app/connectors").glob("*/__init__.py")}
    found -= SHARED
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    for contract, key in (("connectors", "modules"), ("wiring", "protected_modules")):
        assert set(contracts[f"importlinter:contract:{contract}"][key].split()) == found


def test_every_executor_is_held_apart() -> None:
    found = {f"app.executors.{path.parent.name}" for path in (ROOT / "app/executors").glob("*/__init__.py")}
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    for contract, key in (("executors", "modules"), ("wired-executors", "protected_modules")):
        assert set(contracts[f"importlinter:contract:{contract}"][key].split()) == found


def test_the_rules_notice_what_they_are_for() -> None:
    bad = ast.parse(
        "x = open('a')\nclass A:\n    y = [urlopen(z) for z in q]\n@run()\ndef f(a=connect()):\n    sleep(1)"
    )
    assert [called(call) for call in at_import(bad)] == ["open", "urlopen", "run", "connect"]
