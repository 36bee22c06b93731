"""Where many people live under one domain: facts about platforms, for ``app.contacts.rules``."""

import re
from collections.abc import Mapping

BLOG_HOSTS = frozenset(
    (
        "beehiiv.com",
        "blog4ever.com",
        "blogg.no",
        "blogg.se",
        "blogger.de",
        "blogs.com",
        "bsky.social",
        "canalblog.com",
        "dreamwidth.org",
        "eklablog.com",
        "exblog.jp",
        "ghost.io",
        "hatenablog.com",
        "hautetfort.com",
        "home.blog",
        "jimdofree.com",
        "jimdosite.com",
        "livedoor.blog",
        "livejournal.com",
        "micro.blog",
        "myblog.de",
        "neocities.org",
        "over-blog.com",
        "over-blog.net",
        "overblog.com",
        "pixnet.net",
        "seesaa.net",
        "site123.me",
        "skyrock.com",
        "squarespace.com",
        "strikingly.com",
        "substack.com",
        "tistory.com",
        "tumblr.com",
        "twoday.net",
        "typepad.com",
        "unblog.fr",
        "webnode.com",
        "webs.com",
        "weebly.com",
        "wordpress.com",
    )
)
"""Where each subdomain is somebody else's site, though the public suffix list does not have them."""
BLOGSPOT = re.compile(
    r"""(?:(?P<blog>.+)\.)?blogspot\.(?:com
    |(?:com\.)(?:ar|au|br|by|co|cy|ee|eg|es|mt|ng|tr|uy)|(?:co\.)(?:at|id|il|ke|nz|uk|za)
    |ae|al|am|ba|be|bg|bj|ca|cf|ch|cl|cv|cz|de|dk|fi|fr|gr|hk|hr|hu|ie|in|is|it|jp|kr|li|lt|lu|md|mk|mr|mx|my
    |nl|no|pe|pt|qa|re|ro|rs|ru|se|sg|si|sk|sn|td|tw|ug|vn)""",
    re.VERBOSE,
)
"""Blogger's domains of countries, each with the same blog (support.google.com/blogger/answer/2402711); as the public
suffix list named them until they were taken out of it."""
ACCOUNT_HOSTS = {
    "facebook.com": "facebook.com",
    "fb.com": "facebook.com",
    "instagram.com": "instagram.com",
    "x.com": "x.com",
    "twitter.com": "x.com",
    "threads.net": "threads.com",
    "threads.com": "threads.com",
    "linkedin.com": "linkedin.com",
    "xing.com": "xing.com",
    "youtube.com": "youtube.com",
    "tiktok.com": "tiktok.com",
    "pinterest.com": "pinterest.com",
    "reddit.com": "reddit.com",
    "bsky.app": "bsky.app",
    "medium.com": "medium.com",
    "github.com": "github.com",
    "gitlab.com": "gitlab.com",
    "gravatar.com": "gravatar.com",
    "vk.com": "vk.com",
    "t.me": "t.me",
    "linktr.ee": "linktr.ee",
    "about.me": "about.me",
}
"""Where the path says whose account it is, and the domain says nothing; with the one name we use for each."""
SHORT_LINKS = frozenset(
    (
        "bit.ly",
        "buff.ly",
        "fb.me",
        "goo.gl",
        "lnkd.in",
        "ow.ly",
        "pin.it",
        "redd.it",
        "t.co",
        "tinyurl.com",
        "youtu.be",
    )
)
"""Where an address says nothing of whose it is: the next one leads to somebody else."""
ACCOUNT_DOMAINS = frozenset(("medium.com",))
"""Of these, where a subdomain is an account as well: ``ann.medium.com`` is ``medium.com/@ann``."""
BEFORE_ANY = frozenset(("in", "user", "u", "profile", "profiles", "c", "channel", "people", "company", "pub"))
"""What stands before an account in a path."""
BEFORE_ACCOUNT: Mapping[str, frozenset[str]] = {
    "instagram.com": BEFORE_ANY | {"stories"},
    "t.me": frozenset(("s",)),
}
"""The same where a platform has others."""
NO_ACCOUNT: Mapping[str, frozenset[str]] = {
    "bsky.app": frozenset(("hashtag", "intent", "search", "starter-pack")),
    "facebook.com": frozenset(
        (
            "events",
            "groups",
            "hashtag",
            "marketplace",
            "photo",
            "photos",
            "reel",
            "share",
            "sharer",
            "stories",
            "video",
            "videos",
            "watch",
        )
    ),
    "github.com": frozenset(("orgs", "search", "topics")),
    "instagram.com": frozenset(("explore", "p", "reel", "reels", "stories", "tv")),
    "linkedin.com": frozenset(("events", "feed", "groups", "jobs", "posts", "pulse", "search")),
    "medium.com": frozenset(("m", "p", "search", "tag")),
    "pinterest.com": frozenset(("ideas", "pin", "search")),
    "reddit.com": frozenset(("comments", "gallery", "r", "search")),
    "t.me": frozenset(("addstickers", "c", "joinchat", "s", "share")),
    "threads.com": frozenset(("search", "t")),
    "tiktok.com": frozenset(("discover", "music", "search", "t", "tag")),
    "x.com": frozenset(("explore", "hashtag", "home", "i", "intent", "search", "share")),
    "xing.com": frozenset(("events", "jobs", "news")),
    "youtube.com": frozenset(
        ("clip", "embed", "feed", "hashtag", "live", "playlist", "post", "results", "shorts", "v", "watch")
    ),
}
"""What a platform's paths begin with that lead to something of anybody's: who two videos are by, nobody can tell from
``youtube.com/watch``."""
