"""Writing an answer, in a real browser: saved replies, drafts that are kept, who else is writing."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from app.core.clock import utc_now
from app.inbox.types import ConversationState
from app.writing import service as writing
from app.writing.types import Voice, Words
from tests.browser.conftest import Opener
from tests.processes import eventually
from tests.web.scene import Scene

SENT_AT_ONCE = """text => {
  const area = document.getElementById("reply-text");
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.form.querySelector("[data-send=done]").click();
}"""
"""Written and sent before the draft could be kept: by a quick hand on a slow computer."""


def opened(page: Page, talk: int) -> None:
    page.goto(f"/inbox/{talk}?view=all")
    expect(page.locator("html[data-live=stream]")).to_have_count(1)


def opened_without_writing(page: Page, talk: int) -> list[Route]:
    """The conversation on a slow line: the script that keeps drafts is held back until its one request goes on."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/write*.js", hold, times=1)
    with page.expect_request("**/write*.js"):
        page.goto(f"/inbox/{talk}?view=all")
    return held


def test_a_stock_answer_is_three_keys(scene: Scene, person: Opener, replies: list[int]) -> None:
    """Open the composer, "/" for the saved reply, send: answered, done, and the next one is open."""
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    scene.heard("Cleo", "My parcel never arrived", minutes_ago=10)
    page = person()
    page.get_by_text("Where is my order?").click()
    expect(page.locator("#talk-title")).to_have_text("Bob")
    page.keyboard.press("r")
    page.keyboard.press("/")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#talk-title")).to_have_text("Cleo")
    (reply,) = scene.replies(talk)
    assert reply.text == "Hello Bob, it is on its way."
    assert scene.talk(talk).state is ConversationState.DONE


def test_saved_replies_are_found_seen_and_used(scene: Scene, person: Opener, replies: list[int]) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    page.locator("#reply-text").press_sequentially("Dear Bob, /tha")
    expect(page.locator(".offer")).to_have_count(1)
    expect(page.locator(".picker-preview")).to_contain_text("Thank you, Bob!")
    expect(page.locator(".picker-preview")).to_contain_text("Goes to Marketing")
    page.keyboard.press("Enter")
    expect(page.locator(".picker")).to_have_count(0)
    expect(page.locator("#reply-text")).to_have_value("Dear Bob, Thank you, Bob!")
    expect(page.locator("#reply-also .effect")).to_have_text(["Goes to Marketing"])
    page.locator("#reply-also .effect").click()
    page.keyboard.press("r")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".flash")).to_contain_text("Your reply leaves in")
    assert scene.talk(talk).team_name == "Customer service"


def test_the_picker_by_mouse_and_given_up(scene: Scene, person: Opener, replies: list[int]) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    page.get_by_role("button", name="Saved replies").click()
    expect(page.locator(".offer")).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(page.locator(".picker-preview")).to_contain_text("Thank you")
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_have_count(0)
    expect(page.locator("#reply-text")).to_have_value("/")
    page.keyboard.type("nonsense")
    expect(page.locator(".offer-none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".picker")).to_have_count(0)
    expect(page.locator("#reply-text")).to_be_focused()
    page.fill("#reply-text", "")
    page.keyboard.type("/tha")  # quicker than the list can follow
    page.keyboard.press("Enter")
    expect(page.locator("#reply-text")).to_have_value("Thank you, Bob!")
    page.fill("#reply-text", "")
    page.get_by_role("button", name="Saved replies").click()
    page.get_by_role("option", name="Late parcel").click()
    expect(page.locator("#reply-text")).to_have_value("Hello Bob, it is on its way.")


def test_the_picker_opens_when_writing_has_come(scene: Scene, person: Opener, replies: list[int]) -> None:
    """Pressed on a slow line, the button does not send the form for a page without scripts."""
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    (script,) = opened_without_writing(page, talk)
    page.get_by_role("button", name="Saved replies").click()
    script.continue_()
    expect(page.locator(".picker .offer")).to_have_count(2)
    expect(page.locator("#reply-text")).to_have_value("/")


def test_a_colleague_is_named_in_a_note(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("Ask @mar")
    expect(page.locator("#picker-list [role=option]")).to_have_text(["@Marketer Jones"])
    page.keyboard.press("Enter")
    page.keyboard.type("please")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note .said")).to_have_text("Ask @Marketer Jones please")


def test_a_draft_follows_its_writer_to_another_computer(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    page.locator("#reply-text").press_sequentially("Half an ans")
    expect(page.locator(".compose.public .kept")).to_have_text("Draft kept")
    elsewhere = person()
    opened(elsewhere, talk)
    expect(elsewhere.locator("#reply-text[data-adopted]")).to_have_value("Half an ans")  # one goes on where one stopped
    elsewhere.locator("#reply-text").press_sequentially("wer")
    expect(elsewhere.locator(".compose.public .kept")).to_have_text("Draft kept")
    page.locator("#reply-text").press_sequentially("!")
    expect(page.locator("#composer-news")).to_contain_text("in another window")
    page.get_by_role("button", name="Use that text").click()
    expect(page.locator("#reply-text")).to_have_value("Half an answer")
    page.locator("#reply-text").press_sequentially("!")
    expect(page.locator(".compose.public .kept")).to_have_text("Draft kept")
    elsewhere.reload()
    expect(elsewhere.locator("#reply-text")).to_have_value("Half an answer!")


def test_who_begins_first_answers_and_a_take_over_loses_nothing(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    ann, other = person("agent"), person("marketer")
    opened(ann, talk)
    opened(other, talk)
    ann.locator("#reply-text").press_sequentially("H")
    expect(other.locator("#composer-begun")).to_contain_text("is writing an answer")
    expect(other.locator("#composer-begun")).to_contain_text("Agent Jones")
    other.evaluate(SENT_AT_ONCE, "Good day")
    expect(other.locator("#composer .notice.bad")).to_contain_text("Agent Jones is writing an answer")
    expect(other.locator("#reply-text")).to_have_value("Good day")
    other.locator("#composer-begun").get_by_role("button", name="Take over").click()
    expect(ann.locator("#composer-begun")).to_contain_text("Marketer Jones")
    expect(ann.locator("#composer-news")).to_contain_text("Something changed since you began")
    other.locator("#composer-begun summary").click()
    other.get_by_role("button", name="Go on with this text").click()
    expect(other.locator("#reply-text")).to_have_value("Good day\n\nH")
    other.locator("#reply-text").press("Control+Enter")
    expect(other.locator(".flash")).to_contain_text("Your reply leaves in")
    ann.locator("#reply-text").press("Control+Enter")
    expect(ann.locator("#composer .notice.bad")).to_be_visible()
    expect(ann.locator("#reply-text")).to_have_value("H")
    assert [one.text for one in scene.replies(talk)] == ["Good day\n\nH"]


def test_how_many_came_while_one_wrote(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    page = person()
    opened(page, talk)
    page.locator("#reply-text").press_sequentially("An answer")
    scene.say("Bob", "Hello?", parent="n1", minutes_ago=2)
    scene.say("Bob", "Anybody?", parent="n1", minutes_ago=1)
    scene.collect()
    expect(page.locator("#composer-news")).to_contain_text(re.compile(r"\d new since you began to write"))
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#thread").get_by_text("Anybody?")).to_be_in_viewport()


def test_letters_typed_while_an_answer_leaves_begin_the_next(scene: Scene, person: Opener) -> None:
    """And one's own answer is no news: nobody is asked to look at it before the second leaves."""
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/reply?**", hold, times=1)
    page.fill("#reply-text", "On its way.")
    with page.expect_request("**/reply?**"):
        page.get_by_role("button", name="Reply and wait").click()
    page.locator("#reply-text").press_sequentially(" And thanks!")
    (leaving,) = held
    leaving.continue_()
    expect(page.locator("#reply-text")).to_have_value(" And thanks!")
    expect(page.locator(".delivery")).to_have_count(1)
    expect(page.locator("#composer-news")).to_be_empty()
    page.get_by_role("button", name="Reply and wait").click()
    expect(page.locator(".delivery")).to_have_count(2)
    assert [one.text for one in scene.replies(talk)] == ["On its way.", "And thanks!"]
    held.clear()
    page.route("**/reply?**", hold, times=1)
    page.fill("#reply-text", "One")
    with page.expect_request("**/reply?**"):
        page.get_by_role("button", name="Reply and wait").click()
    page.get_by_role("button", name="Reply and wait").click()  # twice the same is once
    page.fill("#reply-text", "Two")
    page.get_by_role("button", name="Reply and wait").click()
    (leaving,) = held
    leaving.continue_()
    expect(page.locator(".delivery")).to_have_count(4)
    assert [one.text for one in scene.replies(talk)][2:] == ["One", "Two"]
    expect(page.locator("#reply-text")).to_have_value("")


@pytest.mark.parametrize("sends", ["keys", "button"])
def test_what_is_sent_before_writing_has_come_leaves_once(scene: Scene, person: Opener, sends: str) -> None:
    """A slow line: the form is there, and the script that keeps drafts is not."""
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    held = opened_without_writing(page, talk)
    page.locator("#reply-text").press_sequentially("On its way.")
    if sends == "keys":
        page.keyboard.press("Control+Enter")
    else:
        page.get_by_role("button", name="Reply in public").click()
    (script,) = held
    script.continue_()
    expect(page.locator(".flash")).to_contain_text("Your reply leaves in")
    opened(page, talk)
    expect(page.locator("#reply-text")).to_have_value("")
    expect(page.locator("#composer-news")).to_be_empty()
    assert [one.text for one in scene.replies(talk)] == ["On its way."]


def test_what_is_begun_before_writing_has_come_outlives_another_conversation(scene: Scene, person: Opener) -> None:
    one = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    scene.heard("Cleo", "My parcel never arrived")
    page = person()
    held = opened_without_writing(page, one)
    page.locator("#reply-text").press_sequentially("Nearly done")
    page.get_by_text("My parcel never arrived").click()
    (script,) = held
    script.continue_()
    expect(page.locator("#talk-title")).to_have_text("Cleo")
    expect(page.locator("#reply-text")).to_have_value("")
    opened(page, one)
    expect(page.locator("#reply-text")).to_have_value("Nearly done")


def test_the_preview_shows_what_will_stand_there(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    opened(page, talk)
    page.fill("#reply-text", "Look: https://b.example/help {person}")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview a")).to_have_text("https://b.example/help")
    expect(page.locator(".preview")).to_contain_text("Our brand")
    expect(page.locator(".preview")).to_contain_text("Fill in {person} before you send it")
    expect(page.locator("#reply-text")).to_have_value("Look: https://b.example/help {person}")


def test_without_script_saved_replies_and_drafts_work(scene: Scene, person: Opener, replies: list[int]) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person(script=False)
    page.goto(f"/inbox/{talk}?view=all")
    page.fill("#reply-text", "First words.")
    page.get_by_role("button", name="Saved replies").click()
    page.get_by_role("button", name=re.compile("Use it.*Late parcel")).click()
    expect(page.locator("#reply-text")).to_have_value("First words.\n\nHello Bob, it is on its way.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".preview")).to_contain_text("it is on its way")
    page.fill("#reply-text", "Something else")
    page.get_by_role("button", name="Keep the draft").first.click()
    expect(page.locator("#reply-text")).to_have_value("Something else")
    with scene.parts.db.write() as session:
        writing.keep(session, scene.actor("marketer"), talk, Voice.REPLY, Words("Mine"), revision=0, now=utc_now())
    page.reload()
    page.locator("#composer-begun summary").click()
    expect(page.locator("#composer-begun")).to_contain_text("Mine")


def test_who_else_is_here_stands_on_the_row_and_in_the_conversation(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    ann, other = person("agent"), person("marketer")
    other.goto("/inbox?view=all")
    opened(ann, talk)
    here = other.locator(f"#row-{talk} .row-here")
    before = other.locator(f"#row-{talk}").bounding_box()
    expect(here).to_contain_text("Agent Jones", timeout=15_000)
    ann.locator("#reply-text").press_sequentially("H")
    expect(here.locator(".writes")).to_contain_text("Agent Jones")
    expect(ann.locator(f"#row-{talk} .here-draft")).to_have_text("Your draft")
    assert other.locator(f"#row-{talk}").bounding_box() == before  # or all rows below would move
    other.get_by_text("Where is my order?").click()
    expect(ann.locator("#talk-here")).to_contain_text("Marketer Jones", timeout=15_000)
    other.locator("body").press("u")
    other.goto("/pages")

    def nobody_else() -> bool:
        """What was sent before they left may arrive after Redis was emptied."""
        scene.parts.redis.flushall()
        return not ann.locator("#talk-here").inner_text().strip()

    eventually(nobody_else, "those who left were gone")


def test_what_was_answered_in_another_window_is_told_before_a_second_answer(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    one = person()
    opened(one, talk)
    two = one.context.new_page()
    opened(two, talk)
    two.locator("#reply-text").press_sequentially("It left on Monday")
    expect(two.locator(".compose.public .kept")).to_have_text("Draft kept")
    one.fill("#reply-text", "It left yesterday")
    one.locator("#composer-news [data-this]").click()
    one.locator("#reply-text").press("Control+Shift+Enter")
    expect(one.locator("#thread")).to_contain_text("It left yesterday")
    expect(two.locator("#composer-news")).to_contain_text("An answer of yours was sent meanwhile.")
    two.locator("#reply-text").press_sequentially(", early")
    expect(two.locator(".compose.public .kept")).to_have_text("Draft kept")
    two.keyboard.press("Control+Enter")
    expect(two.locator("#composer-news")).to_contain_text("“It left yesterday” Send again")
    expect(two.locator("#reply-text")).to_have_value("It left on Monday, early")
    assert [reply.text for reply in scene.replies(talk)] == ["It left yesterday"]
    two.locator("#reply-text").press("Control+Enter")
    expect(two.locator(".flash").first).to_contain_text("Your reply leaves in")
    assert [reply.text for reply in scene.replies(talk)] == ["It left yesterday", "It left on Monday, early"]
