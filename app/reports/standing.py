"""How teams stand at this moment."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.accounts.models import Team
from app.core import days
from app.inbox import counts
from app.inbox.models import Conversation
from app.inbox.types import ConversationState
from app.reports import queries, rules
from app.reports.types import By, TeamNow
from app.targets import queries as targets
from app.targets.types import Figure


def now(session: Session, at: datetime) -> list[TeamNow]:
    """Every team at this moment, by name. Six statements, each as cheap with a million conversations as with one."""
    known = counts.numbers([ConversationState.NEW])
    lengths: dict[int, int] = dict(
        session.execute(select(known.c.team_id, func.sum(known.c.n)).group_by(known.c.team_id)).all()
    )
    marked = {team_id: (late, soon) for team_id, _name, late, soon in targets.standing(session)}
    longest = (
        select(func.min(Conversation.sort_at))
        .where(Conversation.team_id == Team.id, Conversation.state == ConversationState.NEW)
        .scalar_subquery()
    )
    day = days.of(at)
    today = {one.key: one for one in queries.lines(session, By.TEAM, day, day)}
    found = []
    for team_id, name, oldest in session.execute(select(Team.id, Team.name, longest).order_by(Team.name)):
        line = today.get(str(team_id))
        late, soon = marked.get(team_id, (0, 0))
        times = line.times if line else {}
        answers = sum(one.n for figure, one in times.items() if figure is not Figure.RESOLUTION)
        first = rules.percentile(times[Figure.FIRST_REPLY], 0.5) if Figure.FIRST_REPLY in times else None
        waiting = int(lengths.get(team_id, 0))
        found.append(TeamNow(team_id, name, waiting, oldest, late, soon, answers, first))
    return found
