"""Reading a channel: its threads in every state and the replies in them, as batches of items."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.connectors.errors import Permanent
from app.connectors.ports import Batch, Cursor, Item, Payload, Verdict
from app.connectors.youtube import parse, walk
from app.connectors.youtube.calls import AT_ONCE, Answer, Calls
from app.connectors.youtube.parse import Row, Thread
from app.connectors.youtube.quota import Purpose
from app.connectors.youtube.walk import Back, State

MOST = 100
"""How many comments a batch may hold."""
NEWS_PAGES, SIDE_PAGES = 20, 10
"""How many pages a walk for news takes at most, the walks back find the rest; and one through what is held back."""
ADDRESS = "https://youtube.googleapis.com/youtube/v3"


@dataclass
class Reader:
    """Reads one channel. ``titles`` holds what videos are called, and is shared by all readers of a process."""

    calls: Calls
    channel: str
    now: datetime
    titles: dict[str, str]
    _purpose: Purpose = field(default=Purpose.NEWS, init=False)

    def latest(self, count: int) -> Sequence[Item]:
        """The newest few of those that began a thread, newest first."""
        answer = self.calls.threads(self.channel, status="published", size=min(max(count, 1), MOST))
        rows = [one.rows[0] for one in parse.threads(answer, "published")]
        return self._items(rows)[:count]

    def collect(self, cursor: Cursor | None, since: datetime | None) -> Iterator[Batch]:
        """What is held back, then news, then a walk back where one is under way or due; see ``walk``."""
        state = State.read(cursor, since, self.now)
        released: list[datetime] = []
        if state.side_is_due(self.now):
            yield from self._held_back(state, released)
        yield from self._news(state, released)
        back = state.next_back(self.now)
        while back is not None and state.back is back:
            yield from self._back(state, back)
        yield Batch((), state.cursor(), complete=True)

    def verify(self, known: Sequence[str]) -> Iterator[Verdict]:
        """Known comments as they are now; their state is not told where they are asked for by their ids."""
        for start in range(0, len(known), AT_ONCE):
            asked = known[start : start + AT_ONCE]
            found = {parse.comment_id(one): one for one in self.calls.several(asked, purpose=Purpose.HISTORY)}
            for number in asked:
                comment = found.get(number)
                row = Row(comment, str(parse.snippet(comment).get("videoId") or "")) if comment else None
                yield Verdict(number, parse.item(row, self.titles, self.channel, self.now) if row else None)

    def _held_back(self, state: State, released: list[datetime]) -> Iterator[Batch]:
        """What waits or is taken for spam; ``released`` gets the dates of what did and no longer does."""
        seen: dict[str, tuple[str, str]] = {}
        for status in ("heldForReview", "likelySpam"):
            for threads, _page in self._pages(status, SIDE_PAGES):
                fresh = [one for one in threads if state.held.get(one.id, ("", ""))[1] != one.mark]
                for one in fresh:
                    state.marks.pop(one.id, None)  # how it stands among those published is to be read again
                yield from self._batches(state, fresh, lambda _thread: None)
                seen |= {one.id: (one.published.isoformat() if one.published else "", one.mark) for one in threads}
        gone = [at for one, (at, _mark) in state.held.items() if one not in seen and at]
        released += [datetime.fromisoformat(at) for at in gone]
        state.held, state.side_at = seen, self.now

    def _news(self, state: State, released: Sequence[datetime]) -> Iterator[Batch]:
        """From the newest thread back to what was read before; the first time that is the first page."""
        floor, newest = state.floor(released), state.known
        for threads, _page in self._pages("published", NEWS_PAGES if state.known else 1):
            newest = max([at for one in (newest, *(one.published for one in threads)) if (at := one)], default=None)
            yield from self._batches(state, [one for one in threads if not state.is_known(one)], state.remember)
            if walk.is_below(threads, floor):
                break
        state.known = min(newest or self.now, self.now)

    def _back(self, state: State, back: Back) -> Iterator[Batch]:
        """One page of a walk back."""
        self._purpose = Purpose.HISTORY
        try:
            answer = self._page("published", back.page)
        except Permanent:
            if not back.page:
                raise
            back.page = ""  # YouTube no longer knows where we were: begin again, over what is known by now
            return
        threads = parse.threads(answer, "published")
        yield from self._batches(state, [one for one in threads if not state.is_known(one)], state.remember)
        state.came(back, "" if walk.is_below(threads, back.floor) else _next(answer))

    def _pages(self, status: str, most: int) -> Iterator[tuple[list[Thread], str]]:
        """The pages of a list from its beginning, each with where the next one is."""
        self._purpose, page = Purpose.NEWS, ""
        for _number in range(most):
            answer = self._page(status, page)
            page = _next(answer)
            yield parse.threads(answer, status), page
            if not page:
                return

    def _page(self, status: str, page: str) -> Answer:
        return self.calls.threads(self.channel, status=status, page=page, purpose=self._purpose)

    def _batches(self, state: State, threads: Sequence[Thread], remember: Callable[[Thread], None]) -> Iterator[Batch]:
        """The comments of threads, in portions; a thread counts as known once all of it was given."""
        portion: list[Row] = []
        for thread in threads:
            for rows in self._whole(thread):
                wanted = [row for row in rows if self._is_wanted(row, state.since)]
                if len(portion) + len(wanted) > MOST:
                    yield self._batch(portion, state)
                    portion = []
                portion += wanted
            remember(thread)
        if portion:
            yield self._batch(portion, state)

    def _whole(self, thread: Thread) -> Iterator[Sequence[Row]]:
        """A thread's comments, at most a hundred at a time: what came with it, or all its replies anew."""
        if thread.whole:
            yield thread.rows
            return
        yield thread.rows[:1]
        page, had = "", 0
        while True:
            answer = self.calls.replies(thread.id, page=page, purpose=self._purpose)
            rows = parse.replies(answer, thread.video)
            had += len(rows)
            yield rows
            page = _next(answer)
            if not page:
                break
        if not had:  # it is gone, or YouTube's list of replies is late: what came with the thread stands
            yield thread.rows[1:]

    def _is_wanted(self, row: Row, since: datetime | None) -> bool:
        at = parse.published(row.comment)
        return since is None or at is None or at >= since

    def _batch(self, rows: Sequence[Row], state: State) -> Batch:
        items = self._items(rows)
        body = parse.payload(rows, self.titles)
        return Batch(items, state.cursor(), (Payload(f"{ADDRESS}/commentThreads", "application/json", body),))

    def _items(self, rows: Sequence[Row]) -> list[Item]:
        unknown = list(dict.fromkeys(row.video for row in rows if row.video and row.video not in self.titles))
        for start in range(0, len(unknown), AT_ONCE):
            asked = unknown[start : start + AT_ONCE]
            named = self.calls.titles(asked, purpose=self._purpose)
            self.titles |= {video: named.get(video, "") for video in asked}
        return [parse.item(row, self.titles, self.channel, self.now) for row in rows]


def _next(answer: Answer) -> str:
    page = answer.get("nextPageToken")
    return page if isinstance(page, str) else ""
