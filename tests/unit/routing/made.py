"""Rules and conversations of any kind, for property tests."""

import string
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from app.connectors.ports import SaidAs
from app.inbox.arrivals import Facts
from app.inbox.types import Priority
from app.outreach.types import ENTERED
from app.routing.types import Actions, CommentKind, Condition, Fact, Group, Match, Only, Rule

WORDS = ("late", "refund", "paket", "größe", "my order", "doesn't work", "thanks", "c++", "🤮")
PATTERNS = (r"order\s*#?\d+", r"\bfree\b", "a+b", "(late|spät)", "[0-9]{5}")
TEXTS = (
    *WORDS,
    "order #123",
    "Größe",
    "lateness",
    "refunded",
    "FREE",
    "http://x.example/1",
    "@us",
    "?",
    "…",
    "spät",
    "12345",
)


_FIRST, _LAST = (datetime(year, 1, 1, tzinfo=UTC).replace(tzinfo=None) for year in (2026, 2027))


def _some(of: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(of, min_size=1, max_size=3, unique=True).map(tuple)


words = st.sampled_from(WORDS) | st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="*"), min_size=1, max_size=8
)
values: dict[Fact, st.SearchStrategy[Any]] = {
    Fact.WORDS: _some(words | words.map(lambda one: one + "*")),
    Fact.REGEX: _some(st.sampled_from(PATTERNS)),
    Fact.QUESTION: st.booleans(),
    Fact.ONLY: _some(st.sampled_from([one.value for one in Only])),
    Fact.LINKS: st.integers(1, 3),
    Fact.ATTACHED: st.booleans(),
    Fact.LANGUAGES: _some(st.sampled_from(["en", "de", "fr"])),
    Fact.PAGES: _some(st.integers(1, 3)),
    Fact.CONNECTORS: _some(st.sampled_from(["feed", "wordpress"])),
    Fact.CAMPAIGNS: _some(st.integers(1, 3)),
    Fact.POSTS: _some(st.sampled_from(["bread", "/2026/", 'a "quoted" word'])),
    Fact.COMMENT_KINDS: _some(st.sampled_from([one.value for one in CommentKind])),
    Fact.STARS: _some(st.integers(1, 5)).map(lambda stars: tuple(sorted(stars))),
    Fact.KNOWN: st.booleans(),
    Fact.VIP: st.booleans(),
    Fact.STANCES: _some(st.sampled_from([one.value for one in ENTERED])),
    Fact.OWED: st.booleans(),
    Fact.EARLIER: st.integers(1, 5),
    Fact.HOURS: _some(st.sampled_from(["mo-fr 09:00-17:00", "sa,su 22:00-06:00 Europe/Berlin"])),
    Fact.HELD: st.booleans(),
    Fact.KINDS: _some(st.sampled_from(["praise", "complaint"])),
    Fact.CONFIDENCE: st.floats(0.01, 1, allow_nan=False),
}


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    fact = draw(st.sampled_from(Fact))
    value = draw(values[fact])
    return Condition(fact, value, negated=False if isinstance(value, bool) else draw(st.booleans()))


groups = st.builds(Group, st.sampled_from(Match), st.lists(conditions(), min_size=1, max_size=3).map(tuple))
lines = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30).map(
    str.strip
)


@st.composite
def actions(draw: st.DrawFn) -> Actions:
    spam = draw(st.booleans())
    made = Actions(
        team=None if spam else draw(st.sampled_from([None, "marketing", "customer_service"])),
        assignee=None if spam else draw(st.sampled_from([None, "ann", "bob"])),
        skills=() if spam else draw(st.sampled_from([(), ("refunds",), ("refunds", "Spanish")])),
        priority=draw(st.sampled_from([None, *Priority])),
        tags=draw(st.lists(st.text(string.ascii_letters, min_size=1, max_size=6), max_size=2, unique=True).map(tuple)),
        notify=draw(st.lists(st.sampled_from(["ann", "bob"]), max_size=2, unique=True).map(tuple)),
        spam=spam,
        hide=draw(st.booleans()),
        resolve=not spam and draw(st.booleans()),
    )
    if not (made.spam or made.resolve):
        made = replace(
            made, reply=draw(st.sampled_from([None, "thanks"])), snooze=draw(st.none() | st.integers(1, 720))
        )
    return made if made != Actions() else Actions(team="marketing")


rules = st.builds(
    Rule,
    name=lines.filter(bool),
    when=st.lists(conditions() | groups, min_size=1, max_size=4).map(tuple),
    then=actions(),
    match=st.sampled_from(Match),
    goes_on=st.booleans(),
    note=lines,
)
facts = st.builds(
    Facts,
    conversation_id=st.just(1),
    page_id=st.integers(1, 3),
    default_team_id=st.just(1),
    texts=st.lists(st.lists(st.sampled_from(TEXTS), max_size=5).map(" ".join), max_size=3).map(tuple),
    author_known=st.booleans(),
    held_as_spam=st.booleans(),
    is_reply=st.booleans(),
    said_as=st.none() | st.sampled_from(SaidAs),
    stars=st.none() | st.integers(1, 5),
    attached=st.integers(0, 2),
    post_title=st.sampled_from([None, "Bread of the week"]),
    post_url=st.sampled_from([None, "https://blog.example/2026/x"]),
    said_at=st.none() | st.datetimes(_FIRST, _LAST, timezones=st.just(UTC)),
    connector=st.sampled_from(["feed", "wordpress"]),
    author_vip=st.booleans(),
    stances=st.frozensets(st.sampled_from([one.value for one in ENTERED]), max_size=2),
    earlier=st.integers(0, 6),
    remedy_open=st.booleans(),
    campaign_id=st.none() | st.integers(1, 3),
    kind=st.sampled_from([None, "praise", "complaint"]),
    confidence=st.none() | st.floats(0, 1),
)
languages = st.sampled_from([None, "en", "de"])
