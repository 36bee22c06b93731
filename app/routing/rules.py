"""Which team a conversation goes to: the first rule that matches decides, and says which words it saw."""

import re
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.errors import InvalidInput
from app.core.i18n import gettext as _
from app.inbox.types import Facts, Priority
from app.routing.types import Rule, Verdict

_LINK = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)
_QUESTION = re.compile("[?\uff1f\u061f]")
_MATCHED_MAXIMUM = 5


class _RuleText(BaseModel):
    """A rule as it is written in a file."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: str = Field(min_length=1, max_length=120)
    words: list[str] = []
    question: bool | None = None
    links_at_least: int = Field(default=0, ge=0)
    pages: list[int] = []
    languages: list[str] = []
    author_known: bool | None = None
    held_as_spam: bool | None = None
    team: str | None = None
    priority: str = "normal"
    spam: bool = False


@lru_cache(maxsize=8)
def read(text: str) -> tuple[Rule, ...]:
    """Rules from a TOML text. Raises InvalidInput that names the rule and what is wrong with it."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(_("These rules are not TOML: %(error)s.", error=error), field="rules") from None
    unknown = sorted(set(tables) - {"rule"})
    if unknown or not isinstance(tables.get("rule"), list):
        raise InvalidInput(_("Rules are written as [[rule]] tables, nothing else."), field="rules")
    return tuple(_rule(number, table) for number, table in enumerate(tables["rule"], 1))


def _rule(number: int, table: Any) -> Rule:
    try:
        given = _RuleText.model_validate(table)
        priority = Priority(given.priority)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "rule"
        raise InvalidInput(
            _("Rule %(n)s, %(where)s: %(why)s.", n=number, where=where, why=first["msg"]), field="rules"
        ) from None
    except ValueError:
        raise InvalidInput(_("Rule %(n)s: the priority is normal or high.", n=number), field="rules") from None
    rule = Rule(
        name=given.name,
        words=tuple(given.words),
        question=given.question,
        links_at_least=given.links_at_least,
        pages=tuple(given.pages),
        languages=tuple(given.languages),
        author_known=given.author_known,
        held_as_spam=given.held_as_spam,
        team=given.team,
        priority=priority,
        spam=given.spam,
    )
    blank = any(not word.replace("*", "").strip() for word in rule.words)
    if blank or rule == Rule(name=rule.name, team=rule.team, priority=rule.priority, spam=rule.spam):
        raise InvalidInput(_("Rule %(n)s has no condition; it would take everything.", n=number), field="rules")
    if bool(rule.team) == rule.spam:
        raise InvalidInput(_("Rule %(n)s needs either a team or spam = true.", n=number), field="rules")
    return rule


def decide(rules: Sequence[Rule], facts: Facts, language: str | None) -> Verdict:
    """The verdict on a conversation in ``language`` (ISO 639-1; None when nobody can tell)."""
    text = "\n".join(facts.texts)
    folded = text.casefold()
    for rule in rules:
        matched = _matches(rule, facts, language, text, folded)
        if matched is not None:
            return Verdict(rule.team, rule.priority, rule.spam, rule.name, matched)
    return Verdict(None, Priority.NORMAL, spam=False, rule=None, matched=())


def _matches(rule: Rule, facts: Facts, language: str | None, text: str, folded: str) -> tuple[str, ...] | None:
    """The words that were seen (none for rules without words), or None when a condition does not hold."""
    if not _about_the_conversation(rule, facts, language) or not _about_the_text(rule, text):
        return None
    if not rule.words:
        return ()
    found = dict.fromkeys(match.group() for match in _pattern(rule.words).finditer(folded))
    return tuple(found)[:_MATCHED_MAXIMUM] or None


def _about_the_conversation(rule: Rule, facts: Facts, language: str | None) -> bool:
    if rule.pages and facts.page_id not in rule.pages:
        return False
    if rule.languages and language not in rule.languages:
        return False
    if rule.author_known is not None and facts.author_known is not rule.author_known:
        return False
    return rule.held_as_spam is None or facts.held_as_spam is rule.held_as_spam


def _about_the_text(rule: Rule, text: str) -> bool:
    if rule.question is not None and (_QUESTION.search(text) is not None) is not rule.question:
        return False
    return not rule.links_at_least or len(_LINK.findall(text)) >= rule.links_at_least


@lru_cache(maxsize=1000)
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern for all words of a rule. Only literals and ``\\w*``: matching is linear in the text."""
    parts = []
    for word in words:
        stem = word.casefold().strip()
        ending = r"\w*" if stem.endswith("*") else ""
        parts.append(r"\s+".join(re.escape(piece) for piece in stem.rstrip("*").split()) + ending)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
