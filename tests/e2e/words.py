"""What people write under a blog's posts: as it lies in the blog's table, and what its readers see of it.

Both sides were written by hand, not made by the code under test; a browser's view of the same pages is compared too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Words:
    """``n`` in both makes each comment one of its kind."""

    stored: str
    seen: str
    shown_alike: bool = True
    """Whether a browser shows the very same; not where we add what a browser shows otherwise: a link's address, a
    picture's name, the mark before a quotation."""

    def numbered(self, n: int) -> "Words":
        return Words(self.stored.replace("{n}", str(n)), self.seen.replace("{n}", str(n)), self.shown_alike)


def _same(text: str) -> Words:
    return Words(text, text)


WORDS = (
    _same("Wo ist mein Paket {n}?"),
    Words("Größe &amp; Übermut, Straße Nr. {n}", "Größe & Übermut, Straße Nr. {n}"),
    _same("🥐🇩🇪👩‍👩‍👧‍👦 lecker {n} 🏳️‍🌈"),
    _same("שלום עולם, איפה החבילה {n}?"),
    _same("مرحبا بالعالم {n} 123 abc"),
    _same("mixed אבג \u200f{n}\u200e def"),
    Words("1 &lt; 2 &amp;&amp; 3 &gt; 2, &copy; &auml; &#8364; {n}", "1 < 2 && 3 > 2, © ä € {n}"),
    Words("&amp;lt;b&amp;gt; {n} &amp;amp;", "&lt;b&gt; {n} &amp;"),
    Words("Das ist <strong>fett</strong> und <em>schräg</em> {n}", "Das ist fett und schräg {n}"),
    Words(
        'Sieh <a href="https://shop.example.org/x?n={n}&amp;a=1" rel="nofollow">hier</a>',
        "Sieh hier (https://shop.example.org/x?n={n}&a=1)",
        shown_alike=False,
    ),
    Words("<script>document.title='stolen {n}'</script>Harmlos {n}", "Harmlos {n}"),
    Words('<img src=x onerror="document.title=1" alt="Bild"> {n}', "Bild {n}", shown_alike=False),
    Words("<svg/onload=alert(1)></svg>Text {n}", "Text {n}", shown_alike=False),  # WordPress pulls it into the picture
    Words('<a href="javascript:alert(1)">klick {n}</a>', "klick {n}"),
    _same("Erste Zeile\nzweite Zeile\n\nNeuer Absatz {n}"),
    Words("<blockquote>Zitat</blockquote>\n\nAntwort {n}", "> Zitat\n\nAntwort {n}", shown_alike=False),
    Words('"Wer" sagt\'s -- ich... {n}', "“Wer” sagt’s — ich… {n}"),
    Words("<code>if (a &lt; b) { x(); }</code> {n}", "if (a < b) { x(); } {n}"),
    Words("lang " * 1_500 + "{n}", "lang " * 1_500 + "{n}"),
    _same("Z̸a̷l̴g̵o̶ {n} é"),
    _same("𠮷野家 コメント Привет {n}"),
    Words("Robert'); DROP TABLE comments;-- {n}", "Robert’); DROP TABLE comments;– {n}"),
    _same("{{ 7*7 }} %(name)s %s ${jndi} {n}"),
    Words("<b>offen {n}", "offen {n}"),
    Words("<!-- versteckt -->sichtbar {n}", "sichtbar {n}"),
    Words("<style>.x{color:red}</style><iframe src='//evil.example'></iframe>Da {n}", "Da {n}"),
    Words(":) {n}", "🙂 {n}"),
    Words("https://example.org/{n} und www.example.org", "https://example.org/{n} und http://www.example.org"),
    _same("@ann danke {n} #brot"),
    _same("=1+1 {n}"),
)

NAMES = (
    ("Ann", "Ann"),
    ("Zoë Müller", "Zoë Müller"),
    ("李雷", "李雷"),
    ("مريم", "مريم"),
    ("Åsa 🌻", "Åsa 🌻"),
    ("O&#039;Brien", "O'Brien"),
    ("Tom &amp; Jerry", "Tom & Jerry"),
    ("<script>alert(1)</script>Bob", "<script>alert(1)</script>Bob"),
    ("", ""),
)
"""Names as stored, and as readers see them."""

STATES = {"1": "live", "0": "held", "spam": "spam", "trash": "trash"}
DEPTH = 7


@dataclass(frozen=True, slots=True)
class Said:
    """One comment to be put into the blog's table."""

    fields: dict[str, Any]
    words: Words
    author: str
    """As readers see the name."""


def conversation(posts: Sequence[int], count: int, now: datetime) -> list[Said]:
    """``count`` comments, the posts one after the other: threads seven deep, some held, some spam, some in the trash;
    the youngest is a few minutes old."""
    return [_said(posts, number, count, now) for number in range(count)]


def _said(posts: Sequence[int], number: int, count: int, now: datetime) -> Said:
    each = -(-count // len(posts))
    place = number % each
    words = WORDS[number % len(WORDS)].numbered(number)
    stored_name, name = NAMES[number % len(NAMES)]
    fields: dict[str, Any] = {
        "comment_post_ID": posts[number // each],
        "comment_content": words.stored,
        "comment_author": stored_name,
        "comment_author_email": f"person{number % 60}@example.org",
        "comment_date_gmt": (now - timedelta(minutes=40 * (count - number))).strftime("%Y-%m-%d %H:%M:%S"),
        "comment_approved": _state(number),
    }
    if place % 10 in range(1, DEPTH):
        fields["comment_parent"] = -1
    elif place % 10 > DEPTH:
        fields["comment_parent"] = -(place % 10)
    return Said(fields, words, name)


def _state(number: int) -> str:
    for every, at, state in ((13, 5, "0"), (17, 3, "spam"), (19, 7, "trash")):
        if number % every == at:
            return state
    return "1"
