"""Being at work, in words."""

from dataclasses import dataclass

from app.core.i18n import gettext as _
from app.duty.types import Availability, Mode
from app.web.present.word import Word


@dataclass(frozen=True, slots=True)
class Standing(Word):
    """How somebody stands; ``said`` is what they are told when they say so themselves."""

    said: str = ""


def availability(one: Availability) -> Standing:
    """How somebody stands."""
    goes_back = _("What you have not answered goes back in a minute.")
    return {
        Availability.ONLINE: Standing(
            _("There"), "circle-check", "good", _("You are there. Conversations can be given to you.")
        ),
        Availability.AWAY: Standing(
            _("Away"), "pause", "", _("You are away. You keep what you have, and are given nothing new.")
        ),
        Availability.AWAY_RETURNING: Standing(_("Away, hand back"), "rotate-ccw", "", goes_back),
        Availability.OFFLINE: Standing(_("Offline"), "log-out", "", goes_back),
    }[one]


def mode(one: Mode) -> str:
    """How a team's conversations find their person."""
    return {
        Mode.BY_HAND: _("Everybody takes by hand."),
        Mode.ROUND_ROBIN: _("In turn: whoever was given one longest ago is next."),
        Mode.LEAST_LOADED: _("Evenly: whoever has the least for what they can take on is next."),
    }[one]
