"""Somebody else's HTML never runs: whatever comes from outside is shown as the words it is."""

import re
from html.parser import HTMLParser

import pytest

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.ports import Author, Item, Post
from app.core.clock import utc_now
from app.inbox import service as inbox
from tests.domain.platform import Platform
from tests.web.browser import Browser
from tests.web.scene import Scene

BODIES = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    '"><iframe src="javascript:alert(1)">',
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "</template><b>bold</b>",
    "{{ 7*7 }}{% for x in y %}",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    'https://ok.example/"onmouseover=alert(1)//',
    "https://ok.example/'><script>alert(1)</script>",
    "http://[bad",
    "https://user:pass@evil.example/%0d%0aSet-Cookie:x",
    "\u202etxt.exe\u202c \u200b<b>x</b>",
    "&lt;b&gt; &amp; &#x3c;script&#x3e;",
    "<a href=javascript:alert(1)>click</a>",
    "a" * 5000,
)
_BAD_SCHEME = re.compile(r"\s*(javascript|data|vbscript):", re.IGNORECASE)


class Reader(HTMLParser):
    """Reads a page as a browser would and notes what could run."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("iframe", "object", "embed", "b", "i", "style", "base"):
            self.wrong.append(f"<{tag}>")
        for name, value in attrs:
            if name.startswith("on") or name in ("style", "srcdoc") or name.startswith("hx-on"):
                self.wrong.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post") and _BAD_SCHEME.match(value or ""):
                self.wrong.append(f"{tag} {name}={value}")
            if tag == "script" and name == "src" and not (value or "").startswith("/static/"):
                self.wrong.append(f"script {value}")
        if tag == "script" and not any(name == "src" for name, _value in attrs):
            self.wrong.append("inline script")
        if tag == "a" and dict(attrs).get("target") == "_blank" and "noopener" not in (dict(attrs).get("rel") or ""):
            self.wrong.append("a link that hands over the window")


def assert_harmless(html: str) -> None:
    reader = Reader()
    reader.feed(html)
    assert reader.wrong == []


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def test_hostile_comments_names_titles_and_addresses(scene: Scene, agent: Browser) -> None:
    for number, body in enumerate(BODIES):
        scene.put(
            Item(
                external_id=f"h{number}",
                post=Post(f"p{number}", body[:2000], body[:500]),
                author=Author(name=body[:200], key=f"user:{number}", url=body[:1000], email=body[:300]),
                text=f"{body} and {body}",
                published_at=utc_now(),
                url=body[:2000],
            )
        )
    scene.collect()
    assert_harmless(agent.get("/inbox?view=all").text)
    assert_harmless(agent.get("/inbox?view=spam").text)
    for number, body in enumerate(BODIES):
        talk = scene.talk_with(f"h{number}")
        with scene.parts.db.write() as session:
            inbox.add_note(session, scene.actor("agent"), talk, f"note {body}", utc_now())
        agent.get(f"/inbox/{talk}")
        refused = agent.post(f"/inbox/{talk}/reply", text=body, version=-1, key=f'key"><b>{number}')
        handed = agent.post(
            f"/inbox/{talk}/hand-over", team=scene.team("marketing"), reason=body, version=scene.version(talk)
        )
        assert refused.status_code in (409, 422)
        assert handed.status_code == 303
        page = agent.get(f"/inbox/{talk}?view=all").text
        part = agent.get(f"/inbox/{talk}?view=all", headers={"HX-Request": "true", "HX-Target": "talk"}).text
        for html in (refused.text, page, part):
            assert_harmless(html)


def test_the_words_are_all_there(scene: Scene, agent: Browser) -> None:
    text = "Grüße <b>& mehr</b>\n„zweite Zeile“ שלום 👋🏽 https://ok.example/a?b=c&d=(e)."
    scene.heard("Zoë <O'Neil>", text)
    page = agent.get(f"/inbox/{scene.talk_with('n1')}").text
    assert (
        'Grüße &lt;b&gt;&amp; mehr&lt;/b&gt;\n„zweite Zeile“ שלום 👋🏽 <a href="https://ok.example/a?b=c&amp;d=(e)"'
        in page
    )
    assert "Zoë &lt;O&#39;Neil&gt;" in page


def test_every_page_forbids_inline_script(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Bob", "Hi")
    for path in ("/inbox", f"/inbox/{talk}", "/inbox/1", "/style"):
        policy = agent.get(path).headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy


def test_nul_characters_in_forms_are_no_fault_of_ours(scene: Scene, agent: Browser, browser: Browser) -> None:
    """PostgreSQL keeps them in no text."""
    talk = scene.heard("Bob", "Where is my order?")
    agent.get(f"/inbox/{talk}")
    assert agent.post(f"/inbox/{talk}/note", text="a\0b").status_code == 303
    moved = {"team": scene.team("marketing"), "reason": "a\0b"}
    assert agent.post(f"/inbox/{talk}/hand-over", version=scene.version(talk), **moved).status_code == 303
    sent = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="a\0b", key="12345678\0")
    assert sent.status_code in (303, 400)
    assert browser.sign_in("a\0b").status_code in (400, 422)


def test_forms_without_their_token_are_refused(scene: Scene, agent: Browser) -> None:
    talk = scene.heard("Bob", "Hi")
    agent.get(f"/inbox/{talk}")
    answer = agent.post(f"/inbox/{talk}/take", csrf_token="", version=scene.version(talk))
    assert answer.status_code == 400
    assert scene.talk(talk).assignee_id is None
