"""How many conversations wait in saved views whose length is not kept otherwise (``app.inbox.filters.counted``).

A job counts them, to a hundred at most, and stores a number for each of their readers; screens only read it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sqlalchemy import and_, delete, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.accounts.models import TeamMember, User
from app.core.bulk import parts
from app.core.db import insert_or, run_in_bulk, table_of
from app.core.events import Changed, announce
from app.desk.models import SavedView, SavedViewLength
from app.desk.types import COUNTED_TO
from app.inbox import filters, lists
from app.inbox import queries as inbox
from app.inbox.types import ListFilter

_AT_ONCE = 20
"""Lists that one statement counts."""

_Reader = tuple[int, int]
"""A saved view, and who sees it."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What is not stored as it is now: numbers, and readers who have none any more."""

    numbers: Mapping[_Reader, int]
    gone: Sequence[_Reader]


def difference(session: Session) -> Difference:
    """Count what is not kept, each list once, however many see it. Only reads: counting for many people may take
    seconds, and SQLite lets nobody else write meanwhile."""
    wanted = dict(_wanted(session))
    long: dict[ListFilter, int] = {}
    for some in parts(list(dict.fromkeys(wanted.values())), _AT_ONCE):
        found = inbox.lengths(session, some, COUNTED_TO)
        long.update(zip(some, (one.n for one in found), strict=True))
    kept = SavedViewLength
    known = {(view, user): n for view, user, n in session.execute(select(kept.view_id, kept.user_id, kept.n))}
    numbers = {reader: long[shown] for reader, shown in wanted.items() if known.get(reader) != long[shown]}
    return Difference(numbers, sorted(known.keys() - wanted.keys()))


def store(session: Session, found: Difference) -> int:
    """Store what is different, and tell the readers' screens; answer how many numbers that were. None where a view or a
    person was removed since they were counted: the next count knows."""
    try:
        with session.begin_nested():
            _store(session, found)
    except IntegrityError:
        return 0
    told = {user for _view, user in (*found.numbers, *found.gone)}
    announce(session, *(Changed("counts", one) for one in sorted(told)))
    return len(found.numbers) + len(found.gone)


def _wanted(session: Session) -> Iterator[tuple[_Reader, ListFilter]]:
    """Two statements for some hundred views, one where everything is kept."""
    kept = session.execute(select(SavedView.id, SavedView.address))
    views = {view_id: dict(parse_qsl(address)) for view_id, address in kept}
    views = {one: args for one, args in views.items() if not filters.counted(_shown(args, 0, ()))}
    if not views:
        return
    seeing = aliased(TeamMember)
    members = select(seeing.user_id).where(seeing.team_id == SavedView.team_id).correlate(SavedView)
    readers = (
        select(SavedView.id, User.id, TeamMember.team_id)
        .select_from(SavedView)
        .join(User, or_(User.id == SavedView.owner_id, User.id.in_(members)))
        .outerjoin(TeamMember, TeamMember.user_id == User.id)
        .where(User.active)
    )
    teams: dict[_Reader, set[int]] = defaultdict(set)
    for some in parts(sorted(views)):
        for view_id, user_id, team_id in session.execute(readers.where(SavedView.id.in_(some))):
            teams[view_id, user_id].update([team_id] if team_id is not None else [])
    for (view_id, user_id), team_ids in teams.items():
        yield (view_id, user_id), _shown(views[view_id], user_id, team_ids)


def _shown(args: Mapping[str, str], user_id: int, team_ids: Collection[int]) -> ListFilter:
    return lists.read(args, in_teams=bool(team_ids)).shown_to(user_id, team_ids)


def _store(session: Session, found: Difference) -> None:
    kept = SavedViewLength
    rows = [{"view_id": view, "user_id": user, "n": n} for (view, user), n in sorted(found.numbers.items())]
    for some in parts(rows):
        statement = insert_or(session, table_of(kept)).values(some)
        session.execute(
            statement.on_conflict_do_update(index_elements=["view_id", "user_id"], set_={"n": statement.excluded.n})
        )
    for gone in parts(found.gone, _AT_ONCE):
        fits = or_(*(and_(kept.view_id == view, kept.user_id == user) for view, user in gone))
        run_in_bulk(session, delete(kept).where(fits))
