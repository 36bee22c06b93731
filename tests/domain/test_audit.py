"""The audit log can't be changed where it stands, and a change made all the same is found and named."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.accounts import queries as accounts
from app.accounts import service as people
from app.accounts.types import Role
from app.audit import heads, queries, rules, service
from app.audit.models import AuditLine
from app.audit.types import Action, Entry, Fault, Head, Link, Origin, Problem
from app.campaigns import service as campaigns
from app.campaigns.types import CampaignTyped, EntryTyped
from app.core.db import Database
from app.desk import service as desk
from app.duty import service as duty
from app.inbox import tags
from app.learning import service as learning
from app.learning.types import Kind
from app.library import service as library
from app.library.types import PostTyped, Words
from app.pages import service as pages
from app.pages.types import PageState
from app.replies import requirements
from app.replies.types import Subject
from app.texts import service as texts
from app.texts import voice
from app.texts.types import NoteTyped, TermTyped, Wording
from app.upkeep import plans, stewards
from app.upkeep.types import PlanTyped
from tests.domain.conftest import House

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEY = b"k" * 32


def write(db: Database, count: int, *, actor_id: int = 7) -> None:
    with db.write() as session:
        for number in range(count):
            service.record(session, Entry(Action.REMEDY_ASKED, f"remedy/{number}", NOW, actor_id, facts={"n": number}))


def log(db: Database) -> list[Link]:
    with db.read() as session:
        return list(queries.lines(session))


def problems(db: Database, known: list[Head] | None = None) -> list[Problem]:
    with db.read() as session:
        return list(queries.verify(session, known or []).problems)


def test_lines_follow_each_other_and_say_who_and_from_where(db: Database) -> None:
    service.comes_from(Origin("203.0.113.9", "req-1"))
    write(db, 3)
    service.comes_from(Origin())
    first, second, third = log(db)
    assert (first.seq, second.seq, third.seq) == (1, 2, 3)
    assert first.previous == rules.FIRST
    assert (second.previous, third.previous) == (first.hash, second.hash)
    assert (first.actor_id, first.address, first.request_id) == (7, "203.0.113.9", "req-1")
    assert json.loads(first.facts) == {"n": 0}
    assert problems(db) == []


def test_what_was_rolled_back_is_not_written(db: Database) -> None:
    def fail() -> None:
        with db.write() as session:
            service.record(session, Entry(Action.REMEDY_ASKED, "remedy/1", NOW, 7))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert log(db) == []


@pytest.mark.parametrize(
    "act",
    [
        lambda: update(AuditLine).where(AuditLine.seq == 2).values(actor_id=8),
        lambda: delete(AuditLine).where(AuditLine.seq == 2),
        lambda: delete(AuditLine),
    ],
)
def test_the_database_refuses_to_change_or_delete(db: Database, act: Callable[[], object]) -> None:
    write(db, 3)
    before = log(db)
    with pytest.raises(DBAPIError, match="only ever added to"), db.write() as session:
        session.execute(act())  # type: ignore[call-overload]
    assert log(db) == before


def test_two_lines_cannot_follow_the_same_one(db: Database) -> None:
    write(db, 2)
    fork = rules.link(Entry(Action.REMEDY_ASKED, "remedy/9", NOW, 7), 3, log(db)[0].hash)
    with pytest.raises(DBAPIError), db.write() as session:
        session.add(AuditLine(**{name: getattr(fork, name) for name in fork.__slots__}))


def test_writers_at_the_same_time_leave_no_gap_and_no_fork(db: Database) -> None:
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda number: write(db, 2, actor_id=number), range(50)))
    found = log(db)
    assert [line.seq for line in found] == list(range(1, 101))
    assert problems(db) == []
    assert all(found[at].actor_id == found[at + 1].actor_id for at in range(0, 100, 2)), "a transaction stays together"


def chain(count: int) -> list[Link]:
    found: list[Link] = []
    for number in range(1, count + 1):
        entry = Entry(Action.REMEDY_ASKED, f"remedy/{number}", NOW, 7)
        found.append(rules.link(entry, number, found[-1].hash if found else rules.FIRST))
    return found


def rewritten(lines: list[Link], at: int) -> list[Link]:
    """As who knows how lines are chained would forge them: every later hash made anew."""
    found = lines[: at - 1]
    for number in range(at, len(lines) + 1):
        entry = Entry(Action.REMEDY_REFUSED, f"remedy/{number}", NOW, 9)
        found.append(rules.link(entry, number, found[-1].hash if found else rules.FIRST))
    return found


def found(lines: list[Link], *known: Head) -> list[tuple[Fault, int]]:
    return [(one.fault, one.seq) for one in rules.problems(lines, known)]


def test_each_kind_of_forgery_is_found_and_named() -> None:
    lines = chain(6)
    head = rules.sealed(KEY, 5, lines[4].hash, NOW)
    assert found(lines, head) == []
    changed = [*lines]
    changed[2] = Link(**{**{name: getattr(lines[2], name) for name in Link.__slots__}, "actor_id": 8})
    assert found(changed, head) == [(Fault.CHANGED, 3)]
    assert found([*lines[:2], *lines[3:]], head) == [(Fault.MISSING, 3)]
    swapped = [*lines]
    swapped[1], swapped[2] = (
        Link(**{**{name: getattr(lines[2], name) for name in Link.__slots__}, "seq": 2}),
        Link(**{**{name: getattr(lines[1], name) for name in Link.__slots__}, "seq": 3}),
    )
    assert {seq for _fault, seq in found(swapped, head)} == {2, 3, 4}
    assert found(lines[:4], head) == [(Fault.CUT_OFF, 5)]
    assert found(rewritten(lines, 3), head) == [(Fault.REWRITTEN, 5)]
    assert found(rewritten(lines, 3)) == [], "which is why there are heads outside the database"
    inserted = rules.link(Entry(Action.REMEDY_APPROVED, "remedy/6", NOW, 8), 6, lines[2].hash)
    assert found([*lines[:5], inserted], head) == [(Fault.OUT_OF_CHAIN, 6)]


def test_heads_are_written_when_there_is_news_and_forged_ones_are_found(db: Database, tmp_path: Path) -> None:
    file = heads.file_of(tmp_path)

    def put() -> bool:
        with db.read() as session:
            return heads.write(session, file, KEY, NOW)

    assert not put(), "nothing was ever done"
    write(db, 2)
    assert put()
    assert not put()
    write(db, 1)
    assert put()
    known, forged = heads.read(file, KEY)
    assert ([head.seq for head in known], forged) == ([2, 3], [])
    assert problems(db, known) == []
    file.write_text(file.read_text().replace('"seq": 2', '"seq": 1') + "not json\n")
    known, forged = heads.read(file, KEY)
    assert [head.seq for head in known] == [3]
    assert forged == [Problem(Fault.HEAD_FORGED, 1), Problem(Fault.HEAD_FORGED, 3)]
    assert heads.read(file, b"x" * 32)[0] == []


@pytest.mark.parametrize("line", ["seq, previous", "seq + 9, previous", "seq, 'x'"])
def test_no_line_is_put_in_the_place_of_another(db: Database, line: str) -> None:
    write(db, 3)
    columns = "at, action, subject, facts, hash"
    put = f"INTO audit_log (seq, previous, {columns}) SELECT {line}, {columns} FROM audit_log WHERE seq = 2"
    with db.read() as session:
        sqlite = session.get_bind().dialect.name == "sqlite"
    with pytest.raises(DBAPIError), db.write() as session:
        session.execute(text(f"INSERT OR REPLACE {put}" if sqlite else f"INSERT {put}"))
    assert problems(db) == []


def test_who_takes_the_guards_away_and_deletes_the_end_is_found_out(db: Database, tmp_path: Path) -> None:
    write(db, 4)
    with db.read() as session:
        heads.write(session, heads.file_of(tmp_path), KEY, NOW)
    with db.write() as session:
        _without_guards(session)
        session.execute(delete(AuditLine).where(AuditLine.seq > 2))
    known, _forged = heads.read(heads.file_of(tmp_path), KEY)
    assert problems(db) == []
    assert problems(db, known) == [Problem(Fault.CUT_OFF, 4)]


def _without_guards(session: Session) -> None:
    if session.get_bind().dialect.name == "sqlite":
        session.execute(text("DROP TRIGGER audit_log_is_kept_whole"))
    else:
        session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))


def test_decisions_and_settings_are_written_down_by_who_made_them(house: House, now: datetime) -> None:
    with house.db.write() as session:
        chief = accounts.person(
            session, people.create_user(session, login="chief", role=Role.ADMIN, password="correct horse", now=now)
        )
        requirement = requirements.add(session, chief, Subject.PERSON, house.ann.id, "First week", now)
        requirements.remove(session, chief, requirement, now)
        pages.set_state(session, house.page_id, PageState.PAUSED, now, by=chief.id)
        pages.set_credentials(session, house.page_id, None, None, now, by=chief.id)
        terms = duty.TermsTyped("3", "", "", "")
        duty.set_terms(session, chief, house.ann.id, terms, now)
        duty.set_way(session, chief, house.service_team, duty.WayTyped("by_hand", "", "", ""), now)
        texts.add(session, chief, Wording("Hello", "hello", "Hello there"), now)
    with house.db.read() as session:
        mine = [line for line in queries.lines(session) if line.actor_id == chief.id]
        assert [line.action for line in mine] == [
            Action.APPROVAL_REQUIRED,
            Action.APPROVAL_WAIVED,
            Action.PAGE_STATE_CHANGED,
            Action.PAGE_LOGIN_CHANGED,
            Action.DUTY_TERMS_SET,
            Action.DUTY_WAY_SET,
            Action.TEXT_ADDED,
        ]
        assert "Hello" not in "".join(line.facts for line in mine), (
            "what people write stays out of what can't be erased"
        )


def test_what_others_see_or_work_by_is_written_down_too(house: House, now: datetime) -> None:
    day = now.date().isoformat()
    with house.db.write() as session:
        teams = [team.key for team in accounts.teams(session)]
        secret = "correct horse"
        chief_id = people.enrol(session, login="chief", role=Role.ADMIN, password=secret, now=now, teams=teams)
        chief = accounts.person(session, chief_id)
        people.set_password(session, "chief", "another horse", now, by=chief.id)
        planned = CampaignTyped(
            "Spring", "Be seen", house.bob.id, day, day, "UTC", frozenset({house.page_id}), frozenset({"pr"})
        )
        spring = campaigns.add(session, chief, planned, now)
        campaigns.change(session, chief, spring, planned, 1, now)
        entry = campaigns.add_entry(session, chief, spring, EntryTyped(day, "Opening", "pr", None), now)
        campaigns.remove_entry(session, chief, spring, entry, now)
        stewards.appoint(session, chief, house.page_id, house.bob.id, house.ann.id, now)
        plans.keep(session, chief, house.page_id, PlanTyped("7", "24", "", "14", "30", "60"), now)
        tag = tags.find_or_make(session, "billing", now)
        tags.rename(session, chief, tag, "bills", now)
        tags.remove(session, chief, tag, now)
        tags.bring_back(session, chief, tag, now)
        view = desk.save_view(session, chief, name="Late", address="x=1", team_id=house.service_team, now=now)
        desk.change_view(session, chief, view, name="Late", team_id=None, now=now)
        desk.save_view(session, chief, name="My own", address="x=2", team_id=None, now=now)
        voice.set_note(session, chief, NoteTyped(None, "", "Be kind"), now)
        voice.add_term(session, chief, TermTyped(None, "", "cheap", "good value", banned=True), now)
        learning.choose_languages(session, ["de", "en"], now, chief.id)
        learning.choose_destinations(session, {Kind.PRAISE: "customer_service"}, now, chief.id)
        learning.allow_automatic(session, "marketing", True, now, chief.id)
        post = library.add(
            session, chief, PostTyped("Well", (Words("en", "", "Hello"),), page_ids=frozenset({house.page_id})), now
        )
        library.retire(session, chief, post, now, back=False)
    with house.db.read() as session:
        lines = [
            line for line in queries.lines(session) if line.actor_id == chief.id or line.subject == f"user/{chief.id}"
        ]
    assert [line.action for line in lines] == [
        Action.USER_ADDED,
        Action.SIGN_IN_CHANGED,
        Action.CAMPAIGN_PLANNED,
        Action.CAMPAIGN_CHANGED,
        Action.ENTRY_ADDED,
        Action.ENTRY_REMOVED,
        Action.STEWARD_NAMED,
        Action.DEPUTY_NAMED,
        Action.PLAN_SET,
        Action.TAG_RENAMED,
        Action.TAG_REMOVED,
        Action.TAG_RETURNED,
        Action.VIEW_KEPT,
        Action.VIEW_KEPT,
        Action.VOICE_NOTE_SET,
        Action.TERM_ADDED,
        Action.LANGUAGES_SET,
        Action.KINDS_SET,
        Action.AUTOMATIC_SET,
        Action.POST_WRITTEN,
        Action.POST_RETIRED,
    ]
    said = "".join(line.facts for line in lines)
    assert not [word for word in ("Be kind", "cheap", "Opening", "Hello", "bills") if word in said]
