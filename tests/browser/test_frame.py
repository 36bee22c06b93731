"""The frame of the inbox: many rows, everything by name, one after another, panes, a phone."""

from playwright.sync_api import Page, Route, expect

from app.core.clock import utc_now
from app.desk import bulk
from app.inbox.types import ConversationState
from tests.browser.conftest import Opener
from tests.browser.test_access import DAY_AND_NIGHT, check
from tests.browser.test_inbox import places, rows
from tests.web.scene import Scene


def fill(scene: Scene, *names: str) -> list[int]:
    numbers = [
        scene.say(name, "Where is my order?", minutes_ago=90 - at)
        for at, name in enumerate(names or ("Ada", "Bea", "Cid"))
    ]
    scene.collect()
    return [scene.talk_with(number) for number in numbers]


def test_one_key_for_nothing_to_answer(scene: Scene, person: Opener) -> None:
    """With a conversation open, one key finishes it and opens the next."""
    first, *_rest = fill(scene)
    page = person()
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("e")
    expect(page.locator("#talk-title")).to_have_text("Bea")
    assert scene.talk(first).state is ConversationState.DONE
    page.keyboard.press("z")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    assert scene.talk(first).state is ConversationState.NEW
    for name in ("Bea", "Cid"):
        page.keyboard.press("e")
        expect(page.locator("#talk-title")).to_have_text(name)
    page.keyboard.press("e")
    expect(page.locator("#list")).to_contain_text("Nobody waits")


def test_several_by_key_and_by_shift(scene: Scene, person: Opener) -> None:
    fill(scene, "Ada", "Bea", "Cid", "Dan", "Eli")
    page = person()
    before = places(page)
    for key in ("j", "x", "j", "j", "X"):
        page.keyboard.press(key)
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    assert places(page) == before
    page.get_by_role("button", name="Choose none").click()
    expect(page.locator("#rows .pick :checked")).to_have_count(0)
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    expect(page.locator("#bulk")).to_be_hidden()
    page.locator("#rows .pick").nth(1).click()
    page.locator("#rows .pick").nth(3).click(modifiers=["Shift"])
    expect(page.locator("#bulk-count")).to_have_text("3 chosen")
    page.keyboard.press("e")
    expect(page.locator(".flash")).to_contain_text("Marking as done: 3 conversations.")
    expect(page.locator("#rows .row-person")).to_have_text(["Ada", "Eli"])
    page.keyboard.press("z")
    expect(page.locator("#rows .row")).to_have_count(5)


def test_several_put_off_and_enter_in_their_fields(scene: Scene, person: Opener) -> None:
    """Enter does what stands beside the field; never what happens to be the form's first button."""
    first, second, *_rest = fill(scene)
    page = person()
    for key in ("j", "x", "j", "x", "l"):
        page.keyboard.press(key)
    page.locator("#put-many-off-until").fill("2027-03-01T09:00")
    expect(page.locator("#bulk [name=zone]")).not_to_have_value("")
    page.locator("#put-many-off-until").press("Enter")
    expect(page.locator(".flash")).to_contain_text("Putting off: 2 conversations.")
    expect(page.locator("#rows .row-person")).to_have_text(["Cid"])
    until = {scene.talk(one).put_off_until for one in (first, second)}
    assert [str(one) for one in until] == ["2027-03-01 09:00:00+00:00"]
    page.keyboard.press("z")
    expect(page.locator("#rows .row")).to_have_count(3)
    page.locator("#rows .pick").first.click()
    page.keyboard.press("t")
    page.locator("#many-tag").fill("parcel")
    page.locator("#many-tag").press("Enter")
    expect(page.locator(".flash").last).to_contain_text("Putting a tag on: 1 conversation.")
    assert scene.talk(first).state is ConversationState.NEW


def test_several_without_script(scene: Scene, person: Opener) -> None:
    fill(scene, "Ada", "Bea", "Cid")
    page = person(script=False)
    page.locator("#rows .pick").nth(1).click()
    expect(page.locator("#bulk")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    expect(page.locator("#rows .row-person")).to_have_text(["Ada", "Cid"])
    page.get_by_role("button", name="Undo what you did last").click()
    expect(page.locator("#rows .row-person")).to_have_text(["Ada", "Bea", "Cid"])


def test_enter_without_script_does_nothing_to_several(scene: Scene, person: Opener) -> None:
    first, *_rest = fill(scene)
    page = person(script=False)
    page.locator("#rows .pick").first.click()
    page.locator("#bulk [data-bulk=t]").click()
    page.locator("#many-tag").fill("parcel")
    page.locator("#many-tag").press("Enter")
    expect(page.locator(".flash")).to_contain_text("Choose what is to be done.")
    assert scene.talk(first).state is ConversationState.NEW


def test_the_whole_list_with_its_bar(scene: Scene, person: Opener) -> None:
    fill(scene, *(f"P{number:02}" for number in range(55)))
    page = person()
    page.locator("#rows .pick").first.click()
    page.get_by_label("All 55 that match").check()
    page.locator("#bulk").get_by_role("button", name="Done").click()
    expect(page.locator("#bulk-job")).to_contain_text("0 of 55")
    with scene.parts.db.write() as session:
        bulk.work(session, utc_now())
    expect(page.locator("#bulk-job")).to_contain_text("50 of 55")
    for _portion in range(2):
        with scene.parts.db.write() as session:
            bulk.work(session, utc_now())
    expect(page.locator(".flash", has_text="55 conversations")).to_be_visible()
    expect(page.locator("#list")).to_contain_text("Nobody waits")
    page.keyboard.press("z")
    expect(page.locator("#rows .row")).to_have_count(50)


def test_everything_by_name(scene: Scene, person: Opener) -> None:
    fill(scene)
    page = person()
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-words")).to_be_focused()
    page.keyboard.type("done")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Done, or open again")
    page.keyboard.press("Enter")
    expect(page.locator("#talk-title")).to_have_text("Bea")
    page.keyboard.press("Control+k")
    page.keyboard.type("unassi")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("2 waiting")
    expect(page.locator("#palette-look strong")).to_have_text(["Bea", "Cid"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?view=unassigned")
    page.keyboard.press("Control+k")
    page.keyboard.type("marketer jones")
    page.keyboard.press("Enter")
    page.wait_for_url("**assignee=**")
    page.keyboard.press("Control+k")
    page.keyboard.type("cid")
    expect(page.locator("#palette [aria-selected=true]")).to_contain_text("Person")
    expect(page.locator("#palette-look")).to_contain_text("Cid")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*")
    page.goto("/inbox")
    page.keyboard.press("Control+k")
    page.keyboard.type("zzz")
    expect(page.locator("#palette-none")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("late & lost")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=late%20%26%20lost")


def test_what_is_typed_before_the_palette_is_there_is_not_lost(scene: Scene, person: Opener) -> None:
    """And does not act as keys on the conversation that is open."""
    first, *_rest = fill(scene)
    page = person()
    page.goto(f"/inbox/{first}?view=all")
    on_its_way: list[Route] = []
    page.route("**/inbox/palette**", lambda route: on_its_way.append(route))  # noqa: PLW0108 (Playwright takes no builtin)
    with page.expect_request("**/inbox/palette**"):
        page.keyboard.press("Control+k")
    page.keyboard.type("a#e spam")
    on_its_way[0].continue_()
    expect(page.locator("#palette-words")).to_have_value("a#e spam")
    assert scene.talk(first).state is ConversationState.NEW


def test_one_after_another(scene: Scene, person: Opener) -> None:
    ids = fill(scene)
    page, other = person(), person("marketer")
    page.keyboard.press("g")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    other.keyboard.press("g")
    expect(other.locator("#talk-title")).to_have_text("Bea")
    page.keyboard.press("s")
    expect(page.locator("#talk-title")).to_have_text("Cid")
    assert scene.talk(ids[0]).assignee_id is None
    page.keyboard.press("e")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("e")
    expect(page.locator("#talk")).to_contain_text("Choose a conversation")
    assert scene.talk(ids[1]).assignee_id == scene.actor("marketer").id


def test_tags_and_filters_by_key(scene: Scene, person: Opener) -> None:
    fill(scene)
    page = person()
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("t")
    expect(page.locator("#tag-name")).to_be_focused()
    page.keyboard.type("parcel")
    page.keyboard.press("Enter")
    expect(page.locator("#talk .chip")).to_contain_text("parcel")
    expect(page.locator("#rows .row-tags")).to_have_text("parcel")
    page.locator("#talk-scroll").focus()
    page.keyboard.press("f")
    expect(page.locator("#filter-panel select").first).to_be_focused()
    page.locator("#talk-scroll").focus()
    page.keyboard.press("Escape")
    expect(page.locator("#filter-panel")).to_be_hidden()
    page.keyboard.press("f")
    page.locator("#by-kind").select_option("first")
    assert page.locator("#filter-panel").evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    page.locator("#filter-panel").get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**kind=first")
    expect(page.locator("#list .chips")).to_contain_text("First time they write to us")
    page.go_back()
    expect(page.locator("#list .chips")).to_have_count(0)


def test_panes_are_moved_and_remembered(scene: Scene, person: Opener) -> None:
    (talk, *_rest) = fill(scene)
    page = person()
    page.goto(f"/inbox/{talk}?view=all")

    def width(of: str) -> float:
        box = page.locator(of).bounding_box()
        assert box is not None
        return box["width"]

    before = width("#list")
    page.get_by_role("separator", name="Width of the list").focus()
    expect(page.locator("[data-pane][data-ready]")).to_have_count(2)
    for _press in range(4):
        page.keyboard.press("ArrowRight")
    assert width("#list") == before + 64
    beside = width("#side")
    page.get_by_role("separator", name="Width of what stands beside").focus()
    page.keyboard.press("ArrowLeft")
    assert width("#side") == beside + 16
    page.reload()
    assert (width("#list"), width("#side")) == (before + 64, beside + 16)


def test_the_way_through_on_a_phone(scene: Scene, person: Opener, replies: list[int]) -> None:
    first, *_rest = fill(scene)
    page = person(width=390)
    page.get_by_text("Ada", exact=True).click()
    expect(page.locator("#list")).to_be_hidden()
    page.get_by_role("button", name="Saved replies").click()
    page.get_by_role("option", name="Thanks").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Reply in public as").click()
    expect(page.locator(".flash")).to_contain_text("Your reply leaves in")
    expect(page.locator("#talk-title")).to_have_text("Bea")
    assert [one.text for one in scene.replies(first)] == ["Thank you, Ada!"]
    page.get_by_role("link", name="Back to the list").click()
    expect(page.locator("#list")).to_be_visible()
    assert rows(page) == ["Bea", "Cid"]
    page.locator("#rows .pick").first.click()
    page.locator("#bulk").get_by_role("button", name="Done").click()
    expect(page.locator("#rows .row-person")).to_have_text(["Cid"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/duty")
    names = page.locator(".table td:first-child").first
    before = names.bounding_box()
    assert page.locator(".table-scroll").first.evaluate("table => (table.scrollLeft = 40, table.scrollLeft)") > 0
    assert names.bounding_box() == before, "one sees whose row it is while the rest moves"


def test_nothing_serious_for_axe(scene: Scene, person: Opener) -> None:
    fill(scene)
    page = person()
    page.locator("#rows .pick").first.click()
    open_and_check(page, "#bulk [data-bulk=l]", "#put-many-off-until")
    page.keyboard.press("Escape")
    open_and_check(page, "#bulk [data-bulk=t]", "#many-person")
    page.keyboard.press("Escape")
    page.goto("/inbox?view=all&kind=first")
    open_and_check(page, "#filters summary", "#view-name")
    page.fill("#view-name", "New people")
    page.locator(".keep-view button").click()
    page.wait_for_url("**saved=**")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-words")).to_be_focused()
    check(page, DAY_AND_NIGHT)
    page.keyboard.press("Escape")
    page.locator("[data-key=g]").click()
    expect(page.locator(".guided, #talk-title").first).to_be_attached()
    check(page, DAY_AND_NIGHT)
    for path in ("/inbox/tags", "/inbox/filters", "/inbox?view=unsent"):
        page.goto(path)
        check(page, DAY_AND_NIGHT)


def open_and_check(page: Page, summary: str, inside: str) -> None:
    page.locator(summary).click()
    expect(page.locator(inside)).to_be_visible()
    check(page, DAY_AND_NIGHT)


def test_the_person_by_key_and_the_rare_by_name(scene: Scene, person: Opener) -> None:
    fill(scene, "Ada")
    page = person()
    page.keyboard.press("o")
    expect(page.locator("#talk-title")).to_have_text("Ada")
    page.keyboard.press("v")  # the button is folded away
    expect(page.locator("#side .badge", has_text="VIP")).to_be_visible()
    expect(page.locator(".flash")).to_contain_text("A VIP now.")
    page.keyboard.press("z")
    expect(page.locator("#side .badge", has_text="VIP")).to_have_count(0)
    expect(page.locator(".flash")).to_have_count(0)
    page.keyboard.press("T")
    page.keyboard.type("press")
    page.keyboard.press("Enter")
    expect(page.locator("#side .chip", has_text="press")).to_be_visible()
    page.locator("#talk-scroll").focus()
    page.keyboard.press("d")
    expect(page.locator("#forbid-why")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#forbid-why")).not_to_be_focused()
    page.keyboard.press("d")
    page.keyboard.type("asked us")
    page.keyboard.press("Enter")
    expect(page.locator("#side .notice")).to_contain_text("asked us")
    page.locator("#talk-scroll").focus()
    page.keyboard.press("Control+k")
    page.keyboard.type("tag off the per")
    page.keyboard.press("Enter")
    expect(page.locator("#side .chip")).to_have_count(0)
    page.keyboard.press("c")
    page.wait_for_url("**/merge")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("Everything there is to do, by name")
    expect(page.locator("#keys")).not_to_contain_text("Spam")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("unassigned")
    page.keyboard.press("Enter")
    page.wait_for_url("**/inbox?view=unassigned")
