"""Which addresses are taken and which are refused, form by form."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.addresses import REFUSED_PORTS, Network, check, literal, parse
from app.core.http_errors import AddressRefused
from app.core.i18n import speaking

PRIVATE = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::2",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::10.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",  # 6to4 of 127.0.0.1
    "2002:a9fe:a9fe::1",  # 6to4 of 169.254.169.254
    "3fff::1",
    "3fff:fff:ffff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "feff::1",
    "ff02::1",
    "ff0e::1",
]
PUBLIC = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.0",
    "168.63.129.15",
    "168.63.129.17",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "192.88.98.255",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2000::1",
    "2001:200::1",
    "2001:4860:4860::8888",
    "2a00:1450::1",
    "2606:4700::1111",
    "3ffe::1",
    "3fff:1000::1",
    "::ffff:8.8.8.8",
    "::8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2002:808:808::1",  # 6to4 of 8.8.8.8
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_and_can_be_allowed(address: str) -> None:
    with pytest.raises(AddressRefused):
        check("name.example", [ip_address(address)], [])
    everything = [ip_network("0.0.0.0/0"), ip_network("::/0")]
    check("name.example", [ip_address(address)], everything)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_taken(address: str) -> None:
    check("name.example", [ip_address(address)], [])


@pytest.mark.parametrize("at", [0, 1, 2])
def test_one_private_address_among_public_ones_refuses_the_name(at: int) -> None:
    addresses = [ip_address("8.8.8.8"), ip_address("2a00:1450::1")]
    addresses.insert(at, ip_address("10.0.0.1"))
    with pytest.raises(AddressRefused):
        check("name.example", addresses, [])


@pytest.mark.parametrize(
    ("allowed", "address", "taken"),
    [
        ("10.1.0.0/16", "10.1.2.3", True),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("127.0.0.1/32", "127.0.0.1", True),
        ("127.0.0.1/32", "127.0.0.2", False),
        ("127.0.0.1/32", "::1", False),
        ("::1/128", "::1", True),
        ("::1/128", "127.0.0.1", False),
        ("10.1.0.0/16", "::ffff:10.1.2.3", True),
        ("10.1.0.0/16", "::ffff:10.2.2.3", False),
        # Listing the outer form opens nothing: what counts is where the packets end.
        ("::ffff:0:0/96", "::ffff:10.1.2.3", False),
        ("64:ff9b::/96", "64:ff9b::10.0.0.1", False),
        ("2002::/16", "2002:7f00:1::1", False),
        ("64:ff9b:1::/48", "64:ff9b:1::8.8.8.8", True),
        ("64:ff9b:1::/48", "64:ff9b:1::10.0.0.1", False),
        # A Teredo server and client that are both public, and a client that is 192.168.1.1 inverted.
        ("2001::/32", "2001:0:808:808:0:0:f7f7:f7f7", True),
        ("2001::/32", "2001:0:808:808:0:0:3f57:fefe", False),
    ],
)
def test_the_allow_list_opens_only_what_it_lists(allowed: str, address: str, taken: bool) -> None:
    networks: list[Network] = [ip_network(allowed)]
    if taken:
        check("name.example", [ip_address(address)], networks)
    else:
        with pytest.raises(AddressRefused):
            check("name.example", [ip_address(address)], networks)


def test_the_refusal_says_how_to_allow_everything_that_was_in_the_way() -> None:
    with speaking("en"), pytest.raises(AddressRefused) as refused:
        check("blog.home", [ip_address("192.168.1.5"), ip_address("8.8.8.8"), ip_address("fd00::5")], [])
    text = str(refused.value)
    assert "blog.home" in text
    assert "outgoing.allow_networks" in text
    assert "PORCHLIGHT_OUTGOING_ALLOW_NETWORKS=192.168.1.5/32,fd00::5/128" in text
    assert "8.8.8.8" not in text


def test_an_address_that_is_written_out_leads_nowhere_else() -> None:
    with speaking("en"), pytest.raises(AddressRefused) as refused:
        check("10.1.1.1", [ip_address("10.1.1.1")], [])
    assert str(refused.value).startswith("10.1.1.1 is not a public address")
    assert "PORCHLIGHT_OUTGOING_ALLOW_NETWORKS=10.1.1.1/32" in str(refused.value)


@given(st.ip_addresses())
def test_every_address_there_is_gets_a_verdict(address: str) -> None:
    try:
        check("name.example", [ip_address(address)], [])
    except AddressRefused:
        return
    # Whatever passes is global in Python's eyes too, apart from forms that carry an IPv4 address.
    plain = ip_address(address)
    carries = plain.version == 6 and (int(plain) >> 32 in (0, 0xFFFF) or str(plain).startswith(("64:ff9b:", "2002:")))
    assert plain.is_global or carries


@pytest.mark.parametrize(
    ("url", "result"),
    [
        ("http://example.org", "http://example.org/"),
        ("HTTP://Example.ORG:80/A?b=c#d", "http://example.org/A?b=c"),
        ("hTTps://example.org:443/", "https://example.org/"),
        ("https://example.org:8080/x", "https://example.org:8080/x"),
        ("https://example.org./", "https://example.org/"),
        ("https://example.org:/", "https://example.org/"),
        ("https://my_blog.example.org/", "https://my_blog.example.org/"),
        ("https://münchen.example/straße?q=ö", "https://xn--mnchen-3ya.example/stra%C3%9Fe?q=%C3%B6"),
        ("https://MÜNCHEN.example/", "https://xn--mnchen-3ya.example/"),
        ("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/"),
        ("https://пример.example。org/", "https://xn--e1afmkfd.example.org/"),
        ("http://[2001:DB8:0::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"),
        ("http://example.org/a b?c d", "http://example.org/a%20b?c%20d"),
        ("http://example.org/100%25?x=%41", "http://example.org/100%25?x=%41"),
        ("http://example.org/?u=http://a:b@c/", "http://example.org/?u=http://a:b@c/"),
        # Full-width digits are digits to a name system: read as such, then judged as an address.
        ("http://１２７.０.０.１/", "http://127.0.0.1/"),
    ],
)
def test_an_address_is_put_together_from_its_checked_parts(url: str, result: str) -> None:
    found = parse(url)
    assert found.url == result
    assert parse(found.url) == found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "//example.org/",
        "http:",
        "http://",
        "http:///path",
        "http:example.org",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org:70/",
        "data:text/html,hi",
        "javascript:alert(1)",
        "unix:///run/redis.sock",
        "http+unix://%2Frun%2Fredis.sock/",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://@example.org/",
        "http://example.org@10.0.0.1/",
        "http://example.org\\@10.0.0.1/",
        "http:\\\\example.org/",
        "http://example.org/a\\b",
        "http://exam\tple.org/",
        "http://example.org/\r\nHost: other",
        "http://example.org/\x00",
        "http://example.org/\x7f",
        "http://example.org/\x85",
        "http://example.org/\ud800",
        "http://exam ple.org/",
        "http://exa%6dple.org/",
        "http://127%2e0.0.1/",
        "http://example..org/",
        "http://.example.org/",
        "http://example.org../",
        "http://-example.org/",
        "http://" + "a" * 64 + ".org/",
        "http://" + "a." * 130 + "org/",
        "http://" + "ü" * 5_000 + ".org/",
        "http://ex⁄ample.org/",
        "http://example.org：80/",
        "http://example.org:８０/",
        "http://example.org:65536/",
        "http://example.org:-1/",
        "http://example.org:+80/",
        "http://example.org:0x50/",
        "http://example.org:80:80/",
        "http://[::1/",
        "http://::1/",
        "http://[]/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1]x.example/",
        "http://x[::1]/",
        "http://[127.0.0.1]/",
        "http://[example.org]/",
        "http://[v1.fe80::a]/",
        "http://example.org;/",
        "http://exa<mple.org/",
        "http://*.example.org/",
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused):
        parse(url)


@given(st.text())
def test_any_text_is_either_taken_apart_or_refused(text: str) -> None:
    for url in (text, f"http://{text}", f"https://example.org/{text}"):
        try:
            found = parse(url)
        except AddressRefused:
            continue
        assert found.url.isascii()
        assert parse(found.url) == found


@pytest.mark.parametrize("port", [0, 21, 22, 25, 110, 143, 445, 3306, 5432, 6379, 10080, 11211])
def test_ports_of_other_services_are_refused(port: int) -> None:
    assert port in REFUSED_PORTS
    with pytest.raises(AddressRefused, match=str(port)):
        parse(f"http://example.org:{port}/")


@pytest.mark.parametrize("port", [80, 443, 3000, 4000, 8000, 8080, 8443, 32768, 65535])
def test_ports_that_blogs_run_on_are_taken(port: int) -> None:
    assert parse(f"http://example.org:{port}/").port == port


def test_only_canonical_addresses_count_as_written_out() -> None:
    assert literal("127.0.0.1") == ip_address("127.0.0.1")
    assert literal("::1") == ip_address("::1")
    assert [literal(host) for host in ("127.1", "0x7f.1", "2130706433", "0177.0.0.1", "example.org")] == [None] * 5
