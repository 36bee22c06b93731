"""The inbox: lists, one conversation, and what an agent does with it."""

from app.web.inbox import (
    actions,
    approval,
    bulk,
    drafting,
    guided,
    lines,
    palette,
    presence,
    putting_off,
    replying,
    saved,
    sounding,
    tags,
    undo,
    views,
)
from app.web.inbox.routes import blueprint

__all__ = [
    "actions",
    "approval",
    "blueprint",
    "bulk",
    "drafting",
    "guided",
    "lines",
    "palette",
    "presence",
    "putting_off",
    "replying",
    "saved",
    "sounding",
    "tags",
    "undo",
    "views",
]
