"""What a comment is and what came along with it, as platforms tell."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.connectors.bluesky import parse as bluesky
from app.connectors.errors import Permanent
from app.connectors.facebook import parse as facebook
from app.connectors.instagram import parse as instagram
from app.connectors.mastodon import parse as mastodon
from app.connectors.ports import Item, Post, SaidAs
from app.connectors.webhook import parse as webhook
from app.connectors.x import parse as x

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ME, ANN = "did:plc:me", "did:plc:ann"


def came(item: Item | None) -> tuple[SaidAs | None, int | None, int]:
    assert item is not None
    return item.said_as, item.stars, item.attached


@pytest.mark.parametrize(
    ("began", "answers", "expected"),
    [(None, None, SaidAs.MENTION), ("9", None, SaidAs.MENTION), ("9", "9", None), ("1", "7", None)],
)
def test_mastodon(began: str | None, answers: str | None, expected: SaidAs | None) -> None:
    """``began`` is who began the thread, ``answers`` whom the status answers: 9 is somebody else, 1 are we."""
    status = {
        "id": "5",
        "content": "<p>@us look</p>",
        "account": {"id": "2", "username": "eva"},
        "in_reply_to_id": "4" if answers else None,
        "in_reply_to_account_id": "1" if answers == "9" else answers,
        "media_attachments": [{"id": "m"}, {"id": "n"}],
    }
    root = mastodon.Root("3", None, None, ours=began == "1") if began else None
    assert came(mastodon.item(status, root, "1", "us", NOW)) == (expected, None, 2)


@pytest.mark.parametrize(
    ("root", "parent", "expected"),
    [(None, None, SaidAs.MENTION), (ANN, ANN, SaidAs.MENTION), (ANN, ME, None), (ME, ANN, None)],
)
def test_bluesky(root: str | None, parent: str | None, expected: SaidAs | None) -> None:
    record: dict[str, Any] = {"text": "look", "embed": {"media": {"images": [{"alt": "a"}]}, "record": {}}}
    if root:
        of = {
            name: {"uri": f"at://{who}/app.bsky.feed.post/{name}"} for name, who in (("root", root), ("parent", parent))
        }
        record["reply"] = of
    view = {"uri": f"at://{ANN}/app.bsky.feed.post/1", "author": {"did": ANN}, "record": record}
    assert came(bluesky.item(view, bluesky.Around(ME), NOW)) == (expected, None, 1)


@pytest.mark.parametrize(("to", "expected"), [("", SaidAs.MENTION), ("9", SaidAs.MENTION), ("1", None)])
def test_x(to: str, expected: SaidAs | None) -> None:
    links = [{"url": "https://t.co/a", "media_key": "3_1"}, {"url": "https://t.co/b", "media_key": "3_1"}, {"url": "c"}]
    post = {"id": "5", "author_id": "2", "text": "look", "in_reply_to_user_id": to, "entities": {"urls": links}}
    assert came(x.item(post, {}, "1", NOW)) == (expected, None, 1)


def test_instagram_and_facebook() -> None:
    assert came(instagram.mention({"caption": "look", "username": "eva"}, "6", "", NOW)) == (SaidAs.MENTION, None, 1)
    for kind, count in (("photo", 1), ("share", 0)):
        found = {"id": "5", "message": "look", "attachment": {"type": kind}}
        assert came(facebook.comment(found, Post("1"), "1", NOW)) == (None, None, count)


def test_a_system_of_ones_own_says_it_itself() -> None:
    said = {"id": "5", "text": "Bad", "kind": "review", "stars": 2, "attachments": 3}
    assert came(webhook.item(said, NOW)) == (SaidAs.REVIEW, 2, 3)
    assert came(webhook.item({"id": "5", "text": "Bad", "kind": "comment"}, NOW)) == (None, None, 0)
    for wrong in ({"kind": "letter"}, {"stars": 6}, {"stars": True}, {"attachments": -1}, {"attachments": "3"}):
        with pytest.raises(Permanent, match=next(iter(wrong))):
            webhook.item(said | wrong, NOW)
