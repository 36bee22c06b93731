"""A search in words: what was found, and what is wrong with what was asked."""

from app.core.i18n import gettext as _
from app.search.types import Kind, Problem, Trouble
from app.web.present.word import Word


def kind(one: Kind) -> Word:
    """What a hit is."""
    return {
        Kind.COMMENT: Word(_("Comment"), "message-square"),
        Kind.REPLY: Word(_("Our reply"), "reply"),
        Kind.NOTE: Word(_("Internal note"), "lock"),
        Kind.CONTACT: Word(_("Person"), "users"),
    }[one]


def problem(one: Problem) -> str:
    """Why a part was left out or finds nothing, and what would do."""
    return _told(one.trouble, one.part)


def _told(trouble: Trouble, part: str) -> str:
    return {
        Trouble.NO_DATE: _("“%(part)s” is left out: write a day as 2026-03-31, or 2w for two weeks ago.", part=part),
        Trouble.NO_STATE: _(
            "“%(part)s” is left out. There are new, waiting, open, done, spam, mine, unassigned, comment, reply, note "
            "and person.",
            part=part,
        ),
        Trouble.NO_HAS: _("“%(part)s” is left out. There are has:reply, has:note and has:remedy.", part=part),
        Trouble.NO_VALUE: _("“%(part)s” is left out: write what it is to be right after the colon.", part=part),
        Trouble.NO_MINUS: _(
            "“%(part)s” is left out: a minus works before words, before from: and before is: only.", part=part
        ),
        Trouble.NO_KEY: _(
            "“%(part)s” is no filter, so it was looked for as a word. Filters are from:, page:, team:, tag:, "
            "before:, after:, is: and has:.",
            part=part,
        ),
        Trouble.NO_PAGE: _("No page is called “%(part)s”.", part=part),
        Trouble.NO_TEAM: _("No team is called “%(part)s”.", part=part),
        Trouble.NO_TAG: _("No tag is called “%(part)s”.", part=part),
        Trouble.TOO_SHORT: _("“%(part)s” is left out: write at least three letters before the star.", part=part),
        Trouble.TOO_MANY: _("That is a lot. Only the first twenty parts were looked for."),
    }[trouble]
