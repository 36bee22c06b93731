"""History from a file, in the browser: bounded, checked, looked at, then taken by a worker; once, whoever is killed."""

import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from app.bootstrap import Services
from app.collecting import imports
from app.collecting.history import COLUMNS
from app.collecting.models import Import
from app.core.clock import utc_now
from app.core.errors import InvalidInput
from app.inbox.export import export
from app.inbox.models import Comment
from app.pages import queries
from tests.web.browser import Browser, words

CSV = b"external_id,author,text,published_at\n1,Ann,The soup was cold,2024-03-01T10:00:00Z\n2,Bob,Lovely,2024-03-02\n"
WRONG = CSV + b"3,Eva,When?,yesterday\n,Eva,No number,2024-03-02\n"


def send(admin: Browser, body: bytes = CSV, file: str = "forum.csv", **fields: str) -> str:
    """Send a file; answers where it is looked at."""
    admin.get("/pages/import")
    form = {"into": "", "name": "Old forum", "team": "customer_service", **fields}
    answer = admin.post("/pages/import", file=[(io.BytesIO(body), file)], **form)
    assert answer.status_code == 303, words(answer)
    return str(answer.location)


def run(parts: Services) -> None:
    while imports.run(parts.db, lambda: False):
        pass


def comments(parts: Services) -> list[str]:
    with parts.db.read() as session:
        return list(session.scalars(select(Comment.text).order_by(Comment.published_at, Comment.external_id)))


def test_a_file_is_looked_at_before_anything_of_it_is_taken(admin: Browser, parts: Services) -> None:
    place = send(admin)
    said = words(admin.get(place))
    assert "2 comments can be imported." in said
    assert "The soup was cold" in said
    run(parts)
    assert comments(parts) == []
    with parts.db.read() as session:
        assert queries.pages(session) == []
    assert admin.post(f"{place}/begin").status_code == 303
    assert "0 of 2 comments are taken" in words(admin.get(place))
    run(parts)
    assert comments(parts) == ["The soup was cold", "Lovely"]
    assert "2 comments imported." in words(admin.get(place))
    with parts.db.read() as session:
        assert [page.name for page in queries.pages(session)] == ["Old forum"]
        assert session.scalar(select(func.count()).where(Import.body.is_not(None))) == 0, "the file is gone"


def test_what_is_wrong_is_told_by_line_and_left_out_only_when_asked(admin: Browser, parts: Services) -> None:
    place = send(admin, WRONG)
    said = words(admin.get(place))
    assert "2 lines are wrong." in said
    assert "Line 4: published_at is not a time such as 2024-03-01T10:00:00Z" in said
    assert "Line 5: external_id is missing" in said
    assert admin.post(f"{place}/begin").status_code == 409
    assert admin.post(f"{place}/begin", skip_wrong="yes").status_code == 303
    run(parts)
    assert len(comments(parts)) == 2
    assert "2 lines left out." in words(admin.get(place))


def test_the_same_file_again_takes_nothing_twice(admin: Browser, parts: Services) -> None:
    for _time in range(2):
        place = send(admin)
        for _again in range(2):  # a double press
            admin.post(f"{place}/begin")
        run(parts)
    assert len(comments(parts)) == 2
    assert "0 comments imported. 2 were known already." in words(admin.get(place))
    with parts.db.read() as session:
        assert len(queries.pages(session)) == 1


def exported(parts: Services, page: str) -> list[dict[str, object]]:
    """A page's comments as “export comments” writes them."""
    with parts.db.read() as session:
        page_id = next(one.id for one in queries.pages(session) if one.name == page)
        found = [{name: getattr(one, name) for name in COLUMNS} for one in export(session, page_id=page_id)]
    return json.loads(json.dumps([{**one, "page": 0} for one in found], default=lambda value: value.isoformat()))  # type: ignore[no-any-return]


def test_out_and_in_again_is_the_same(admin: Browser, parts: Services) -> None:
    rich = {
        "external_id": "7",
        "author": "Zoë",
        "author_id": "user:7",
        "author_url": "https://zoe.example/",
        "text": '=1+1\n"quoted", 🙂 مرحبا',
        "published_at": "2024-03-01T10:00:00+01:00",
        "status": "spam",
        "post": "p1",
        "post_title": "Spring",
        "post_url": "https://blog.example/spring",
    }
    answer = {
        "external_id": "8",
        "text": "Thanks",
        "published_at": "2024-03-02",
        "parent": "7",
        "is_us": True,
        "post": "p1",
    }
    lines = "\n".join(json.dumps(one) for one in (rich, answer))
    admin.post(f"{send(admin, lines.encode(), 'a.jsonl')}/begin")
    run(parts)
    first = exported(parts, "Old forum")
    assert [one["text"] for one in first] == [rich["text"], "Thanks"]
    again = "\n".join(json.dumps(one) for one in first).encode()
    admin.post(f"{send(admin, again, 'b.jsonl', name='Again')}/begin")
    run(parts)
    assert exported(parts, "Again") == first


@pytest.mark.parametrize(
    ("name", "body", "why"),
    [
        ("forum.txt", CSV, "has to end in .csv"),
        ("forum.csv", b"", "There is nothing in this file"),
        ("forum.csv", b"x" * (imports.LARGEST + 1), "too large"),
        ("", CSV, "Choose a file"),
    ],
)
def test_what_is_no_such_file_is_refused_at_the_field(admin: Browser, name: str, body: bytes, why: str) -> None:
    admin.get("/pages/import")
    form = {"into": "", "name": "Old forum", "team": "customer_service"}
    answer = admin.post("/pages/import", file=[(io.BytesIO(body), name)], **form)
    assert answer.status_code == 422
    assert why in words(answer)


def test_more_than_a_form_may_hold_is_not_read(admin: Browser) -> None:
    admin.get("/pages/import")
    answer = admin.post("/pages/import", file=[(io.BytesIO(b"x" * (imports.LARGEST + 200_000)), "forum.csv")])
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ("fields", "why"), [({"name": " "}, "Say what the page is to be called"), ({"into": "999"}, "Choose one of these")]
)
def test_where_it_goes_has_to_be_said(admin: Browser, fields: dict[str, str], why: str) -> None:
    admin.get("/pages/import")
    form = {"into": "", "name": "Old forum", "team": "customer_service", **fields}
    answer = admin.post("/pages/import", file=[(io.BytesIO(CSV), "forum.csv")], **form)
    assert answer.status_code == 422
    assert why in words(answer)


def test_a_file_nobody_wants_is_forgotten(admin: Browser, parts: Services) -> None:
    place = send(admin)
    assert admin.post(f"{place}/discard").status_code == 303
    assert admin.get(place).status_code == 404
    assert admin.post(f"{place}/begin").status_code == 404
    begun = send(admin)
    admin.post(f"{begun}/begin")
    assert admin.post(f"{begun}/discard").status_code == 409


def test_only_who_may_manage_pages_imports(agent: Browser) -> None:
    assert agent.get("/pages/import").status_code == 403
    assert agent.post("/pages/import").status_code == 403


# --- the worker


@pytest.fixture
def begun(admin: Browser, parts: Services) -> int:
    """A file of 1,700 comments that is to be taken."""
    lines = [
        json.dumps({"external_id": str(n), "author": f"Ann {n}", "text": f"Comment {n}", "published_at": "2024-03-01"})
        for n in range(1_700)
    ]
    place = send(admin, "\n".join(lines).encode(), "forum.jsonl")
    admin.post(f"{place}/begin")
    return int(place.rpartition("/")[2])


def taken(parts: Services, begun: int) -> tuple[int, int, bool]:
    with parts.db.read() as session:
        row = session.get_one(Import, begun)
        return row.done, row.new, row.finished_at is not None


def test_a_worker_that_is_stopped_goes_on_where_it_was(parts: Services, begun: int) -> None:
    asked = iter([False, False, True])
    assert imports.run(parts.db, lambda: next(asked, True))
    assert taken(parts, begun) == (1_000, 1_000, False)
    run(parts)
    assert taken(parts, begun) == (1_700, 1_700, True)
    assert len(comments(parts)) == 1_700


def test_another_worker_that_was_quicker_is_not_overtaken(parts: Services, begun: int) -> None:
    def meanwhile() -> bool:
        with parts.db.write() as session:
            session.execute(update(Import).where(Import.done == 500).values(done=1_000))
        return False

    assert imports.run(parts.db, meanwhile)
    assert taken(parts, begun)[0] == 1_000, "what it found changed it left alone"


def test_what_nobody_decides_about_is_forgotten_after_a_day(admin: Browser, parts: Services, begun: int) -> None:
    undecided = send(admin)
    with parts.db.write() as session:
        imports.tidy(session, utc_now() + timedelta(days=2))
    assert admin.get(undecided).status_code == 404
    assert not taken(parts, begun)[2]
    run(parts)
    with parts.db.write() as session:
        imports.tidy(session, utc_now() + timedelta(days=91))
        assert session.get(Import, begun) is None
    assert len(comments(parts)) == 1_700


def test_a_date_is_judged_as_when_it_was_checked(parts: Services) -> None:
    now = datetime(2024, 3, 1, tzinfo=UTC)
    assert imports.check("x.csv", CSV, now).wrong == 2
    with pytest.raises(InvalidInput):
        imports.check("x.doc", CSV, now)
