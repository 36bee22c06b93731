"""The calls this connector makes of YouTube, each taken out of the day's units before it leaves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.google.client import Google, RefusedError, rows
from app.connectors.meter import Meter, reserved
from app.connectors.youtube import quota
from app.connectors.youtube.quota import READ, WRITE, Purpose
from app.core.clock import utc_now

PAGE, AT_ONCE = 100, 50
"""The most that a list gives, and how many ids one request takes."""
Answer = dict[str, Any]
_TEXT = frozenset({"commentTextRequired", "commentTextTooLong", "invalidCommentMetadata"})
_NO_ANSWERS = frozenset({"operationNotSupported", "parentCommentIsPrivate", "parentIdMissing"})


@dataclass(frozen=True, slots=True)
class Calls:
    """YouTube's interface for one channel."""

    google: Google
    meter: Meter
    units: int
    """What YouTube gives the app in a day."""

    def me(self) -> Answer:
        """The channel we are signed in as."""
        return self._read(Purpose.ACT, "channels", part="id,snippet", mine="true")

    def user(self, name: str) -> Answer:
        """The channel with a name of the oldest kind; none when nobody has it."""
        return self._read(Purpose.ACT, "channels", part="id", forUsername=name)

    def threads(
        self, channel: str, *, status: str, page: str = "", size: int = PAGE, purpose: Purpose = Purpose.NEWS
    ) -> Answer:
        """Threads below a channel and its videos in one state, those begun last first, with up to five replies each."""
        return self._read(
            purpose,
            "commentThreads",
            part="id,snippet,replies",
            allThreadsRelatedToChannelId=channel,
            moderationStatus=status,
            order="time",
            textFormat="plainText",
            maxResults=str(size),
            **_at(page),
        )

    def replies(self, thread: str, *, page: str = "", purpose: Purpose = Purpose.NEWS) -> Answer:
        """The replies in a thread; none when it is gone."""
        try:
            return self._look(
                purpose,
                "comments",
                part="id,snippet",
                parentId=thread,
                textFormat="plainText",
                maxResults=str(PAGE),
                **_at(page),
            )
        except RefusedError as refused:
            if refused.absent or refused.says("commentNotFound", "parentCommentNotFound"):
                return {}
            raise self.error_for(refused, act=False) from None

    def several(self, ids: Sequence[str], *, purpose: Purpose) -> list[Answer]:
        """Those of up to ``AT_ONCE`` comments that there still are. YouTube leaves out what state they are in."""
        try:
            answer = self._look(purpose, "comments", part="id,snippet", id=",".join(ids), textFormat="plainText")
        except RefusedError as refused:
            if refused.absent or refused.says("commentNotFound"):
                return []
            raise self.error_for(refused, act=False) from None
        return rows(answer)

    def titles(self, videos: Sequence[str], *, purpose: Purpose) -> dict[str, str]:
        """What up to ``AT_ONCE`` videos are called."""
        answer = self._read(purpose, "videos", part="id,snippet", id=",".join(videos))
        found = {str(one.get("id")): one.get("snippet") for one in rows(answer)}
        return {name: str(told.get("title") or "") for name, told in found.items() if isinstance(told, dict)}

    def reply(self, thread: str, text: str) -> Answer:
        """Answer in a thread."""
        body = {"snippet": {"parentId": thread, "textOriginal": text}}
        return self._act("comments", body, part="id,snippet")

    def moderate(self, comment: str, status: str, *, ban: bool) -> None:
        """Give a comment another state."""
        more = {"banAuthor": "true"} if ban else {}
        self._act("comments/setModerationStatus", None, id=comment, moderationStatus=status, **more)

    def error_for(self, refused: RefusedError, *, act: bool) -> ConnectorError:
        """Our error for one of YouTube's own reasons, else for one of Google's."""
        detail = f"HTTP {refused.response.status} {refused}"
        if refused.says("processingFailure"):
            return (OutcomeUnknown if act else Transient)(errors.SERVER_ERROR, detail)
        if refused.says("commentsDisabled"):
            return Permanent(errors.COMMENTS_CLOSED, detail)
        if refused.says(*_TEXT):
            return Permanent(errors.INVALID_TEXT, detail)
        if refused.says(*_NO_ANSWERS):
            return Permanent(errors.REPLY_RESTRICTED, detail)
        return self.google.error_for(refused, act=act)

    def _read(self, purpose: Purpose, path: str, **params: str) -> Answer:
        try:
            return self._look(purpose, path, **params)
        except RefusedError as refused:
            raise self.error_for(refused, act=False) from None

    def _look(self, purpose: Purpose, path: str, **params: str) -> Answer:
        return self._pay(READ, purpose, lambda: self.google.look(f"youtube/v3/{path}", **params))

    def _act(self, path: str, body: Answer | None, **params: str) -> Answer:
        try:
            return self._pay(WRITE, Purpose.ACT, lambda: self.google.post(f"youtube/v3/{path}", body, **params))
        except RefusedError as refused:
            raise self.error_for(refused, act=True) from None

    def _pay(self, cost: int, purpose: Purpose, call: Callable[[], Answer]) -> Answer:
        """Make a call if the day's units allow it; what is refused counts in full, for YouTube may count it."""
        now = utc_now()
        budget = quota.daily(self.google.project, self.units, now)
        with reserved(self.meter, quota.allowed(budget, purpose, now), cost) as bill:
            if bill is None:
                code = errors.BUDGET_SPENT if purpose is Purpose.ACT else errors.RATE_LIMITED
                detail = f"too few are left of the day's {budget.limit} units"
                raise RateLimited(code, detail, retry_at=quota.retry_at(budget, purpose, now))
            return call()


def _at(page: str) -> dict[str, str]:
    return {"pageToken": page} if page else {}
