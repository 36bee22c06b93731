"""Which addresses outgoing requests may go to: web addresses read by one parser, network addresses by our own table.

Python's ``ipaddress`` is not asked what is private: its answers differ between versions and leave out shared address
space, translated and tunnelled forms. The table follows the IANA IPv4 and IPv6 special-purpose address registries
(RFC 6890 and its updates) and adds what clouds use for their own services.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from app.core.http_errors import AddressRefused
from app.core.i18n import gettext as _

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # shared by providers; also some clouds' metadata
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # Azure's host services
        "169.254.0.0/16",  # link-local; also most clouds' metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments; also one cloud's metadata
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # former 6to4 relays
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
PUBLIC_6 = IPv6Network("2000::/3")
"""The only part of IPv6 that is handed out as global unicast; everything outside it is refused."""
NOT_PUBLIC_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, among them Teredo
        "2001:db8::/32",  # documentation
        "3fff::/20",  # documentation
    )
)
MAPPED = IPv6Network("::ffff:0:0/96")
COMPATIBLE = IPv6Network("::/96")
NAT64 = IPv6Network("64:ff9b::/96")
NAT64_LOCAL = IPv6Network("64:ff9b:1::/48")
SIX_TO_FOUR = IPv6Network("2002::/16")
TEREDO = IPv6Network("2001::/32")
NO_IPV4_INSIDE = (IPv6Address("::"), IPv6Address("::1"))

# The "bad ports" of https://fetch.spec.whatwg.org/#port-blocking, which no browser opens, and those of databases,
# caches and remote control, which take a request line for a command or for a login.
_BAD_PORTS = """
0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 117 119 123 135 137
139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 636 989 990 993 995 1719 1720
1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 6697 10080
445 873 1433 1521 2375 2376 3306 3389 5432 5900 6379 6380 9042 9300 11211 11434 15672 26379 27017
"""
REFUSED_PORTS = frozenset(int(port) for port in _BAD_PORTS.split())
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
# No zone ("%eth0"): it names a network card of this machine.
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]+\](?::[0-9]*)?")


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A web address taken apart. ``host`` is ASCII, lower case, without brackets and trailing dot."""

    scheme: str
    host: str
    port: int
    url: str
    """The address put together again from the checked parts, without fragment."""

    @property
    def origin(self) -> tuple[str, str, int]:
        """What credentials belong to (RFC 6454)."""
        return (self.scheme, self.host, self.port)


def parse(url: str, base: str = "") -> WebAddress:
    """Take a web address apart; a relative one counts from ``base``.

    http and https only. User names and passwords in the address, control characters and back-slashes are refused,
    since programs disagree about which host such an address means. Any port is allowed, as small blogs and forwarded
    ports do run on :8080 and the like, except those of well-known other services (REFUSED_PORTS): there, a line of
    our request could be taken as a command. Raises AddressRefused.
    """
    if _FORBIDDEN.search(url):
        raise AddressRefused(_("The address contains a control character or a back-slash. Remove it and try again."))
    try:
        parts = urlsplit(urljoin(base, url))
        port = parts.port
    except ValueError:
        raise _incomplete() from None
    if parts.scheme not in ("http", "https"):
        raise AddressRefused(_("Only addresses that begin with http:// or https:// can be used."))
    if "@" in parts.netloc:
        raise AddressRefused(_("The address contains a user name or password. Remove the part before the @."))
    host = _host(parts)
    standard = 443 if parts.scheme == "https" else 80
    port = standard if port is None else port
    if port in REFUSED_PORTS:
        raise AddressRefused(
            _("Port %(port)s belongs to another kind of service and can't be used for web addresses.", port=port)
        )
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port == standard else f"{shown}:{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~?[]")
    return WebAddress(parts.scheme, host, port, f"{parts.scheme}://{netloc}{path}{'?' if query else ''}{query}")


def _incomplete() -> AddressRefused:
    return AddressRefused(_("This is not a complete web address. It should look like https://example.org/."))


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if len(host) > 253:
        raise _incomplete()
    try:
        if "[" in parts.netloc or "]" in parts.netloc:
            return str(IPv6Address(host if _BRACKETED.fullmatch(parts.netloc) else ""))
        if not host.isascii():
            host = idna.encode(host, uts46=True).decode("ascii")
    except ValueError:  # IDNA's errors are Unicode errors, and those are value errors
        raise _incomplete() from None
    host = host.removesuffix(".")
    if not _NAME.fullmatch(host):
        raise _incomplete()
    return host


def literal(host: str) -> Address | None:
    """The network address that is written out in ``host``, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def check(host: str, addresses: Iterable[Address], allowed: Iterable[Network]) -> None:
    """Refuse ``host`` unless every one of its addresses is public or inside an allowed network.

    IPv4 addresses inside of IPv6 ones are judged as well. Raises AddressRefused, whose text says what to allow.
    """
    allowed = tuple(allowed)
    refused = {part: None for address in addresses for part in _judged(address) if not _may_reach(part, allowed)}
    if refused:
        raise AddressRefused(_refusal(host, list(refused)))


def _refusal(host: str, refused: list[Address]) -> str:
    networks = ",".join(f"{part}/{part.max_prefixlen}" for part in refused)
    if refused == [literal(host)]:
        return _(
            "%(host)s is not a public address, so nothing was fetched. If this is meant, add it to the setting "
            "outgoing.allow_networks, or start Porchlight with PORCHLIGHT_OUTGOING_ALLOW_NETWORKS=%(networks)s.",
            host=host,
            networks=networks,
        )
    return _(
        "%(host)s leads to %(addresses)s, which is not a public address, so nothing was fetched. If this is "
        "meant, add it to the setting outgoing.allow_networks, or start Porchlight with "
        "PORCHLIGHT_OUTGOING_ALLOW_NETWORKS=%(networks)s.",
        host=host,
        addresses=", ".join(str(part) for part in refused),
        networks=networks,
    )


def _may_reach(address: Address, allowed: tuple[Network, ...]) -> bool:
    if any(address.version == network.version and address in network for network in allowed):
        return True
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    return address in PUBLIC_6 and not any(address in network for network in NOT_PUBLIC_6)


def _judged(address: Address) -> tuple[Address, ...]:
    """The addresses that a connection to this one may end at.

    Mapped, compatible, NAT64 and 6to4 forms stand for their IPv4 address alone. The local NAT64 prefix (RFC 8215) and
    Teredo (RFC 4380, whose client address is stored inverted) are judged themselves and with what they carry.
    """
    if isinstance(address, IPv4Address) or address in NO_IPV4_INSIDE:
        return (address,)
    bits = int(address)
    low = IPv4Address(bits & 0xFFFFFFFF)
    if address in MAPPED or address in COMPATIBLE or address in NAT64:
        return (low,)
    if address in SIX_TO_FOUR:
        return (IPv4Address(bits >> 80 & 0xFFFFFFFF),)
    if address in NAT64_LOCAL:
        return (address, low)
    if address in TEREDO:
        return (address, IPv4Address(bits >> 64 & 0xFFFFFFFF), IPv4Address(int(low) ^ 0xFFFFFFFF))
    return (IPv6Address(bits),)
