"""Anything anybody does, in any order: never more than was paid, only what was signed, each once, all written down.

A model-based test over the real services, on SQLite in memory: requesters, two supervisors, an admin, a second account
of one of them, roles that change, edits between what was shown and decided, customers who edit what they said, a
provider failing in every way, workers dying, the clock. REMEDY_EXAMPLES and REMEDY_STEPS say how much of it; ``make
ordeal`` runs 20,000 examples.
"""

import json
import os
import sqlite3
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import StaticPool, create_engine, event, update
from sqlalchemy.orm import sessionmaker

from app.accounts.models import User
from app.accounts.types import Actor, Role
from app.core import migrate
from app.core.db import Database
from app.core.errors import PorchlightError
from app.inbox.models import Comment
from app.remedies import by_hand, execution, quotes, rules, signing, telling, turns
from app.remedies.types import HOLDS_MONEY, OPEN, State, Verdict
from tests.remedies.stage import Stage
from tests.remedies.till import Fault

EXAMPLES = int(os.environ.get("REMEDY_EXAMPLES", "2000"))
PARTS = 4
"""So that processes that run tests side by side share them."""
STEPS = int(os.environ.get("REMEDY_STEPS", "50"))
ORDERS = {"A-1": "150.00", "B-2": "30.00"}
AMOUNTS = st.sampled_from(["5.00", "20.00", "30.00", "60.00", "99.99", "110.00"])
PEOPLE = st.sampled_from(["ann", "ben", "sue", "sam", "ada", "twin"])
PICK = st.integers(0, 30)


class MemoryDatabase(Database):
    """SQLite in memory, one connection; for each life a copy of a migrated and peopled one, made in a millisecond.

    One for all lives: what was compiled for the first is not compiled again for each of thousands.
    """

    def __init__(self) -> None:
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")
        self.connection = connection
        self.engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
        event.listen(self.engine, "begin", lambda one: one.exec_driver_sql("BEGIN"))
        self._after_commit = None
        self._readers = self._writers = sessionmaker(self.engine, expire_on_commit=False)

    def begin_anew(self, template: sqlite3.Connection) -> None:
        template.backup(self.connection)


class QuickStage(Stage):
    """On a database in memory; who is signed in is known from the beginning, and read anew when their role changed."""

    def __init__(self, memory: MemoryDatabase) -> None:
        super().__init__(memory)
        self.memory = memory
        self.known: dict[str, Actor] = {}

    def actor(self, login: str, *, proved: bool = True) -> Actor:
        if login not in self.known:
            self.known[login] = super().actor(login)
        return replace(self.known[login], proved_at=self.now if proved else None)


_template: list[tuple[sqlite3.Connection, Stage, MemoryDatabase, dict[str, Actor], list[int]]] = []


def fresh_stage() -> tuple[QuickStage, list[int]]:
    """A stage as every life finds it, and the remedies that were asked for there."""
    if not _template:
        path = Path(os.environ.get("TMPDIR", "/tmp")) / f"machine-{os.getpid()}.db"
        path.unlink(missing_ok=True)
        migrate.upgrade(f"sqlite:///{path}")
        database = Database(f"sqlite:///{path}")
        stage = Stage(database).set_up()
        with database.write() as session:
            stage.ids["twin"] = stage.hire(session, "twin", Role.SUPERVISOR)
            session.get_one(User, stage.ids["twin"]).same_as_id = stage.ids["ann"]
        for talk in range(len(stage.talks)):
            stage.heard("It came in pieces", talk=talk)
        asked = [
            stage.ask("ann", key="first", amount="30.00", order_number="A-1", paid=ORDERS["A-1"]),
            stage.ask("ben", key="second", talk=1, amount="110.00", order_number="A-1", paid=""),
        ]
        people = {login: stage.actor(login) for login in stage.ids}
        database.dispose()
        memory = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(path) as disk:
            disk.backup(memory)
        disk.close()
        path.unlink()
        _template.append((memory, stage, MemoryDatabase(), people, asked))
    memory, known, database_in_use, people, asked = _template[0]
    database_in_use.begin_anew(memory)
    stage = QuickStage(database_in_use)
    stage.known = dict(people)
    stage.ids, stage.talks = dict(known.ids), list(known.talks)
    stage.shop_id, stage.hand_id, stage.team_id = known.shop_id, known.hand_id, known.team_id
    return stage, list(asked)


reached: Counter[str] = Counter()
"""In how many lives something happened at all: promises about what never happens prove nothing."""


class Remedies(RuleBasedStateMachine):
    """What people, the provider, workers and the clock may do."""

    def __init__(self) -> None:
        super().__init__()
        self.stage: QuickStage
        self.ids: list[int] = []
        self.seen: dict[int, int] = {}
        self.checked: tuple[int, int] = (-1, -1)
        self.marks: dict[int, str] = {}
        """What a form that was opened before offers as evidence, by conversation."""

    @initialize()
    def begin(self) -> None:
        self.stage, self.ids = fresh_stage()
        self.stage.till.paid = {number: ("EUR", int(float(paid) * 100)) for number, paid in ORDERS.items()}

    def teardown(self) -> None:
        if hasattr(self, "stage"):
            reached["examples"] += 1
            reached["carried out"] += bool(self.stage.till.effects)
            signed = "SELECT count(*) FROM remedy_decisions WHERE verdict = 'approve' GROUP BY remedy_id, version"
            reached["signed by two"] += any(count > 1 for (count,) in self._rows(signed))

    def _rows(self, query: str, *values: object) -> list[Any]:
        """Straight from the database: what is promised is looked at after every step, and not by what is tried."""
        return self.stage.memory.connection.execute(query, values).fetchall()

    def _fact(self, remedy_id: int, name: str) -> Any:
        return self._rows(f"SELECT {name} FROM remedies WHERE id = ?", remedy_id)[0][0]

    def _one(self, pick: int) -> int | None:
        return self.ids[pick % len(self.ids)] if self.ids else None

    def _try(self, work: Any) -> Any:
        with suppress(PorchlightError):
            return work()
        return None

    @rule(
        who=PEOPLE,
        talk=st.integers(0, 1),
        amount=AMOUNTS,
        order=st.sampled_from(sorted(ORDERS)),
        proof=st.sampled_from(["", "as it reads", "as it read before"]),
    )
    def ask(self, who: str, talk: int, amount: str, order: str, proof: str) -> None:
        asked: dict[str, Any] = {"amount": amount, "order_number": order, "paid": ORDERS[order]}
        if proof:
            (offered,) = self.stage.do(lambda s: quotes.offered(s, self.stage.talks[talk]))
            before = self.marks.get(talk, offered.evidence)
            self.marks[talk] = offered.evidence
            asked["evidence"] = [before if proof == "as it read before" else offered.evidence]
        found = self._try(lambda: self.stage.ask(who, talk=talk, **asked))
        if found:
            self.ids.append(found)

    @rule(talk=st.integers(0, 1), words=st.sampled_from(["It came in pieces", "All is well", "Where is my money?"]))
    def customer_edits(self, talk: int, words: str) -> None:
        self.stage.sql(update(Comment).where(Comment.conversation_id == self.stage.talks[talk]).values(text=words))

    @rule(pick=PICK)
    def look(self, pick: int) -> None:
        one = self._one(pick)
        if one:
            self.seen[one] = self._fact(one, "version")

    @rule(who=PEOPLE, pick=PICK, amount=AMOUNTS)
    def edit(self, who: str, pick: int, amount: str) -> None:
        one = self._one(pick)
        if one:
            order = self._fact(one, "order_number")
            seen = self._fact(one, "version")
            self._try(lambda: self.stage.edit(who, one, seen, amount=amount, order_number=order, paid=""))

    @rule(who=PEOPLE, pick=PICK, refuse=st.booleans(), proved=st.booleans())
    def decide(self, who: str, pick: int, refuse: bool, proved: bool) -> None:
        one = self._one(pick)
        if one:
            self._decide(who, one, refuse=refuse, proved=proved)

    @rule(
        who=st.lists(st.sampled_from(["sue", "sam", "ada", "twin"]), min_size=1, max_size=3),
        pick=PICK,
        then_done=st.booleans(),
    )
    def sign_what_waits(self, who: list[str], pick: int, then_done: bool) -> None:
        """As on the screen: one that waits is looked at and signed; without this little would ever be carried out."""
        waiting = [one for (one,) in self._rows("SELECT id FROM remedies WHERE state = 'asked' ORDER BY id")]
        if waiting:
            one = waiting[pick % len(waiting)]
            self.seen[one] = self._fact(one, "version")
            for name in who:
                self._decide(name, one, refuse=False, proved=True)
        if then_done:
            self.work([], pending=False)

    def _decide(self, who: str, one: int, *, refuse: bool, proved: bool) -> None:
        stage, verdict = self.stage, Verdict.REFUSE if refuse else Verdict.APPROVE
        actor, seen = stage.actor(who, proved=proved), self.seen.get(one, 1)
        before = self._fact(one, "version")
        state = self._try(
            lambda: stage.do(lambda s: signing.decide(s, actor, one, verdict, "why", stage.now, version=seen))
        )
        if state is not None:
            assert before == seen, "what was signed is what was seen"
            assert proved

    @rule(who=PEOPLE)
    def approve_several(self, who: str) -> None:
        stage, actor = self.stage, self.stage.actor(who)
        small = [one for one in self.ids if self._fact(one, "amount") <= 2500]
        chosen = [(one, self.seen.get(one, 1)) for one in small]
        self._try(lambda: stage.do(lambda s: signing.approve_several(s, actor, chosen, stage.now)))

    @rule(who=st.sampled_from(["ann", "ben", "sue"]), role=st.sampled_from([Role.AGENT, Role.SUPERVISOR]))
    def change_role(self, who: str, role: Role) -> None:
        self.stage.sql(update(User).where(User.id == self.stage.ids[who]).values(role=role))
        self.stage.known.pop(who, None)

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
            done = bool(stage.till.effects_of(f"remedy-{one}-{self._fact(one, 'version')}"))
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
        self._try(lambda: stage.do(lambda s: turns.name_stand_in(s, actor, stage.ids[stand_in], until, stage.now)))

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

    @rule(minutes=st.sampled_from([1, 6, 60, 60, 60 * 5, 60 * 5, 60 * 24, 60 * 73]))
    def wait(self, minutes: int) -> None:
        self.stage.later(minutes=minutes)

    @invariant()
    def all_is_as_promised(self) -> None:
        """Looked at whenever anything was written or money moved."""
        if not hasattr(self, "stage"):
            return
        now = (self.stage.memory.connection.total_changes, len(self.stage.till.effects))
        if now != self.checked:
            self._money_is_as_promised()
            self._effects_are_what_was_signed()
            self._nobody_signed_for_themselves()
            self._everything_is_written_down()
            self.checked = now

    def _money_is_as_promised(self) -> None:
        till = self.stage.till
        by_order: dict[str, int] = defaultdict(int)
        for effect in till.effects:
            by_order[effect.order_number] += effect.amount
        assert all(by_order[number] <= paid for number, (_c, paid) in till.paid.items())
        assert len({effect.key for effect in till.effects}) == len(till.effects), "each once"
        held: dict[str, int] = defaultdict(int)
        owed: dict[int, int] = defaultdict(int)
        columns = "id, version, state, order_number, amount, conversation_id"
        for id_, version, state, order, amount, talk in self._rows(f"SELECT {columns} FROM remedies"):
            held[order] += amount if State(state) in HOLDS_MONEY else 0
            owed[talk] += State(state) in OPEN
            said_done = State(state) in (State.EXECUTED, State.TOLD)
            assert not said_done or till.effects_of(f"remedy-{id_}-{version}"), "nothing is said falsely"
        for order, taken in self._rows("SELECT number, taken FROM remedy_orders"):
            assert taken == held[order]
            assert taken <= till.paid[order][1]
        for talk, count in self._rows("SELECT id, remedies_open FROM conversations"):
            assert count == owed[talk]

    def _effects_are_what_was_signed(self) -> None:
        for effect in self.stage.till.effects:
            _word, remedy_id, version = effect.key.split("-")
            query = "SELECT content FROM remedy_versions WHERE remedy_id = ? AND version = ?"
            content = json.loads(self._rows(query, int(remedy_id), int(version))[0][0])
            assert (content["amount"], content["currency"]) == (str(effect.amount), effect.currency)
            assert content["order_number"] == effect.order_number
            kept = "SELECT count(*) FROM remedy_pictures WHERE remedy_id = ? AND digest = ?"
            for mark in content["evidence"]:
                assert self._rows(kept, int(remedy_id), quotes.digest(mark)) == [(1,)], "as it read when it was chosen"

    def _nobody_signed_for_themselves(self) -> None:
        """No human being, whichever account they use: not what they asked for or changed, and nothing twice."""
        person = {id_: same or id_ for id_, same in self._rows("SELECT id, same_as_id FROM users")}
        edited = "SELECT remedy_id, editor_id, min(version) FROM remedy_versions GROUP BY remedy_id, editor_id"
        first_edit = {(remedy, user): version for remedy, user, version in self._rows(edited)}
        barred_from: dict[tuple[int, int], int] = {}
        for remedy, user, why in self._rows("SELECT remedy_id, user_id, why FROM remedy_bars"):
            since = first_edit.get((remedy, user), 1) if why == "edited" else 1  # what was signed before is void anyway
            key = (remedy, person[user])
            barred_from[key] = min(barred_from.get(key, since), since)
        current = dict(self._rows("SELECT id, version FROM remedies"))
        columns = "remedy_id, version, user_id, acting_for_id, role"
        signed = self._rows(f"SELECT {columns} FROM remedy_decisions WHERE verdict = 'approve'")
        for remedy, version, user, acting_for, role in signed:
            for account in {user, acting_for or user}:
                since = barred_from.get((remedy, person[account]))
                assert since is None or version < min(since, current[remedy])
            assert Role(role) in rules.DECIDING_ROLES, "whatever they were before or became later"
        names = [(remedy, version, person[user]) for remedy, version, user, _for, _role in signed]
        assert len(set(names)) == len(names)

    def _everything_is_written_down(self) -> None:
        said = "SELECT subject, facts, content_hash, max(seq) FROM audit_log GROUP BY subject"
        last = {subject: (facts, digest) for subject, facts, digest, _seq in self._rows(said)}
        for id_, state, digest in self._rows("SELECT id, state, content_hash FROM remedies"):
            facts, said_digest = last[f"remedy/{id_}"]
            assert f'"state":"{state}"' in facts, "the last line says where it stands"
            assert said_digest == digest


@pytest.mark.parametrize("_part", range(PARTS))
def test_any_life(_part: int) -> None:
    how_many = settings(
        max_examples=EXAMPLES // PARTS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    run_state_machine_as_test(Remedies, settings=how_many)
    assert reached["carried out"] > reached["examples"] / 20
