"""Anything anybody does, in any order: never more than was paid, only what was signed, each once, all written down.

A model-based test over the real services, on SQLite in memory: requesters, two supervisors, an admin, a second account
of one of them, roles that change, edits between what was shown and decided, a provider failing in every way, workers
dying, the clock. REMEDY_EXAMPLES and REMEDY_STEPS say how much of it; ``make ordeal`` runs 2,000 examples.
"""

import os
import sqlite3
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import StaticPool, create_engine, event, select, update
from sqlalchemy.orm import sessionmaker

from app.accounts.models import User
from app.accounts.types import Role
from app.audit import queries as audit
from app.core import migrate
from app.core.db import Database
from app.core.errors import PorchlightError
from app.remedies import by_hand, execution, rules, signing, telling
from app.remedies.models import Remedy, RemedyBar, RemedyDecision, RemedyOrder, RemedyVersion
from app.remedies.types import HOLDS_MONEY, OPEN, State, Verdict
from tests.remedies.stage import Stage
from tests.remedies.till import Fault

EXAMPLES = int(os.environ.get("REMEDY_EXAMPLES", "60"))
STEPS = int(os.environ.get("REMEDY_STEPS", "50"))
ORDERS = {"A-1": "100.00", "B-2": "30.00"}
AMOUNTS = st.sampled_from(["5.00", "20.00", "30.00", "60.00", "99.99", "110.00"])
PEOPLE = st.sampled_from(["ann", "ben", "sue", "sam", "ada", "twin"])
PICK = st.integers(0, 30)


class MemoryDatabase(Database):
    """SQLite in memory, one connection; a copy of a migrated and peopled one, made in a millisecond."""

    def __init__(self, template: sqlite3.Connection) -> None:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        template.backup(connection)
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        self.connection = connection
        self.engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        event.listen(self.engine, "begin", lambda one: one.exec_driver_sql("BEGIN"))
        self._after_commit = None
        self._readers = self._writers = sessionmaker(self.engine, expire_on_commit=False)


_template: list[tuple[sqlite3.Connection, Stage]] = []


def fresh_stage() -> Stage:
    if not _template:
        path = Path(os.environ.get("TMPDIR", "/tmp")) / f"machine-{os.getpid()}.db"
        path.unlink(missing_ok=True)
        migrate.upgrade(f"sqlite:///{path}")
        database = Database(f"sqlite:///{path}")
        stage = Stage(database).set_up()
        with database.write() as session:
            stage.ids["twin"] = stage.hire(session, "twin", Role.SUPERVISOR)
            session.get_one(User, stage.ids["twin"]).same_as_id = stage.ids["ann"]
        database.dispose()
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(path) as disk:
            disk.backup(memory)
        disk.close()
        path.unlink()
        _template.append((memory, stage))
    memory, known = _template[0]
    stage = Stage(MemoryDatabase(memory))
    stage.ids, stage.talks = dict(known.ids), list(known.talks)
    stage.shop_id, stage.hand_id, stage.team_id = known.shop_id, known.hand_id, known.team_id
    return stage


class Remedies(RuleBasedStateMachine):
    """What people, the provider, workers and the clock may do."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: Stage
        self.ids: list[int] = []
        self.seen: dict[int, int] = {}
        self.signed_content: dict[tuple[int, int], set[str]] = defaultdict(set)

    @initialize()
    def begin(self) -> None:
        self.stage = fresh_stage()
        self.stage.till.paid = {number: ("EUR", int(float(paid) * 100)) for number, paid in ORDERS.items()}
        self.ids.append(self.stage.ask("ann", amount="30.00", order_number="A-1", paid=ORDERS["A-1"]))

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            self.stage.db.dispose()

    def _one(self, pick: int) -> int | None:
        return self.ids[pick % len(self.ids)] if self.ids else None

    def _try(self, work: Any) -> Any:
        with suppress(PorchlightError):
            return work()
        return None

    @rule(who=PEOPLE, talk=st.integers(0, 1), amount=AMOUNTS, order=st.sampled_from(sorted(ORDERS)))
    def ask(self, who: str, talk: int, amount: str, order: str) -> None:
        found = self._try(lambda: self.stage.ask(who, talk=talk, amount=amount, order_number=order, paid=ORDERS[order]))
        if found:
            self.ids.append(found)

    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        one = self._one(pick)
        if one:
            self.seen[one] = self.stage.remedy(one).version

    @rule(who=PEOPLE, pick=PICK, amount=AMOUNTS)
    def edit(self, who: str, pick: int, amount: str) -> None:
        one = self._one(pick)
        if one:
            order = self.stage.remedy(one).order_number
            self._try(lambda: self.stage.edit(who, one, amount=amount, order_number=order, paid=""))

    @rule(who=PEOPLE, pick=PICK, refuse=st.booleans(), proved=st.booleans())
    def decide(self, who: str, pick: int, refuse: bool, proved: bool) -> None:
        one = self._one(pick)
        if not one:
            return
        stage, verdict = self.stage, Verdict.REFUSE if refuse else Verdict.APPROVE
        actor, seen = stage.actor(who, proved=proved), self.seen.get(one, 1)
        content = stage.remedy(one)
        before = (content.amount, content.version)
        state = self._try(
            lambda: stage.do(lambda s: signing.decide(s, actor, one, verdict, "why", stage.now, version=seen))
        )
        if state is not None:
            assert before[1] == seen, "what was signed is what was seen"
            assert proved

    @rule(who=PEOPLE)
    def approve_several(self, who: str) -> None:
        stage, actor = self.stage, self.stage.actor(who)
        small = [one for one in self.ids if stage.remedy(one).amount <= 2500]
        chosen = [(one, self.seen.get(one, 1)) for one in small]
        self._try(lambda: stage.do(lambda s: signing.approve_several(s, actor, chosen, stage.now)))

    @rule(who=st.sampled_from(["ann", "ben", "sue"]), role=st.sampled_from([Role.AGENT, Role.SUPERVISOR]))
    def change_role(self, who: str, role: Role) -> None:
        self.stage.sql(update(User).where(User.id == self.stage.ids[who]).values(role=role))

    @rule(who=PEOPLE, pick=PICK, amount=AMOUNTS)
    def offer(self, who: str, pick: int, amount: str) -> None:
        one, stage = self._one(pick), self.stage
        if one:
            actor, seen, key = stage.actor(who), self.seen.get(one, 1), next(stage.keys)
            found = self._try(
                lambda: stage.do(
                    lambda s: signing.counter_offer(s, actor, one, amount, "so", stage.now, version=seen, key=key)
                )
            )
            if found:
                self.ids.append(found)

    @rule(who=PEOPLE, pick=PICK)
    def withdraw(self, who: str, pick: int) -> None:
        one = self._one(pick)
        if one:
            self._try(lambda: self.stage.withdraw(who, one))

    @rule(who=PEOPLE, pick=PICK)
    def again(self, who: str, pick: int) -> None:
        one = self._one(pick)
        if one:
            self._try(lambda: self.stage.again(who, one))

    @rule(who=st.sampled_from(["sue", "sam", "ada"]), pick=PICK)
    def settle_as_it_is(self, who: str, pick: int) -> None:
        """A person looks at the provider, and says what is there."""
        one, stage = self._one(pick), self.stage
        if one:
            done = bool(stage.till.effects_of(f"remedy-{one}-{stage.remedy(one).version}"))
            actor = stage.actor(who)
            self._try(
                lambda: stage.do(lambda s: by_hand.settle(s, actor, one, done=done, reference="seen", now=stage.now))
            )

    @rule(who=PEOPLE, pick=PICK)
    def tell(self, who: str, pick: int) -> None:
        one, stage = self._one(pick), self.stage
        if one:
            actor = stage.actor(who)
            self._try(lambda: stage.do(lambda s: telling.told_otherwise(s, actor, one, "by letter", stage.now)))

    @rule(user=PEOPLE, stand_in=PEOPLE)
    def stand_in(self, user: str, stand_in: str) -> None:
        stage = self.stage
        actor, until = stage.actor(user), stage.now + timedelta(days=2)
        self._try(lambda: stage.do(lambda s: signing.name_stand_in(s, actor, stage.ids[stand_in], until, stage.now)))

    @rule(faults=st.lists(st.sampled_from(list(Fault)), max_size=3), pending=st.booleans())
    def work(self, faults: list[Fault], pending: bool) -> None:
        first = self.stage.till.calls
        self.stage.till.pending = pending
        self.stage.till.faults = lambda n: faults[n - first - 1] if n - first <= len(faults) else Fault.NONE
        self.stage.run()

    @rule(after_effect=st.booleans())
    def die(self, after_effect: bool) -> None:
        """A worker claims something and is killed, before or after the money moved."""
        stage = self.stage
        with stage.db.read() as session:
            due = execution.due(session, stage.now)
        if not due:
            return
        claimed = stage.do(lambda s: execution.claim(s, due[0], stage.now, 30))
        if claimed and after_effect and not claimed.look_up:
            stage.till.faults = lambda _n: Fault.NONE
            self._try(lambda: self._quietly(claimed))

    def _quietly(self, claimed: Any) -> None:
        with suppress(Exception):
            self.stage.till.execute(None, claimed.task)  # type: ignore[arg-type]

    @rule(minutes=st.sampled_from([1, 6, 60, 60 * 5, 60 * 24, 60 * 73]))
    def wait(self, minutes: int) -> None:
        self.stage.later(minutes=minutes)

    @invariant()
    def all_is_as_promised(self) -> None:
        if not hasattr(self, "stage") or not self.ids:
            return
        stage = self.stage
        by_order: dict[str, int] = defaultdict(int)
        for effect in stage.till.effects:
            by_order[effect.order_number] += effect.amount
        assert all(by_order[number] <= paid for number, (_c, paid) in stage.till.paid.items())
        assert len({effect.key for effect in stage.till.effects}) == len(stage.till.effects), "each once"
        with stage.db.read() as session:
            remedies = session.scalars(select(Remedy)).all()
            self._effects_are_what_was_signed(session, stage)
            self._nobody_signed_for_themselves(session)
            taken = {one.number: one.taken for one in session.scalars(select(RemedyOrder))}
            for number, sum_taken in taken.items():
                held = [one for one in remedies if one.order_number == number and one.state in HOLDS_MONEY]
                assert sum_taken == sum(one.amount for one in held)
                assert sum_taken <= stage.till.paid[number][1]
        for at in (0, 1):
            count = sum(one.conversation_id == stage.talks[at] and one.state in OPEN for one in remedies)
            assert stage.talk(at).remedies_open == count
        done = [one for one in remedies if one.state in (State.EXECUTED, State.TOLD)]
        assert all(stage.till.effects_of(f"remedy-{one.id}-{one.version}") for one in done), "nothing is said falsely"

    def _effects_are_what_was_signed(self, session: Any, stage: Stage) -> None:
        for effect in stage.till.effects:
            _word, remedy_id, version = effect.key.split("-")
            content = session.get_one(RemedyVersion, (int(remedy_id), int(version))).content
            assert (content["amount"], content["currency"]) == (str(effect.amount), effect.currency)
            assert content["order_number"] == effect.order_number

    def _nobody_signed_for_themselves(self, session: Any) -> None:
        """No human being, whichever account they use: not what they asked for or changed, and nothing twice."""
        person = {one.id: one.same_as_id or one.id for one in session.scalars(select(User))}
        bars = {(one.remedy_id, person[one.user_id]) for one in session.scalars(select(RemedyBar))}
        signed = [one for one in session.scalars(select(RemedyDecision)) if one.verdict is Verdict.APPROVE]
        for one in signed:
            assert (one.remedy_id, person[one.user_id]) not in bars
            assert one.acting_for_id is None or (one.remedy_id, person[one.acting_for_id]) not in bars
            assert one.role in rules.DECIDING_ROLES, "whatever they were before or became later"
        names = [(one.remedy_id, one.version, person[one.user_id]) for one in signed]
        assert len(set(names)) == len(names)

    @invariant()
    def everything_is_written_down(self) -> None:
        if not hasattr(self, "stage"):
            return
        with self.stage.db.read() as session:
            last = {line.subject: line for line in audit.lines(session)}
            for one in session.scalars(select(Remedy)):
                line = last[f"remedy/{one.id}"]
                assert f'"state":"{one.state.value}"' in line.facts, "the last line says where it stands"
                assert line.content_hash == one.content_hash


TestRemedies = Remedies.TestCase
TestRemedies.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
)
