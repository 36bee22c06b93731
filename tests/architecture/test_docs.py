"""The documents name what there is: every setting and command, files that exist, headings that links lead to."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from app.cli import porchlight
from app.core.config import Settings
from tests.cli.test_example import keys

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"(?:\]\(|src=\"|srcset=\")([^)\s\"]+)[)\"]")
COMMAND = re.compile(r"(?:^|[ /|])porchlight ([a-z][a-z-]*(?: [a-z][a-z-]*)?)(?=$|\s)(.*)$")
PLACE = re.compile(r"`((?:app|workers|tests|bench|scripts|migrations|docs)/[\w./-]+)`")
OPTION = re.compile(r"(?<!\S)--[a-z-]+")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def without_code(document: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", document, flags=re.DOTALL)


def anchors(document: str) -> set[str]:
    """As GitHub makes them from headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"```.*?```", "", document, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(group: click.Group, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Every command there is, groups left out."""
    found: dict[tuple[str, ...], click.Command] = {}
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, (*prefix, name))
        else:
            found[(*prefix, name)] = command
    return found


def called_in(line: str, known: Mapping[tuple[str, ...], click.Command]) -> tuple[str, ...] | None:
    """The command that a line calls; None when it calls none, or one that does not exist."""
    found = COMMAND.search(line)
    words = tuple(found[1].split()) if found else ()
    return next((words[:n] for n in (2, 1) if words[:n] in known), None)


def blocks(document: str) -> list[str]:
    """The lines of code blocks and the commands in running text."""
    fenced = re.findall(r"```[a-z]*\n(.*?)```", document, re.DOTALL)
    lines = [line.strip() for block in fenced for line in block.splitlines()]
    return lines + re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", document, flags=re.DOTALL))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    broken = []
    for target in LINK.findall(without_code(path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _hash, anchor = unquote(target).partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_document_can_be_found() -> None:
    linked = {
        (path.parent / target.partition("#")[0]).resolve()
        for path in DOCUMENTS
        for target in LINK.findall(path.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target)
    }
    assert [path.name for path in DOCUMENTS if path not in linked and path.parent != ROOT] == []


def test_every_setting_is_described() -> None:
    described = text("docs/operators.md")
    rows = dict(re.findall(r"^\| (?:`(\w+)`|\(none\)) \| (.*) \|$", described, re.MULTILINE))
    named = {
        f"{section}.{key}".removeprefix(".") for section, row in rows.items() for key in re.findall(r"`(\w+)`", row)
    }
    assert keys(Settings) <= named


def test_every_command_is_described() -> None:
    known = commands(porchlight)
    called = {name for line in blocks(text("docs/scripting.md")) if (name := called_in(line, known))}
    assert set(known) - called == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_documents_exist_with_their_options(path: Path) -> None:
    known = commands(porchlight)
    groups = {name[:1] for name in known if len(name) > 1}
    wrong = []
    for line in blocks(path.read_text(encoding="utf-8")):
        if not (found := COMMAND.search(line)):
            continue
        name = called_in(line, known)
        options = {option for param in known[name].params for option in param.opts} if name else set()
        alone = tuple(found[1].split()) in groups
        if not (name or alone) or set(OPTION.findall(found[2])) - options - {"--help"}:
            wrong.append(line)
    assert wrong == []


def test_an_invented_command_or_option_is_noticed() -> None:
    known = commands(porchlight)
    assert called_in("curl x | porchlight inspect -", known) == ("inspect",)
    assert called_in(".venv/bin/porchlight page add https://x --json", known) == ("page", "add")
    assert called_in("porchlight page invent", known) is None


def test_make_targets_in_documents_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    named = {
        word
        for path in DOCUMENTS
        for line in blocks(path.read_text(encoding="utf-8"))
        for word in re.findall(r"(?<!install )\bmake ([a-z]+)\b(?![./])", line)
    }
    assert named - targets == set()


def test_paths_in_documents_exist() -> None:
    listed = subprocess.check_output(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True)
    there = set(listed.split())
    there |= {str(parent) for name in there for parent in Path(name).parents}
    missing = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in DOCUMENTS
        for name in PLACE.findall(path.read_text(encoding="utf-8"))
        if name.rstrip("/") not in there
    ]
    assert missing == []


def test_everything_installed_is_named_with_its_licence() -> None:
    installed = set(re.findall(r"^([a-z0-9_.-]+)==", text("requirements.lock"), re.MULTILINE))
    table = text("docs/third-party.md").partition("## Installed")[2].partition("| --- |")[2]
    named = set(re.findall(r"^\| ([a-z0-9_.-]+) \| \S", table, re.MULTILINE))
    assert named == installed
