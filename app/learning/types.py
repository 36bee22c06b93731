"""Kinds of comments, opinions about them, and what people decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What a comment is. Which team answers a kind stands in the settings."""

    COMPLAINT = "complaint"
    PRAISE = "praise"
    QUESTION = "question_or_suggestion"
    HELP = "help_request"
    CHATTER = "engagement"
    """Said among readers; wants no answer."""
    SPAM = "spam"
    OFF_TOPIC = "off_topic"
    """Not about us."""


class Sentiment(StrEnum):
    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


class Basis(StrEnum):
    """How we know where a comment belongs."""

    CORRECTION = "correction"
    """Somebody handed it to another team."""
    CONFIRMATION = "confirmation"
    """Somebody answered it where it was, or said so when asked."""
    AUDIT = "audit"
    """Somebody decided it who did not know what the model thought."""
    TAKEN_BACK = "taken_back"
    """Somebody took back what they had decided."""


SPAM, NOBODY = "spam", "none"
"""Where a comment goes that no team answers: set aside; left to a person."""

LANGUAGES = frozenset(
    {
        *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it", "ja", "ko", "nl", "no"),
        *("pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"),
    }
)
"""What comments may be in, unless somebody says which they are: left free, short texts are taken for languages that
hardly anybody writes."""

DESTINATIONS: Mapping[Kind, str] = {
    Kind.COMPLAINT: "customer_service",
    Kind.QUESTION: "customer_service",
    Kind.HELP: "customer_service",
    Kind.PRAISE: "marketing",
    Kind.CHATTER: "marketing",
    Kind.SPAM: SPAM,
    Kind.OFF_TOPIC: NOBODY,
}
"""Kind to team as it comes along: a team's key, SPAM or NOBODY."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the model thinks of a comment."""

    team: str
    """A team's key, SPAM or NOBODY."""
    confidence: float
    """How likely ``team`` is right, 0 to 1."""
    teams: Mapping[str, float]
    kind: Kind
    kinds: Mapping[Kind, float]
    automatic: bool
    """Sure enough to be routed without asking a person."""
    complaint: bool
    remedy: bool
    """Seems to want money back or a new one."""
    sentiment: Sentiment
    urgent: bool
    """Words of haste or danger."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A word of the text, or a figure about it, and how far it pulled towards the opinion."""

    what: str
    weight: float


@dataclass(frozen=True, slots=True)
class Example:
    """A comment, and where it belongs. One of ``team`` and ``kind`` may be missing, not both."""

    text: str
    team: str | None
    kind: Kind | None
    basis: Basis = Basis.CONFIRMATION


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which confidence on a team's conversations are routed without asking; None: not yet, or no longer."""

    team: str
    least: float | None
    labels: int
    """Examples of this team."""
    right: int
    """Out of ``of`` comments above ``least``, how many belonged there, judged by a model that had not seen them."""
    of: int
    precision: float
    """Lower bound of the share that belongs there (Clopper-Pearson, 90 %)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How good a version is, measured on examples it had not seen."""

    examples: int
    judged: int
    """Examples it was measured on."""
    accuracy: float
    log_loss: float
    calibration_error: float
    compared: int
    """Examples that neither this version nor the one before had seen."""
    better: int
    """Of those: right where the one before was wrong."""
    worse: int
    """Of those: wrong where the one before was right."""


class VersionState(StrEnum):
    """``in_use``: judges now. ``replaced``: did, until a newer one took over. ``kept_back``: was worse than the one in
    use, and never judged. ``taken_back``: did, until somebody went back to an earlier one."""

    IN_USE = "in_use"
    REPLACED = "replaced"
    KEPT_BACK = "kept_back"
    TAKEN_BACK = "taken_back"


@dataclass(frozen=True, slots=True)
class VersionView:
    """A version of the model, as people see it."""

    id: int
    state: VersionState
    made_at: datetime
    made_by: str | None
    """None: made by itself, after new examples."""
    data_hash: str
    figures: Figures
    loadable: bool
    """Whether one can go back to it; the oldest are kept as figures only."""


@dataclass(frozen=True, slots=True)
class NewExample:
    """What somebody decided about a comment, to be kept. One of ``team`` and ``kind`` may be missing, not both."""

    text: str
    team: str | None
    kind: Kind | None = None
    basis: Basis = Basis.CONFIRMATION
    old_team: str | None = None
    conversation_id: int | None = None
    actor_id: int | None = None
    judged_team: str | None = None
    """What the model thought, when it was asked."""
    confidence: float | None = None
    automatic: bool = False
    """Whether the model's word alone had brought it where it was."""
    language: str | None = None
    page_id: int | None = None
    rule: str | None = None
    """The rule that had brought it where it was."""
    takes_back_id: int | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What came of learning."""

    version_id: int
    state: VersionState
    figures: Figures
