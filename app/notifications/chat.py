"""Messages to chat rooms in the form that Slack's incoming webhooks take; Mattermost, Rocket.Chat and others do too."""

from collections.abc import Sequence
from typing import Any

from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.notifications import places, words
from app.notifications.types import Event, Forgotten, Told

AT_MOST = 20
"""Lines of one message."""


def escaped(text: str) -> str:
    """Text that is shown as it is: names of strangers must neither link nor call anybody."""
    text = text.replace("@", "@\u200b")  # some call everybody by @channel
    return " ".join(text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").split())


def payload(told: Sequence[Told], forgotten: Sequence[Forgotten], base: str) -> dict[str, Any]:
    """The JSON to post. ``base`` is our public address, without a slash at its end."""
    lines = []
    for one in told[:AT_MOST]:
        lines.append(f"{escaped(words.line(one))} <{base}{places.place(one)}|{escaped(_('Open'))}>")
        if one.event is Event.DIGEST:
            lines += [f"• <{base}/inbox/{it.conversation_id}|{named(it)}>" for it in forgotten]
    if len(told) > AT_MOST:
        lines.append(escaped(ngettext("And %(num)s more.", "And %(num)s more.", len(told) - AT_MOST)))
    return {"text": "\n".join(lines), "unfurl_links": False}


def named(one: Forgotten) -> str:
    """A conversation in a list."""
    return escaped(f"{one.person} · {one.page}").replace("|", "¦")
