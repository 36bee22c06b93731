"""Contacts on the screen: found, marked, merged and separated; nothing is sent to those who must not be contacted."""

import re

import pytest
from flask import Flask

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors.ports import Author, Item
from app.contacts.models import Contact
from app.inbox.models import Conversation
from app.sending.types import SendState
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene, post
from tests.web.test_inbox_statements import EDGE, statements


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


def met(scene: Scene, name: str, *, url: str | None = None, email: str | None = None, text: str = "Hello") -> int:
    """Somebody with these identities comments; answers the conversation."""
    key = f"key-{name}-{text}"
    number = scene.put(Item(f"c-{key}", post(), Author(name, key=key, url=url, email=email), text, scene.now))
    scene.collect()
    return scene.talk_with(number)


def contact_of(scene: Scene, talk: int) -> int:
    with scene.parts.db.read() as session:
        return session.get_one(Contact, session.get_one(Conversation, talk).contact_id).id


def ours(scene: Scene) -> list[str]:
    """What stands at the platform from us."""
    return [one.text for one in scene.platform.comments.values() if one.author.is_us]


def find(browser: Browser, **asked: str) -> list[str]:
    """Whom the list shows, in its order."""
    return re.findall(r'<a class="strong cut"[^>]*><bdi>([^<]*)', browser.get("/contacts", query_string=asked).text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dana", ["Dana Brandt"]),
        ("BRANDT", ["Dana Brandt"]),
        ("zoe", ["Zoë Ångström"]),
        ("angström", ["Zoë Ångström"]),
        ("dana@example.org", ["Dana Brandt"]),
        ("https://www.Garden.example.org/about", ["Dana Brandt"]),
        ("@zoe", ["Zoë Ångström"]),
        ("https://twitter.com/ZOE", ["Zoë Ångström"]),
        ("rand", []),
        ("", ["Zoë Ångström", "Dana Brandt"]),
    ],
)
def test_somebody_is_found_by_name_address_site_and_account(
    scene: Scene, agent: Browser, text: str, found: list[str]
) -> None:
    met(scene, "Dana Brandt", url="https://blog.garden.example.org/", email="Dana@Example.org")
    met(scene, "Zoë Ångström", url="https://x.com/zoe")
    assert find(agent, q=text) == found


def test_the_list_goes_on_and_shows_everybody_once(
    scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        met(scene, f"Person {number}")
    rows, pages = [], 0
    monkeypatch.setattr("app.contacts.queries.rows.__kwdefaults__", {"after": None, "limit": 2})
    address = "/contacts?q=person"
    while address and pages < 5:
        page = agent.get(address).text
        rows += re.findall(r'<a class="strong cut"[^>]*><bdi>([^<]*)', page)
        onward = re.search(r'href="(/contacts\?[^"]*after=[^"]*)"', page)
        address = onward[1].replace("&amp;", "&") if onward else ""
        pages += 1
    assert rows == [f"Person {number}" for number in (4, 3, 2, 1, 0)]
    assert pages == 3


def test_tags_vip_and_notes_are_kept_and_found(scene: Scene, agent: Browser) -> None:
    talk = met(scene, "Dana")
    met(scene, "Eve")
    contact = contact_of(scene, talk)
    assert agent.post(f"/contacts/{contact}/tag", tag=" #Garden ").status_code == 303
    agent.post(f"/contacts/{contact}/vip", on="yes")
    agent.post(f"/contacts/{contact}/note", text="Prefers <b>mail</b>")
    page = agent.get(f"/contacts/{contact}")
    assert "Prefers &lt;b&gt;mail&lt;/b&gt;" in page.text
    assert "Agent marked it: #garden." in words(page)
    assert find(agent, tag="GARDEN") == find(agent, mark="vip") == ["Dana"]
    assert "VIP" in words(agent.get("/inbox?view=all"))
    beside = words(agent.get(f"/inbox/{talk}"))
    assert "garden" in beside
    assert "Prefers <b>mail</b>" in beside
    agent.post(f"/contacts/{contact}/untag", tag="garden")
    agent.post(f"/contacts/{contact}/vip", on="no")
    assert find(agent, tag="garden") == find(agent, mark="vip") == []


def test_a_mistake_is_said_where_it_was_made(scene: Scene, agent: Browser) -> None:
    talk = met(scene, "Dana")
    contact = contact_of(scene, talk)
    answer = agent.post(f"/contacts/{contact}/tag", tag="x" * 41)
    assert (answer.status_code, "at most 40 characters" in words(answer)) == (422, True)
    script = {"HX-Request": "true", "HX-Target": "side"}
    answer = agent.press(f"/contacts/{contact}/tag?talk={talk}", script, tag="")
    assert (answer.status_code, "Enter a word." in words(answer)) == (422, True)
    assert '<aside class="side" id="side"' in answer.text
    answer = agent.press(f"/contacts/{contact}/tag?talk={talk}", script, tag="new")
    assert (answer.status_code, ">new</a>" in answer.text, "<html" in answer.text) == (200, True, False)
    back = agent.post(f"/contacts/{contact}/tag?talk={talk}&view=all", tag="another")
    assert back.location == f"/inbox/{talk}?view=all"
    assert agent.get("/contacts/12345").status_code == 404


def test_merging_shows_both_first_and_separating_restores(scene: Scene, agent: Browser) -> None:
    talk, other = met(scene, "Dana", url="https://garden.example.org"), met(scene, "D. Brandt", text="Again")
    dana, brandt = contact_of(scene, talk), contact_of(scene, other)
    agent.post(f"/contacts/{brandt}/tag", tag="press")
    assert f'href="/contacts/{dana}/merge?with={brandt}"' in agent.get(f"/contacts/{dana}/merge?q=brandt").text
    preview = agent.get(f"/contacts/{dana}/merge?with={brandt}")
    assert "This one stays Dana" in words(preview)
    assert f'href="/contacts/{brandt}/merge?with={dana}"' in preview.text
    seen = dict(re.findall(r'name="(\w+_version|joined)" value="(\d+)"', preview.text))
    assert agent.post(f"/contacts/{dana}/merge", **seen).location == f"/contacts/{dana}"
    page = words(agent.get(f"/contacts/{dana}"))
    assert "press" in page
    assert "Again" in page
    assert agent.get(f"/contacts/{brandt}").location == f"/contacts/{dana}"
    assert find(agent) == ["Dana"]
    assert find(agent, q="brandt") == ["Dana"]  # also by what the merged one is called
    list_ = words(agent.get("/inbox?view=all"))
    assert "D. Brandt" not in list_
    assert "Again" in words(agent.get(f"/inbox/{talk}"))
    assert agent.post(f"/contacts/{dana}/merge", **seen).status_code == 409

    later = met(scene, "D. Brandt", text="Again")  # the same account speaks again
    assert later == other
    assert agent.post(f"/contacts/{brandt}/separate").status_code == 303
    assert "press" not in words(agent.get(f"/contacts/{dana}")).split("What happened")[0]
    assert "press" in words(agent.get(f"/contacts/{brandt}"))
    assert find(agent) == ["D. Brandt", "Dana"]
    assert agent.post(f"/contacts/{brandt}/separate").status_code == 409


def test_those_who_share_an_address_are_pointed_out_but_not_those_who_share_a_name(
    scene: Scene, agent: Browser
) -> None:
    first = met(scene, "Ann", url="https://ann.blogspot.com", email="ann@example.org")
    met(scene, "A. N.", email="ANN@example.org", text="two")
    met(scene, "Ann", text="three")
    met(scene, "Ben", url="https://ben.blogspot.com", text="four")
    page = agent.get(f"/contacts/{contact_of(scene, first)}")
    likely = words(page).split("Perhaps the same")[1]
    assert "A. N. also ann@example.org" in likely
    assert len(re.findall(r"merge\?with=", page.text)) == 1
    assert "Perhaps the same as A. N." in words(agent.get(f"/inbox/{first}"))


def test_nothing_is_sent_to_those_who_must_not_be_contacted(app: Flask, scene: Scene, agent: Browser) -> None:
    talk, other = met(scene, "Dana"), met(scene, "D. B.", text="Again")
    contact = contact_of(scene, talk)
    agent.get(f"/inbox/{talk}")
    agent.post(f"/inbox/{talk}/reply", text="On its way", key="a" * 12, version=scene.version(talk))
    agent.post(f"/contacts/{contact}/do-not-contact", reason="Asked by letter")
    assert find(agent, mark="do_not_contact") == ["Dana"]
    scene.deliver()
    (queued,) = scene.replies(talk)
    assert (queued.delivery.state, queued.delivery.error_code) == (SendState.FAILED, "do_not_contact")
    assert ours(scene) == []
    assert "Asked by letter" in words(agent.get(f"/inbox/{talk}"))

    refused = agent.post(f"/inbox/{talk}/reply", text="Kept words", key="b" * 12, version=scene.version(talk))
    assert refused.status_code == 409
    assert "marked “Do not contact”, so nothing is sent" in words(refused)
    assert "Kept words" in refused.text
    assert agent.post(f"/inbox/{talk}/replies/{queued.id}/settle", again="yes").status_code == 409
    assert agent.post(f"/contacts/{contact}/lift").status_code == 403

    preview = agent.get(f"/contacts/{contact_of(scene, other)}/merge?with={contact}")
    assert "Merged, nothing is sent to either." in words(preview)
    seen = dict(re.findall(r'name="(\w+_version|joined)" value="(\d+)"', preview.text))
    agent.post(f"/contacts/{contact_of(scene, other)}/merge", **seen)
    refused = agent.post(f"/inbox/{other}/reply", text="To the other", key="c" * 12, version=scene.version(other))
    assert refused.status_code == 409

    boss = signed_in(app, Role.SUPERVISOR)
    assert boss.post(f"/contacts/{contact}/lift").status_code == 303
    assert agent.post(f"/inbox/{talk}/replies/{queued.id}/settle", again="yes").status_code == 303
    scene.deliver()
    assert ours(scene) == ["On its way"]


def test_only_its_author_or_who_curates_removes_a_note(app: Flask, scene: Scene, agent: Browser) -> None:
    contact = contact_of(scene, met(scene, "Dana"))
    agent.post(f"/contacts/{contact}/note", text="By my own hand")
    remove = re.search(rf'action="(/contacts/{contact}/note/\d+/remove)"', agent.get(f"/contacts/{contact}").text)
    assert remove is not None
    other = signed_in(app, Role.MARKETER)
    assert other.post(remove[1]).status_code == 403
    assert "/remove" not in other.get(f"/contacts/{contact}").text
    assert signed_in(app, Role.SUPERVISOR).post(remove[1]).status_code == 303
    assert "By my own hand" not in agent.get(f"/contacts/{contact}").text


@pytest.mark.parametrize("size", [1, 12])
def test_statements_do_not_grow(scene: Scene, agent: Browser, size: int) -> None:
    first = contact_of(scene, met(scene, "Dana", url="https://garden.example.org"))
    for number in range(size):
        other = contact_of(scene, met(scene, f"D{number}", url="https://garden.example.org", text=f"Hi {number}"))
        seen = dict(
            re.findall(
                r'name="(\w+_version|joined)" value="(\d+)"', agent.get(f"/contacts/{first}/merge?with={other}").text
            )
        )
        agent.post(f"/contacts/{first}/merge", **seen)
        agent.post(f"/contacts/{first}/note", text="note")
        agent.post(f"/contacts/{first}/tag", tag=f"t{number}")
        met(scene, f"Further {number}", url="https://garden.example.org")
    for path, most in (
        ("/contacts", EDGE + 5),
        ("/contacts?q=da&tag=t0", EDGE + 5),
        (f"/contacts/{first}", EDGE + 11),
        (f"/contacts/{first}/merge?q=f", EDGE + 12),
    ):
        with statements(scene) as asked:
            assert agent.get(path).status_code == 200
        assert len(asked) <= most, f"{path}: {len(asked)}\n" + "\n".join(asked)
