"""Who works in the demonstration, on what, and what they have done when it begins."""

from dataclasses import dataclass
from enum import StrEnum

from app.accounts.types import Role
from app.duty.types import Availability
from app.goals.types import Measure, Period
from app.library.types import Words

TEAM_KEY, TEAM_NAME = "demo_pr", "PR (demo)"


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    name: str
    role: Role
    teams: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody's being at work."""

    who: str
    availability: Availability
    capacity: int
    languages: tuple[str, ...] = ()
    skills: tuple[str, ...] = ()
    hours: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    address: str
    team: str
    """Key of the team that gets what no rule takes."""


class Act(StrEnum):
    TAKE = "take"
    GIVE = "give"
    NOTE = "note"
    ANSWER = "answer"
    SETTLE = "settle"
    """Answer, and nothing is left to do."""
    HAND_OVER = "hand_over"
    APPROVE = "approve"
    SPAM = "spam"
    PROPOSE = "propose"
    """Write an answer that somebody else has to approve."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did about a comment. ``to`` is a login or a team's key."""

    who: str
    act: Act
    page: str
    comment: str
    text: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved reply of a page. ``shortcut`` is marked, so that it takes nothing from real ones."""

    page: str
    title: str
    shortcut: str
    text: str
    language: str
    tags: tuple[str, ...] = ()
    resolve: bool | None = None
    remedy: bool = False


@dataclass(frozen=True, slots=True)
class Meant:
    """A goal of a page."""

    page: str
    who: str
    measure: Measure
    percent: int
    within: int | None
    period: Period


@dataclass(frozen=True, slots=True)
class Evergreen:
    """A post of a page's library. A season is ``MM-DD`` to ``MM-DD``."""

    page: str
    who: str
    name: str
    words: tuple[Words, ...]
    season: tuple[str, str] = ("", "")
    pause_days: int = 60


DANA, EMRE, MILA, PIA, SVEN = "demo-dana", "demo-emre", "demo-mila", "demo-pia", "demo-sven"
BAKERY, TRAVEL = "demo:bakery", "demo:travel"

PEOPLE = (
    Person(DANA, "Dana Brandt (demo)", Role.AGENT, ("customer_service",)),
    Person(EMRE, "Emre Aydın (demo)", Role.AGENT, ("customer_service",)),
    Person(MILA, "Mila Novák (demo)", Role.MARKETER, ("marketing",)),
    Person(PIA, "Pia Lindgren (demo)", Role.MARKETER, (TEAM_KEY,)),
    Person(SVEN, "Sven Petersen (demo)", Role.SUPERVISOR, ("customer_service", "marketing", TEAM_KEY)),
)
OFFICE = "mo-fr 08:00-18:00 Europe/Berlin"
SHIFTS = (
    Shift(DANA, Availability.ONLINE, 12, ("en", "de"), ("billing",)),
    Shift(EMRE, Availability.ONLINE, 12, ("de", "tr"), ("delivery",)),
    Shift(MILA, Availability.AWAY, 8, ("de", "en"), ("recipes",), OFFICE),
    Shift(PIA, Availability.ONLINE, 6, (), ("press",)),
    Shift(SVEN, Availability.AWAY, 4, ("de", "en"), (), OFFICE),
)
PAGES = (Page(BAKERY, "marketing"), Page(TRAVEL, "customer_service"))

DEEDS = (
    Deed(DANA, Act.TAKE, TRAVEL, "nlu-00376"),
    Deed(DANA, Act.NOTE, TRAVEL, "nlu-00376", "Found the cancellation. Accounting sends the money back on Thursday."),
    Deed(SVEN, Act.GIVE, TRAVEL, "nlu-01062", to=DANA),
    Deed(SVEN, Act.GIVE, TRAVEL, "b77-01088", to=EMRE),
    Deed(
        DANA,
        Act.ANSWER,
        TRAVEL,
        "nlu-00540",
        "Sorry about that! Please remove the network on your device once and sign in again with your room number. "
        "If it still does not work, the front desk has a new code for you.",
    ),
    Deed(
        EMRE,
        Act.SETTLE,
        TRAVEL,
        "b77-00173",
        "A card takes up to ten days in the post. If yours has not come by Friday, tell us here and we send a new one.",
    ),
    Deed(DANA, Act.SETTLE, TRAVEL, "nlu-02853", "A single room starts at 89 euros a night, breakfast included."),
    Deed(DANA, Act.SETTLE, TRAVEL, "nlu-00063", "The gym is open from 6 in the morning to 11 at night, every day."),
    Deed(SVEN, Act.HAND_OVER, TRAVEL, "nlu-01324", "Prices were in the papers this week: PR answers.", to=TEAM_KEY),
    Deed(PIA, Act.TAKE, TRAVEL, "nlu-01324"),
    Deed(PIA, Act.NOTE, TRAVEL, "nlu-01324", "Waiting for the wording from the management, due tomorrow."),
    Deed(DANA, Act.HAND_OVER, TRAVEL, "b77-00602", "Unhappy with all of us, not with one thing.", to=TEAM_KEY),
    Deed(MILA, Act.NOTE, TRAVEL, "th-00545", "Who reads Thai? I have asked the kitchen in Bangkok."),
    Deed(
        EMRE,
        Act.ANSWER,
        BAKERY,
        "wp-42",
        "Das tut uns leid! Schick uns bitte ein Foto der Torte und deine Bestellnummer, dann kümmern wir uns sofort.",
    ),
    Deed(MILA, Act.SETTLE, BAKERY, "wp-11", "Thank you! 🥐 See you tomorrow morning."),
    Deed(MILA, Act.TAKE, BAKERY, "wp-9"),
    Deed(MILA, Act.APPROVE, BAKERY, "isso-416"),
    Deed(EMRE, Act.SPAM, BAKERY, "wp-48"),
    Deed(
        DANA,
        Act.PROPOSE,
        TRAVEL,
        "nlu-00414",
        "Some laptops keep the old network in mind. Forget it there, restart, and sign in with your room number.",
    ),
)

GOALS = (
    Meant(TRAVEL, SVEN, Measure.FIRST_REPLY, 80, 8 * 60, Period.WEEK),
    Meant(BAKERY, MILA, Measure.ANSWERED, 60, None, Period.MONTH),
)

SAVED = (
    Saved(
        TRAVEL,
        "Where is my card?",
        "demo-card",
        "Hello {first_name|there}, a card takes up to ten days in the post. If yours has not come by then, tell us "
        "here and we send a new one.",
        "en",
        resolve=False,
    ),
    Saved(
        TRAVEL,
        "We answer in a message",
        "demo-details",
        "Hello {first_name|there}, thank you for writing. So that we can look it up, please send us your booking "
        "number in a private message, not here.",
        "en",
        resolve=False,
    ),
    Saved(
        BAKERY,
        "Es tut uns leid",
        "demo-entschuldigung",
        "Hallo {first_name|zusammen}, das tut uns leid, so soll es bei uns nicht sein. Schick uns bitte ein Foto und "
        "die Bestellnummer, dann kümmern wir uns darum.",
        "de",
        tags=("Reklamation",),
        resolve=False,
        remedy=True,
    ),
    Saved(BAKERY, "Thank you", "demo-thanks", "Thank you, {first_name|dear guest}! See you. 🥐", "en", resolve=True),
)

EVERGREEN = (
    Evergreen(
        BAKERY,
        MILA,
        "Sourdough needs a day",
        (
            Words(
                "de",
                "Warum unser Sauerteig einen Tag ruht",
                "Mehl, Wasser, Salz und 24 Stunden Zeit: So wird die Krume saftig und das Brot bekömmlich. Wie lange "
                "ruht eurer zu Hause?",
            ),
            Words(
                "en",
                "Why our sourdough rests for a day",
                "Flour, water, salt and 24 hours: that keeps the crumb moist and the bread easy to digest. How long "
                "does yours rest at home?",
            ),
        ),
    ),
    Evergreen(
        BAKERY,
        MILA,
        "Stollen before Christmas",
        (
            Words(
                "de",
                "Der Stollen ist angeschnitten",
                "Drei Wochen hat er geruht, jetzt darf probiert werden: samstags ab 9 gibt es für alle eine Scheibe.",
            ),
        ),
        ("11-15", "12-24"),
        30,
    ),
    Evergreen(
        TRAVEL,
        SVEN,
        "Early arrival",
        (
            Words(
                "en",
                "You are here before your room is?",
                "Leave your bags at the front desk from 7 in the morning, and have a coffee on us. Rooms are ready at "
                "3 in the afternoon, often earlier.",
            ),
        ),
    ),
)
