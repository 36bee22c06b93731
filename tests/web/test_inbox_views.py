"""Lists narrowed down, lists kept under names, lists of marked conversations."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Author, Item, SaidAs
from app.core.clock import utc_now
from app.desk import lengths
from app.inbox import filters, tags
from app.inbox import service as inbox
from app.inbox.models import Conversation
from app.inbox.types import Mark, Priority
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene, post
from tests.web.test_inbox_lists import Crew, listed


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: Crew) -> Scene:
    return Scene(parts, platform)


def change(scene: Scene, talk: int, **values: object) -> None:
    with scene.parts.db.write() as session:
        session.execute(update(Conversation).where(Conversation.id == talk).values(**values))


def saved_ids(browser: Browser) -> list[str]:
    """The saved views beside the lists, as their addresses name them."""
    return re.findall(r"saved=(\d+)\"", unescape(browser.get("/inbox?view=all").text))


class TestFilters:
    def test_each_filter_shows_its_own_and_says_so(self, scene: Scene, agent: Browser, crew: Crew) -> None:
        other = Scene(scene.parts, scene.platform, name="Other blog", address="memory:other")
        here, there = scene.heard("Here", "Hello?", minutes_ago=9), scene.heard("There", "Hello?")
        for name, said_as in (("Alone", SaidAs.MENTION), ("Buyer", SaidAs.REVIEW)):
            author = Author(name, key=name)
            scene.put(Item(name, post(), author, "Hm", scene.now, said_as=said_as, private=name == "Alone"))
        scene.collect()
        change(scene, here, language="de", priority=Priority.HIGH, author_known=True)
        change(
            scene,
            there,
            page_id=other.page_id,
            language="en",
            team_id=scene.team("marketing"),
            assignee_id=crew[Role.MARKETER],
        )
        for query, shown, chip in (
            (f"page={scene.page_id}", ["Here", "Alone", "Buyer"], "Garden blog"),
            (f"page={other.page_id}", ["There"], "Other blog"),
            ("platform=memory", ["Here", "There", "Alone", "Buyer"], "Memory"),
            ("platform=feed", [], "gone"),
            (f"team={scene.team('marketing')}", ["There"], "Marketing"),
            ("assignee=nobody", ["Here", "Alone", "Buyer"], "Nobody"),
            (f"assignee={crew[Role.MARKETER]}", ["There"], "Marketer"),
            ("kind=urgent", ["Here"], "High priority"),
            ("kind=known", ["Here"], "They wrote to us before"),
            ("kind=first", ["There", "Alone", "Buyer"], "First time they write to us"),
            ("kind=private", ["Alone"], "Private, between them and us"),
            ("kind=mention", ["Alone"], "Mention elsewhere"),
            ("kind=review", ["Buyer"], "Review of what we sell"),
            ("language=de", ["Here"], "German"),
            ("language=en&kind=urgent", [], "English"),
        ):
            assert listed(agent, f"/inbox?view=all&{query}") == shown, query
            page = agent.get(f"/inbox?view=all&{query}").text
            assert chip in re.findall(r'<ul class="chips".*?</ul>', page, re.DOTALL)[0], query

    def test_nonsense_counts_as_not_said(self, scene: Scene, agent: Browser) -> None:
        scene.heard("Bob", "Hello?")
        for name in filters.FILTERS:
            for value in ("%00", "x'%22", "-1", "9" * 70, "%E0%A5%AA", "", "0"):
                assert agent.get(f"/inbox?view=all&{name}={value}").status_code == 200, (name, value)

    def test_a_conversation_opened_from_a_narrowed_list_leads_back_to_it(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Hello?")
        page = unescape(agent.get(f"/inbox?view=all&page={scene.page_id}&kind=first").text)
        assert f"/inbox/{talk}?view=all&page={scene.page_id}&kind=first" in page
        agent.get(f"/inbox/{talk}")
        answer = agent.post(f"/inbox/{talk}/take?view=all&page={scene.page_id}&kind=first", version=scene.version(talk))
        assert answer.location == f"/inbox/{talk}?view=all&page={scene.page_id}&kind=first"

    def test_the_panel_comes_as_a_part_and_as_a_page(self, scene: Scene, agent: Browser) -> None:
        part = agent.get("/inbox/filters?view=all", headers={"HX-Request": "true", "HX-Target": "filter-panel"}).text
        assert "<html" not in part
        assert 'name="assignee"' in part
        assert 'name="page"' not in part, "one page is no choice"
        assert "<html" in agent.get("/inbox/filters?view=all").text
        assert 'name="tag"' not in part, "there is none yet"

    def test_the_first_tag_is_a_choice(self, scene: Scene, agent: Browser) -> None:
        with scene.parts.db.write() as session:
            tag = tags.find_or_make(session, "billing", utc_now())
        panel = agent.get("/inbox/filters?view=all").text
        assert 'name="tag"' in panel
        assert f'<option value="{tag}"' in panel

    def test_what_leaves_a_narrowed_list_is_seen_to_leave(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Hello?")
        since = utc_now().isoformat().replace("+", "%2B")
        with scene.parts.db.write() as session:
            inbox.take(session, scene.actor("marketer"), talk, None, utc_now())
        told = agent.get(f"/inbox/news?view=all&assignee=nobody&since={since}&shown={talk}.0").text
        assert 'class="row left"' in told


class TestSaved:
    def save(self, browser: Browser, name: str, query: str = "view=all&kind=urgent", **fields: object) -> int:
        browser.get("/inbox/views")
        return browser.post(f"/inbox/views?{query}", name=name, **fields).status_code

    def test_save_use_rename_remove(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Hello?")
        scene.heard("Cleo", "Hello?")
        change(scene, talk, priority=Priority.HIGH)
        assert self.save(agent, "  Burning   now ") == 303
        (view,) = saved_ids(agent)
        page = agent.get(f"/inbox?view=all&kind=urgent&saved={view}").text
        assert '<h1 id="list-title" class="cut" dir="auto">Burning now</h1>' in page
        assert listed(agent, f"/inbox?view=all&kind=urgent&saved={view}") == ["Bob"]
        assert agent.post(f"/inbox/views/{view}/change", name="Later").status_code == 303
        assert "Later" in words(agent.get("/inbox/views"))
        assert agent.post(f"/inbox/views/{view}/remove").status_code == 303
        assert saved_ids(agent) == []

    def test_a_counted_one_has_its_number_beside_it(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Hello?")
        change(scene, talk, priority=Priority.HIGH)
        self.save(agent, "Burning")
        with scene.parts.db.write() as session:
            lengths.store(session, lengths.difference(session))
        (view,) = saved_ids(agent)
        page = agent.get("/inbox?view=all").text
        assert re.search(rf'id="count-saved-{view}"[^>]*>\s*1\s*<', page)

    def test_the_same_name_again_replaces_it(self, scene: Scene, agent: Browser) -> None:
        assert [self.save(agent, "Mine", f"view={view}") for view in ("all", "mine")] == [303, 303]
        assert len(saved_ids(agent)) == 1
        assert "/inbox?view=mine&saved=" in unescape(agent.get("/inbox").text)

    def test_without_a_name_or_with_too_long_a_one(self, scene: Scene, agent: Browser) -> None:
        assert self.save(agent, "  ") == 422
        assert self.save(agent, "x" * 61) == 422
        assert saved_ids(agent) == []

    def test_private_ones_are_nobody_elses(self, scene: Scene, app: Flask, agent: Browser) -> None:
        self.save(agent, "Private")
        (view,) = saved_ids(agent)
        boss = signed_in(app, Role.SUPERVISOR)
        assert saved_ids(boss) == []
        for what in ("change", "remove"):
            assert boss.post(f"/inbox/views/{view}/{what}", name="Taken").status_code == 404

    def test_a_teams_are_kept_by_its_supervisors_and_seen_by_its_members(
        self, scene: Scene, app: Flask, agent: Browser
    ) -> None:
        team = scene.team("customer_service")
        assert self.save(agent, "For all", team=team) == 403
        boss = signed_in(app, Role.SUPERVISOR)
        assert self.save(boss, "For all", team=scene.team("marketing")) == 403, "not their team"
        assert self.save(boss, "For all", team=999) == 404
        assert self.save(boss, "For all", team=team) == 303
        (view,) = saved_ids(agent)
        for what in ("change", "remove"):
            assert agent.post(f"/inbox/views/{view}/{what}", name="Mine now").status_code == 403
        assert boss.post(f"/inbox/views/{view}/change", name="Private now", team="").status_code == 303
        assert saved_ids(agent) == []

    def test_a_name_that_is_taken(self, scene: Scene, agent: Browser) -> None:
        self.save(agent, "One")
        self.save(agent, "Two")
        first, _second = saved_ids(agent)
        assert agent.post(f"/inbox/views/{first}/change", name="Two").status_code == 409

    def test_nobody_keeps_more_than_they_can_see(
        self, scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.desk.rules.VIEWS_AT_MOST", 2)
        assert [self.save(agent, name) for name in ("a", "b", "c", "b")] == [303, 303, 409, 303]


class TestMarked:
    def test_what_could_not_be_sent_stands_in_a_list_until_it_is_settled(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Where is my order?")
        scene.heard("Cleo", "Hello?")
        agent.get(f"/inbox/{talk}")
        agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="Hello", key="12345678", then="done")
        scene.platform.fail_before.append(errors.Permanent(errors.COMMENTS_CLOSED, "closed"))
        scene.deliver()
        assert listed(agent, "/inbox?view=unsent") == ["Bob"]
        assert "Not sent" in words(agent.get("/inbox?view=all"))
        (made,) = scene.replies(talk)
        agent.post(f"/inbox/{talk}/replies/{made.id}/settle", again="no")
        assert listed(agent, "/inbox?view=unsent") == []
        assert "Everything was sent" in words(agent.get("/inbox?view=unsent"))

    def test_the_longest_marked_stands_on_top_and_the_list_goes_on(
        self, scene: Scene, agent: Browser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.inbox.queries.PAGE_LENGTH", 2)
        names = ["Ada", "Bea", "Cid"]
        for name in names:
            with scene.parts.db.write() as session:
                talk = scene.heard(name, "Hello?")
                inbox.mark(session, talk, Mark.APPROVAL, utc_now())
                inbox.mark(session, talk, Mark.APPROVAL, utc_now())
        page = agent.get("/inbox?view=approval").text
        more = re.search(r'id="more">\s*<a [^>]*href="([^"]+)"', page)
        assert more
        assert listed(agent, "/inbox?view=approval") + listed(agent, unescape(more[1])) == names

    def test_an_empty_one_is_not_in_the_way(self, scene: Scene, agent: Browser) -> None:
        talk = scene.heard("Bob", "Hello?")
        way = r"<li (hidden)? *data-quiet>\s*<a class=\"way\" href=\"/inbox\?view=approval\""
        (hidden,) = re.findall(way, agent.get("/inbox?view=all").text)
        assert hidden
        with scene.parts.db.write() as session:
            inbox.mark(session, talk, Mark.APPROVAL, utc_now())
        (hidden,) = re.findall(way, agent.get("/inbox?view=all").text)
        assert not hidden
