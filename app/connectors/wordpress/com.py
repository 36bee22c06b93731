"""Blogs at WordPress.com, through its public interface. See docs/connectors/wordpress-com.md.

The interface is WordPress's own ``wp/v2``, at one address for all blogs, with tokens in place of application passwords:
everything but finding the blog is as for a self-hosted one.
"""

import re
from dataclasses import replace
from urllib.parse import quote, urlsplit

from app.connectors import errors
from app.connectors.answers import refusal
from app.connectors.decoding import decoded
from app.connectors.errors import Permanent
from app.connectors.ports import Access, Found
from app.connectors.sign_in import SignIn
from app.connectors.typed import HTML_FIRST, open_page
from app.connectors.wordpress.client import COM_ROOT
from app.connectors.wordpress.com_sign_in import ComOAuth
from app.connectors.wordpress.connector import WordPressConnector
from app.connectors.wordpress.discover import HEAD_BYTES, canonical
from app.connectors.wordpress.parse import title
from app.core.http import Http, Response
from app.core.i18n import lazy
from app.core.pace import Pace

API = "https://public-api.wordpress.com"
SIGN_IN = SignIn(
    how=lazy(
        "Porchlight answers in the name of a WordPress.com user who is Editor or Administrator of the blog. Sign in "
        "there as that user, and let Porchlight see sites and users and manage comments."
    ),
    by_hand=lazy(
        "At developer.wordpress.com, under My Apps, make an application and with it an access token for this blog, "
        "with the scope global, or with comments, sites and users."
    ),
    password=lazy("Access token"),
    wrong=lazy("It has to be a token for this very blog; the client secret of the application is something else."),
)

_OF_WORDPRESS_COM = re.compile(
    rb"""<meta[^<>]{1,200}\bcontent=["']WordPress\.com["']|<link[^<>]{1,500}//public-api\.wordpress\.com/""",
    re.IGNORECASE,
)


class WordPressComConnector(WordPressConnector):
    """A blog at WordPress.com, also under a domain of its own."""

    kind = "wordpress_com"
    label = "WordPress.com"
    sign_in: SignIn | None = SIGN_IN
    may_have_shops = False
    """Whether WooCommerce's lists are to be had at this address is not known."""

    def __init__(self, http: Http, pace: Pace, api: str = API) -> None:
        super().__init__(http, pace)
        self._api = api
        self.sign_in = replace(SIGN_IN, oauth=ComOAuth(http, api))

    def discover(self, url: str) -> Found | None:
        """WordPress.com is only asked about blogs that say they are there."""
        page = open_page(self.web.http, url, accept=HTML_FIRST)
        host = urlsplit(page.url).hostname or ""
        if not _says_so(page, host):
            return None
        answer = self.web.ask("GET", f"{self._api}/rest/v1.1/sites/{quote(host)}?fields=ID,name,URL")
        if answer.status >= 500:
            raise refusal(answer, act=False)
        site = decoded(answer.body)
        if answer.status >= 400 or not isinstance(site, dict):
            return None
        number, address = site.get("ID"), site.get("URL")
        if not isinstance(number, int) or not isinstance(address, str) or "://" not in address:
            raise Permanent(errors.BAD_ANSWER, "a blog without number or address")
        root = f"{self._api}{COM_ROOT}{number}"
        name = title(site.get("name")) or host
        return Found(self.kind, name, canonical(address), {"rest_root": root}, can_log_in=True)

    def takes_no_passwords(self, access: Access) -> bool:
        """WordPress.com takes tokens from everybody."""
        return False


def _says_so(page: Response, host: str) -> bool:
    if host.endswith(".wordpress.com") or "//public-api.wordpress.com/" in page.headers.get("link", ""):
        return True
    return _OF_WORDPRESS_COM.search(page.body[:HEAD_BYTES]) is not None
