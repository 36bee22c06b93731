"""Tables: learning_examples, model_versions, word_lists, kind_destinations, automatic_teams, learning_state,
asking_programs."""

from datetime import datetime
from typing import Any

from sqlalchemy import Enum, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from app.core.db import Base, BigId
from app.learning.types import Basis, Kind, VersionState

_KIND = Enum(Kind, native_enum=False, length=40, values_callable=lambda kinds: [kind.value for kind in kinds])


class LearningExample(Base):
    """What somebody decided about a comment. Rows are only added: the database refuses to change one, and to remove one
    unless its conversation is removed."""

    __tablename__ = "learning_examples"
    __table_args__ = (Index("ix_learning_examples_at", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("conversations.id", ondelete="CASCADE"), index=True
    )
    """None for examples from a file."""
    text: Mapped[str] = mapped_column(Text)
    """As it was then."""
    team: Mapped[str | None] = mapped_column(String(40))
    """A team's key, ``spam`` or ``none``."""
    kind: Mapped[Kind | None] = mapped_column(_KIND)
    old_team: Mapped[str | None] = mapped_column(String(40))
    basis: Mapped[Basis]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    version_id: Mapped[int | None] = mapped_column(ForeignKey("model_versions.id"))
    """The version that judged it, None for day zero."""
    judged_team: Mapped[str | None] = mapped_column(String(40))
    confidence: Mapped[float | None]
    automatic: Mapped[bool]
    language: Mapped[str | None] = mapped_column(String(8))
    page_id: Mapped[int | None] = mapped_column(ForeignKey("pages.id"))
    rule: Mapped[str | None] = mapped_column(String(120))
    takes_back_id: Mapped[int | None] = mapped_column(
        BigId, ForeignKey("learning_examples.id", ondelete="CASCADE"), unique=True
    )
    """The example that this one says is none."""


class ModelVersion(Base):
    """A learned model and what was measured of it."""

    __tablename__ = "model_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[VersionState]
    data: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
    """None for versions so old that only their figures are kept."""
    data_hash: Mapped[str] = mapped_column(String(16))
    last_example_id: Mapped[int] = mapped_column(BigId)
    figures: Mapped[dict[str, Any]]
    thresholds: Mapped[dict[str, Any]]
    """By team; also inside ``data``."""


class WordList(Base):
    """An installation's own word lists of one language, TOML; the newest row counts."""

    __tablename__ = "word_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(8), index=True)
    source: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[datetime]
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class KindDestination(Base):
    """Which team answers a kind, where somebody has changed it."""

    __tablename__ = "kind_destinations"

    kind: Mapped[Kind] = mapped_column(_KIND, primary_key=True)
    team: Mapped[str] = mapped_column(String(40))
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class AutomaticTeam(Base):
    """Whether a team's conversations may be routed without asking a person; absent: they may, once the model is sure
    enough."""

    __tablename__ = "automatic_teams"

    team: Mapped[str] = mapped_column(String(40), primary_key=True)
    allowed: Mapped[bool]
    why: Mapped[dict[str, Any] | None]
    """What the audit found when it switched this off; None when a person did."""
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class LearningState(Base):
    """One row: what judges now. ``revision`` counts every change of the model, the lists, the destinations and what is
    automatic, so that a process sees with one short statement whether what it holds is still right."""

    __tablename__ = "learning_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    revision: Mapped[int]
    version_id: Mapped[int | None] = mapped_column(ForeignKey("model_versions.id"))
    tried_example_id: Mapped[int] = mapped_column(BigId)
    """The newest example when the model was last fitted, whether or not it was promoted."""
    tried_at: Mapped[datetime | None]
    stale: Mapped[bool]
    """Lists or destinations were changed since."""
    languages: Mapped[list[str] | None]
    """What comments may be in (ISO 639-1), where somebody chose; None: all that are likely."""


class AskingProgram(Base):
    """A program that may ask what the model makes of comments, with a token."""

    __tablename__ = "asking_programs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
