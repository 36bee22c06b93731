"""A stand-in for WordPress.com made of the real WordPress of the tests.

At WordPress.com the same ``wp/v2`` interface answers for all blogs at one address, below ``/wp/v2/sites/N``, to bearer
tokens. So the stand-in only translates addresses and credentials, and leaves the rest to the real thing. How a wrong
token is refused and what ``/rest/v1.1/sites`` answers is as its documentation says (developer.wordpress.com/docs/api).
"""

import base64
import http.client
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.servers.faulty_proxy import HOP_BY_HOP
from tests.servers.stopping import stop
from tests.servers.wordpress import Site

NUMBER = 4711
WIDE = "/wp/v2/sites/4711"


def token(login: str) -> str:
    """The bearer token of a user of the blog."""
    return f"token-of-{login}"


class WordPressCom:
    """Use as a context manager; ``address`` is what a proxy stands in front of."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.revoked: set[str] = set()
        self._server = _Server(self)
        self.address = ("127.0.0.1", self._server.server_port)

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self._server)

    def basic(self, authorization: str) -> str | None:
        """The application password behind a token, as a header; None for a token nobody gave."""
        login = authorization.removeprefix("Bearer token-of-")
        user = self.site.users.get(login)
        if user is None or login in self.revoked:
            return None
        return "Basic " + base64.b64encode(f"{login}:{user.password}".encode()).decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, owner: WordPressCom) -> None:
        self.owner = owner
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Quietly."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        if given := headers.pop("Authorization", headers.pop("authorization", None)):
            basic = self.server.owner.basic(given)
            if basic is None:
                return self._json(400, {"error": "invalid_token", "message": "The OAuth2 token is invalid."})
            headers["Authorization"] = basic
        path = urlsplit(self.path).path
        if path.startswith("/rest/v1.1/sites/"):
            return self._json(200, {"ID": NUMBER, "name": "Brot &amp; Butter", "URL": f"http://{self.headers['Host']}"})
        if path == "/":
            return self._send(
                200, [("Content-Type", "text/html")], b'<meta name="generator" content="WordPress.com" />'
            )
        if not path.startswith(WIDE):
            return self._json(404, {"error": "unknown_endpoint", "message": ""})
        headers["Host"] = f"127.0.0.1:{self.server.owner.site.address[1]}"
        return self._through(body, headers)

    def _through(self, body: bytes, headers: dict[str, str]) -> None:
        connection = http.client.HTTPConnection(*self.server.owner.site.address, timeout=60)
        try:
            path = self.path.replace(WIDE, "/wp-json/wp/v2", 1)
            connection.request(self.command, path, body or None, headers)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
            self._send(answer.status, kept, answer.read())
        finally:
            connection.close()

    def _json(self, status: int, data: object) -> None:
        self._send(status, [("Content-Type", "application/json")], json.dumps(data).encode())

    def _send(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
