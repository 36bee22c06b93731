"""Answers whose line is cut, before or after the platform took them; settled as the outbox does."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from app.connectors import errors
from app.connectors.errors import OutcomeUnknown, Permanent
from app.connectors.ports import Sent
from app.connectors.private import PrivateReplier
from tests.connectors.stage import Fault, WireStage

CUTS = int(os.environ.get("PORCHLIGHT_TEST_CUTS", "12"))
"""How often the line is cut. Before a release a hundred times: docs/connectors/writing-one.md."""


class Sender:
    """Sends answers of one kind, ``private`` or public, and finds them again."""

    def __init__(self, stage: WireStage, *, private: bool = False) -> None:
        self.stage, self.private = stage, private

    def send(self, comment: str, text: str, key: str) -> Sent:
        connector, access, target = self.stage.connector, self.stage.access, self.stage.target(comment)
        if not self.private:
            return connector.reply(access, target, text, key=key)
        assert isinstance(connector, PrivateReplier)
        return connector.reply_privately(access, target, text, key=key)

    def find(self, comment: str, text: str, key: str, since: datetime) -> Sent | None:
        connector, access, target = self.stage.connector, self.stage.access, self.stage.target(comment)
        if not self.private:
            return connector.look_up(access, target, text, key=key, since=since)
        assert isinstance(connector, PrivateReplier)
        return connector.look_up_private(access, target, text, key=key, since=since)

    def stands(self, comment: str) -> list[str]:
        """Asked of the platform."""
        return self.stage.letters(comment) if self.private else self.stage.answers(comment)

    def settle(self, comment: str, text: str, began: datetime, key: str) -> None:
        """After an unknown outcome: look it up, and only send again what certainly does not stand there."""
        done = self.stands(comment)
        try:
            found = self.find(comment, text, key, began)
        except Permanent as error:
            if error.code != errors.NOT_SUPPORTED or done:  # what stands there in the open can be found
                raise
            found = None
        assert (found is not None) == bool(done)
        if found is None:
            self.send(comment, text, key)

    def say_and_cut(self, *, guarded: bool) -> Sequence[str]:
        """Questions, each answered once in the end whichever way the line was cut.

        ``guarded``: a third of what was taken is not looked up but sent again, and the platform's guard has to tell.
        """
        asked = [f"Question {n}" for n in range(CUTS)]
        if self.private:  # to each person there is one conversation
            comments = [self.stage.say(text, author=f"person{n}") for n, text in enumerate(asked)]
        else:
            comments = self.stage.say_many(asked)
        for number, comment in enumerate(comments):
            began, text, key = datetime.now(UTC), f"Answer {number}", f"k{number}"
            fault = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.CUT_AFTER)[number % 3]
            with self.stage.fault(fault, acts_only=True), pytest.raises(OutcomeUnknown):
                self.send(comment, text, key)
            if guarded and number % 3 == 2:
                self.send(comment, text, key)
            else:
                self.settle(comment, text, began, key)
        return comments
