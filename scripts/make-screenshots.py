"""Make docs/images/inbox.png and inbox-dark.png: a conversation of the demonstration, as an agent sees it.

Starts Porchlight with the demonstration in a folder of its own, stops it again, and leaves nothing behind but the
pictures. Needs Chromium and what ``make test`` installs. Usage: ``.venv/bin/python scripts/make-screenshots.py``
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WORDS = "when will I get the money back?"
ANSWER = "Hello Ewa, we are sorry for the wait. We found your cancellation; the money leaves us on Thursday."
PASSWORD = "light on the porch"
LARGEST = 250_000


def main() -> None:
    """Make both pictures."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        variables = {key: value for key, value in os.environ.items() if not key.startswith("PORCHLIGHT_")}
        command = [str(Path(sys.executable).with_name("porchlight")), "run", "--demo", "--port", "0"]
        running = subprocess.Popen(
            command, cwd=folder, env=variables | {"PORCHLIGHT_DATA_DIR": folder}, stdout=subprocess.PIPE, text=True
        )
        try:
            photograph(set_up_link(running))
        finally:
            running.terminate()
            running.wait(15)


def set_up_link(running: "subprocess.Popen[str]") -> str:
    """The address that ``porchlight run`` prints for the first admin."""
    assert running.stdout is not None
    for line in running.stdout:
        if found := re.search(r"http\S+/setup/\S+", line):
            return found[0]
    raise SystemExit("porchlight run stopped before it was ready")


def photograph(link: str) -> None:
    """Become the first admin, open one conversation, begin to answer, take the pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(
            viewport={"width": 1440, "height": 860},
            locale="en-GB",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",  # or the second picture shows buttons between two colours
        )
        page.goto(link)
        given = {"name": "Nora Lind", "login": "nora", "password": PASSWORD, "again": PASSWORD}
        for field, value in given.items():
            page.fill(f"[name={field}]", value)
        page.click("button[type=submit]")
        page.goto(f"{link.partition('/setup/')[0]}/inbox?view=team&page=2")
        open_conversation(page)
        page.fill("#reply-text", ANSWER)
        page.emulate_media(color_scheme="light")
        take(page, "inbox.png")
        page.emulate_media(color_scheme="dark")
        take(page, "inbox-dark.png")
        browser.close()


def take(page: Page, name: str) -> None:
    """Store what is on the screen, with as many colours as a README needs."""
    seen = Image.open(BytesIO(page.screenshot())).convert("RGB")
    seen.quantize(256, dither=Image.Dither.NONE).save(IMAGES / name, optimize=True)
    size = (IMAGES / name).stat().st_size
    print(f"{name}: {size // 1000} kB")
    if size > LARGEST:
        raise SystemExit(f"{name} is larger than {LARGEST // 1000} kB")


def open_conversation(page: Page) -> None:
    """Look for the words from screenful to screenful."""
    while not (row := page.locator("#rows .row a", has_text=WORDS)).count():
        page.click("#more a")
        page.wait_for_load_state("networkidle")
    row.first.click()
    page.wait_for_selector("#reply-text")


if __name__ == "__main__":
    main()
