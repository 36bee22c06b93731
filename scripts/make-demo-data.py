#!/usr/bin/env python3
"""Choose and arrange the demonstration's comments: ``make-demo-data.py SOURCES``.

Writes the files in app/connectors/demo/data as demo-choice.toml says. SOURCES is a folder with the labelled collections
(``data/routing/{train,dev}.jsonl``) and what our own test sites were filled with
(``recordings/{wordpress,isso}/manifest-before-capture.json``). What comes from where, and what is changed on the way,
stands in PROVENANCE.md there. Same input, same output.
"""

import html
import json
import random
import re
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

Row = dict[str, Any]
HERE = Path(__file__).resolve().parent
TARGET = HERE.parent / "app" / "connectors" / "demo" / "data"
CHOICE: Row = tomllib.loads((HERE / "demo-choice.toml").read_text(encoding="utf-8"))
COLLECTIONS = ("nlu", "b77", "th")
OURS = {"Rita Sömmer", "Bakery"}
DAY = 86_400
THERE_ALREADY = 120
QUICK = 110
SEED = 7


def main() -> None:
    sources = Path(sys.argv[1])
    travel = from_collections(sources / "data" / "routing")
    site = json.loads((sources / "recordings/wordpress/manifest-before-capture.json").read_text(encoding="utf-8"))
    other = json.loads((sources / "recordings/isso/manifest-before-capture.json").read_text(encoding="utf-8"))
    rows = arrange(travel + from_wordpress(site) + chorus(site) + from_isso(other))
    give_keys(rows)
    write("pages.jsonl", [{"key": key, **page} for key, page in CHOICE["pages"].items()])
    write("posts.jsonl", [{"key": key, "page": p["page"], "title": p["title"]} for key, p in CHOICE["posts"].items()])
    write("comments.jsonl", rows)
    sys.stdout.write(f"{len(rows)} comments in {TARGET}\n")


def from_collections(folder: Path) -> list[Row]:
    """Comments of the travel company's page."""
    lines = [line for name in ("train", "dev") for line in (folder / f"{name}.jsonl").open(encoding="utf-8")]
    texts = {row["id"]: row for row in map(json.loads, lines)}
    dice = random.Random(SEED)
    rows: dict[str, Row] = {}
    for post, chosen in CHOICE["posts"].items():
        for prefix in COLLECTIONS:
            for number in chosen.get(prefix, "").split():
                found = texts[f"{prefix}-{number}"]
                author = dice.choice(CHOICE["thai_guests" if prefix == "th" else "travellers"])
                rows[found["id"]] = row_of(found["id"], post, author, found["text"].strip(), found["source_dataset"])
    for pair in CHOICE["answers"].split():
        child, parent = pair.rstrip("*").split(">")
        rows[child]["parent"] = parent
        if pair.endswith("*"):
            rows[child]["author"] = rows[parent]["author"]
        elif rows[child]["author"] == rows[parent]["author"]:
            rows[child]["author"] = "Ruth Engel"
    return list(rows.values())


def chosen_of(prefix: str) -> dict[int, str]:
    """A test site's comments that are taken, with the post each goes to."""
    return {int(n): post for post, chosen in CHOICE["posts"].items() for n in chosen.get(prefix, "").split()}


def from_wordpress(site: Row) -> list[Row]:
    """Comments of the bakery's page, as visitors of the WordPress test site see them: it escapes what they type."""
    chosen = chosen_of("wp")
    rows = []
    for one in [*site["comments"], *(gone for gone in site["gone"] if gone["id"] in chosen)]:
        if one["id"] not in chosen:
            continue
        key = one["key"] or ""
        edited = key == "later-edited"
        name = one.get("author_name", "Later-Deleted")
        text = one["sent"] if edited else one.get("raw", f"Original text of {key}.")
        row = row_of(f"wp-{one['id']}", chosen[one["id"]], shown(name), shown(text), "wordpress")
        row["us"] = name in OURS
        row["parent"] = f"wp-{one['parent']}" if one.get("parent") in chosen else None
        row["status"] = {"hold": "held", "spam": "spam", "trash": "spam"}.get(one.get("status", ""), "live")
        if edited:
            row["later"] = [{"after": 240, "text": one["raw"]}]
        if key == "later-approved":
            row["status"], row["later"] = "held", [{"after": 420, "status": "live"}]
        rows.append(row)
    return rows


def chorus(site: Row) -> list[Row]:
    """The spring sale's comments, without the numbers they carry on the test site; nobody says the same twice."""
    wanted = CHOICE["chorus"]
    count: Counter[str] = Counter()
    kept: dict[int, Row] = {}
    for one in site["comments"]:
        if one["post"] != wanted["site_post"]:
            continue
        text = re.sub(r" \(no\. \d+\)$", "", one["raw"])
        german = text.startswith(tuple(wanted["german"]))
        again = any(row["text"] == text and row["author"] == one["author_name"] for row in kept.values())
        if again or count[text] == wanted["each_german" if german else "each"]:
            continue
        count[text] += 1
        post = wanted["german_post" if german else "post"]
        kept[one["id"]] = row_of(f"wp-{one['id']}", post, one["author_name"], text, "wordpress")
        above = kept.get(one["parent"])
        if above and above["post"] == post:
            kept[one["id"]]["parent"] = above["id"]
    return list(kept.values())


def from_isso(site: Row) -> list[Row]:
    """Comments of the bakery's page from the Isso test site; markup as it was typed, as readers there see it."""
    chosen = chosen_of("isso")
    rows = []
    for one in site["comments"]:
        if one["id"] in chosen:
            name = one["author_name"] or ""
            text = one["raw"].replace("\r\n", "\n").strip()
            row = row_of(f"isso-{one['id']}", chosen[one["id"]], name, text, "isso")
            row["us"] = name in OURS
            row["parent"] = f"isso-{one['parent']}" if one["parent"] in chosen else None
            row["status"] = "held" if one["status"] == "pending" else "live"
            rows.append(row)
    return rows


def shown(text: str) -> str:
    """The words without tags and with characters for entities."""
    return html.unescape(re.sub(r"<[^>]*>", "", text.replace("\r\n", "\n"))).strip()


def row_of(key: str, post: str, author: str, text: str, source: str) -> Row:
    """A comment as it is written to the file; the rest is filled in later."""
    return {
        "id": key,
        "post": post,
        "parent": None,
        "author": author,
        "person": None,
        "us": False,
        "text": text,
        "status": "live",
        "at": 0,
        "later": [{"after": 600, "gone": True}] if key in CHOICE["deleted_later"] else [],
        "source": source,
    }


def arrange(rows: list[Row]) -> list[Row]:
    """Give every comment its second after the start; answers come after what they answer."""
    dice = random.Random(SEED)
    order = CHOICE["from_the_start"].split()
    early = sorted((row for row in rows if row["id"] in order), key=lambda row: order.index(row["id"]))
    changing = [row for row in rows if row["later"]]
    rest = [row for row in rows if row not in early and row not in changing]
    dice.shuffle(rest)
    for place, row in zip(sorted(dice.sample(range(90), len(early))), early, strict=True):
        rest.insert(place, row)
    ordered = parents_first(rest)
    # What changes later has to be seen before: soon after the start.
    ordered[THERE_ALREADY + 12 : THERE_ALREADY + 12] = changing
    past = sorted(round(-6 * DAY * dice.random() ** 1.7) - 60 for _ in range(THERE_ALREADY))
    at = -15  # the first new one comes soon, so that somebody who has just started sees it arrive
    for number, row in enumerate(ordered):
        if number >= THERE_ALREADY:
            at += dice.randint(20, 40) if number < THERE_ALREADY + QUICK else dice.randint(240, 900)
        row["at"] = past[number] if number < THERE_ALREADY else at
    return ordered


def parents_first(rows: list[Row]) -> list[Row]:
    """The rows in about the same order, each after the one it answers."""
    by_id = {row["id"]: row for row in rows}
    done: dict[str, Row] = {}

    def place(row: Row) -> None:
        if row["parent"]:
            place(by_id[row["parent"]])
        done.setdefault(row["id"], row)

    for row in rows:
        place(row)
    return list(done.values())


def give_keys(rows: list[Row]) -> None:
    """One name is one person on each page; who gave no name is nobody we know."""
    known: dict[tuple[str, str], str] = {}
    for row in rows:
        if row["author"] and not row["us"]:
            page = CHOICE["posts"][row["post"]]["page"]
            row["person"] = known.setdefault((page, row["author"]), f"person-{len(known) + 1}")


def write(name: str, rows: list[Row]) -> None:
    TARGET.mkdir(exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (TARGET / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
