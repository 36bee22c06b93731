"""An agent's day in the inbox, in a real browser."""

import re

from playwright.sync_api import Page, Route, expect

from app.connectors.lengths import length
from app.connectors.ports import LengthUnit
from app.core.clock import utc_now
from app.inbox import service as inbox
from app.inbox import tags
from app.inbox.types import ConversationState
from tests.browser.conftest import Opener
from tests.processes import eventually
from tests.web.scene import Scene


def rows(page: Page) -> list[str]:
    return page.locator("#rows .row-person").all_inner_texts()


def connected(page: Page, how: str = "stream") -> None:
    """Wait until the page would hear of news."""
    expect(page.locator(f"html[data-live={how}]")).to_have_count(1)


def places(page: Page) -> dict[str, tuple[float, float]]:
    """Where each row is on the screen."""
    found: dict[str, tuple[float, float]] = {}
    for row in page.locator("#rows .row").all():
        box = row.bounding_box()
        assert box is not None
        found[row.get_attribute("id") or ""] = (box["x"], box["y"])
    return found


def test_reply_and_go_on(scene: Scene, person: Opener) -> None:
    """Open, answer, send and finish, undo within reach, next one open; later it stands at the page."""
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    scene.heard("Cleo", "My parcel never arrived", minutes_ago=10)
    page = person()
    page.get_by_text("Where is my order?").click()
    expect(page.locator("#talk-title")).to_have_text("Bob")
    expect(page).to_have_url(re.compile(rf"/inbox/{talk}\?view=team"))
    expect(page.get_by_role("button", name="Reply in public as Our brand")).to_be_visible()
    page.fill("#reply-text", "On its way – look: 📦")
    expect(page.locator("#reply-count")).to_have_text("25 of 65,525 bytes")
    page.press("#reply-text", "Control+Enter")
    expect(page.locator("#talk-title")).to_have_text("Cleo")
    expect(page.locator(".flash")).to_contain_text("Your reply leaves in")
    assert rows(page) == ["Cleo"]
    assert scene.talk(talk).state is ConversationState.DONE
    scene.deliver()
    assert scene.platform.posted == ["On its way – look: 📦"]
    page.goto(f"/inbox/{talk}?view=all")
    expect(page.locator(".delivery")).to_contain_text("Stands at the page")


def test_undo_brings_the_text_and_the_row_back(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    page = person()
    page.get_by_text("Where is my order?").click()
    page.fill("#reply-text", "Too quick")
    page.press("#reply-text", "Control+Enter")
    expect(page.locator("#talk")).to_contain_text("Choose a conversation")
    assert rows(page) == []
    page.keyboard.press("z")
    expect(page.locator("#reply-text")).to_have_value("Too quick")
    expect(page.locator("#rows .row-person")).to_have_text(["Bob"])
    assert scene.replies(talk) == []


def test_what_is_new_is_told_within_a_second_and_moves_nothing(scene: Scene, person: Opener) -> None:
    for number in range(30):
        scene.say(f"P{number:02}", "Where is my order?", minutes_ago=600 - number)
    scene.collect()
    page = person()
    page.goto(
        f"/inbox?view=team&page={scene.page_id}&kind=first&language=en"
    )  # a filter makes the head of the list taller
    connected(page)
    page.locator("#list").evaluate("list => list.scrollTop = 120")
    before = places(page)
    page.route("**/inbox/news*", lambda route: route.abort())  # it is told at once, without asking
    page.evaluate(
        """() => new MutationObserver(() => {
             if (document.getElementById('news-pill')) window.toldAt ??= Date.now();
           }).observe(document.getElementById('news'), { childList: true })"""
    )
    scene.say("Newcomer", "My parcel never arrived", minutes_ago=0)
    scene.collect()
    stored = utc_now().timestamp() * 1000
    expect(page.locator("#news-pill")).to_have_text("1 new", timeout=12_000)
    assert page.evaluate("window.toldAt") - stored < 1000
    assert places(page) == before
    pill_ends = page.locator("#news-pill").evaluate("one => one.getBoundingClientRect().bottom")
    assert pill_ends <= page.locator(".list-head").evaluate("one => one.getBoundingClientRect().bottom"), "no row"
    scene.say("Another", "And where is my parcel?", minutes_ago=0)
    scene.collect()
    expect(page.locator("#news-pill")).to_have_text("2 new", timeout=12_000)
    page.locator("#news-pill").click(trial=True)  # nothing lies over it
    page.keyboard.press(".")
    expect(page.locator("#rows .row-person", has_text="Newcomer")).to_be_visible()
    expect(page.locator("#news-pill")).to_have_count(0)


def test_an_empty_list_fills_by_itself(scene: Scene, person: Opener) -> None:
    page = person()
    connected(page)
    expect(page.locator("#list")).to_contain_text("Reading for the first time")
    scene.collect()
    expect(page.locator("#list")).to_contain_text("Nobody waits", timeout=12_000)
    scene.heard("Bob", "Where is my order?")
    expect(page.locator("#rows .row-person")).to_have_text(["Bob"], timeout=12_000)
    expect(page.locator("#news-pill")).to_have_count(0)


def test_a_colleague_takes_it_and_the_row_says_so(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    expect(page.locator(".row-dot")).to_have_count(1)
    connected(page)
    before = places(page)
    with scene.parts.db.write() as session:
        inbox.take(session, scene.actor("marketer"), talk, None, utc_now())
    expect(page.locator("#rows .row-assignee")).to_have_text("Marketer Jones")
    expect(page.locator(".row-dot")).to_have_count(0)
    assert places(page) == before


def test_a_row_that_needs_more_room_waits_for_the_pointer_to_leave(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    below = scene.heard("Cid", "Where is mine?", minutes_ago=5)
    page = person()
    connected(page)
    page.locator(f"#row-{below}").hover()
    before = places(page)
    with scene.parts.db.write() as session:
        tag = tags.find_or_make(session, "parcel", utc_now())
        tags.put_on(session, scene.actor("marketer"), talk, [tag], None, utc_now())
    expect(page.locator(f"#row-{talk}")).to_contain_text("parcel")
    assert places(page) == before
    page.mouse.move(1200, 300)
    eventually(lambda: places(page) != before, "there is room for the tag")


def test_an_open_conversation_stays_true_under_the_writers_hands(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    page = person()
    page.goto(f"/inbox/{talk}")
    page.locator("#reply-text").press_sequentially("Half an ans")
    connected(page)
    scene.say("Bob", "Found it, thanks!", parent="n1", minutes_ago=0)
    scene.collect()
    expect(page.locator("#thread")).to_contain_text("Found it, thanks!")
    expect(page.locator("#composer-news")).to_contain_text("1 new since you began to write")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.type("wer")
    expect(page.locator("#reply-text")).to_have_value("Half an answer")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#composer .notice.bad")).to_contain_text("has changed since you opened it")
    expect(page.locator("#composer .notice.bad")).to_contain_text("Bob wrote: “Found it, thanks!”")
    expect(page.locator("#reply-text")).to_have_value("Half an answer")
    assert scene.replies(talk) == []
    page.get_by_role("button", name="Reply and wait").click()
    expect(page.locator(".delivery")).to_contain_text("Leaves in")
    assert [one.text for one in scene.replies(talk)] == ["Half an answer"]


def test_seen_news_lets_the_answer_go(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    page = person()
    page.goto(f"/inbox/{talk}")
    page.fill("#reply-text", "An answer")
    connected(page)
    scene.say("Bob", "Hello?", parent="n1", minutes_ago=0)
    scene.collect()
    page.get_by_role("button", name="Seen").click()
    page.press("#reply-text", "Control+Shift+Enter")
    expect(page.locator(".delivery")).to_contain_text("Leaves in")


def test_a_draft_outlives_reload_and_other_conversations(scene: Scene, person: Opener) -> None:
    one = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    other = scene.heard("Cleo", "My parcel never arrived")
    page = person()
    page.goto(f"/inbox/{one}")
    page.fill("#reply-text", "Nearly done")
    page.get_by_text("My parcel never arrived").click()
    expect(page.locator("#talk-title")).to_have_text("Cleo")
    expect(page.locator("#reply-text")).to_have_value("")
    page.goto(f"/inbox/{one}")
    expect(page.locator("#reply-text")).to_have_value("Nearly done")
    page.get_by_role("button", name="Reply and wait").click()
    expect(page.locator(".delivery")).to_be_visible()
    page.reload()
    expect(page.locator("#reply-text")).to_have_value("")
    assert other != one


def test_keys_alone(scene: Scene, person: Opener) -> None:
    """From the list to an answer, a note, a take-over and done, without a mouse; in fields letters are letters."""
    for number, name in enumerate(("Ada", "Bea", "Cid")):
        scene.say(name, "Where is my order?", minutes_ago=100 - number)
    scene.collect()
    page = person()
    for key in ("j", "j", "k", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#rows a:focus .row-person")).to_have_text("Bea")
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Bea")
    page.keyboard.press("a")
    expect(page.locator("#talk-head")).to_contain_text("You")
    page.keyboard.press("n")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("jokes #1 need a zebra?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".note .said")).to_have_text("jokes #1 need a zebra?")
    page.keyboard.press("r")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.type("eaz")
    expect(page.locator("#reply-text")).to_have_value("eaz")
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#talk-title")).to_have_text("Cid")
    page.keyboard.press("#")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("z")
    expect(page.locator("#talk-title")).to_have_text("Cid")
    expect(page.locator("#talk-head")).to_contain_text("New")
    page.keyboard.press("z")  # what came before that, while the word about it still stands there
    expect(page.locator("#talk-title")).to_have_text("Bea")
    page.keyboard.press("i")
    expect(page.locator("#assignee")).to_be_focused()
    page.locator("#talk-scroll").focus()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    page.locator("#talk-scroll").focus()
    page.keyboard.press("u")
    expect(page.locator("#rows a:focus .row-person")).to_have_text("Bea")


def test_single_keys_can_be_switched_off(scene: Scene, person: Opener) -> None:
    scene.heard("Ada", "Where is my order?")
    page = person()
    page.keyboard.press("?")
    page.get_by_label("Single keys work on this computer").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#rows a:focus")).to_have_count(0)
    expect(page.locator("#talk")).to_contain_text("Choose a conversation")
    expect(page.locator("[data-when-keys]")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("this map")
    page.keyboard.press("Enter")
    page.get_by_label("Single keys work on this computer").check()
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Ada")


def test_everything_is_reached_with_the_tab_key(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    page.goto(f"/inbox/{talk}")
    page.locator("body").press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    reached = []
    for _step in range(60):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.innerText.trim()"))
    for wanted in ("Take", "Done", "Spam", "mode-reply", "reply-text", "Reply and wait", "assignee", "Give"):
        assert any(wanted in one for one in reached), (wanted, reached)


def test_the_two_voices_keep_their_texts_apart(scene: Scene, person: Opener) -> None:
    """What was meant for colleagues can't end up in public by a change of tab."""
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    page.goto(f"/inbox/{talk}")
    page.get_by_text("Internal note", exact=True).click()
    page.fill("#note-text", "He is difficult")
    expect(page.get_by_role("button", name="Reply in public")).to_be_hidden()
    expect(page.get_by_role("button", name="Add the note for colleagues")).to_be_visible()
    page.get_by_text("Public reply", exact=True).click()
    expect(page.locator("#reply-text")).to_have_value("")
    expect(page.locator("#note-text")).to_be_hidden()


def test_without_script(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?", minutes_ago=50)
    page = person(script=False)
    page.get_by_text("Where is my order?").click()
    expect(page.locator("#talk-title")).to_have_text("Bob")
    page.get_by_text("Internal note", exact=True).click()
    page.fill("#note-text", "Ask the carrier")
    page.get_by_role("button", name="Add the note for colleagues").click()
    expect(page.locator(".note")).to_contain_text("Ask the carrier")
    page.fill("#reply-text", "On its way")
    page.get_by_role("button", name="Reply in public as Our brand").click()
    expect(page.locator(".delivery")).to_contain_text("Leaves in a few seconds")
    page.locator(".delivery").get_by_role("button", name="Undo").click()
    expect(page.locator("#reply-text")).to_have_value("On its way")
    assert scene.replies(talk) == []


def test_without_a_stream_the_page_looks_by_itself(scene: Scene, person: Opener) -> None:
    scene.heard("Bob", "Where is my order?")
    page = person()
    page.route("**/live?*", lambda route: route.fulfill(status=404, body=""))
    page.reload()
    connected(page, "polling")
    scene.heard("Cleo", "My parcel never arrived")
    expect(page.locator("#news-pill")).to_have_text("1 new", timeout=12_000)


def test_errors_are_said_and_leave_everything_in_its_place(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    page.goto(f"/inbox/{talk}")
    page.evaluate("htmx.ajax('GET', '/inbox/1', { target: '#talk' })")
    expect(page.locator(".flash.bad")).to_contain_text("There is no such conversation")
    expect(page.locator("#talk-title")).to_have_text("Bob")
    page.get_by_role("button", name="Close").click()
    page.fill("#reply-text", "Not lost")
    page.route("**/reply?**", lambda route: route.abort())
    page.get_by_role("button", name="Reply and wait").click()
    expect(page.locator(".flash.bad")).to_contain_text("No connection")
    expect(page.locator("#reply-text")).to_have_value("Not lost")
    page.unroute("**/reply?**")
    page.get_by_role("button", name="Reply and wait").click()
    expect(page.locator(".delivery")).to_contain_text("Leaves in")
    assert len(scene.replies(talk)) == 1


def test_signed_out_meanwhile(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order?")
    page = person()
    page.goto(f"/inbox/{talk}?view=all")
    connected(page)
    page.context.clear_cookies()
    scene.heard("Cleo", "My parcel never arrived")
    # Not wait_for_url: several requests are told so at once, and the later way there ends the earlier one.
    expect(page).to_have_url(re.compile(r"/sign-in\?"))
    page.fill("[name=login]", "agent")
    page.fill("[name=password]", "correct horse battery")
    page.press("[name=password]", "Enter")
    page.wait_for_url(f"**/inbox/{talk}?view=all")


def test_focus_leaves_the_composer_with_the_answer(scene: Scene, person: Opener) -> None:
    """The next letter after an answer is a key, not the beginning of the next answer."""
    for name in ("Ada", "Bea", "Cid"):
        scene.say(name, "Where is my order?", minutes_ago=90)
    scene.collect()
    page = person()
    page.keyboard.press("o")
    page.keyboard.press("r")
    expect(page.locator("#reply-text")).to_be_focused()
    page.keyboard.type("On its way")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#rows a[aria-current]:focus")).to_have_count(1)
    page.keyboard.press("e")
    expect(page.locator("#rows .row")).to_have_count(1)
    expect(page.locator("#reply-text")).to_have_value("")


def test_letters_typed_ahead_do_nothing_to_the_wrong_conversation(scene: Scene, person: Opener) -> None:
    first, second = scene.heard("Ada", "Where is my order?", minutes_ago=90), scene.heard("Bea", "Where is my order?")
    page = person()
    page.goto(f"/inbox/{first}")
    on_its_way: list[Route] = []
    page.route(f"**/inbox/{second}?**", lambda route: on_its_way.append(route))  # noqa: PLW0108 (Playwright takes no builtin)
    page.keyboard.press("j")
    page.keyboard.press("o")
    page.keyboard.type("r#eeaz")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    on_its_way[0].continue_()
    expect(page.locator("#talk-title")).to_have_text("Bea")
    expect(page.locator("#reply-text")).to_be_focused()
    expect(page.locator("#reply-text")).to_have_value("")
    for talk in (first, second):
        view = scene.talk(talk)
        assert (view.state, view.assignee_id) == (ConversationState.NEW, None)


def test_a_long_comment_is_folded(scene: Scene, person: Opener) -> None:
    talk = scene.heard("Bob", "Where is my order? " + "word " * 1000 + "the end")
    page = person()
    page.goto(f"/inbox/{talk}")
    expect(page.get_by_text("the end", exact=False).last).to_be_hidden()
    page.get_by_text("Show all of it").click()
    expect(page.get_by_text("the end", exact=False).last).to_be_visible()


def test_a_smaller_desk_is_no_longer_than_its_window(scene: Scene, person: Opener) -> None:
    """The conversation opens where the answer goes, in whatever scrolls; nothing covers or hides what one needs."""
    for number in range(8):
        scene.say("Bob", f"Where is order {number}? " + "It never came. " * 60, minutes_ago=90 - number)
    scene.collect()
    page = person(width=1024)
    page.get_by_text("Where is order").first.click()
    expect(page.locator("#thread .answered")).to_be_in_viewport(ratio=1)
    edge = "document.getElementById('composer').getBoundingClientRect().top"
    assert page.locator("#thread .answered").evaluate(f"line => line.getBoundingClientRect().bottom <= {edge}")
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    way = page.locator(".rail .way", has=page.locator(".count.attention")).first
    bottom = way.locator(".icon").evaluate("icon => icon.getBoundingClientRect().bottom")
    assert way.locator(".count").evaluate("count => count.getBoundingClientRect().top") >= bottom
    page.emulate_media(forced_colors="active")
    assert page.locator(".mode:has(:checked)").evaluate("mode => getComputedStyle(mode).outlineStyle") == "solid"


def test_a_phone_shows_one_thing_at_a_time(scene: Scene, person: Opener) -> None:
    scene.heard("Bob", "Where is my order?")
    page = person(width=390)
    expect(page.locator("#list")).to_be_visible()
    page.get_by_text("Where is my order?").click()
    expect(page.locator("#talk-title")).to_have_text("Bob")
    expect(page.locator("#list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    page.go_back()
    expect(page.locator("#talk-title")).to_have_text("Bob")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_light_or_dark_is_remembered_and_never_flashes(scene: Scene, person: Opener) -> None:
    page = person(scheme="light")
    page.get_by_role("button", name="Light or dark").click()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == ground


def test_counting_is_the_same_on_both_sides(scene: Scene, person: Opener) -> None:
    page = person()
    addressed = "@ann@example.org see HTTPS://example.org/a?b=c, or mail ann@example.org"
    for text in ("abc", "grüße", "👋🏽 שלום", "a\nb", "e\u0301", "\U0001f3f4", addressed):
        for unit in LengthUnit:
            counted = page.evaluate(
                """async ([text, unit]) => {
                     const base = document.querySelector('script[type=module]').src.replace('main.js', '');
                     return (await import(base + 'composer.js')).length(text, unit);
                   }""",
                [text, unit.value],
            )
            assert counted == length(text, unit), (text, unit)
