"""Finding out whether an address is a blog on Blogger, which may have a domain of its own."""

from urllib.parse import urlsplit

from app.connectors import errors
from app.connectors.blogger import parse
from app.connectors.blogger.sources import read_feed
from app.connectors.errors import Permanent, Transient
from app.connectors.limits import Paced
from app.connectors.ports import Found
from app.connectors.typed import HTML_FIRST, open_page
from app.core.http import Response

KIND = "blogger"
HEAD_BYTES = 300_000
"""How much of a page is searched for what Blogger writes into all of them."""


def discover(web: Paced, typed: str) -> Found | None:
    """The blog at an address somebody typed, also that of a post or a feed of its. Raises ConnectorError when nothing
    can be read there now."""
    page = open_page(web.http, typed, accept=HTML_FIRST)
    if page.status >= 400 or not _mentions(page):
        return None
    parts = urlsplit(page.url)
    base = f"{parts.scheme}://{parts.netloc}/"
    feed = _feed(web, f"{base}feeds/posts/default?alt=json&max-results=1")
    blog = parse.blog(feed) if feed else None
    if blog is None:
        return None
    settings = {"blog": blog.number, "profile": blog.profile}
    return Found(KIND, blog.name or parts.netloc, base, settings, can_log_in=True)


def _mentions(page: Response) -> bool:
    """Whether a page can be Blogger's; saves most other sites a request."""
    return b"blogger" in page.body[:HEAD_BYTES].lower()


def _feed(web: Paced, url: str) -> dict[str, object] | None:
    """The blog's feed, None where there is none. Raises ConnectorError when nobody can tell just now."""
    try:
        found = read_feed(web, url).get("feed")
    except Permanent:
        return None
    except Transient as error:
        if error.code != errors.NOT_JSON:
            raise
        return None
    return found if isinstance(found, dict) else None
