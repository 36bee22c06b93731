"""X calls us: asked to, asking back, telling; and nothing that our answers to it could be turned into."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.accounts import queries as accounts
from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.code_flow import App
from app.connectors.errors import ConnectorError
from app.connectors.hooks import Call, Hook
from app.connectors.ports import Access
from app.connectors.registry import Registry
from app.connectors.x import XConnector, hooks, prices
from app.core.clock import utc_now
from app.core.pace import Pace
from app.factory import create_app
from app.hooks.models import Hook as Row
from app.hooks.models import HookCall, HookChange
from app.hooks.runner import Runner
from app.hooks.subscribing import Subscriptions
from app.inbox.models import Comment
from app.pages import service as pages
from app.pages import spending
from app.pages.types import PageState
from tests.connectors.x_stage import TERMS
from tests.servers.x import TOKEN, US, X
from tests.servers.x_activity import KEY, SECRET, Switchboard, event, signature
from tests.web.browser import words
from tests.web.conftest import signed_in

PUBLIC = "https://porchlight.example"
HOOK = Hook({"secret": SECRET})
EVERY = {"post.mention.create", "post.quote.create", "post.reply.create"}


@dataclass
class Account:
    parts: Services
    app: Flask
    server: X
    page_id: int

    @property
    def x(self) -> Switchboard:
        return self.server.switchboard

    def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """How X reaches us."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == PUBLIC
        client = self.app.test_client()
        answer = client.open(parts.path, method=method, query_string=parts.query, headers=dict(headers), data=body)
        return answer.status_code, answer.data

    def ask(self, public: str | None = PUBLIC) -> int:
        return Subscriptions(self.parts.db, self.parts.connectors, self.parts.box, public).run()

    def work(self) -> None:
        Runner(self.parts.db, self.parts.connectors, self.parts.box, threads=1).run()

    def texts(self) -> dict[str, str]:
        with self.parts.db.read() as session:
            return {one.external_id: one.text for one in session.scalars(select(Comment))}

    def tell(self, kind: str, number: str) -> list[int]:
        return self.x.tell(kind, {"id": number, "text": "whatever the event says"}, US)

    def events(self) -> set[str]:
        return {one["event_type"] for one in self.x.subscriptions.values()}

    def spent(self) -> int:
        budget = prices.monthly("porch", TERMS.dollars, utc_now())
        with self.parts.db.read() as session:
            return spending.used(session, [budget.key]).get(budget.key, 0)

    def set_state(self, state: PageState) -> None:
        with self.parts.db.write() as session:
            pages.set_state(session, self.page_id, state, utc_now(), by=None)

    def time_has_come(self) -> None:
        with self.parts.db.write() as session:
            for one in session.scalars(select(Row)):
                one.renew_at = utc_now()

    def shown(self) -> str:
        return words(signed_in(self.app, Role.ADMIN).get(f"/pages/{self.page_id}"))


@pytest.fixture
def account(parts: Services, crew: dict[Role, int]) -> Iterator[Account]:
    with X() as server:
        terms = replace(TERMS, consumer=App(KEY, SECRET))
        base = "http://{}:{}".format(*server.address)
        connector = XConnector(parts.http, Pace(), spending.Ledger(parts.db), terms, base=base)
        settings = parts.settings.model_copy(
            update={"web": parts.settings.web.model_copy(update={"public_url": PUBLIC})}
        )
        parts = replace(parts, connectors=Registry([connector]), settings=settings)
        found = connector.discover("x.com/KettleCo")
        assert found is not None
        secret = {"password": TOKEN}
        known = connector.check(Access(found.url, found.settings, secret))
        with parts.db.write() as session:
            team = accounts.team_by_key(session, "customer_service")
            assert team is not None
            page_id = pages.add_page(
                session,
                found,
                team_id=team.id,
                sealed_secret=parts.box.seal(secret),
                account=known,
                since=None,
                now=utc_now(),
            )
        made = Account(parts, create_app(parts), server, page_id)
        server.switchboard.call = made.call
        yield made
        assert server.mistakes == []


sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_x_is_asked_and_what_it_tells_comes_into_the_inbox_once(account: Account) -> None:
    assert "asked within a minute" in account.shown()
    assert account.ask() == 1
    assert (account.events(), len(account.x.webhooks)) == (EVERY, 1)
    assert "tells of comments as they come" in account.shown()
    assert account.ask() == 0, "asked until further notice"
    kettle = account.server.publish("Our new kettle is here!")
    ann = account.server.person("Ann")
    number = account.server.publish("@kettleco where is my parcel?", author=ann, parent=kettle)
    assert account.tell("post.reply.create", number) == [200]
    assert account.tell("post.mention.create", number) == [200]
    before = account.spent()
    account.work()
    assert account.texts() == {number: "where is my parcel?"}, "as X has it, not as the event says"
    assert account.spent() - before == prices.EVENT + prices.POST + prices.USER
    account.server.edit(number, "@kettleco where is my kettle?")
    account.tell("post.mention.create", account.server.posts[number].latest)
    account.work()
    assert account.texts() == {number: "where is my kettle?"}


@sqlite
def test_one_post_that_can_not_be_read_holds_up_no_other(account: Account) -> None:
    account.ask()
    ann = account.server.person("Ann")
    gone = account.server.publish("@kettleco never mind", author=ann)
    there = account.server.publish("@kettleco hello", author=ann)
    account.server.posts[gone].shown = False
    url = next(iter(account.x.webhooks.values()))["url"]
    batch = [event("post.mention.create", {"id": one}, US, one)["data"] for one in (gone, "", there)]
    assert account.x.send(url, json.dumps({"data": batch}).encode()) == 200
    account.work()
    assert account.texts() == {there: "@kettleco hello"}
    with account.parts.db.read() as session:
        assert sorted(session.scalars(select(HookChange.state))) == ["done", "done", "failed"]


@sqlite
def test_what_x_did_not_sign_is_not_kept_and_what_it_sent_before_is_kept_once(account: Account) -> None:
    account.ask()
    url = next(iter(account.x.webhooks.values()))["url"]
    body = json.dumps(event("post.mention.create", {"id": "7"}, US, "7")).encode()
    refused = [signature(body, "guess"), signature(body)[:-2], signature(body + b" "), "", "sha256="]
    assert {account.x.send(url, body, one) for one in refused} == {400}
    assert [account.x.send(url, body) for _again in range(3)] == [200] * 3
    with account.parts.db.read() as session:
        assert len(session.scalars(select(HookCall)).all()) == 1


@sqlite
def test_the_answer_to_a_challenge_opens_nothing(account: Account) -> None:
    account.ask()
    url = next(iter(account.x.webhooks.values()))["url"]
    forged = json.dumps(event("post.mention.create", {"id": "7"}, US, "7"))
    for asked in (forged, f" {forged}", "{}", "", "a" * 201, '"x"'):
        answer = account.app.test_client().get(urlsplit(url).path, query_string={"crc_token": asked})
        assert answer.status_code == 404, asked
    answer = account.app.test_client().get(urlsplit(url).path, query_string={"crc_token": "harmless"})
    proof = answer.get_json()["response_token"]
    assert account.x.send(url, b"harmless", proof) == 400
    answer = account.app.test_client().get("/hooks/x_com/porch", query_string={"crc_token": "harmless"})
    assert answer.status_code == 404, "nor does anybody know where to ask"


@given(
    st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.decode("latin-1")) | st.from_regex(r"[\[{\"].*")
)
def test_nothing_that_is_signed_for_a_challenge_passes_for_an_event(token: str) -> None:
    answered = hooks.handshake(HOOK, {"crc_token": token})
    if answered is not None:
        proof = json.loads(answered)["response_token"]
        call = Call({"x-twitter-webhooks-signature": proof}, token.encode())
        assert not hooks.is_genuine(HOOK, call)
        with pytest.raises(ConnectorError):
            hooks.changes(call)


def test_two_workers_ask_once(account: Account) -> None:
    """One is at it while X asks back for the other: twice the events would cost twice the money."""
    others: list[int] = []

    def call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        others.append(account.ask())
        return account.call(method, url, headers, body)

    account.x.call = call
    assert account.ask() == 1
    assert (others, len(account.x.subscriptions)) == ([0], 3)


@sqlite
def test_a_webhook_that_x_gave_up_is_tried_again(account: Account) -> None:
    account.ask()
    hook = next(iter(account.x.webhooks.values()))
    hook["valid"] = False
    account.time_has_come()
    assert account.ask() == 1
    assert (hook["valid"], len(account.x.subscriptions)) == (True, 3)


@sqlite
@pytest.mark.parametrize("state", [PageState.PAUSED, PageState.REMOVED])
def test_x_is_silent_about_a_page_nobody_reads_for_it_charges(account: Account, state: PageState) -> None:
    account.ask()
    account.set_state(state)
    assert account.ask() == 1
    assert (account.x.subscriptions, account.x.webhooks) == ({}, {})
    assert account.ask() == 0
    if state is PageState.PAUSED:
        account.set_state(PageState.ACTIVE)
        account.ask()
        assert account.events() == EVERY


@sqlite
def test_x_is_silent_while_the_months_budget_is_spent(account: Account) -> None:
    account.ask()
    budget = prices.monthly("porch", TERMS.dollars, utc_now())
    assert spending.Ledger(account.parts.db).reserve(budget, budget.limit - account.spent())
    account.time_has_come()
    account.ask()
    assert account.x.subscriptions == {}
    assert "could not be asked" in account.shown()


@sqlite
def test_why_x_could_not_be_asked_is_shown_and_it_is_asked_again(account: Account) -> None:
    account.x.most = 0
    account.ask()
    shown = account.shown()
    assert "WebhookLimitExceeded" in shown
    assert account.ask() == 0, "ever more rarely"
    account.x.most = 1
    signed_in(account.app, Role.ADMIN).post(f"/pages/{account.page_id}/ask-to-call")
    account.ask()
    assert "tells of comments as they come" in account.shown()


@sqlite
def test_an_event_that_x_refuses_is_named_and_holds_up_no_other(account: Account) -> None:
    account.x.unknown = {"post.mention.create"}
    account.ask()
    assert account.events() == EVERY - account.x.unknown
    assert "post.mention.create: HTTP 400" in account.shown()
    account.x.unknown = set()
    account.time_has_come()
    account.ask()
    assert len(account.x.subscriptions) == 3


@sqlite
@pytest.mark.parametrize("public", ["http://porch.example", "https://porch.example:8443"])
def test_an_address_that_x_does_not_call_is_not_offered(account: Account, public: str) -> None:
    account.ask(public)
    assert (account.x.webhooks, "web.public_url" in account.shown()) == ({}, True)


@sqlite
def test_without_a_consumer_secret_x_calls_nobody(parts: Services) -> None:
    bare = XConnector(parts.http, Pace(), spending.Ledger(parts.db), TERMS)
    assert bare.shared_hook() is None
    assert bare.wants(Access("", {"account_id": US}, {"password": TOKEN})) is None
    by_hand = XConnector(parts.http, Pace(), spending.Ledger(parts.db), replace(TERMS, consumer=App("", SECRET)))
    hook = by_hand.shared_hook()
    assert hook is not None
    assert len(hook.place) == 32
    assert by_hand.wants(Access("", {"account_id": US}, {"password": TOKEN})) is None
