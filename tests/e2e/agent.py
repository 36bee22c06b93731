"""An agent at work over plain HTTP, as a browser without script: opens pages, fills in forms, tries again when the
connection breaks."""

import random
import time
from dataclasses import dataclass, field
from urllib.parse import urljoin

import requests
from lxml import html

from tests.e2e.installation import PASSWORD, SECONDS

PAUSE = 0.3


@dataclass
class Agent:
    """One person. ``accepted`` are the texts that Porchlight took, ``retried`` counts requests made once more."""

    url: str
    login: str
    chance: random.Random
    accepted: list[str] = field(default_factory=list)
    retried: int = 0

    def __post_init__(self) -> None:
        self._browser = requests.Session()
        self._browser.trust_env = False

    def sign_in(self) -> None:
        form = self._page("/sign-in").forms[0]
        fields = {**dict(form.fields), "login": self.login, "password": PASSWORD}
        answer = self._send(urljoin(self.url, str(form.action)), fields)
        assert answer.status_code == 303, answer.text

    def answer_one(self, text: str) -> bool:
        """Answer any of the conversations that wait; False when there is none, or another agent was quicker."""
        waiting = self._page("/inbox?view=all").xpath("//ol[@id='rows']//li[starts-with(@id, 'row-')]/a/@href")
        if not waiting:
            return False
        talk = self._page(str(self.chance.choice(waiting)))
        forms = [form for form in talk.forms if "/reply" in str(form.action)]
        if not forms:
            return False
        fields = {**dict(forms[0].fields), "text": text, "then": self.chance.choice(("done", "wait"))}
        answer = self._send(urljoin(self.url, str(forms[0].action)), fields)
        if answer.status_code == 409:
            return False
        assert answer.status_code == 303, f"{answer.status_code}: {answer.text[:2000]}"
        assert "/sign-in" not in answer.headers["Location"], "the session was lost"
        self.accepted.append(text)
        return True

    def _page(self, path: str) -> html.HtmlElement:
        answer = self._patiently("GET", urljoin(self.url, path))
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return html.fromstring(answer.text)

    def _send(self, url: str, fields: dict[str, object]) -> requests.Response:
        """Send a form, again and again with the same fields until something answers: the key in it is the same."""
        return self._patiently("POST", url, {name: "" if value is None else value for name, value in fields.items()})

    def _patiently(self, method: str, url: str, data: dict[str, object] | None = None) -> requests.Response:
        end = time.monotonic() + SECONDS
        while True:
            try:
                answer = self._browser.request(method, url, data=data, timeout=20, allow_redirects=False)
                if answer.status_code < 500:
                    return answer
                failure = f"HTTP {answer.status_code}"
            except requests.RequestException as error:
                failure = str(error)
            assert time.monotonic() < end, f"{method} {url} never worked: {failure}"
            self.retried += 1
            time.sleep(PAUSE)
