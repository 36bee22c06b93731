"""Our own replies are found again whatever the blog's typography makes of them, also by accounts that are not shown
what was typed."""

import html

import pytest

from app.connectors.ports import Access, Target
from app.connectors.wordpress import WordPressConnector
from app.core.clock import utc_now
from app.core.http import Http
from app.core.pace import Pace
from app.core.sections import Outgoing
from app.outbox.rules import same_words
from tests.servers.wordpress import Site

TEXTS = (
    "Danke :)",
    "Bald... ganz bald",
    "Er sagte \"ja\" -- it's 5' und 3x4 (tm)",
    "Siehe www.example.org und https://example.org/a?b=1&c=2",
    "eins  zwei\n\n\n\ndrei",
    "1 < 2 & <b>fett</b>",
    "🥐 ❤️ Grüße",
    "🥐",
    "'90s rock'n'roll um 2:30 ;-) :D 8) :-( :lol:",
)


@pytest.mark.parametrize("login", ["rita", "tom", "kim"], ids=["editor", "author", "subscriber"])
def test_each_account_finds_what_it_said_and_nothing_else(wordpress_site: Site, login: str) -> None:
    user, post = wordpress_site.users[login], wordpress_site.post("Brot")
    comment = wordpress_site.comment(post, "Hi").comment_id
    connector = WordPressConnector(Http(Outgoing.model_validate({"allow_networks": ["127.0.0.0/8"]})), Pace())
    found = connector.discover(wordpress_site.url)
    assert found is not None
    account = connector.check(Access(found.url, found.settings, user.secret))
    assert account is not None
    access = Access(found.url, {**found.settings, **account.settings}, user.secret)
    said = {"comment_post_ID": post, "comment_parent": comment, "user_id": user.id, "comment_author": user.name}
    numbers = wordpress_site.comments([said | {"comment_content": html.escape(text, quote=False)} for text in TEXTS])
    target, begin = Target(str(comment), str(post)), utc_now()
    for text, number in zip(TEXTS, numbers, strict=True):
        sent = connector.look_up(access, target, text, key="key", since=begin)
        assert sent is not None, text
        assert sent.external_id == str(number), text
    if login != "kim":  # who can never know that something is not there
        assert connector.look_up(access, target, "Etwas anderes", key="key", since=begin) is None
    shown = {item.external_id: item.text for item in connector.latest(access, count=20, now=begin)}
    for text, number in zip(TEXTS, numbers, strict=True):
        assert same_words(text, shown[str(number)]), text
