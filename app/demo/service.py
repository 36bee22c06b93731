"""Adding the demonstration and removing it; each is one transaction.

The order of removal is that of the domains, from the top down: nothing is removed before what points to it. What the
database removes with what it belongs to (notes with their conversation, sessions with their person) is left to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.accounts import queries as account_queries
from app.accounts import service as accounts
from app.accounts.types import Actor
from app.audit import service as audit
from app.collecting import service as collecting
from app.collecting.types import Load
from app.connectors.ports import FASTEST, Access, Batch, Capabilities, Found
from app.connectors.registry import Registry
from app.contacts import service as contacts
from app.core.db import Database
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.demo import cast
from app.demo.cast import Act, Deed
from app.duty.models import Duty, TeamWay
from app.duty.types import Mode
from app.goals.models import GoalRow
from app.hooks import care as hooks
from app.inbox import service as inbox
from app.inbox import threads
from app.library import service as library
from app.library.types import PostTyped
from app.outbox import service as outbox
from app.outbox.types import Act as Delivered
from app.pages import leases
from app.pages import queries as page_queries
from app.pages import service as pages
from app.remedies import service as remedies
from app.replies import approval
from app.replies import service as replies
from app.replies.speaking import Answer
from app.reviews import service as reviews
from app.routing import service as routing
from app.targets import rules as target_rules
from app.targets.models import TargetRow
from app.texts import service as texts
from app.texts.types import Effects, Wording

log = structlog.get_logger()
KIND = "demo"
_REMOVE_TRIES = 3
_ALWAYS_SEEN = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Added:
    """What the demonstration began with."""

    page_ids: tuple[int, ...]
    comments: int


@dataclass(frozen=True, slots=True)
class _Scene:
    """One page as the pretend platform shows it at the beginning."""

    page: cast.Page
    found: Found
    able: Capabilities
    batches: Sequence[Batch]


def is_there(session: Session) -> bool:
    """Whether this installation has the demonstration."""
    return bool(page_queries.demo_ids(session))


def add(db: Database, connectors: Registry, now: datetime) -> Added | None:
    """Add pages, people and what was said and done so far; None when that has been done. The platform must be open."""
    scenes = [_look(connectors, page, now) for page in cast.PAGES]
    with db.write() as session:
        if is_there(session):
            return None
        audit.pretend(session)
        people = _hire(session, now)
        teams = {team.key: team.id for team in account_queries.teams(session)}
        _put_to_work(session, people, teams[cast.TEAM_KEY], now)
        page_ids = {scene.page.address: _add_page(session, scene, teams, now) for scene in scenes}
        while routing.route_waiting(session, now):  # what people did there began where it belongs
            pass
        able = {scene.page.address: scene.able for scene in scenes}
        _mean_to_reach(session, people, page_ids)
        for one in cast.SAVED:
            _save(session, one, people[cast.MILA], page_ids[one.page], now)
        for post in cast.EVERGREEN:
            _keep(session, post, people[post.who], page_ids[post.page], now)
        for deed in cast.DEEDS:
            _do(session, deed, people, teams, page_ids[deed.page], able[deed.page], now)
    return Added(tuple(page_ids.values()), sum(len(batch.items) for scene in scenes for batch in scene.batches))


def remove(db: Database) -> bool:
    """Remove every trace of the demonstration; False when there is none. What is real stays as it is.

    Notes and answers that real people wrote there go with it.
    """
    attempt = 1
    while True:
        try:
            with db.write() as session:
                return _remove(session)
        except OperationalError:  # in each other's way with somebody who was working there just now
            if attempt == _REMOVE_TRIES:
                raise
            attempt += 1
            log.info("demo_removal_again", attempt=attempt)


def _remove(session: Session) -> bool:
    page_ids = page_queries.demo_ids(session)
    pages.hold(session, page_ids)
    remedies.remove_pages(session, page_ids)
    hooks.remove_pages(session, page_ids)
    library.remove_pages(session, page_ids)
    replies.remove_pages(session, page_ids)
    outbox.remove_pages(session, page_ids)
    inbox.remove_pages(session, page_ids)
    contacts.remove_pages(session, page_ids)
    pages.remove_pages(session, page_ids)
    accounts.remove_demo(session)
    if page_ids and not page_queries.pages(session, include_removed=True):  # nothing real was ever looked at
        reviews.forget_all(session)
    return bool(page_ids)


def _look(connectors: Registry, page: cast.Page, now: datetime) -> _Scene:
    connector = connectors.get(KIND)
    found = connector.discover(page.address)
    if found is None:
        raise NotFound(_("The demonstration's platform is not open. Run “porchlight demo add”."))
    access = Access(found.url, found.settings)
    batches = list(connector.collect(access, None, since=None, now=now))
    return _Scene(page, found, connector.capabilities(access), batches)


def _hire(session: Session, now: datetime) -> dict[str, Actor]:
    accounts.create_team(session, key=cast.TEAM_KEY, name=cast.TEAM_NAME, demo=True)
    people = {}
    for one in cast.PEOPLE:
        user_id = accounts.create_user(
            session,
            login=one.login,
            name=one.name,
            role=one.role,
            password=None,
            teams=one.teams,
            demo=True,
            now=now,
        )
        people[one.login] = account_queries.person(session, user_id)
    return people


def _put_to_work(session: Session, people: dict[str, Actor], team_id: int, now: datetime) -> None:
    """Who is there, how their own team gives out conversations, and how quickly it means to answer.

    No browser of theirs will ever be heard of, nor falls silent.
    """
    for one in cast.SHIFTS:
        session.add(
            Duty(
                user_id=people[one.who].id,
                availability=one.availability,
                since=now,
                seen_at=now + _ALWAYS_SEEN,
                capacity=one.capacity,
                languages=list(one.languages),
                skills=list(one.skills),
                hours=one.hours,
            )
        )
    session.add(TeamWay(team_id=team_id, mode=Mode.LEAST_LOADED))
    session.add(
        TargetRow(
            scope=target_rules.scope(None, team_id, None),
            team_id=team_id,
            first_reply=240,
            next_reply=480,
            changed_at=now,
        )
    )
    session.flush()


def _mean_to_reach(session: Session, people: dict[str, Actor], page_ids: dict[str, int]) -> None:
    """Goals of its pages; they go with them."""
    for one in cast.GOALS:
        session.add(
            GoalRow(
                measure=one.measure,
                page_id=page_ids[one.page],
                percent=one.percent,
                within=one.within,
                period=one.period,
                owner_id=people[one.who].id,
            )
        )
    session.flush()


def _add_page(session: Session, scene: _Scene, teams: dict[str, int], now: datetime) -> int:
    """Add a page with everything said there so far, stored and routed as for any page."""
    page_id = pages.add_page(
        session,
        scene.found,
        team_id=teams[scene.page.team],
        sealed_secret=None,
        account=None,
        since=None,
        now=now,
        demo=True,
    )
    claim = leases.claim_read(session, page_id, now)
    if claim is None:
        raise RuntimeError("a page that was added a moment ago can't be read by others yet")
    newest = max((item.published_at for batch in scene.batches for item in batch.items), default=None)
    fastest = timedelta(seconds=scene.found.settings[FASTEST])
    for batch in scene.batches:
        load = Load(claim, batch, newest, fastest if batch.complete else None)
        collecting.store_loads(session, [load], now)
    return page_id


def _save(session: Session, one: cast.Saved, actor: Actor, page_id: int, now: datetime) -> None:
    """It goes with its page when that is removed."""
    effects = Effects(one.resolve, None, one.tags, one.remedy)
    texts.add_demo(
        session, actor, Wording(one.title, one.shortcut, one.text, one.language, None, page_id, effects), now
    )


def _keep(session: Session, one: cast.Evergreen, actor: Actor, page_id: int, now: datetime) -> None:
    """It goes with its page, too."""
    (first, last), pause = one.season, str(one.pause_days)
    here = frozenset({page_id})
    typed = PostTyped(one.name, one.words, page_ids=here, season_first=first, season_last=last, pause_days=pause)
    library.add(session, actor, typed, now)


def _do(
    session: Session,
    deed: Deed,
    people: dict[str, Actor],
    teams: dict[str, int],
    page_id: int,
    able: Capabilities,
    now: datetime,
) -> None:
    place = threads.locate(session, page_id, deed.comment)
    if place is None:
        raise RuntimeError(f"the demonstration's comment {deed.comment} is not there")
    comment_id, talk_id = place
    actor = people[deed.who]
    match deed.act:
        case Act.TAKE:
            inbox.take(session, actor, talk_id, None, now)
        case Act.GIVE:
            inbox.assign(session, actor, talk_id, people[deed.to].id, None, now)
        case Act.NOTE:
            inbox.add_note(session, actor, talk_id, deed.text, now)
        case Act.HAND_OVER:
            routing.correct(session, actor, talk_id, teams[deed.to], version=None, reason=deed.text, now=now)
        case Act.SPAM:
            inbox.set_aside(session, actor, talk_id, None, now)
        case Act.APPROVE:
            replies.moderate(session, actor, talk_id, comment_id, Delivered.APPROVE, key=deed.comment, now=now)
        case Act.PROPOSE:
            answer = Answer(deed.text, resolve=True)
            key, limit = deed.comment, able.length
            approval.propose(session, actor, talk_id, answer, key=key, version=None, limit=limit, now=now)
        case Act.ANSWER | Act.SETTLE:
            replies.send(
                session,
                actor,
                talk_id,
                deed.text,
                key=deed.comment,
                version=None,
                resolve=deed.act is Act.SETTLE,
                limit=able.length,
                undo_seconds=0,
                now=now,
            )
