"""Signing in at Facebook: a person lets our app in, and we take the token of the one Page that is to be connected.

Meta's documents: "Manually Build a Login Flow", "Long-Lived Access Tokens". The token of a person is short; exchanged
for a long one, the tokens of the person's Pages have no end of their own. What ends is the right to read data, ninety
days after the person signed in last.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from app.connectors import errors
from app.connectors.answers import ask
from app.connectors.errors import AuthExpired, Permanent
from app.connectors.meta import account
from app.connectors.meta.app import MetaApp
from app.connectors.meta.client import Graph, RefusedError, following, read_answer, rows
from app.connectors.oauth import Start, Tokens
from app.connectors.ports import Access
from app.core.http import Http
from app.core.pace import Pace
from app.core.text import one_line

DIALOG = "https://www.facebook.com"
MOST_PAGES = 20
"""How many hundreds of Pages one person may look after."""
Fits = Callable[[Mapping[str, Any], str], bool]
"""Whether a Page, as Meta describes it, is the one at an address of ours."""


class MetaOAuth:
    """``scopes`` are the permissions that are asked for, ``fields`` what ``fits`` wants to know of a Page."""

    rotates = False

    def __init__(self, http: Http, app: MetaApp, pace: Pace, scopes: Sequence[str], fields: str, fits: Fits) -> None:
        self._http, self._app, self._pace = http, app, pace
        self._scopes, self._fields, self._fits = tuple(scopes), fields, fits

    def begin(self, url: str, *, redirect_uri: str, state: str, challenge: str) -> Start:
        asked = {
            "client_id": self._app.id,
            "redirect_uri": redirect_uri,
            "state": state,
            "response_type": "code",
            "scope": ",".join(("pages_show_list", *self._scopes)),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return Start(f"{DIALOG}/{self._app.version}/dialog/oauth?{urlencode(asked)}")

    def exchange(self, url: str, *, code: str, verifier: str, redirect_uri: str, kept: Mapping[str, str]) -> Tokens:
        short = self._token({"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier})
        person = self._token({"grant_type": "fb_exchange_token", "fb_exchange_token": short})
        page = self._page(self._graph(person), url)
        token, tasks = str(page["access_token"]), account.tasks(page)
        extra = {account.TASKS: " ".join(sorted(tasks))} if tasks is not None else {}
        return Tokens(token, ends_at=self._ends_at(self._graph(token)), extra=extra)

    def refresh(self, url: str, tokens: Tokens) -> Tokens:
        raise AuthExpired(errors.WRONG_CREDENTIALS, "the token of a Page is not renewed: a person signs in again")

    def _token(self, form: Mapping[str, str]) -> str:
        sent = {"client_id": self._app.id, "client_secret": self._app.secret, **form}
        url = f"{self._app.graph}/{self._app.version}/oauth/access_token"
        response = ask(self._http, "POST", url, headers={"accept": "application/json"}, form=sent)
        try:
            found = read_answer(response, act=True)
        except RefusedError as refused:
            detail = f"Meta's code {refused.code}, {refused.subcode} at signing in"
            raise AuthExpired(errors.WRONG_CREDENTIALS, detail) from None
        if not isinstance(found.get("access_token"), str):
            raise Permanent(errors.BAD_ANSWER, "no token in the answer to signing in")
        return str(found["access_token"])

    def _page(self, graph: Graph, url: str) -> dict[str, Any]:
        """The Page at the address among those the person let us see. Raises AuthExpired(OTHER_ACCOUNT)."""
        names: list[str] = []
        after: str | None = ""
        for _number in range(MOST_PAGES):
            params = {"fields": f"{self._fields},access_token,tasks", "limit": "100"} | (
                {"after": after} if after else {}
            )
            answer = graph.get("me/accounts", **params)
            for one in rows(answer):
                if self._fits(one, url) and one.get("access_token"):
                    return one
                names.append(one_line(str(one.get("name") or one.get("id")), limit=60))
            after = following(answer)
            if after is None:
                break
        raise AuthExpired(errors.OTHER_ACCOUNT, ", ".join(names[:10]) or "-")

    def _graph(self, token: str) -> Graph:
        return Graph(self._http, self._app, self._pace, Access("", secret={"password": token}))

    def _ends_at(self, graph: Graph) -> datetime | None:
        return account.ends_at(graph.inspect())
