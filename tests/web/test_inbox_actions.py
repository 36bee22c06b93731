"""What agents do: each action as a plain form, its refusals, and the same with script."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.accounts.types import Role
from app.bootstrap import Services
from app.connectors import errors
from app.connectors.ports import Capabilities, Status
from app.core.clock import utc_now
from app.inbox import service, threads
from app.inbox.models import Comment
from app.inbox.types import ConversationState
from app.pages import service as pages
from app.pages.types import PageState
from app.sending.types import SendState
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene
from tests.web.test_search import index

HEADERS = {"HX-Request": "true", "HX-Target": "talk"}
"""As htmx asks for a conversation."""


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def talk(scene: Scene) -> int:
    """Bob waits in customer service."""
    return scene.heard("Bob", "Where is my order?", minutes_ago=90)


def act(browser: Browser, scene: Scene, talk: int, what: str, **fields: object) -> TestResponse:
    """Open the conversation, press a button on it."""
    assert browser.get(f"/inbox/{talk}?view=team").status_code == 200
    return browser.post(f"/inbox/{talk}/{what}?view=team", **{"version": scene.version(talk), **fields})


def reply(browser: Browser, scene: Scene, talk: int, text: str, **fields: object) -> TestResponse:
    return act(browser, scene, talk, "reply", text=text, **{"key": "a-key-of-the-form", **fields})


class TestWithoutScript:
    def test_take_comes_back_to_the_conversation(self, scene: Scene, agent: Browser, talk: int) -> None:
        answer = act(agent, scene, talk, "take")
        assert (answer.status_code, answer.location) == (303, f"/inbox/{talk}?view=team")
        assert scene.talk(talk).assignee_name == "Agent"

    def test_put_off_until_later_and_found_in_a_list_of_its_own(self, scene: Scene, agent: Browser, talk: int) -> None:
        answer = act(agent, scene, talk, "put-off", when="tomorrow", zone="Europe/Berlin")
        assert (answer.status_code, answer.location) == (303, "/inbox?view=team")
        until = scene.talk(talk).put_off_until
        assert until is not None
        assert until.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "09:00"
        page = agent.get("/inbox?view=put_off")
        assert "Bob" in page.text
        assert f"/inbox/{talk}?view=put_off" in page.text
        assert "put it off until" in agent.get(f"/inbox/{talk}?view=put_off").text
        assert agent.post("/inbox/undo", view="put_off").status_code == 303
        assert scene.talk(talk).state is ConversationState.NEW

    def test_an_answer_is_still_read_where_nothing_is_left_to_answer(
        self, scene: Scene, agent: Browser, talk: int
    ) -> None:
        agent.post(f"/inbox/{talk}/draft?view=team", text="My half answer", voice="reply", revision=0)
        with scene.parts.db.write() as session:
            session.execute(update(Comment).where(Comment.conversation_id == talk).values(status=Status.DELETED))
        page = words(agent.get(f"/inbox/{talk}?view=team"))
        assert "there is nothing to answer" in page
        assert "My half answer" in page

    @pytest.mark.parametrize(
        ("until", "zone", "said"),
        [
            ("", "", "Choose a day and a time."),
            ("tomorrow", "", "Choose a day and a time."),
            ("2020-01-01T09:00", "Europe/Berlin", "at most a year ahead"),
            ("9999-12-31T23:59", "America", "at most a year ahead"),
        ],
    )
    def test_a_time_that_is_none_says_so(
        self, scene: Scene, agent: Browser, talk: int, until: str, zone: str, said: str
    ) -> None:
        answer = act(agent, scene, talk, "put-off", when="", until=until, zone=zone)
        assert answer.status_code == 422
        assert said in answer.text
        assert scene.talk(talk).put_off_until is None

    def test_assign_and_release(self, scene: Scene, agent: Browser, crew: dict[Role, int], talk: int) -> None:
        act(agent, scene, talk, "assign", assignee=crew[Role.MARKETER])
        assert scene.talk(talk).assignee_name == "Marketer"
        act(agent, scene, talk, "assign", assignee="")
        assert scene.talk(talk).assignee_id is None

    def test_resolve_goes_on_to_the_next_row(self, scene: Scene, agent: Browser, talk: int) -> None:
        younger = scene.heard("Cleo", "My parcel is lost", minutes_ago=10)
        answer = act(agent, scene, talk, "resolve")
        assert answer.location == f"/inbox/{younger}?view=team"
        assert scene.talk(talk).state is ConversationState.DONE
        assert act(agent, scene, younger, "resolve").location == "/inbox?view=team"

    def test_the_last_row_goes_on_with_the_first(self, scene: Scene, agent: Browser, talk: int) -> None:
        younger = scene.heard("Cleo", "My parcel is lost", minutes_ago=10)
        assert act(agent, scene, younger, "resolve").location == f"/inbox/{talk}?view=team"

    def test_reopen_spam_not_spam(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(agent, scene, talk, "spam")
        assert scene.talk(talk).state is ConversationState.SPAM
        assert "said it is not spam" not in words(agent.get(f"/inbox/{talk}"))
        act(agent, scene, talk, "reopen")
        assert scene.talk(talk).state is ConversationState.NEW
        assert "said it is not spam" in words(agent.get(f"/inbox/{talk}"))

    def test_hand_over_says_who_and_why_and_why_it_was_here(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(agent, scene, talk, "hand-over", team=scene.team("marketing"), reason="about the campaign")
        assert scene.talk(talk).team_name == "Marketing"
        shown = words(agent.get(f"/inbox/{talk}?view=all"))
        assert "Routed to Customer service by the rule “Orders and deliveries”, because of “my order”" in shown
        assert "Agent handed it to Marketing" in shown
        assert "about the campaign" in shown

    def test_a_note_stays_inside(self, scene: Scene, agent: Browser, talk: int) -> None:
        act(agent, scene, talk, "note", text="Called the carrier")
        shown = words(agent.get(f"/inbox/{talk}"))
        assert "Called the carrier" in shown
        assert "internal note" in shown
        scene.deliver()
        assert scene.platform.posted == []

    def test_a_reply_waits_leaves_and_stands(self, scene: Scene, agent: Browser, talk: int) -> None:
        answer = reply(agent, scene, talk, "On its way!", then="wait")
        assert (answer.status_code, answer.location) == (303, f"/inbox/{talk}?view=team")
        assert scene.talk(talk).state is ConversationState.WAITING
        assert "Undo" in words(agent.get(f"/inbox/{talk}"))
        scene.deliver()
        assert scene.platform.posted == ["On its way!"]
        page = agent.get(f"/inbox/{talk}")
        assert "Stands at the page" in words(page)
        assert 'href="https://b.example/p1#n2"' in page.text
        scene.collect()  # the platform shows us our own words
        page = agent.get(f"/inbox/{talk}")
        assert page.text.count("On its way!") == 1
        assert "written by you" in words(page)

    def test_reply_and_finish(self, scene: Scene, agent: Browser, talk: int) -> None:
        reply(agent, scene, talk, "On its way!", then="done")
        assert scene.talk(talk).state is ConversationState.DONE

    def test_undo_gives_the_text_back(self, scene: Scene, agent: Browser, talk: int) -> None:
        reply(agent, scene, talk, "On its\r\nway!")
        (made,) = scene.replies(talk)
        answer = agent.post(f"/inbox/{talk}/replies/{made.id}/undo")
        assert answer.status_code == 200
        assert "On its\nway!</textarea>" in answer.text
        scene.deliver()
        assert scene.platform.posted == []
        assert scene.talk(talk).state is ConversationState.NEW

    def test_an_earlier_answer_is_put_below_what_was_begun(self, scene: Scene, agent: Browser, talk: int) -> None:
        later = scene.heard("Eve", "Tell me, where is my order?")
        reply(agent, scene, talk, "It left us <yesterday>.", then="done")
        index(scene)
        answer = act(agent, scene, later, "similar", text="Hello Eve!", voice="reply", revision=0)
        assert (answer.status_code, answer.location) == (303, f"/inbox/{later}/similar?view=team")
        page = agent.get(answer.location)
        assert "It left us &lt;yesterday&gt;." in page.text
        use = re.search(r'action="(/inbox/\d+/similar/\d+\?view=team)"', page.text)
        assert use
        answer = agent.post(use[1])
        assert (answer.status_code, answer.location) == (303, f"/inbox/{later}?view=team")
        assert "\nHello Eve!\n\nIt left us &lt;yesterday&gt;.</textarea>" in agent.get(answer.location).text
        assert "Nothing like this was answered before" in words(agent.get(f"/inbox/{talk}/similar"))

    def test_a_window_left_open_is_told_of_the_answer_and_sends_another_only_then(
        self, scene: Scene, agent: Browser, talk: int
    ) -> None:
        def seen(page: str) -> str:
            return str(re.findall(r'name="seen" value="([^"]+)"', page)[0])

        before = seen(agent.get(f"/inbox/{talk}").text)
        for _click in range(2):
            answer = reply(agent, scene, talk, "It left yesterday", then="wait", seen=before)
            assert answer.status_code == 303
        answer = reply(agent, scene, talk, "It left on Monday", key="another-key-of-a-form", seen=before)
        assert answer.status_code == 409
        assert "“It left yesterday” Send again" in words(answer)
        assert "It left on Monday</textarea>" in answer.text
        assert [one.text for one in scene.replies(talk)] == ["It left yesterday"]
        assert (
            reply(
                agent, scene, talk, "It left on Monday", key="another-key-of-a-form", seen=seen(answer.text)
            ).status_code
            == 303
        )
        assert [one.text for one in scene.replies(talk)] == ["It left yesterday", "It left on Monday"]

    def test_moderation(self, scene: Scene, agent: Browser, talk: int) -> None:
        (comment,) = comments_of(scene, talk)
        act(agent, scene, talk, "moderate", comment=comment, act="hold", key="moderate-1")
        scene.deliver()
        assert "Held for moderation" in words(agent.get(f"/inbox/{talk}"))

    def test_two_decisions_from_one_form_are_both_carried_out(self, scene: Scene, agent: Browser, talk: int) -> None:
        """Somebody goes back in the browser and presses another button of the same form."""
        (comment,) = comments_of(scene, talk)
        for what in ("hold", "approve"):
            act(agent, scene, talk, "moderate", comment=comment, act=what, key="one-form")
            scene.deliver()
        assert [one.status for one in scene.platform.comments.values()] == [Status.LIVE]

    def test_the_way_back_keeps_the_list(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}?view=all&page={scene.page_id}")
        answer = agent.post(f"/inbox/{talk}/take?view=all&page={scene.page_id}", version=scene.version(talk))
        assert answer.location == f"/inbox/{talk}?view=all&page={scene.page_id}"


class TestRefused:
    def test_somebody_was_quicker(self, scene: Scene, agent: Browser, talk: int) -> None:
        """The text is kept, and what changed is said."""
        page = agent.get(f"/inbox/{talk}").text
        version, seen = scene.version(talk), page.split('name="seen" value="')[1].split('"')[0]
        with scene.parts.db.write() as session:
            service.take(session, scene.actor("marketer"), talk, None, utc_now() + timedelta(seconds=1))
        scene.say("Bob", "Still nothing <here>", parent="n1", minutes_ago=1)
        scene.collect()
        answer = agent.post(
            f"/inbox/{talk}/reply", version=version, text="My <careful> answer", key="12345678", seen=seen
        )
        assert answer.status_code == 409
        assert "My &lt;careful&gt; answer</textarea>" in answer.text
        assert 'value="12345678"' in answer.text
        told = words(answer)
        assert "has changed since you opened it" in told
        assert "Marketer took it" in told
        assert "Bob wrote: “Still nothing <here>”" in told
        assert scene.replies(talk) == []
        again = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="My answer", key="12345678")
        assert again.status_code == 303

    def test_every_action_says_what_it_has_seen(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        before = scene.talk(talk)
        fields: dict[str, object] = {"text": "Hi", "team": scene.team("marketing"), "key": "12345678"}
        for action in ("take", "assign", "hand-over", "resolve", "reopen", "spam", "reply"):
            for version in ({"version": 99}, {}, {"version": "x"}):
                answer = agent.post(f"/inbox/{talk}/{action}", **fields, **version)
                assert answer.status_code == 409, (action, version)
        assert scene.talk(talk) == before

    def test_empty_and_too_long(self, scene: Scene, agent: Browser, talk: int) -> None:
        assert reply(agent, scene, talk, " \n ").status_code == 422
        answer = reply(agent, scene, talk, "é" * 501)
        assert answer.status_code == 422
        assert "1 character too long" in words(answer)
        assert "é" * 501 in answer.text
        assert act(agent, scene, talk, "note", text="").status_code == 422
        assert scene.replies(talk) == []

    def test_the_same_form_twice_is_one_reply(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        version = scene.version(talk)
        for _press in range(2):
            answer = agent.post(f"/inbox/{talk}/reply", version=version, text="Hello", key="the-same-key", then="wait")
            assert answer.status_code == 303
        assert len(scene.replies(talk)) == 1

    def test_ones_own_answer_is_no_news(self, scene: Scene, agent: Browser, app: Flask, talk: int) -> None:
        """A second answer from the form of the first is taken; a colleague with that form is asked to look."""
        agent.get(f"/inbox/{talk}")
        seen = scene.version(talk)
        for text in ("First", "Second"):
            answer = agent.post(f"/inbox/{talk}/reply", version=seen, text=text, key=f"key-of-{text}", then="wait")
            assert answer.status_code == 303
        assert [one.text for one in scene.replies(talk)] == ["First", "Second"]
        colleague = signed_in(app, Role.MARKETER)
        answer = colleague.post(f"/inbox/{talk}/reply", version=seen, text="Third", key="key-of-third")
        assert answer.status_code == 409
        with scene.parts.db.write() as session:
            service.take(session, scene.actor("marketer"), talk, None, utc_now())
        answer = agent.post(f"/inbox/{talk}/reply", version=seen, text="Third", key="key-of-third")
        assert answer.status_code == 409

    def test_undo_after_it_left(self, scene: Scene, agent: Browser, talk: int) -> None:
        reply(agent, scene, talk, "Sent")
        (made,) = scene.replies(talk)
        scene.deliver()
        answer = agent.post(f"/inbox/{talk}/replies/{made.id}/undo")
        assert answer.status_code == 409
        assert "on its way already" in words(answer)

    def test_undo_of_somebody_elses(self, scene: Scene, agent: Browser, app: Flask, talk: int) -> None:
        reply(agent, scene, talk, "Mine")
        (made,) = scene.replies(talk)
        assert signed_in(app, Role.SUPERVISOR).post(f"/inbox/{talk}/replies/{made.id}/undo").status_code == 403
        assert len(scene.replies(talk)) == 1

    def test_the_comment_vanished_meanwhile(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        version = scene.version(talk)
        (comment,) = comments_of(scene, talk)
        act(agent, scene, talk, "moderate", comment=comment, act="trash", key="moderate-1")
        scene.deliver()
        answer = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="Too late", key="12345678")
        assert version <= scene.version(talk)
        assert answer.status_code == 409
        assert "no longer" in words(answer)

    def test_nonsense_is_refused_and_changes_nothing(self, scene: Scene, agent: Browser, talk: int) -> None:
        before = scene.talk(talk)
        nonsense: list[tuple[str, dict[str, object]]] = [
            ("assign", {"assignee": 999}),
            ("assign", {"assignee": 10**30}),
            ("assign", {"assignee": 10**12}),
            ("assign", {"assignee": "x"}),
            ("hand-over", {"team": 999}),
            ("hand-over", {"team": 10**30}),
            ("hand-over", {}),
            ("moderate", {"act": "reply", "comment": 1}),
            ("moderate", {"act": "nonsense", "comment": 1}),
            ("moderate", {"act": "hold", "comment": 1}),
            ("moderate", {"act": "hold", "comment": 10**30}),
            ("reply", {"text": "Hi", "version": 10**30}),
        ]
        for action, fields in nonsense:
            answer = act(agent, scene, talk, action, **fields)
            assert answer.status_code in (404, 409, 422), (action, fields)
        assert scene.talk(talk) == before

    def test_a_comment_of_another_conversation_is_not_moderated_through_this_one(
        self, scene: Scene, agent: Browser, talk: int
    ) -> None:
        other = scene.heard("Cleo", "Hello?")
        (foreign,) = comments_of(scene, other)
        assert act(agent, scene, talk, "moderate", comment=foreign, act="trash").status_code == 404

    def test_a_page_that_cant_be_answered(
        self, scene: Scene, agent: Browser, talk: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Platform, "capabilities", lambda self, access: Capabilities())
        page = words(agent.get(f"/inbox/{talk}"))
        assert "can’t be answered from here" in page
        assert "Answer at the page" in page
        assert "Mark as answered" in page
        assert "Reply in public as" not in page
        assert reply(agent, scene, talk, "Hi").status_code == 422


class TestDelivery:
    def test_failed_then_tried_again(self, scene: Scene, agent: Browser, talk: int) -> None:
        reply(agent, scene, talk, "Hello")
        scene.platform.fail_before.append(errors.Permanent(errors.COMMENTS_CLOSED, "closed <now>"))
        scene.deliver()
        page = agent.get(f"/inbox/{talk}")
        assert "Not sent." in words(page)
        assert "closed &lt;now&gt;" in page.text
        (made,) = scene.replies(talk)
        agent.post(f"/inbox/{talk}/replies/{made.id}/settle", again="yes")
        scene.deliver()
        assert scene.platform.posted == ["Hello"]

    def test_unclear_is_decided_by_a_person(self, scene: Scene, agent: Browser, talk: int) -> None:
        reply(agent, scene, talk, "Hello")
        scene.platform.can_look_up = False
        scene.platform.fail_after.append(errors.OutcomeUnknown(errors.TIMED_OUT))
        scene.deliver()
        scene.deliver()
        assert [one.delivery.state for one in scene.replies(talk)] == [SendState.UNKNOWN]
        assert "looking it up" in words(agent.get(f"/inbox/{talk}"))

    def test_a_stopped_connection_says_that_replies_wait(self, scene: Scene, agent: Browser, talk: int) -> None:
        with scene.parts.db.write() as session:
            pages.stop(session, scene.page_id, utc_now(), errors.WRONG_CREDENTIALS, "")
        reply(agent, scene, talk, "Hello")
        page = words(agent.get(f"/inbox/{talk}"))
        assert "Replies wait until that is mended" in page
        assert "Waits until the page’s connection is mended" in page

    def test_a_paused_page_too(self, scene: Scene, agent: Browser, talk: int) -> None:
        with scene.parts.db.write() as session:
            pages.set_state(session, scene.page_id, PageState.PAUSED, utc_now())
        assert "paused or removed" in words(agent.get(f"/inbox/{talk}"))


class TestWithScript:
    def press(self, browser: Browser, scene: Scene, talk: int, what: str, **fields: object) -> TestResponse:
        return browser.press(f"/inbox/{talk}/{what}?view=team", HEADERS, version=scene.version(talk), **fields)

    def test_a_conversation_alone(self, scene: Scene, agent: Browser, talk: int) -> None:
        part = agent.get(f"/inbox/{talk}", headers=HEADERS).text
        assert '<article id="talk"' in part
        assert "<html" not in part
        assert 'id="list"' not in part
        whole = agent.get(f"/inbox/{talk}", headers={**HEADERS, "HX-History-Restore-Request": "true"}).text
        assert "<html" in whole

    def test_resolve_brings_the_next_and_drops_the_row(self, scene: Scene, agent: Browser, talk: int) -> None:
        younger = scene.heard("Cleo", "My parcel is lost", minutes_ago=10)
        agent.get(f"/inbox/{talk}")
        answer = self.press(agent, scene, talk, "resolve")
        assert answer.status_code == 200
        assert answer.headers["HX-Push-Url"] == f"/inbox/{younger}?view=team"
        assert f'data-id="{younger}"' in answer.text
        assert f'<span data-gone="row-{talk}">' in answer.text
        assert 'action="/inbox/undo?view=team"' in answer.text
        assert "<html" not in answer.text

    def test_the_last_one_leaves_an_empty_place(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        answer = self.press(agent, scene, talk, "resolve")
        assert answer.headers["HX-Push-Url"] == "/inbox?view=team"
        assert "Choose a conversation" in words(answer)

    def test_reply_and_finish_offers_undo_for_as_long_as_it_is_possible(
        self, scene: Scene, agent: Browser, talk: int
    ) -> None:
        agent.get(f"/inbox/{talk}")
        answer = self.press(agent, scene, talk, "reply", text="Done!", key="12345678", then="done")
        (made,) = scene.replies(talk)
        assert f'action="/inbox/{talk}/replies/{made.id}/undo?view=team"' in answer.text
        assert 'data-countdown="10.0"' in answer.text

    def test_take_changes_the_row_in_its_place(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        answer = self.press(agent, scene, talk, "take")
        assert f'<li id="row-{talk}" class="row" data-version="{scene.version(talk)}"' in answer.text

    def test_a_refusal_is_the_conversation_with_the_reason(self, scene: Scene, agent: Browser, talk: int) -> None:
        agent.get(f"/inbox/{talk}")
        answer = agent.press(f"/inbox/{talk}/reply", HEADERS, version=99, text="Hi", key="12345678")
        assert answer.status_code == 409
        assert "<html" not in answer.text
        assert "Hi</textarea>" in answer.text

    def test_other_errors_are_a_word_at_the_foot(self, agent: Browser) -> None:
        answer = agent.get("/inbox/12345", headers=HEADERS)
        assert answer.status_code == 404
        assert "data-flash" in answer.text
        assert "<html" not in answer.text


def comments_of(scene: Scene, talk: int) -> list[int]:
    """Ids of the comments in a conversation's thread."""
    with scene.parts.db.read() as session:
        return [one.id for one in threads.thread(session, scene.actor("agent"), talk)]
