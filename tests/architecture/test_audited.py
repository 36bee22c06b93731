"""Whatever decides something or changes a setting can write a line into the audit log, or says here why it need not.

Read from the source: from each form and command along the functions it names. That a line is written in the end is
held by the tests of each domain; this one finds the form that somebody added without thinking of it.
"""

import ast
from functools import cache
from pathlib import Path

from app.audit.types import Action

ROOT = Path(__file__).resolve().parents[2]
WRITES = {("app.audit.service", "note"), ("app.audit.service", "record")}
Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, str]
"""A module and the name of a function in it."""

HISTORY = "stands in the history of the conversation or contact, which names who did it; hundreds a day by each agent"
OWN = "somebody's own account, list or screen: nobody else sees anything otherwise"
WORDS = "words between colleagues, or a draft: nothing is decided"
LOOKS = "looks, tries or counts; nothing is changed by it"
STOPS = "stops something that only looks, or that its beginning has a line for"
PROGRAMS = "a program calls; what comes of it has its own lines, or is the platform's doing"
ASKS_AGAIN = "asks the platform once more, or takes again what it told; decides nothing"
HOUSE = "runs or prepares the house; what then happens has its own lines"
NOT_WRITTEN_DOWN = {
    "web.account change_language": OWN,
    "web.account change_looks": OWN,
    "web.asking ask": LOOKS,
    "web.connect look": LOOKS,
    "web.contacts.care note": WORDS,
    "web.contacts.care remove_note": WORDS,
    "web.contacts.care rename": HISTORY,
    "web.duty say": OWN,
    "web.duty seen": OWN,
    "web.hooks called": PROGRAMS,
    "web.hooks greeted": PROGRAMS,
    "web.imports check": LOOKS,
    "web.imports discard": STOPS,
    "web.inbox.actions assign": HISTORY,
    "web.inbox.actions hand_over": HISTORY,
    "web.inbox.actions note": WORDS,
    "web.inbox.actions reopen": HISTORY,
    "web.inbox.actions resolve": HISTORY,
    "web.inbox.actions spam": HISTORY,
    "web.inbox.actions take": HISTORY,
    "web.inbox.actions undo": HISTORY,
    "web.inbox.bulk stop_bulk": STOPS,
    "web.inbox.drafting choose_similar": WORDS,
    "web.inbox.drafting choose_text": WORDS,
    "web.inbox.drafting continue_draft": WORDS,
    "web.inbox.drafting draft": WORDS,
    "web.inbox.drafting preview": LOOKS,
    "web.inbox.drafting use_similar": WORDS,
    "web.inbox.drafting use_text": WORDS,
    "web.inbox.guided next_free": HISTORY,
    "web.inbox.guided skip": HISTORY,
    "web.inbox.presence here": LOOKS,
    "web.inbox.putting_off put_off": HISTORY,
    "web.inbox.replying reply": HISTORY,
    "web.inbox.sounding terms": LOOKS,
    "web.inbox.tags tag": HISTORY,
    "web.inbox.tags untag": HISTORY,
    "web.notices add_device": OWN,
    "web.notices choose": OWN,
    "web.notices push_key": OWN,
    "web.notices remove_device": OWN,
    "web.notifications leave": OWN,
    "web.notifications read_all": OWN,
    "web.notifications seen": OWN,
    "web.oauth again": "leads to the platform; its way back stores the login and writes the line",
    "web.oauth begin": "leads to the platform; its way back stores the login and writes the line",
    "web.outreach.held say": WORDS,
    "web.pages ask_to_call": ASKS_AGAIN,
    "web.pages read": ASKS_AGAIN,
    "web.remedies.calls called": PROGRAMS,
    "web.rooms try_it": LOOKS,
    "web.rules.drafts try_": LOOKS,
    "web.rules.trials stop": STOPS,
    "web.sessions open_session": "signing in decides nothing; who did what carries its own address",
    "web.sessions sign_out": OWN,
    "web.to_do take_up": OWN,
    "web.told all_again": ASKS_AGAIN,
    "web.told call_again": ASKS_AGAIN,
    "web.told change_again": ASKS_AGAIN,
    "web.vitality posted": "notes that a post went out elsewhere; decides nothing",
    "cli.__init__ porchlight": HOUSE,
    "cli.audit verify": LOOKS,
    "cli.collect collect": ASKS_AGAIN,
    "cli.database check": LOOKS,
    "cli.database new_key": HOUSE,
    "cli.database upgrade": HOUSE,
    "cli.demo add": "pretend people and pages, which go without a trace",
    "cli.demo remove": "pretend people and pages, which go without a trace",
    "cli.doctor doctor": LOOKS,
    "cli.export comments": LOOKS,
    "cli.inspect inspect": LOOKS,
    "cli.model evaluate": LOOKS,
    "cli.model list_": LOOKS,
    "cli.page check": LOOKS,
    "cli.page list_": LOOKS,
    "cli.prepare prepare": HOUSE,
    "cli.processes scheduler": HOUSE,
    "cli.processes web": HOUSE,
    "cli.processes worker": HOUSE,
    "cli.route route": LOOKS,
    "cli.rules show": LOOKS,
    "cli.rules try_": LOOKS,
    "cli.run run": HOUSE,
    "cli.user list_": LOOKS,
    "cli.webhook replay": ASKS_AGAIN,
    "cli.webhook show": LOOKS,
}
CHANGE_ON_THE_WAY_BACK = ("web.oauth back",)
"""Pages that are only opened, and store something all the same."""


@cache
def source(module: str) -> ast.Module | None:
    path = ROOT / Path(*module.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return ast.parse(file.read_text(encoding="utf-8"))
    return None


@cache
def functions(module: str) -> dict[str, Function]:
    tree = source(module)
    return {node.name: node for node in ast.walk(tree) if isinstance(node, Function)} if tree else {}


@cache
def names(module: str) -> dict[str, Place]:
    """What the names that a module imports stand for: (module, "") or (module, function)."""
    found: dict[str, Place] = {}
    for node in ast.walk(source(module) or ast.Module([], [])):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("app"):
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                found[one.asname or one.name] = (inner, "") if source(inner) else (node.module, one.name)
    return found


@cache
def named(place: Place) -> frozenset[Place]:
    """The functions of ours that one calls or hands on."""
    module, name = place
    function, found = functions(module).get(name), set()
    for node in ast.walk(function) if function else ():
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            target, inner = names(module).get(node.value.id, ("", ""))
            if target and not inner:
                found.add((target, node.attr))
        elif isinstance(node, ast.Name):
            if node.id in functions(module):
                found.add((module, node.id))
            elif node.id in names(module):
                found.add(names(module)[node.id])
    return frozenset(found)


def is_written_down(start: Place) -> bool:
    """Whether a function can come to write a line into the audit log."""
    seen, waiting = {start}, [start]
    while waiting:
        place = waiting.pop()
        if place in WRITES:
            return True
        fresh = named(place) - seen
        seen |= fresh
        waiting += fresh
    return False


def is_entrance(decorator: ast.expr) -> bool:
    """Whether it makes a function the view of a form, or a command."""
    if not isinstance(decorator, ast.Call):
        return False
    called = ast.unparse(decorator.func)
    return called.endswith(".command") or (
        called == "route" and any(one.arg == "methods" for one in decorator.keywords)
    )


def entrances() -> dict[str, Place]:
    """Every view that takes a form, and every command, by a short name."""
    found = {}
    for path in sorted([*(ROOT / "app/web").rglob("*.py"), *(ROOT / "app/cli").rglob("*.py")]):
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for name, function in functions(module).items():
            short = f"{module.removeprefix('app.')} {name}"
            if short in CHANGE_ON_THE_WAY_BACK or any(is_entrance(one) for one in function.decorator_list):
                found[short] = (module, name)
    return found


def test_every_form_and_command_writes_into_the_log_or_says_why_not() -> None:
    found = entrances()
    assert len(found) > 150, "read from the source"
    missing = [one for one, place in found.items() if one not in NOT_WRITTEN_DOWN and not is_written_down(place)]
    assert missing == [], "call audit.note in the service, or name a reason in NOT_WRITTEN_DOWN"


def test_nothing_is_excused_that_is_gone() -> None:
    assert set(NOT_WRITTEN_DOWN) <= set(entrances())


def test_only_the_demonstration_does_without() -> None:
    users = [path for path in (ROOT / "app").rglob("*.py") if "audit.pretend(" in path.read_text(encoding="utf-8")]
    assert users == [ROOT / "app/demo/service.py"]


def test_everything_that_can_be_written_down_is_written_somewhere() -> None:
    used = {
        node.attr
        for path in (ROOT / "app").rglob("*.py")
        if "Action." in path.read_text(encoding="utf-8")
        for node in ast.walk(source(".".join(path.relative_to(ROOT).with_suffix("").parts)) or ast.Module([], []))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "Action"
    }
    assert [one.name for one in Action if one.name not in used] == []
