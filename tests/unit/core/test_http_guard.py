"""Nothing outside makes us fetch inside: tricks with names, forms of addresses, rebinding and redirects."""

import errno
import socket
import threading
from collections.abc import Iterator
from ipaddress import ip_address

import pytest

from app.core import http_wire
from app.core.addresses import Address
from app.core.http import AddressRefused, Http, HttpError, Unreachable
from app.core.http_wire import system_resolver
from app.core.sections import Outgoing
from tests.servers.loopback import Loopback, Reply, redirect


class Names:
    """A name system for tests: answers in turn, the last one for good; counts the questions."""

    def __init__(self, **names: list[str]) -> None:
        self.names = names
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[Address]:
        self.asked.append(host)
        answers = self.names.get(host.removesuffix(".example"))
        if answers is None:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return [ip_address(address) for address in answer.split()]


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Takes connections on every address of this machine that a test may trick us into."""
    with Loopback() as server:
        server.route("*", lambda request: Reply(b"secret"))
        yield server


@pytest.fixture(scope="module")
def closed() -> Http:
    """A client that may go to no private network."""
    return Http(Outgoing())


@pytest.fixture(scope="module")
def second_only() -> Http:
    """A client that may go to 127.0.0.2 alone."""
    return Http(Outgoing(allow_networks=["127.0.0.2/32"]))


FORMS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "0",
    "0.0.0.0",
    "00.0.0.0",
    "0x7f.1",
    "0x7f000001",
    "0X7F.0.0.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.01",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[0:0:0:0:0:ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[::1%25lo]",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "ｌｏｃａｌｈｏｓｔ",
    "127%2e0%2e0%2e1",
    "127.0.0.1%00.example",
    "public.example@127.0.0.1",
    "127.0.0.1\\@public.example",
    "127.0.0.1#@public.example",
]


@pytest.mark.parametrize("host", FORMS)
@pytest.mark.parametrize("scheme", ["http", "HTTP", "https", "hTTpS"])
def test_no_form_of_a_private_address_is_reached(server: Loopback, closed: Http, scheme: str, host: str) -> None:
    for method in ("GET", "POST"):
        with pytest.raises(AddressRefused):
            closed.request("GET" if method == "GET" else "POST", f"{scheme}://{host}:{server.port}/")
    assert server.connections == 0


@pytest.mark.parametrize("host", [form for form in FORMS if "\\" not in form])
def test_no_form_is_reached_through_a_redirect(server: Loopback, second_only: Http, host: str) -> None:
    with Loopback("127.0.0.2") as allowed:
        allowed.route("/", redirect(f"http://{host}:{server.port}/"))
        with pytest.raises(AddressRefused):
            second_only.request("GET", allowed.url())
    assert server.connections == 0


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.2/",
        "gopher://127.0.0.2/",
        "http://u:p@127.0.0.2/",
        "http:\\\\x",
        "//[::",
        "//[1]:80/",
        "//[::1%]/",
        "//127.0.\t0.2/",
        "//127.0.0.2:99999/",
    ],
)
def test_a_redirect_to_something_else_is_refused(location: str) -> None:
    with Loopback() as server:
        server.route("/", redirect(location))
        with pytest.raises(AddressRefused):
            Http(Outgoing(allow_networks=["127.0.0.0/8"])).request("GET", server.url())


@pytest.mark.parametrize(
    "answer",
    [
        "127.0.0.1",
        "8.8.8.8 127.0.0.1",
        "127.0.0.1 8.8.8.8",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(server: Loopback, answer: str) -> None:
    names = Names(trick=[answer])
    with pytest.raises(AddressRefused, match=r"trick\.example"):
        Http(Outgoing(), resolve=names).request("GET", server.url(host="trick.example"))
    assert server.connections == 0


def test_the_checked_address_is_the_one_connected_to() -> None:
    """The name answers differently the second time; nobody asks it a second time."""
    with Loopback("127.0.0.2") as good, Loopback("127.0.0.1") as evil:
        good.route("/", lambda request: Reply(b"good"))
        evil.route("*", lambda request: Reply(b"secret"))
        names = Names(rebind=["127.0.0.2", "127.0.0.1"])
        http = Http(Outgoing(allow_networks=["127.0.0.2/32"]), resolve=names)
        url = good.url(host="rebind.example")
        for _ in range(3):
            assert http.request("GET", url).body == b"good"
        assert names.asked == ["rebind.example"]
        assert good.requests[0].headers["host"] == f"rebind.example:{good.port}"
        # Once the connection is gone the name is asked again, and its answer is checked again.
        good.drop_connections()
        with pytest.raises(AddressRefused):
            http.request("GET", url)
        assert evil.connections == 0


def test_each_step_of_a_redirect_is_checked(server: Loopback) -> None:
    names = Names(open=["127.0.0.2"], inside=["127.0.0.1"])
    with Loopback("127.0.0.2") as allowed:
        allowed.route("/", redirect("/2"))
        allowed.route("/2", redirect(server.url(host="inside.example")))
        with pytest.raises(AddressRefused, match=r"inside\.example"):
            Http(Outgoing(allow_networks=["127.0.0.2/32"]), resolve=names).request(
                "GET", allowed.url(host="open.example")
            )
    assert server.connections == 0


def test_the_allow_list_opens_what_it_lists_and_nothing_else(server: Loopback) -> None:
    assert Http(Outgoing(allow_networks=["127.0.0.1/32"])).request("GET", server.url()).body == b"secret"
    for networks in (["127.0.0.2/32"], ["10.0.0.0/8", "::1/128"], ["::/0"]):
        with pytest.raises(AddressRefused):
            Http(Outgoing(allow_networks=networks)).request("GET", server.url())


def test_ports_of_other_services_stay_closed_in_allowed_networks() -> None:
    with pytest.raises(AddressRefused, match="6379"):
        Http(Outgoing(allow_networks=["127.0.0.0/8"])).request("GET", "http://127.0.0.1:6379/")


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with Loopback("127.0.0.3") as server:
        server.route("/", lambda request: Reply(b"here"))
        names = Names(several=["127.0.0.2 127.0.0.3"])
        http = Http(Outgoing(allow_networks=["127.0.0.0/8"]), resolve=names)
        assert http.request("GET", server.url(host="several.example")).body == b"here"


def test_a_machine_without_version_six_goes_on_with_version_four(
    server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    class OldSocket(http_wire._PlainSocket):
        def __init__(self, family: int, kind: int) -> None:
            if family == socket.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")
            super().__init__(family, kind)

    monkeypatch.setattr(http_wire, "_PlainSocket", OldSocket)
    http = Http(Outgoing(allow_networks=["127.0.0.0/8", "::1/128"]), resolve=Names(both=["::1 127.0.0.1"]))
    assert http.request("GET", server.url(host="both.example")).body == b"secret"


def test_version_six_is_spoken() -> None:
    try:
        server = Loopback("::1", family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with server:
        server.route("/", lambda request: Reply(b"six"))
        assert Http(Outgoing(allow_networks=["::1/128"])).request("GET", server.url()).body == b"six"
        assert server.requests[0].headers["host"] == f"[::1]:{server.port}"


def test_an_unknown_name_is_unreachable() -> None:
    http = Http(Outgoing(), resolve=Names())
    with pytest.raises(Unreachable, match=r"nowhere\.example"):
        http.request("POST", "https://nowhere.example/", json={})


def test_a_name_without_addresses_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        Http(Outgoing(), resolve=lambda host: []).request("GET", "https://nothing.example/")


def test_a_name_system_that_hangs_costs_bounded_time() -> None:
    done = threading.Event()

    def hang(host: str) -> list[Address]:
        done.wait(20)
        return []

    http = Http(Outgoing(connect_seconds=0.2), resolve=hang)
    with pytest.raises(Unreachable, match="looked up in time"):
        http.request("GET", "https://slow.example/")
    done.set()


def test_the_system_is_asked_by_default() -> None:
    assert ip_address("127.0.0.1") in system_resolver("localhost")
    with pytest.raises(HttpError):
        Http(Outgoing()).request("GET", "http://localhost/")
