"""Writing a post for the library, in a real browser."""

from playwright.sync_api import expect

from tests.browser.conftest import Opener
from tests.domain.platform import Platform
from tests.web.scene import Scene


def test_a_post_is_counted_for_each_platform_while_it_is_written(scene: Scene, person: Opener) -> None:
    fediverse = Platform(kind="mastodon", label="Mastodon")
    toots = Scene(scene.parts, fediverse, name="Toots", address="https://m.example/@us")
    page = person("marketer")
    page.goto("/library/add")
    line = page.locator("#l-text-en")
    page.fill("[name=text-en]", "x" * 490)
    expect(line).to_be_hidden()
    for meant in (scene, toots):
        page.get_by_label(meant.name).check()
    counts, over = line.locator("span"), line.locator(".over")
    expect(counts).to_have_text(["WordPress: 490 of 50,000", "Mastodon: 490 of 500"])
    expect(over).to_have_count(0)
    page.fill("[name=link]", "https://b.example/much-longer-than-it-counts")
    expect(over).to_have_text("Mastodon: 515 of 500")
    page.fill("[name=text-en]", "See https://b.example/much-longer-than-it-counts")
    expect(counts).to_have_text(["WordPress: 48 of 50,000", "Mastodon: 27 of 500"])
    expect(over).to_have_count(0)
    page.get_by_text("Other words for one platform").first.click()
    page.fill("[name=text-en-mastodon]", "Shorter")
    expect(page.locator("#l-text-en-mastodon span")).to_have_text(["Mastodon: 32 of 500"])
    expect(counts).to_have_text(["WordPress: 48 of 50,000"])
