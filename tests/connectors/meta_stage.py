"""The stage of the contract suite that all of Meta's accounts share, and tests of what is the same for them."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeVar

import pytest

from app.connectors import errors
from app.connectors.errors import AuthExpired, OutcomeUnknown, Permanent
from app.connectors.meta.app import MetaApp
from app.connectors.meta.connector import MetaConnector
from app.connectors.meta.messages import PERMISSION
from app.connectors.ports import LACKING, Access, Target
from app.core.http import Http
from app.core.pace import Pace
from tests.connectors.graph_double import APP, SECRET, TOKEN, VERIFY, GraphDouble
from tests.connectors.proxied_stage import CountingHttp, ProxiedStage
from tests.servers.faulty_proxy import FaultyProxy, Instead
from tests.servers.loopback import Loopback

Kind = Callable[[Http, MetaApp, Pace], MetaConnector]
Made = TypeVar("Made", bound="MetaStage")


def meta_app(url: str) -> MetaApp:
    """Our app, with Meta's hosts where the stand-in is."""
    return MetaApp(APP, SECRET, VERIFY, graph=url.rstrip("/"))


class MetaStage(ProxiedStage):
    """An account on ``double``. Subclasses say what is posted there: ``post`` is what comments stand under."""

    wrong_secret: Mapping[str, str] | None = {"password": "EAAB-another-token"}
    discovers_by_form = True
    connector: MetaConnector
    post: str

    def __init__(
        self,
        kind: Callable[[Http, MetaApp, Pace], MetaConnector],
        double: GraphDouble,
        server: Loopback,
        proxy: FaultyProxy,
    ) -> None:
        self.double, self.proxy, self.http, self.kind = double, proxy, CountingHttp(), kind
        server.route("*", double.answer)
        self.connector = self.colleague()
        self.access = self.connected({"password": TOKEN})

    def own_limit(self) -> Instead:
        """The limit of one account, with the minutes until it is over."""
        told = [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 2}]
        error = {"error": {"message": "in words that change", "type": "OAuthException", "code": 80_001}}
        headers = (("X-Business-Use-Case-Usage", json.dumps({self.double.account: told})),)
        return Instead(400, json.dumps(error).encode(), headers)

    def colleague(self) -> MetaConnector:
        return self.kind(self.http, meta_app(self.proxy.url), self.pace)

    def target(self, comment: str) -> Target:
        return Target(comment, self.post)

    def letters(self, comment: str) -> list[str]:
        return self.double.letters_about(comment)

    def revoke(self) -> None:
        self.double.token = "none"


@contextmanager
def stand_in(stage: Callable[[Loopback, FaultyProxy], Made]) -> Iterator[Made]:
    """A stage on a server of its own; at the end it has made no request that Meta does not describe."""
    with Loopback() as server, FaultyProxy(("127.0.0.1", server.port)) as proxy:
        made = stage(server, proxy)
        yield made
        assert made.double.mistakes == []


class MetaAccountTests:
    """For each kind of account, besides the contract suite. Subclasses give the fixture ``stage``."""

    def test_all_missing_permissions_are_named_at_once(self, stage: MetaStage) -> None:
        stage.double.scopes = stage.double.scopes[:1]
        with pytest.raises(AuthExpired) as caught:
            stage.connector.check(stage.access)
        assert caught.value.code == errors.MISSING_SCOPES
        assert len(caught.value.detail.split(", ")) == 3

    def test_a_task_that_the_person_lacks_is_named_with_the_permissions(self, stage: MetaStage) -> None:
        stage.double.tasks, lost = ["ANALYZE", "CREATE_CONTENT"], stage.double.scopes.pop(0)
        with pytest.raises(AuthExpired) as caught:
            stage.connector.check(stage.access)
        assert (caught.value.code, caught.value.detail) == (errors.MISSING_SCOPES, f"{lost}, MODERATE")

    def test_a_permission_for_other_pages_alone_is_missing(self, stage: MetaStage) -> None:
        stage.double.targets = {"pages_manage_metadata": ["7"], "pages_read_engagement": ["7", stage.double.account]}
        with pytest.raises(AuthExpired) as caught:
            stage.connector.check(stage.access)
        assert (caught.value.code, caught.value.detail) == (errors.MISSING_SCOPES, "pages_manage_metadata")

    @pytest.mark.parametrize("tasks", [["PROFILE_PLUS_FULL_CONTROL"], ["PROFILE_PLUS_MODERATE", "CREATE_CONTENT"], []])
    def test_tasks_of_new_pages_are_known_and_untold_ones_stop_nobody(self, stage: MetaStage, tasks: list[str]) -> None:
        stage.double.tasks = tasks
        account = stage.connector.check(stage.access)
        assert account is not None
        assert account.settings[LACKING] == (["MESSAGING"] if len(tasks) == 2 else [])
        stage.double.tells_roles = False
        assert stage.connector.check(stage.access) is not None

    def test_without_the_permission_nobody_is_written_to(self, stage: MetaStage) -> None:
        """The rest works, and what is missing is named."""
        stage.double.scopes.remove(PERMISSION)
        account = stage.connector.check(stage.access)
        assert account is not None
        assert account.settings[LACKING] == [PERMISSION]
        assert account.capabilities.reply
        assert account.capabilities.private is None
        access = Access(stage.access.url, {**stage.access.settings, **account.settings}, stage.access.secret)
        comment = stage.say("Where is my parcel?")
        with pytest.raises(Permanent) as caught:
            stage.connector.reply_privately(access, stage.target(comment), "On its way", key="k")
        assert caught.value.code == errors.NOT_SUPPORTED
        assert stage.letters(comment) == []

    def test_what_somebody_wrote_by_hand_is_not_taken_for_ours(self, stage: MetaStage) -> None:
        comment = stage.say("Where is my parcel?")
        stage.double.write(comment, "Written at the page itself")
        with pytest.raises(Permanent) as caught:
            stage.connector.reply_privately(stage.access, stage.target(comment), "On its way", key="k")
        assert caught.value.code == errors.ANSWERED_BEFORE

    def test_messages_that_can_not_be_read_leave_it_to_a_person(self, stage: MetaStage) -> None:
        """It may stand there; without the right to look nobody can know, and the connection goes on."""
        comment, began = stage.say("Where is my parcel?"), datetime.now(UTC)
        stage.connector.reply_privately(stage.access, stage.target(comment), "On its way", key="k")
        stage.double.reads_messages = False
        with pytest.raises(Permanent) as caught:
            stage.connector.look_up_private(stage.access, stage.target(comment), "On its way", key="k", since=began)
        assert caught.value.code == errors.NOT_SUPPORTED
        with pytest.raises(OutcomeUnknown):
            stage.connector.reply_privately(stage.access, stage.target(comment), "On its way", key="k")
        assert stage.letters(comment) == ["On its way"]

    @pytest.mark.parametrize("code", [551, 10_901, 10_903, 10])
    def test_a_person_who_can_not_be_written_to(self, stage: MetaStage, code: int) -> None:
        stage.double.refuse = {"/messages": (code, 0)}
        comment = stage.say("Where is my parcel?")
        with pytest.raises(Permanent):
            stage.connector.reply_privately(stage.access, stage.target(comment), "On its way", key="k")
