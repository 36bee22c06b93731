"""Remedies on screen: asked for from the conversation, decided with one press, told with a reply."""

import re
from io import BytesIO

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import select, update

from app.accounts.models import UserSession
from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.inbox.models import Comment
from app.remedies.models import GuardAnswer, Remedy
from app.remedies.runner import Runner
from app.remedies.types import State
from app.replies.models import Reply
from tests.domain.platform import Platform
from tests.web.browser import PASSWORD, Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

FIELDS = {
    "kind": "refund",
    "amount": "60.00",
    "currency": "EUR",
    "reason": "broken",
    "order_number": "A-1001",
    "paid": "100",
    "key": "form-key-1",
}


@pytest.fixture
def scene(parts: Services, platform: Platform, crew: dict[Role, int]) -> Scene:
    return Scene(parts, platform)


@pytest.fixture
def talk(scene: Scene) -> int:
    return scene.heard("Eva", "My lamp arrived broken.")


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def only(scene: Scene) -> Remedy:
    with scene.parts.db.read() as session:
        return session.scalars(select(Remedy).order_by(Remedy.id.desc()).limit(1)).one()


def ask(browser: Browser, talk: int, **changes: object) -> int:
    browser.get(f"/remedies/ask/{talk}")
    return browser.post(f"/remedies/ask/{talk}", **{**FIELDS, **changes}).status_code


def settle_soon(scene: Scene) -> None:
    Runner(scene.parts.db, scene.parts.executors, scene.parts.box, 30).run()


def test_the_whole_way_on_screen(scene: Scene, talk: int, agent: Browser, supervisor: Browser) -> None:
    assert "Ask for a remedy" in words(agent.get(f"/inbox/{talk}"))
    assert ask(agent, talk) == 303
    assert "to be decided" in words(agent.get(f"/inbox/{talk}"))
    assert agent.post(f"/inbox/{talk}/resolve", version=scene.version(talk)).status_code == 409
    shown = words(supervisor.get("/remedies"))
    for said in ("Refund", "€ 60.00", "Eva", "Agent", "Broken or faulty", "A-1001", "My lamp arrived broken."):
        assert said in shown, said
    one = only(scene)
    assert supervisor.post(f"/remedies/{one.id}/decide", version=1, verdict="approve").status_code == 303
    assert "I carry it out now" in words(agent.get(f"/remedies/{one.id}?queue=do"))
    assert agent.post(f"/remedies/{one.id}/take").status_code == 303
    assert agent.post(f"/remedies/{one.id}/finish", reference="R-77").status_code == 422, "nothing is said of it"
    assert agent.post(f"/remedies/{one.id}/finish", done="yes", reference="R-77").status_code == 303
    page = agent.get(f"/inbox/{talk}").text
    assert f'name="tells" value="{one.id}"' in page
    agent.post(
        f"/inbox/{talk}/reply", text="It is done, enjoy.", key="reply-key-1", version=scene.version(talk), tells=one.id
    )
    settle_soon(scene)
    assert only(scene).state is State.EXECUTED, "the reply has not left yet"
    scene.deliver()
    settle_soon(scene)
    assert only(scene).state is State.TOLD
    assert agent.post(f"/inbox/{talk}/resolve", version=scene.version(talk)).status_code == 303
    assert "R-77" in words(agent.get(f"/remedies/{one.id}?queue=all"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"amount": "5.000,00"}, "write 5000.00"),
        ({"amount": "1e9"}, "not an amount"),
        ({"amount": "\uff11\uff12"}, "digits 0 to 9"),
        ({"amount": "$60"}, "in EUR"),
        ({"kind": "bribe"}, "Choose what they get"),
        ({"reason": ""}, "Choose a reason"),
        ({"promised_on": "someday"}, "This is no day"),
        ({"promised_on": "2020-01-31"}, "a day that is not over"),
        ({"paid": ""}, "What was paid"),
    ],
)
def test_a_wrong_form_comes_back_with_what_would_be_taken(
    scene: Scene, talk: int, agent: Browser, changes: dict[str, str], says: str
) -> None:
    agent.get(f"/remedies/ask/{talk}")
    answer = agent.post(f"/remedies/ask/{talk}", **{**FIELDS, **changes})
    assert answer.status_code == 422
    assert says in words(answer)
    with scene.parts.db.read() as session:
        assert session.scalars(select(Remedy.id)).all() == []


def screenshot(kind: str = "PNG") -> bytes:
    out = BytesIO()
    Image.new("RGB", (40, 20), "red").save(out, kind)
    return out.getvalue()


def test_screenshots_are_shown_to_who_decides_and_run_nothing(
    scene: Scene, talk: int, agent: Browser, supervisor: Browser
) -> None:
    sent = [(BytesIO(screenshot()), "../../evil.php"), (BytesIO(screenshot("WEBP")), "x.svg")]
    assert ask(agent, talk, pictures=sent) == 303
    shown = supervisor.get("/remedies").text
    addresses = re.findall(r'<img src="(/remedies/[0-9]+/pictures/[0-9a-f]{64})"', shown)
    assert len(addresses) == 2
    answer = supervisor.get(addresses[0])
    assert answer.data == screenshot()
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "evil" not in str(answer.headers)
    assert supervisor.get(addresses[0][:-1] + "0").status_code == 404
    form = agent.get(f"/remedies/{only(scene).id}/edit").text
    digest = addresses[1][-64:]
    assert f'name="evidence" value="sha256:{digest}" checked' in form
    changed = agent.post(f"/remedies/{only(scene).id}/edit", **FIELDS, version=1, evidence=f"sha256:{digest}")
    assert changed.status_code == 303
    assert only(scene).evidence == [f"sha256:{digest}"]


def test_comments_are_chosen_and_shown_as_they_read_then(
    scene: Scene, talk: int, agent: Browser, supervisor: Browser
) -> None:
    form = agent.get(f"/remedies/ask/{talk}").text
    mark = re.search(r'name="evidence" value="(comment:[0-9]+:[0-9a-f]{64})" checked', form)
    assert mark is not None, "the person's latest words are chosen already"
    assert ask(agent, talk, evidence=[mark[1], ""]) == 303
    with scene.parts.db.write() as session:
        session.execute(update(Comment).values(text="<i>All</i> is well."))
    shown = supervisor.get("/remedies").text
    quote = shown[shown.index('<figure class="quote changed">') : shown.index("</figure>")]
    assert "My lamp arrived broken." in quote
    assert "&lt;i&gt;All&lt;/i&gt; is well." in quote
    one = only(scene)
    assert supervisor.get(f"/remedies/{one.id}/pictures/{mark[1][-64:]}").status_code == 404
    form = words(agent.get(f"/remedies/{one.id}/edit"))
    assert "as it read when it was chosen" in form
    answer = agent.post(f"/remedies/{one.id}/edit", **{**FIELDS, "amount": "70"}, version=1, evidence=mark[1])
    assert (answer.status_code, only(scene).evidence) == (303, [mark[1]])
    again = agent.post(f"/remedies/ask/{talk}", **{**FIELDS, "key": "form-key-2"}, evidence=f"comment:1:{'0' * 64}")
    assert again.status_code == 422
    assert "Choose again what is to prove it" in words(again)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", 422, "no picture that can be read"),
        (screenshot()[:40], 422, "no picture that can be read"),
        (screenshot() + bytes(8_000_000), 422, "8 megabytes at most"),
        (bytes(26_000_000), 413, "too much at once"),
    ],
)
def test_what_is_no_picture_is_refused_and_the_rest_of_the_form_comes_back(
    scene: Scene, talk: int, agent: Browser, body: bytes, status: int, says: str
) -> None:
    agent.get(f"/remedies/ask/{talk}")
    answer = agent.post(f"/remedies/ask/{talk}", **FIELDS, pictures=[(BytesIO(body), "shot.png", "image/svg+xml; x")])
    assert answer.status_code == status
    assert says in words(answer)
    assert status == 413 or 'value="A-1001"' in answer.text
    with scene.parts.db.read() as session:
        assert session.scalars(select(Remedy.id)).all() == []


def test_only_who_is_signed_in_may_send_much(app: Flask, talk: int) -> None:
    stranger = Browser(app)
    stranger.get("/sign-in")
    answer = stranger.post(f"/remedies/ask/{talk}", pictures=[(BytesIO(bytes(2_000_000)), "shot.png")])
    assert answer.status_code == 413


def test_a_form_that_says_nothing_approves_nothing(
    scene: Scene, talk: int, agent: Browser, supervisor: Browser
) -> None:
    ask(agent, talk)
    one = only(scene)
    supervisor.get("/remedies")
    for said in ({}, {"verdict": "yes"}, {"verdict": "APPROVE"}):
        answer = supervisor.post(f"/remedies/{one.id}/decide", version=1, **said)
        assert (answer.status_code, only(scene).state) == (422, State.ASKED)
    assert "Say whether you approve or refuse" in words(answer)


def test_own_requests_are_greyed_and_say_why(scene: Scene, talk: int, supervisor: Browser) -> None:
    assert ask(supervisor, talk) == 303
    page = supervisor.get("/remedies")
    assert "You asked for this yourself" in words(page)
    assert 'data-key="a" title="Approve' not in page.text
    answer = supervisor.post(f"/remedies/{only(scene).id}/decide", version=1, verdict="approve")
    assert answer.status_code == 403
    assert only(scene).state is State.ASKED


def test_agents_can_not_decide(scene: Scene, talk: int, agent: Browser) -> None:
    ask(agent, talk)
    assert agent.post(f"/remedies/{only(scene).id}/decide", version=1, verdict="approve").status_code == 403


def test_the_second_to_decide_learns_who_was_quicker(
    scene: Scene, talk: int, agent: Browser, supervisor: Browser, admin: Browser
) -> None:
    ask(agent, talk)
    one = only(scene)
    supervisor.get("/remedies")
    admin.get("/remedies")
    assert supervisor.post(f"/remedies/{one.id}/decide", version=1, verdict="refuse", reason="no").status_code == 303
    late = admin.post(f"/remedies/{one.id}/decide", version=1, verdict="approve")
    assert late.status_code == 409
    assert "Supervisor was quicker and has refused it" in words(late)


def test_signing_asks_for_the_password_after_five_minutes(
    scene: Scene, talk: int, agent: Browser, supervisor: Browser
) -> None:
    ask(agent, talk)
    one = only(scene)
    with scene.parts.db.write() as session:
        session.execute(update(UserSession).values(proved_at=None))
    assert 'name="password"' in supervisor.get(f"/remedies/{one.id}").text
    address = f"/remedies/{one.id}/decide"
    assert supervisor.post(address, version=1, verdict="approve").status_code == 403
    wrong = supervisor.post(address, version=1, verdict="approve", password="not mine")
    assert (wrong.status_code, "not your password" in words(wrong)) == (422, True)
    assert only(scene).state is State.ASKED
    assert supervisor.post(address, version=1, verdict="approve", password=PASSWORD).status_code == 303
    assert only(scene).state is State.APPROVED
    assert 'name="password"' not in supervisor.get("/remedies?queue=all").text, "and it holds for a while"


def test_a_changed_offer_is_a_new_request(scene: Scene, talk: int, agent: Browser, supervisor: Browser) -> None:
    ask(agent, talk)
    one = only(scene)
    supervisor.get(f"/remedies/{one.id}")
    answer = supervisor.post(f"/remedies/{one.id}/offer", version=1, amount="40", reason="a lamp costs 40")
    assert answer.status_code == 303
    fresh = only(scene)
    assert (fresh.replaces_id, fresh.amount, fresh.state) == (one.id, 4000, State.ASKED)
    shown = words(supervisor.get(f"/remedies/{fresh.id}"))
    assert "You asked for this yourself" in shown
    assert "a lamp costs 40" in shown


def test_several_at_once(scene: Scene, talk: int, agent: Browser, supervisor: Browser) -> None:
    ask(agent, talk, amount="20", order_number="", paid="", key="several-1")
    ask(agent, talk, amount="4", order_number="", paid="", key="several-2")
    with scene.parts.db.read() as session:
        marks = [f"{one.id}.1" for one in session.scalars(select(Remedy))]
    supervisor.get("/remedies")
    for mark in marks:
        assert supervisor.post("/remedies/several", chosen=mark).status_code == 303
    with scene.parts.db.read() as session:
        assert set(session.scalars(select(Remedy.state))) == {State.APPROVED}


def test_an_apology_is_asked_about_once(scene: Scene, talk: int, agent: Browser) -> None:
    send = {"text": "We are so sorry!", "key": "reply-key-2"}
    agent.get(f"/inbox/{talk}")
    first = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), **send)
    assert first.status_code == 422
    assert "You wrote “sorry”. Is anything owed?" in words(first)
    assert "We are so sorry!" in first.text, "nothing is lost"
    unsaid = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), owed="nothing", **send)
    assert (unsaid.status_code, "few words" in words(unsaid)) == (422, True)
    done = agent.post(
        f"/inbox/{talk}/reply", version=scene.version(talk), owed="nothing", owed_why="she only asks", **send
    )
    assert done.status_code == 303
    again = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="Sorry again", key="reply-key-3")
    assert again.status_code == 303, "never twice"
    with scene.parts.db.read() as session:
        assert [(one.phrase, one.why) for one in session.scalars(select(GuardAnswer))] == [("sorry", "she only asks")]
        assert len(session.scalars(select(Reply)).all()) == 2
    (said,) = scene.platform.comments
    scene.say("Eva", "And now the second lamp is broken too!", minutes_ago=-1, parent=said)
    scene.collect()
    anew = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text="Sorry for that", key="reply-key-4")
    assert "Is anything owed?" in words(anew), "another complaint is another question"


def test_a_follow_up_has_an_owner_and_a_day(scene: Scene, talk: int, agent: Browser, crew: dict[Role, int]) -> None:
    agent.get(f"/inbox/{talk}")
    send = {"text": "Sorry, we will fix it.", "key": "reply-key-4", "owed": "follow_up", "owed_why": "send a new one"}
    answer = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), owed_on="2000-01-01", **send)
    assert answer.status_code == 422
    day = utc_now().date().isoformat()
    answer = agent.post(
        f"/inbox/{talk}/reply", version=scene.version(talk), owed_on=day, owed_owner=crew[Role.AGENT], **send
    )
    assert answer.status_code == 303
    assert "send a new one" in words(agent.get("/remedies/follow-ups"))
    settle_soon(scene)
    assert "Follow-up due" in words(agent.get("/inbox?view=all"))
    with scene.parts.db.read() as session:
        one = session.scalars(select(GuardAnswer)).one()
    wrong = agent.post(f"/remedies/follow-ups/{one.id}/hand-on", owner=crew[Role.SUPERVISOR], due_on="2001-01-01")
    assert wrong.status_code == 422
    moved = agent.post(f"/remedies/follow-ups/{one.id}/hand-on", owner=crew[Role.SUPERVISOR], due_on="2199-01-01")
    assert moved.status_code == 303
    assert "Follow-up due" not in words(agent.get("/inbox?view=all")), "it is due another day"
    assert "send a new one" not in words(agent.get("/remedies/follow-ups?list=mine"))
    assert "send a new one" in words(agent.get("/remedies/follow-ups?list=all"))
    assert agent.post(f"/remedies/follow-ups/{one.id}/done").status_code == 303
    assert agent.post(f"/remedies/follow-ups/{one.id}/done").status_code == 409
    assert "Not done after all" in words(agent.get("/remedies/follow-ups?list=done"))
    assert agent.post(f"/remedies/follow-ups/{one.id}/reopen").status_code == 303
    assert agent.post("/remedies/follow-ups/1/done").status_code == 404


def test_no_question_without_a_complaint_or_with_a_remedy(scene: Scene, talk: int, agent: Browser) -> None:
    nice = scene.heard("Ola", "What a lovely garden!", minutes_ago=3)
    for at, key in ((nice, "reply-key-5"), (talk, "reply-key-6")):
        if at == talk:
            ask(agent, talk)
        agent.get(f"/inbox/{at}")
        answer = agent.post(f"/inbox/{at}/reply", version=scene.version(at), text="Sorry, thanks!", key=key)
        assert answer.status_code == 303


@pytest.mark.parametrize("text", ["Order A-1001 is on its way", "order a - 1001", "You get 60.00", "You get €60 back"])
def test_public_replies_carry_no_order_number_and_no_amount(scene: Scene, talk: int, agent: Browser, text: str) -> None:
    ask(agent, talk)
    agent.get(f"/inbox/{talk}")
    answer = agent.post(f"/inbox/{talk}/reply", version=scene.version(talk), text=text, key="reply-key-7")
    assert answer.status_code == 422
    assert "Everybody would read" in words(answer)


def test_what_only_looks_like_an_amount_passes(scene: Scene, talk: int, agent: Browser) -> None:
    ask(agent, talk)
    agent.get(f"/inbox/{talk}")
    answer = agent.post(
        f"/inbox/{talk}/reply", version=scene.version(talk), text="We answer within 60 minutes.", key="reply-key-8"
    )
    assert answer.status_code == 303


def test_the_ledger_and_its_spreadsheet(scene: Scene, talk: int, agent: Browser, supervisor: Browser) -> None:
    ask(agent, talk, order_line="=SUM(A1)", line_paid="100")
    book = words(supervisor.get("/remedies/ledger"))
    assert "To be decided € 60.00 (1)" in book
    assert "Given – Signed" in book, "nothing was given yet"
    assert "Given, in EUR" not in book
    one = only(scene).id
    assert supervisor.post(f"/remedies/{one}/decide", version=1, verdict="approve").status_code == 303
    book = words(supervisor.get("/remedies/ledger"))
    assert "Signed, not done yet € 60.00 (1)" in book
    assert "Signed within under 1 min, half of them" in book
    agent.get(f"/remedies/{one}?queue=do")
    assert agent.post(f"/remedies/{one}/take").status_code == 303
    assert agent.post(f"/remedies/{one}/finish", done="yes", reference="R-77").status_code == 303
    book = words(supervisor.get("/remedies/ledger"))
    assert "Given € 60.00 (1)" in book
    assert "Given, in EUR" in book
    assert book.count("Promised for a day that is over 0") == 1
    assert '<rect x="' in supervisor.get("/remedies/ledger").text
    sheet = supervisor.get("/remedies/ledger.csv")
    assert sheet.mimetype == "text/csv"
    line = sheet.text.splitlines()[1]
    assert "60.00,EUR,broken" in line
    assert "'=SUM(A1)" in line, "never a formula"
    assert (
        words(supervisor.get("/remedies/ledger?since=2000-01-01&until=2000-02-01")).count("Nothing in this period") == 1
    )
    assert supervisor.get("/remedies/ledger?since=nonsense").status_code == 200
    assert agent.get("/remedies/ledger").status_code == 403


def test_a_policy_is_proposed_and_put_in_force_by_another(scene: Scene, supervisor: Browser, admin: Browser) -> None:
    page = supervisor.get("/remedies/policy").text
    found = re.search(r"<textarea[^>]*>\s*(.*?)</textarea>", page, re.DOTALL)
    assert found is not None
    wrong = supervisor.post("/remedies/policy", source="line = ")
    assert (wrong.status_code, "TOML" in words(wrong)) == (422, True)
    fresh = '[[reason]]\nkey = "late"\nen = "Late"\nde = "Spät"\n[[line]]\nname = "All of it"\napprovals = 1\n'
    assert supervisor.post("/remedies/policy", source=fresh).status_code == 303
    assert "Somebody else has to put it in force" in words(supervisor.get("/remedies/policy"))
    assert supervisor.post("/remedies/policy/2", agreed="yes").status_code == 403
    shown = admin.get("/remedies/policy").text
    assert "<ins>name = &#34;All of it&#34;</ins>" in shown
    assert "<del>after_refusal = 2" in shown
    assert admin.post("/remedies/policy/2", agreed="yes").status_code == 303
    assert "Version 2" in words(admin.get("/remedies/policy"))


def test_a_stand_in_is_named_and_taken_back(scene: Scene, supervisor: Browser, crew: dict[Role, int]) -> None:
    supervisor.get("/remedies/policy")
    day = utc_now().date().isoformat()
    assert supervisor.post("/remedies/stand-in", stand_in=crew[Role.ADMIN], until=day).status_code == 303
    assert f'value="{crew[Role.ADMIN]}" selected' in supervisor.get("/remedies/policy").text
    assert supervisor.post("/remedies/stand-in", stand_in="").status_code == 303
    assert supervisor.post("/remedies/stand-in", stand_in=crew[Role.AGENT], until=day).status_code == 422


def test_every_list_says_why_it_is_empty(scene: Scene, supervisor: Browser) -> None:
    for queue, says in (
        ("decide", "Nothing waits for a decision"),
        ("do", "Everything approved is done"),
        ("tell", "Everybody has been told"),
        ("unsure", "Nothing is unclear"),
        ("all", "No remedies yet"),
    ):
        assert says in words(supervisor.get(f"/remedies?queue={queue}"))
