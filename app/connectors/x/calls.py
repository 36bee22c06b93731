"""The calls this connector makes of X, each paid for: reserved before, settled after by what came."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import requests
import tweepy

from app.connectors import errors
from app.connectors.errors import AuthExpired, Permanent, RateLimited
from app.connectors.meter import Budget, Meter, reserved
from app.connectors.x import parse, prices
from app.connectors.x.transport import read

FIELDS = {
    "tweet_fields": [
        "author_id",
        "conversation_id",
        "created_at",
        "edit_history_tweet_ids",
        "entities",
        "in_reply_to_user_id",
        "note_tweet",
        "public_metrics",
        "referenced_tweets",
    ],
    "user_fields": ["name", "username"],
    "expansions": ["author_id"],
}
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Calls:
    """tweepy, with every call charged to a budget that all workers share."""

    client: tweepy.Client
    meter: Meter
    budget: Budget

    def me(self) -> Answer:
        """Who we are."""
        return self._pay(prices.USER, lambda: self.client.get_me(user_auth=False), lambda _answer: prices.USER)

    def mentions(self, account: str, size: int, **where: str) -> Answer:
        """Posts that mention an account, newest first."""
        most = size * (prices.POST + prices.USER)
        ask = self.client.get_users_mentions
        return self._pay(most, lambda: ask(account, max_results=max(size, 5), **FIELDS, **where), _by_resource)

    def own(self, account: str, size: int, **where: str) -> Answer:
        """Our own posts, newest first."""
        most = size * prices.OWN_POST + prices.USER
        ask = self.client.get_users_tweets
        return self._pay(most, lambda: ask(account, max_results=max(size, 5), **FIELDS, **where), _by_own_post)

    def search(self, query: str, size: int, **where: str) -> Answer:
        """Posts of the last seven days."""
        most = size * (prices.POST + prices.USER)
        ask = self.client.search_recent_tweets
        return self._pay(most, lambda: ask(query, max_results=max(size, 10), **FIELDS, **where), _by_resource)

    def several(self, ids: Sequence[str], *, ours: bool = False) -> Answer:
        """Up to 100 posts by their ids."""
        price = prices.OWN_POST if ours else prices.POST
        cost = _by_own_post if ours else _by_resource
        return self._pay(len(ids) * (price + prices.USER), lambda: self.client.get_tweets(list(ids), **FIELDS), cost)

    def told(self, post: str) -> Answer:
        """A post that X told us of, which it charges for besides."""
        most = prices.EVENT + prices.POST + prices.USER
        ask = self.client.get_tweets
        return self._pay(most, lambda: ask([post], **FIELDS), lambda answer: prices.EVENT + _by_resource(answer))

    def room(self) -> bool:
        """Whether the budget holds what X may tell us of by itself."""
        with reserved(self.meter, self.budget, prices.EVENT + prices.POST + prices.USER) as bill:
            if bill is not None:
                bill.cost = 0
            return bill is not None

    def quotes(self, post: str, size: int, **where: str) -> Answer:
        """Posts that quote one, newest first."""
        most = size * (prices.POST + prices.USER)
        ask = self.client.get_quote_tweets
        return self._pay(most, lambda: ask(post, max_results=max(size, 10), **FIELDS, **where), _by_resource)

    def create(self, text: str, target: str | None) -> Answer:
        """Post an answer, or without a target a post."""
        cost = prices.post(text)
        send = self.client.create_tweet
        return self._pay(cost, lambda: send(text=text, in_reply_to_tweet_id=target, user_auth=False), lambda _a: cost)

    def hide(self, post: str, *, hidden: bool) -> Answer:
        """Hide an answer below a post of ours, or show it again."""
        change = self.client.hide_reply if hidden else self.client.unhide_reply
        return self._pay(prices.HIDE, lambda: change(post, user_auth=False), lambda _answer: prices.HIDE)

    def _pay(self, most: int, call: Callable[[], requests.Response], cost: Callable[[Answer], int]) -> Answer:
        with reserved(self.meter, self.budget, most) as bill:
            if bill is None:
                detail = f"{self.budget.limit / 1_000_000:.2f} dollars for this month are used up"
                raise RateLimited(errors.BUDGET_SPENT, detail, retry_at=self.budget.ends_at)
            try:
                answer = read(call())
            except (AuthExpired, Permanent, RateLimited):
                bill.cost = 0  # what X refuses it does not charge
                raise
            bill.cost = min(cost(answer), most)
            return answer


def _by_resource(answer: Answer) -> int:
    return len(parse.posts(answer)) * prices.POST + parse.users(answer) * prices.USER


def _by_own_post(answer: Answer) -> int:
    return len(parse.posts(answer)) * prices.OWN_POST + parse.users(answer) * prices.USER
