"""What the contract suite needs of a platform: somewhere visitors write, staff acts and things break.

A new connector brings a ``Stage`` (around a real server where one can be run, else around recorded or generated
answers) and runs the suite in ``contract.py`` on it; see docs/connectors/writing-one.md.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import ClassVar

from app.connectors.connector import Connector
from app.connectors.ports import Access, Target
from app.core.pace import Pace
from tests.servers.faulty_proxy import Instead


class Fault(StrEnum):
    """Ways in which a platform on the network fails."""

    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    GONE = "410"
    THROTTLED = "429 with Retry-After: 120"
    THROTTLED_SILENTLY = "429 without Retry-After"
    MAINTENANCE = "503 with Retry-After: 120"
    BROKEN = "500"
    HTML = "200, but an HTML page"
    NOTHING = "200, but empty"
    SILENT = "no answer in time"
    CUT_BEFORE = "the connection is cut before anything is done"
    CUT_AFTER = "what was asked is done, then the connection is cut"
    SILENT_AFTER = "what was asked is done, then there is no answer in time"
    BROKEN_AFTER = "what was asked is done, then the answer is 500"


class Lack(StrEnum):
    """What a platform may never show. A stage on one that does not names it in ``never``, with the reason."""

    ELSEWHERE = "an address that can be read and is no page of this kind"
    EMPTY_NAME = "an author whose name is empty"
    NO_AUTHOR = "a comment without a word about its author"


class Stage(ABC):
    """One page on one platform, empty when a test begins, and the connection to it.

    Ids are the connector's external ids. Each method returns when the platform shows the effect to everybody.
    """

    connector: Connector
    access: Access
    """The connection under test: discovered, and checked when it has a secret."""
    address: str
    """What a person would type to connect the page."""
    elsewhere: str | None = None
    """An address that can be read and is no page of this kind."""
    never: ClassVar[Mapping[Lack, str]] = {}
    """What this platform never shows, and why not."""
    wrong_secret: Mapping[str, str] | None = None
    """Credentials the platform does not take; None where it takes none at all."""
    discovers_by_form: bool = False
    """Whether an address is recognised by its form alone: then nothing is asked, and nothing can fail."""
    two_levels: bool = False
    """Whether the platform puts a reply to a reply below the comment above."""
    threaded: bool = True
    """Whether the platform says which comment a comment answers."""
    follows_edits: bool = True
    """Whether an edit can be noticed by ``collect`` or ``verify``."""

    longest: int | None = None
    """How many characters a comment may have at the platform, where the long text of the suite is longer."""

    shows_states: bool = True
    """Whether the platform says where a comment stands after it was moderated."""

    def connected(self, secret: Mapping[str, str] | None) -> Access:
        """The page connected with these credentials, as a person does it on the connect screen."""
        found = self.connector.discover(self.address)
        assert found is not None
        account = self.connector.check(Access(found.url, found.settings, secret))
        assert (account is None) == (secret is None)
        return Access(found.url, {**found.settings, **(account.settings if account else {})}, secret)

    @abstractmethod
    def say(
        self,
        text: str,
        *,
        author: str = "Ann",
        parent: str | None = None,
        held: bool = False,
        at: datetime | None = None,
    ) -> str:
        """A visitor comments, now or ``at`` an earlier time. ``held``: it waits for the platform's moderators.

        Every call is another person, also with the same name. Every comment is under the same post.
        """

    def say_unnamed(self, text: str, lack: Lack) -> str:
        """A visitor comments whose name is empty, or whom the platform does not mention. Each call is another."""
        raise NotImplementedError

    def excuses(self, lack: Lack) -> bool:
        """Whether the platform never shows this; then it is said why."""
        assert all(len(reason.split()) > 3 for reason in self.never.values()), "a reason is a sentence"
        return lack in self.never

    def say_many(self, texts: Sequence[str]) -> list[str]:
        """Several comments in this order; override where the platform has a quicker way."""
        return [self.say(text) for text in texts]

    @abstractmethod
    def release(self, comment: str) -> None:
        """A held comment is approved."""

    @abstractmethod
    def edit(self, comment: str, text: str) -> None:
        """Somebody changes a comment's text at the platform."""

    @abstractmethod
    def remove(self, comment: str) -> None:
        """Somebody deletes a comment at the platform, for good."""

    @abstractmethod
    def target(self, comment: str) -> Target:
        """A comment as replies and moderation name it."""

    @abstractmethod
    def answers(self, comment: str) -> list[str]:
        """The texts that stand directly under a comment at the platform, as a reader sees them, asked of the platform
        and not of the connector."""

    def letters(self, comment: str) -> list[str]:
        """The texts that a comment's author alone was written, the oldest first, asked of the platform; for platforms
        with private replies."""
        raise NotImplementedError


class Hourglass(Pace):
    """A pace whose waiting can be over at once."""

    def run_out(self) -> None:
        self._own.clear()


class WireStage(Stage):
    """A stage whose platform is reached over a network that can break."""

    @cached_property
    def pace(self) -> Hourglass:
        """What the connector and its ``colleague`` know of the platform's limits; over at the end of each fault."""
        return Hourglass()

    @abstractmethod
    def fault(self, fault: Fault, *, acts_only: bool = False) -> AbstractContextManager[None]:
        """Every request fails like that inside the block; with ``acts_only`` only those that change something."""

    @abstractmethod
    def answering(self, answer: Instead) -> AbstractContextManager[None]:
        """Every request is answered so inside the block."""

    @abstractmethod
    def colleague(self) -> Connector:
        """The connector as another worker has it: what that one is told of limits, this one knows."""

    @abstractmethod
    def asked(self) -> int:
        """How many requests have reached the platform."""

    def own_limit(self) -> Instead:
        """The platform's own way of saying that it was asked too often, and will be for a minute and a half."""
        return Instead(
            429, b"", (("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "90"))
        )

    @abstractmethod
    def revoke(self) -> None:
        """The connection's credentials stop working. Only called when it has some."""


class PublishStage(Stage):
    """A stage whose platform takes posts of our own."""

    @abstractmethod
    def posts(self) -> list[str]:
        """The posts of ours that stand there, as a reader sees them: title and text. Asked of the platform and not of
        the connector."""

    @abstractmethod
    def say_below(self, post: str, text: str) -> str:
        """A visitor comments on a post of ours, by its external id; answers the comment's."""
