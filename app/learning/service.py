"""Keeping what people decide, and changing what judges. Services flush; the edge commits."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.audit import service as audit
from app.audit.types import Action
from app.core.db import insert_or, run_in_bulk, table_of
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.i18n import gettext as _
from app.core.ids import new_ids
from app.learning import model, queries, rules, words
from app.learning.fitted import Fitted
from app.learning.models import (
    AutomaticTeam,
    KindDestination,
    LearningExample,
    LearningState,
    ModelVersion,
    WordList,
)
from app.learning.queries import ONLY
from app.learning.types import LANGUAGES, NOBODY, SPAM, Basis, Kind, Learnt, NewExample, VersionState
from app.signals.service import tell
from app.signals.types import SignalKind

log = structlog.get_logger()
LONGEST_TEXT = 10_000
CHUNK = 1_000
KEPT = 20
"""Versions one can go back to; of older ones only the figures stay."""


def destinations(session: Session) -> set[str]:
    """Where an example can say that a comment belongs: teams by their keys, ``spam`` and ``none``."""
    return {team.key for team in accounts.teams(session)} | {SPAM, NOBODY}


def no_team(team: str, known: Iterable[str]) -> str:
    """What is said of a team that does not exist."""
    return _("There is no team “%(team)s”. Teams: %(teams)s.", team=team, teams=", ".join(sorted(known)))


def add_examples(session: Session, examples: Sequence[NewExample], now: datetime) -> None:
    """Keep what people decided. Raises InvalidInput for a team that does not exist."""
    known = destinations(session)
    for one in examples:
        if one.team is not None and one.team not in known:
            raise InvalidInput(no_team(one.team, known))
    version_id = queries.state(session).version_id
    for start in range(0, len(examples), CHUNK):
        part = examples[start : start + CHUNK]
        rows = [
            {name: getattr(one, name) for name in NewExample.__slots__}
            | {"id": example_id, "text": one.text[:LONGEST_TEXT], "at": now, "version_id": version_id}
            for one, example_id in zip(part, new_ids(len(part)), strict=True)
        ]
        session.execute(insert(table_of(LearningExample)), rows)


def keep_version(session: Session, fitted: Fitted, newest_example: int, now: datetime, actor_id: int | None) -> Learnt:
    """Keep a version, and let it judge from now on unless it is worse than the one in use."""
    promoted = rules.promotes(fitted.figures)
    if promoted:
        _leave(session, VersionState.REPLACED)
    fresh = ModelVersion(
        made_at=now,
        made_by_id=actor_id,
        state=VersionState.IN_USE if promoted else VersionState.KEPT_BACK,
        data=model.to_bytes(fitted.model),
        data_hash=fitted.data_hash,
        last_example_id=newest_example,
        figures=asdict(fitted.figures),
        thresholds={one.team: asdict(one) for one in fitted.model.thresholds},
    )
    session.add(fresh)
    session.flush()
    values = {"tried_example_id": newest_example, "tried_at": now, "stale": False}
    _change(session, **(values | {"version_id": fresh.id} if promoted else values))
    _forget_old(session)
    if promoted:
        audit.note(session, Action.MODEL_CHOSEN, f"model/{fresh.id}", now, by=actor_id)
    return Learnt(fresh.id, fresh.state, fitted.figures)


def go_back(session: Session, version_id: int, now: datetime, actor_id: int | None) -> None:
    """Let an earlier version judge again; 0 is day zero. Raises NotFound, or Conflict when it can't be done."""
    current = queries.state(session)
    if (current.version_id or 0) == version_id:
        raise Conflict(_("This version is in use already."))
    if version_id:
        wanted = session.get(ModelVersion, version_id)
        if wanted is None:
            raise NotFound(_("There is no such version of the model."))
        _check_usable(session, version_id)
        _leave(session, VersionState.TAKEN_BACK)
        wanted.state = VersionState.IN_USE
    else:
        _leave(session, VersionState.TAKEN_BACK)
    session.flush()
    _change(session, version_id=version_id or None)
    audit.note(session, Action.MODEL_CHOSEN, f"model/{version_id}", now, by=actor_id, was=current.version_id)


def _check_usable(session: Session, version_id: int) -> None:
    data = session.scalar(select(ModelVersion.data).where(ModelVersion.id == version_id))
    if data is None:
        raise Conflict(_("Only the figures of this version are kept. Choose a newer one."))
    try:
        model.from_bytes(data)
    except model.UnreadableModelError:
        raise Conflict(_("Another version of Porchlight learned this one. Choose a newer one.")) from None


def save_lists(session: Session, language: str, source: str, now: datetime, actor_id: int | None) -> None:
    """Change the word lists of a language; an empty text brings back those that came along.

    Raises InvalidInput that says what is wrong.
    """
    text = source.replace("\r\n", "\n").strip() or words.shipped(language)
    if len(text) > words.LONGEST:
        raise InvalidInput(
            _("Word lists of one language have at most %(n)s characters.", n=words.LONGEST), field="source"
        )
    try:
        words.read(text)
    except words.UnknownListError as error:
        known = ", ".join((*words.LISTS, words.URGENT, words.NEGATION))
        raise InvalidInput(
            _("There is no list “%(name)s”. Lists: %(known)s.", name=error.name, known=known), field="source"
        ) from None
    except TypeError as error:
        raise InvalidInput(
            _("The list “%(name)s” should be words in quotes, with commas between them.", name=str(error)),
            field="source",
        ) from None
    except ValueError as error:
        raise InvalidInput(_("These lists are not TOML: %(error)s.", error=error), field="source") from None
    session.add(WordList(language=language, source=text, saved_at=now, saved_by_id=actor_id))
    session.flush()
    _change(session, stale=True)
    audit.note(session, Action.WORDS_SAVED, f"words/{language}", now, by=actor_id)


def choose_destinations(session: Session, wanted: Mapping[Kind, str], now: datetime, actor_id: int | None) -> None:
    """Say which team answers which kind. Raises InvalidInput for a team that does not exist."""
    known = {team.key for team in accounts.teams(session) if not team.demo} | {SPAM, NOBODY}
    before = queries.destinations(session)
    for kind, team in wanted.items():
        if team not in known:
            raise InvalidInput(_("There is no such team."), field=kind.value)
        if before[kind] != team:
            session.merge(KindDestination(kind=kind, team=team, changed_at=now, changed_by_id=actor_id))
    session.flush()
    changed = {kind.value: team for kind, team in wanted.items() if before[kind] != team}
    if changed:
        _change(session, stale=True)
        audit.note(session, Action.KINDS_SET, "kinds", now, by=actor_id, **changed)


def choose_languages(session: Session, wanted: Collection[str], now: datetime, actor_id: int | None) -> None:
    """Say what comments may be in; none: all that are likely. Raises InvalidInput for just one, or a strange one."""
    if not set(wanted) <= LANGUAGES:
        raise InvalidInput(_("Choose from the list."), field="languages")
    if len(set(wanted)) == 1:
        raise InvalidInput(_("Choose at least two, or none: between one there is nothing to tell."), field="languages")
    chosen = sorted(set(wanted)) or None
    if chosen != queries.languages(session):
        _change(session, languages=chosen)
        audit.note(session, Action.LANGUAGES_SET, "languages", now, by=actor_id, wanted=",".join(chosen or ()))


def allow_automatic(session: Session, team: str, allowed: bool, now: datetime, actor_id: int | None) -> None:
    """Switch a team's automatic routing on or off."""
    session.merge(AutomaticTeam(team=team, allowed=allowed, why=None, changed_at=now, changed_by_id=actor_id))
    session.flush()
    _change(session)
    audit.note(session, Action.AUTOMATIC_SET, f"team/{team}", now, by=actor_id, allowed=allowed)


def review_audit(session: Session, team: str, now: datetime) -> None:
    """After an audit: switch a team's automatic routing off when its latest audits fall below the target.

    Those from before somebody trusted it again don't count: one more would take that back at once.
    """
    switched = session.get(AutomaticTeam, team)
    query = select(LearningExample.team).where(
        LearningExample.basis == Basis.AUDIT, LearningExample.judged_team == team, queries.stands()
    )
    if switched is not None:
        query = query.where(LearningExample.at > switched.changed_at)
    found = session.scalars(query.order_by(LearningExample.id.desc()).limit(rules.AUDIT_LATEST)).all()
    right = sum(one == team for one in found)
    if (switched is not None and not switched.allowed) or rules.trusted(right, len(found)):
        return
    why = {"right": right, "audits": len(found)}
    session.merge(AutomaticTeam(team=team, allowed=False, why=why, changed_at=now, changed_by_id=None))
    session.flush()
    _change(session)
    audit.note(session, Action.AUTOMATIC_SET, f"team/{team}", now, by=None, allowed=False)
    teams = {one.key: one.id for one in accounts.teams(session)}
    tell(session, SignalKind.MODEL_ASKS, now, team_id=teams.get(team), right=right, audits=len(found))
    log.warning("automatic_routing_off", team=team, right=right, audits=len(found))


def take_back(
    session: Session, conversation_ids: Sequence[int], actor_id: int, now: datetime, *, since: datetime
) -> None:
    """What this person decided about these conversations since then is nothing to learn from."""
    theirs = (
        LearningExample.conversation_id.in_(conversation_ids),
        LearningExample.actor_id == actor_id,
        LearningExample.at >= since,
    )
    query = select(LearningExample.id, LearningExample.conversation_id).where(*theirs, queries.stands())
    nothing = [
        NewExample(
            "", None, basis=Basis.TAKEN_BACK, conversation_id=talk_id, actor_id=actor_id, takes_back_id=example_id
        )
        for example_id, talk_id in session.execute(query)
    ]
    if nothing:
        add_examples(session, nothing, now)


def _leave(session: Session, state: VersionState) -> None:
    """The version in use stops judging."""
    run_in_bulk(session, update(ModelVersion).where(ModelVersion.state == VersionState.IN_USE).values(state=state))
    session.expire_all()


def _change(session: Session, **values: object) -> None:
    """Change what judges; every process sees it with its next transaction."""
    table = LearningState.__table__
    begin = {"id": ONLY, "revision": 1, "version_id": None, "tried_example_id": 0, "tried_at": None, "stale": False}
    session.execute(insert_or(session, table).values(begin).on_conflict_do_nothing())  # type: ignore[arg-type]
    more = {"revision": LearningState.revision + 1} | values
    run_in_bulk(session, update(LearningState).where(LearningState.id == ONLY).values(more))
    queries.forget(session)


def _forget_old(session: Session) -> None:
    newest = select(ModelVersion.id).order_by(ModelVersion.id.desc()).limit(KEPT)
    old = update(ModelVersion).where(ModelVersion.id.not_in(newest), ModelVersion.state != VersionState.IN_USE)
    run_in_bulk(session, old.values(data=None))
