"""A browser without a screen: keeps cookies, sends the forms' token along, and follows nothing by itself."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PASSWORD = "correct horse battery"


class Browser:
    """One person's browser, at an address of its own."""

    def __init__(self, app: Flask, address: str = "203.0.113.7") -> None:
        self._client = app.test_client()
        self._where = {"REMOTE_ADDR": address}
        self._token = ""

    def get(self, path: str, **named: Any) -> TestResponse:
        """Open a page."""
        return self._seen(self._client.get(path, environ_overrides=self._where, **named))

    def post(self, path: str, **fields: object) -> TestResponse:
        """Send a form of the page last seen."""
        return self.press(path, {}, **fields)

    def press(self, path: str, headers: Mapping[str, str], **fields: object) -> TestResponse:
        """Send a form as a script does, with headers of its own."""
        files = {name: value for name, value in fields.items() if isinstance(value, list)}  # of (bytes, name)
        words = {name: str(value) for name, value in fields.items() if name not in files}
        data = {"csrf_token": self._token, **words, **files}
        answer = self._client.post(path, data=data, headers=dict(headers), environ_overrides=self._where)
        return self._seen(answer)

    def sign_in(self, login: str, password: str = PASSWORD, **fields: object) -> TestResponse:
        """Open the sign-in page and send its form."""
        self.get("/sign-in")
        return self.post("/sign-in", login=login, password=password, **fields)

    def cookie(self) -> str:
        """The session cookie as it stands; empty without one."""
        found = self._client.get_cookie("porchlight")
        return found.value if found else ""

    def put_cookie(self, value: str) -> None:
        """Bring a session cookie from elsewhere."""
        self._client.set_cookie("porchlight", value)

    def _seen(self, response: TestResponse) -> TestResponse:
        if response.mimetype != "text/html":
            return response
        found = re.search(r'<meta name="csrf-token" content="([^"]+)"', response.text)
        if found:
            self._token = unescape(found[1])
        return response


def words(response: TestResponse) -> str:
    """What a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", response.text)).split())
