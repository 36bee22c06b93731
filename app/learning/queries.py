"""Reading the model in use, its versions and what it learns from."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy import ColumnElement, Dialect, Engine, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.accounts.models import User
from app.core.db import Database
from app.core.sections import Learning
from app.learning import features, model, rules, tokens, words
from app.learning.features import Reader
from app.learning.judging import Judge
from app.learning.model import Model, UnreadableModelError
from app.learning.models import (
    AutomaticTeam,
    KindDestination,
    LearningExample,
    LearningState,
    ModelVersion,
    WordList,
)
from app.learning.sentences import Sentences
from app.learning.types import (
    DESTINATIONS,
    LANGUAGES,
    Basis,
    Example,
    Figures,
    Kind,
    Threshold,
    VersionState,
    VersionView,
)

log = structlog.get_logger()
ONLY = 1
"""The id of the one row of learning_state."""
_JUDGE, _CHANGED = "judge", "judge_changed"


@dataclass(frozen=True, slots=True)
class State:
    """What judges now, and what the last fit had seen."""

    revision: int
    version_id: int | None
    tried_example_id: int
    tried_at: datetime | None
    stale: bool


@dataclass(frozen=True, slots=True, eq=False)
class InUse:
    """The judge and its version; None for day zero."""

    version_id: int | None
    judge: Judge
    languages: frozenset[str]
    """What comments may be in."""
    idle: bool = False
    """Whether the version does not judge, as it was learned with a sentence model that is not set up (any more), or by
    a Porchlight that looked at other things. It is learned anew."""
    unmeasured: frozenset[str] = frozenset()
    """Teams that other kinds lead to than when the version was learned. Nothing goes there without asking before it is
    learned anew."""

    @property
    def automates(self) -> bool:
        """Whether anything goes anywhere without asking."""
        return any(one.least is not None for one in self.judge.model.thresholds)


@dataclass(frozen=True, slots=True)
class AutomaticView:
    """Whether conversations go to a team without asking."""

    threshold: Threshold
    allowed: bool
    measured: bool
    """Whether the threshold was measured for the kinds that lead to this team now."""
    right: int | None
    """Out of ``audits``, where an audit switched it off."""
    audits: int | None


_held: "WeakKeyDictionary[Engine, tuple[int, InUse]]" = WeakKeyDictionary()
_sentences: "WeakKeyDictionary[Dialect, Sentences]" = WeakKeyDictionary()
_lock = threading.Lock()


def read_as_set(chosen: Learning, *databases: Database) -> None:
    """Read the texts of these databases with the model of sentences that the settings name, if they do; said once,
    when a process starts. Raises ConfigError when it is not what was meant, or nothing can read it."""
    if chosen.sentence_model is not None:
        known = Sentences(chosen.sentence_model, chosen.sentence_model_checksum or "")
        for one in databases:
            _sentences[one.engine.dialect] = known  # what readers and writers of one database have in common


def reader(session: Session) -> Reader:
    """What texts are read with."""
    return features.reader(words.compose(own_lists(session)), _sentences.get(session.get_bind().dialect))


def state(session: Session) -> State:
    """What judges now."""
    row = session.execute(
        select(
            LearningState.revision,
            LearningState.version_id,
            LearningState.tried_example_id,
            LearningState.tried_at,
            LearningState.stale,
        ).where(LearningState.id == ONLY)
    ).one_or_none()
    return State(*row) if row else State(0, None, 0, None, stale=False)


def in_use(session: Session) -> InUse:
    """The judge to ask: read once a transaction, and loaded only when something changed since this process last did."""
    known: InUse | None = session.info.get(_JUDGE)
    if known is not None:
        return known
    current = state(session)
    engine = session.get_bind().engine
    with _lock:
        held = _held.get(engine) if _CHANGED not in session.info else None
    if held is None or held[0] != current.revision:
        held = (current.revision, _load(session, current.version_id))
        if _CHANGED not in session.info:  # what is not committed yet may never be
            with _lock:
                _held[engine] = held
    session.info[_JUDGE] = held[1]
    return held[1]


def forget(session: Session) -> None:
    """What judges was changed in this transaction."""
    session.info.pop(_JUDGE, None)
    session.info[_CHANGED] = True


def _load(session: Session, version_id: int | None) -> InUse:
    data = session.scalar(select(ModelVersion.data).where(ModelVersion.id == version_id)) if version_id else None
    reads = reader(session)
    known, idle = _usable(version_id, data, reads) if data else (Model(), False)
    off = set(session.scalars(select(AutomaticTeam.team).where(AutomaticTeam.allowed.is_(False))))
    table = destinations(session)
    unmeasured = model.led_elsewhere(known.learned, table) if known.learned else frozenset()
    thresholds = tuple(one for one in known.thresholds if one.team not in off | unmeasured)
    judge = Judge(Model(known.learned, thresholds), reads, table)
    return InUse(version_id, judge, frozenset(languages(session) or LANGUAGES), idle, unmeasured)


def _usable(version_id: int | None, data: bytes, reads: Reader) -> tuple[Model, bool]:
    """The stored model; or day zero, and True, where it can't judge."""
    try:
        known = model.from_bytes(data)
    except UnreadableModelError as error:
        log.warning("model_unreadable", version=version_id, why=str(error))
        return Model(), True
    wants = known.learned.sentences if known.learned else None
    if wants is not None and wants != (reads.sentences.key if reads.sentences else None):
        log.warning("sentence_model_missing", version=version_id)
        return Model(), True
    return known, False


def languages(session: Session) -> list[str] | None:
    """What comments may be in, where somebody chose."""
    return session.scalar(select(LearningState.languages).where(LearningState.id == ONLY))


def own_lists(session: Session) -> tuple[tuple[str, str], ...]:
    """(language, TOML) of the lists this installation has rewritten."""
    newest = select(func.max(WordList.id)).group_by(WordList.language)
    query = select(WordList.language, WordList.source).where(WordList.id.in_(newest)).order_by(WordList.language)
    return tuple((language, source) for language, source in session.execute(query))


def destinations(session: Session) -> dict[Kind, str]:
    """Which team answers which kind."""
    changed = session.execute(select(KindDestination.kind, KindDestination.team))
    return dict(DESTINATIONS) | dict(changed.all())


def stands() -> ColumnElement[bool]:
    """That an example was not taken back, and takes none back."""
    later = aliased(LearningExample)
    taken_back = exists().where(later.takes_back_id == LearningExample.id)
    return and_(LearningExample.basis != Basis.TAKEN_BACK, ~taken_back)


def training(session: Session) -> tuple[list[Example], int, list[int]]:
    """What to learn from, the newest example's id, and for each the id of the first that says the same: the last word
    on each conversation, and on each text that came from a file. A text with nothing in it teaches nothing."""
    query = select(
        LearningExample.id,
        LearningExample.conversation_id,
        LearningExample.text,
        LearningExample.team,
        LearningExample.kind,
        LearningExample.basis,
    )
    query = query.where(stands()).order_by(LearningExample.id)
    last: dict[int | str, Example] = {}
    first: dict[str, int] = {}
    newest = 0
    for example_id, talk_id, text, team, kind, basis in session.execute(query):
        newest = example_id
        if tokens.blank(text):
            continue
        last[talk_id or text] = Example(text, team, kind, basis)
        first.setdefault(text, example_id)
    return list(last.values()), newest, [first[one.text] for one in last.values()]


def new_examples(session: Session, after: int) -> int:
    """How many came after that one, counted only as far as it matters."""
    query = select(LearningExample.id).where(LearningExample.id > after, stands()).limit(rules.NEW_EXAMPLES)
    return len(session.scalars(query).all())


def waiting(session: Session) -> int:
    """How many decisions came since the model was last fitted; counted up to the number that sets it off."""
    return new_examples(session, state(session).tried_example_id)


def automatic(session: Session) -> list[AutomaticView]:
    """For each team the model knows, whether it may go there without asking, and why not."""
    current = version_in_use(session)
    unmeasured = in_use(session).unmeasured
    found = session.execute(select(AutomaticTeam.team, AutomaticTeam.allowed, AutomaticTeam.why))
    switched = {team: (allowed, why) for team, allowed, why in found}
    views = []
    for team, said in (current.thresholds if current else {}).items():
        allowed, why = switched.get(team, (True, None))
        right, audits = (why or {}).get("right"), (why or {}).get("audits")
        views.append(AutomaticView(Threshold(**said), allowed, team not in unmeasured, right, audits))
    return views


def is_due(session: Session, now: datetime) -> bool:
    """Whether the model should be fitted anew."""
    current = state(session)
    stale = current.stale or in_use(session).idle
    return rules.due(new_examples(session, current.tried_example_id), current.tried_at, stale, now)


def versions(session: Session, limit: int = 50) -> list[VersionView]:
    """Versions of the model, newest first."""
    query = (
        select(ModelVersion, User.name, ModelVersion.data.is_not(None))
        .outerjoin(User, User.id == ModelVersion.made_by_id)
        .order_by(ModelVersion.id.desc())
        .limit(limit)
    )
    return [
        VersionView(one.id, one.state, one.made_at, maker, one.data_hash, figures_of(one.figures), bool(loadable))
        for one, maker, loadable in session.execute(query)
    ]


def earlier(session: Session) -> int:
    """The version to go back to: the newest before the one in use that once was in use; 0 is day zero."""
    current = version_in_use(session)
    query = select(ModelVersion.id).where(ModelVersion.state != VersionState.KEPT_BACK, ModelVersion.data.is_not(None))
    if current is not None:
        query = query.where(ModelVersion.id < current.id)
    return session.scalar(query.order_by(ModelVersion.id.desc()).limit(1)) or 0


def figures_of(said: Mapping[str, float]) -> Figures:
    """Figures as they are stored."""
    return Figures(**{name: said[name] for name in Figures.__slots__})  # type: ignore[arg-type]


def version_in_use(session: Session) -> ModelVersion | None:
    """The row of the version in use; None for day zero."""
    return session.scalar(select(ModelVersion).where(ModelVersion.state == VersionState.IN_USE))
