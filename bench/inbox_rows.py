"""The statements that fill the house of bench.inbox_data, from two small tables of texts and people.

Comments are counted by ``s.n``, conversations by ``k.c``, threads by ``k.t``. Divisions are of whole numbers.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

from app.search.rules import IS
from app.search.types import Kind

PAGES, POSTS_A_PAGE, TEXTS, PEOPLE = 200, 100, 20_000, 5_000
HUGE = 1_500
"""Conversations in the one long thread; it has 5,000 comments."""


class Database(Protocol):
    """How a database says it."""

    def series(self, count: str) -> str: ...
    def at(self, ms: str) -> str: ...
    def json(self, text: str) -> str: ...
    def word(self, value: str) -> str: ...
    def joined(self, *parts: str) -> str: ...


class _When:
    """When comment ``n`` was made, evenly from the beginning of 2025 to an hour ago, and the numbers that follow."""

    def __init__(self, comments: int) -> None:
        self._start = int(datetime(2025, 1, 5, tzinfo=UTC).timestamp()) * 1000
        self._step = max(1, (int(time.time() - 3600) * 1000 - self._start) // comments)

    def ms(self, n: str) -> str:
        return f"({self._start} + ({n}) * CAST({self._step} AS BIGINT))"

    def id(self, n: str) -> str:
        """As app.core.ids makes them."""
        return f"((({self.ms(n)} - 1735689600000) << 21) | (({n}) & 2097151))"

    def number(self, n: str, more: int) -> str:
        """As app.search.rules.key does."""
        return f"((({self.ms(n)} - 631152000000) << 21) | (((({n}) << 2) | {more}) & 2097151))"


def statements(to: Database, comments: int) -> Iterator[str]:
    """All of them, in order."""
    talks, contacts, posts = comments * 3 // 10, comments // 5, PAGES * POSTS_A_PAGE
    when = _When(comments)
    yield (
        f"CREATE TEMP TABLE talks AS SELECT c, t, ((c - 1) * 10 + 2) / 3 + 1 AS f, c % {contacts} + 1 AS who, "
        f"t % {posts} % {PAGES} + 1 AS page, t % {posts} + 1 AS post, 'c' || (((2 * t - 2) * 10 + 2) / 3 + 1) AS root "
        f"FROM (SELECT n AS c, CASE WHEN n <= {min(HUGE, talks // 10)} THEN 1 ELSE (n + 1) / 2 END AS t "
        f"FROM {to.series(str(talks))}) w"
    )
    yield "CREATE UNIQUE INDEX talks_c ON talks (c)"
    yield (
        f"INSERT INTO contacts (id, name, created_at) SELECT s.n, p.said, {to.at(when.ms('s.n'))} "
        f"FROM {to.series(str(contacts))} JOIN people p ON p.n = s.n % {PEOPLE}"
    )
    yield (
        "INSERT INTO identities (id, contact_id, realm, key, name, email, created_at) SELECT id, id, 'page:1', "
        "'mailto:p' || id || '@people.example', name, 'p' || id || '@people.example', created_at FROM contacts"
    )
    yield (
        "INSERT INTO posts (id, page_id, external_id, url, title) SELECT n, "
        f"(n - 1) % {PAGES} + 1, 'p' || n, 'https://blog.example/p' || n, 'Post ' || n FROM {to.series(str(posts))}"
    )
    yield _conversations(to, when, talks)
    yield from _said(to, when, comments)
    yield from _about(to)
    yield from _entries(to, when, comments)


def _conversations(to: Database, when: _When, talks: int) -> str:
    new = f"(k.c > {talks - talks // 50} AND k.c % 5 > 0 OR k.c % 997 = 0)"
    waiting = f"k.c > {talks - talks // 15}"
    state = f"CASE WHEN {new} THEN 'new' WHEN {waiting} THEN 'waiting' WHEN k.c % 20 = 0 THEN 'spam' ELSE 'done' END"
    first, last = to.at(when.ms("k.f")), to.at(when.ms("k.f + 2"))
    return (
        "INSERT INTO conversations (id, page_id, post_id, identity_id, contact_id, thread_root, state, priority, "
        "team_id, assignee_id, routed_at, waiting_since, sort_at, news_at, opened_at, language, snippet, "
        f"comment_count, version, author_known) SELECT {when.id('k.f')}, k.page, k.post, k.who, k.who, k.root, "
        f"{state}, 'normal', CASE WHEN k.c % 10 < 6 THEN 1 ELSE 2 END, "
        f"CASE WHEN k.c % 5 < 2 OR NOT ({new} OR {waiting}) THEN k.c % 50 + 1 END, "
        f"{first}, CASE WHEN {new} THEN {first} END, CASE WHEN {new} THEN {first} ELSE {last} END, {last}, {first}, "
        "CASE k.c % 3 WHEN 0 THEN 'de' ELSE 'en' END, substr(x.said, 1, 180), 3, 3, FALSE "
        f"FROM talks k JOIN texts x ON x.n = (k.f * 7919) % {TEXTS}"
    )


def _comments_of(to: Database, comments: int) -> str:
    return (
        f"{to.series(str(comments))} JOIN talks k ON k.c = (s.n - 1) * 3 / 10 + 1 "
        f"JOIN texts x ON x.n = (s.n * 7919) % {TEXTS} JOIN people p ON p.n = k.who % {PEOPLE}"
    )


def _some(which: str) -> str:
    return f"talks k JOIN texts x ON x.n = (k.c * 104729) % {TEXTS} WHERE {which}"


_NOTED, _ANSWERED = "k.c % 30 = 0", "k.c % 5 = 2"


def _said(to: Database, when: _When, comments: int) -> Iterator[str]:
    us = "(s.n % 5 = 0 AND s.n <> k.f)"
    at, own, talk, wrote = to.at(when.ms("s.n")), when.id("s.n"), when.id("k.f"), to.at(when.ms("k.f + 1"))
    yield (
        "INSERT INTO comments (id, page_id, external_id, post_id, conversation_id, identity_id, parent_external_id, "
        "thread_root, author_name, is_us, text, content_hash, url, status, published_at, first_seen_at, changed_at, "
        f"verify_at) SELECT {own}, k.page, 'c' || s.n, k.post, {talk}, CASE WHEN {us} THEN NULL ELSE k.who END, "
        f"CASE WHEN 'c' || s.n <> k.root THEN k.root END, k.root, p.said, {us}, "
        "x.said || CASE WHEN s.n % 5 = 1 THEN ' #' || s.n ELSE '' END, '0123456789abcdef0123456789abcdef', "
        f"'https://blog.example/c' || s.n, 'live', {at}, {at}, {at}, {to.at(when.ms('s.n + 1000000'))} "
        f"FROM {_comments_of(to, comments)}"
    )
    yield (
        "INSERT INTO notes (id, conversation_id, author_id, text, created_at) "
        f"SELECT {talk}, {talk}, k.c % 50 + 1, x.said, {wrote} FROM {_some(_NOTED)}"
    )
    yield (
        "INSERT INTO deliveries (id, key, page_id, conversation_id, comment_id, act, text, actor_id, created_at, "
        f"state, due_at, attempts, held, external_id, sent_at) SELECT {talk}, 'k' || k.c, k.page, {talk}, {talk}, "
        f"'reply', x.said, k.c % 50 + 1, {wrote}, 'sent', {wrote}, 1, FALSE, 'r' || k.c, {wrote} "
        f"FROM {_some(_ANSWERED)}"
    )
    yield (
        "INSERT INTO replies (id, conversation_id, delivery_id, comment_id, author_id, text, created_at, before) "
        f"SELECT id, conversation_id, id, comment_id, actor_id, text, created_at, {to.json('{}')} FROM deliveries"
    )


def _about(to: Database) -> Iterator[str]:
    yield (
        "INSERT INTO conversation_events (id, conversation_id, kind, actor_id, at, data) "
        f"SELECT id, id, 'resolved', assignee_id, sort_at, {to.json('{}')} FROM conversations WHERE state = 'done'"
    )
    yield (
        "INSERT INTO routing_decisions (id, conversation_id, decided_by, rule, matched, team_id, priority, spam, at) "
        f"SELECT id, id, 'rule', 'orders', {to.json('[]')}, team_id, 'normal', FALSE, opened_at FROM conversations"
    )


def _entries(to: Database, when: _When, comments: int) -> Iterator[str]:
    into = "INSERT INTO search_entries (id, kind, source_id, conversation_id, words) SELECT"
    place, talk = to.word(f"'{IS}page' || k.page"), when.id("k.f")

    def kind(one: Kind) -> str:
        return to.word(f"'{IS}{one}'")

    order = to.word("(CASE WHEN s.n % 5 = 1 THEN s.n ELSE 0 END)")
    words = to.joined(kind(Kind.COMMENT), place, "p.words", "x.words", order)
    yield (
        f"{into} {when.number('s.n', 0)}, 'comment', {when.id('s.n')}, {talk}, {words} "
        f"FROM {_comments_of(to, comments)}"
    )
    for one, which, more in ((Kind.NOTE, _NOTED, 1), (Kind.REPLY, _ANSWERED, 2)):
        words = to.joined(kind(one), place, "x.words")
        yield f"{into} {when.number('k.f', more)}, '{one}', {talk}, {talk}, {words} FROM {_some(which)}"
    yield (
        f"{into} {when.number('k.id', 3)}, 'contact', k.id, NULL, {to.joined(kind(Kind.CONTACT), 'p.words')} "
        f"FROM contacts k JOIN people p ON p.n = k.id % {PEOPLE}"
    )
