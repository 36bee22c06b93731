"""Who is who. A display name alone never makes two comments the same person's.

An identity's address, e-mail address and account are also kept in one spelling, so that the same one is found again
however it was written. Same spelling is a reason to ask people, never to join by itself.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from app.connectors.ports import Author
from app.contacts import hosts
from app.contacts.types import Mark, Sighting

KEY = 320
"""As long as a normalised key may be; a longer one is none."""
NAME = 200
GROUP_MAXIMUM = 500
"""As many contacts can be joined into one."""
TAG_MAXIMUM = 40
TAGS_MAXIMUM = 30
NOTE_MAXIMUM = 10_000
REASON_MAXIMUM = 300

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
_MAIL = re.compile(r"[^\s@<>\"(),:;\\\[\]]{1,64}@[^\s@/]{1,253}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBERS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")


def realm(page_id: int) -> str:
    """Who vouches for the keys of a page's visitors: the page, as anyone can type anything there."""
    return f"page:{page_id}"


def page_of(realm: str) -> int | None:
    """The page of a realm that is one page's own."""
    kind, _, number = realm.partition(":")
    return int(number) if kind == "page" and number.isdigit() else None


def sighting(author: Author, *, page_id: int, thread_root: str, external_id: str) -> Sighting:
    """The identity behind a comment.

    The platform's own key identifies within its page. A mere name identifies within one thread of replies, where a
    reader takes it for the same person too. No name at all: every comment is somebody else's.
    """
    if author.key:
        key = author.key
    elif author.name.strip():
        key = f"name:{author.name.strip().casefold()}@{thread_root}"
    else:
        key = f"comment:{external_id}"
    if len(key) > 400:  # as wide as the column
        key = f"hash:{hashlib.sha256(key.encode()).hexdigest()}"
    return Sighting(
        realm=realm(page_id),
        key=key,
        name=author.name.strip()[:NAME],
        url=author.url[:1000] if author.url else None,
        email=author.email[:320] if author.email else None,
    )


def own_key(key: str) -> str | None:
    """The platform's own id of a person, from an identity's key; None for one that was made of a name or a comment."""
    return None if key.startswith(("name:", "comment:")) else key


def folded(text: str) -> str:
    """Text as names are compared: without capitals, accents and double spaces. At most NAME characters."""
    plain = text
    if not text.isascii():
        plain = "".join([one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one)])
    return " ".join(plain.casefold().split())[:NAME]


def last_word(name: str) -> str | None:
    """The last word of a folded name, when it has several: most people are looked for by that one, too."""
    first, _space, last = name.rpartition(" ")
    return last if first else None


def email_key(text: str | None) -> str | None:
    """An e-mail address in one spelling; None for what is none.

    Capitals don't count, before the @ neither: no provider of note tells them apart. Dots and what follows a + do
    count: whether they mean the same mailbox is up to each provider.
    """
    text = (text or "").strip().removeprefix("mailto:")
    if not _MAIL.fullmatch(text):
        return None
    local, _at, domain = text.rpartition("@")
    host = _host_name(domain)
    found = f"{unicodedata.normalize('NFKC', local).casefold()}@{host}" if host else ""
    return found if found and len(found) <= KEY else None


def site_key(text: str | None) -> str | None:
    """The site behind a web address or a bare domain: the part that was registered, in ASCII (``xn--…``), without
    ``www`` and path, or the number of a machine that has no name.

    What a domain's owner hands out to others (the public suffix list, with its private part, and BLOG_HOSTS) is not
    theirs: ``anna.blogspot.com`` is one site, ``blogspot.com`` none. Accounts at platforms are no sites either
    (``account_key``), nor are short links. None for all that is no site.
    """
    parts = _web_address(text)
    host = _host_name(parts.hostname or "") if parts else None
    if parts is None or host is None or _is_account(parts, host):
        return None
    if _NUMBERS.fullmatch(host) or ":" in host:
        return host
    return _registered(host)


def account_key(text: str | None) -> str | None:
    """An account at a platform in one spelling, from its web address: ``x.com/ann``; None for other addresses, and for
    those of videos, pictures and groups, which may be anybody's.

    Not only for the platforms we know by name: ``/@ann`` is an account everywhere (Mastodon and its relatives).
    """
    parts = _web_address(text)
    host = _host_name(parts.hostname or "") if parts else None
    if parts is None or host is None or not _is_account(parts, host):
        return None
    steps = [step for step in unquote(parts.path).split("/") if step]
    registered = _registered(host) or host
    known = hosts.ACCOUNT_HOSTS.get(registered, host)
    if known == "facebook.com":
        steps = _facebook(parts, steps)
    own = host.removesuffix(registered).removesuffix(".")
    if known in hosts.ACCOUNT_DOMAINS and own not in ("", "www"):
        steps = [own]
    first = steps[0].casefold() if steps else ""
    if len(steps) > 1 and first in hosts.BEFORE_ACCOUNT.get(known, hosts.BEFORE_ANY):
        steps = steps[1:]
    elif first in hosts.NO_ACCOUNT.get(known, ()):
        return None
    name = unicodedata.normalize("NFKC", steps[0]).casefold().removeprefix("@") if steps else ""
    if not name or name.endswith(".php") or any(one.isspace() for one in name):
        return None
    found = f"{known}/{name}"
    return found if len(found) <= KEY else None


def _facebook(parts: SplitResult, steps: list[str]) -> list[str]:
    """The steps of a path at Facebook; of one with the number of an account, that alone, for not everybody has a name
    there (``profile.php?id=7``, ``people/Ann-B/7``, ``p/Our-bakery-7``)."""
    first = steps[0].casefold() if steps else ""
    number = ""
    if first == "profile.php":
        number = parse_qs(parts.query).get("id", [""])[0]
    elif first in ("people", "pages") and len(steps) > 2:
        number = steps[2]
    elif first == "p" and len(steps) > 1:
        number = steps[1].rpartition("-")[2]
    return [number] if number.isascii() and number.isdigit() else steps


def _is_account(parts: SplitResult, host: str) -> bool:
    return (_registered(host) or host) in hosts.ACCOUNT_HOSTS or parts.path.startswith("/@")


def _web_address(text: str | None) -> SplitResult | None:
    """A web address taken apart; a bare domain counts as one."""
    text = (text or "").strip()
    if not text or len(text) > 2_000 or (not _ADDRESS.match(text) and ("@" in text.partition("/")[0] or " " in text)):
        return None
    try:
        parts = urlsplit(text if _ADDRESS.match(text) else f"http://{text}")
        return parts if parts.scheme in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _registered(host: str) -> str | None:
    blogger = hosts.BLOGSPOT.fullmatch(host)
    if blogger:
        own = (blogger["blog"] or "").rpartition(".")[2]
        return f"{own}.blogspot.com" if own not in ("", "www") else None
    found: str | None = _suffixes().privatesuffix(host)
    if found not in hosts.BLOG_HOSTS:
        return found if found not in hosts.SHORT_LINKS else None
    own = host.removesuffix(f".{found}")
    return f"{own.rpartition('.')[2]}.{found}" if own not in (host, "www") else None


def _host_name(text: str) -> str | None:
    """A host name in ASCII and small letters, or None for what is none."""
    host = text.strip().removesuffix(".")
    if ":" in host:  # IPv6, as urlsplit takes it out of its brackets
        return host.lower()
    try:
        host = host.lower() if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except ValueError:
        return None
    labels = host.split(".")
    return host if len(host) <= 253 and len(labels) > 1 and all(_LABEL.fullmatch(one) for one in labels) else None


def shown(
    head: int,
    into: Mapping[int, int],
    own: Mapping[int, Iterable[Mark]],
    muted: Mapping[int, Iterable[Mark]],
) -> dict[Mark, tuple[int, ...]]:
    """What a joined contact is marked with, each mark with the contacts it comes from.

    ``into`` says for each joined contact which one it was joined into, ``own`` what each was marked with itself, and
    ``muted`` which marks of a joined contact do not count any more for the one it was joined into.
    """
    below: dict[int, list[int]] = {}
    for joined, kept in into.items():
        below.setdefault(kept, []).append(joined)
    found: dict[Mark, list[int]] = {}
    stack: list[tuple[int, frozenset[Mark]]] = [(head, frozenset())]
    while stack:
        at, silent = stack.pop()
        for mark in own.get(at, ()):
            if mark not in silent:
                found.setdefault(mark, []).append(at)
        stack += [(one, silent | frozenset(muted.get(one, ()))) for one in below.get(at, ())]
    return {mark: tuple(sorted(sources)) for mark, sources in sorted(found.items())}


def branch(top: int, into: Mapping[int, int]) -> set[int]:
    """A joined contact and everything that was joined into it before."""
    below: dict[int, list[int]] = {}
    for joined, kept in into.items():
        below.setdefault(kept, []).append(joined)
    found: set[int] = set()
    stack = [top]
    while stack:
        at = stack.pop()
        found.add(at)
        stack += below.get(at, [])
    return found


def accounts_meant(text: str) -> list[str]:
    """Normalised accounts that somebody may mean by what they typed: an address, ``@ann``, ``@ann@example.social``."""
    text = text.strip()
    known = account_key(text)
    if known:
        return [known]
    name, _at, host = text.removeprefix("@").partition("@")
    if not text.startswith("@") or not name or " " in name:
        return []
    places = [host] if host else sorted(set(hosts.ACCOUNT_HOSTS.values()))
    return [found for one in places if (found := account_key(f"https://{one}/@{name}"))]
