"""Rules on screen: written by forms alone, tried, published, taken back; and who may not."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.accounts.models import User
from app.accounts.types import Role
from app.bootstrap import Services
from app.core.clock import utc_now
from app.routing import named, queries, reading, trials, tried, versions
from app.routing.models import RuleTrial
from app.routing.types import Condition, Fact, Group, Match, RuleSetState
from app.texts import service as texts
from app.texts.types import Wording
from tests.domain.platform import Platform
from tests.web.browser import Browser, words
from tests.web.conftest import signed_in
from tests.web.scene import Scene

HIDING = '[[rule]]\nname = "Away"\nwords = ["garden"]\nhide = true\n'


@pytest.fixture
def scene(parts: Services, platform: Platform) -> Scene:
    """A page with a few comments."""
    made = Scene(parts, platform)
    for number, text in enumerate(("A lovely garden", "My parcel never arrived", "garden fence?", "Sunday it is")):
        platform.say(f"Visitor {number}", text, utc_now() - timedelta(hours=number + 1))
    return made


@pytest.fixture
def supervisor(app: Flask, crew: dict[Role, int]) -> Browser:
    return signed_in(app, Role.SUPERVISOR)


def draft_of(browser: Browser) -> str:
    browser.get("/routing")
    return browser.post("/routing/drafts").headers["Location"]


def revision(browser: Browser, address: str) -> str:
    found = re.search(r'name="revision" value="(\d+)"', browser.get(address).text)
    assert found
    return found[1]


def try_it(parts: Services, browser: Browser, draft: str) -> str:
    """Ask for a trial, and have it done."""
    address = browser.post(f"{draft}/try", days=30, against="").headers["Location"]
    while trials.work(parts.db, utc_now()):
        pass
    return address


def test_a_rule_is_written_without_script(supervisor: Browser, parts: Services) -> None:
    draft = draft_of(supervisor)
    number = revision(supervisor, draft)
    page = supervisor.get(f"{draft}/rules/0")
    assert "Words in the text" in page.text
    fields = {"name": "Fences", "to": "marketing", "match": "all", "revision": number, "add": "words"}
    page = supervisor.post(f"{draft}/rules/0", do="add", **fields)
    assert 'name="when.0.fact" value="words"' in page.text
    fields |= {"when.0.fact": "words", "when.0.value": "fence\r\nhedge*"}
    page = supervisor.post(f"{draft}/rules/0", do="group", **fields)
    assert 'name="when.1.0.fact"' in page.text
    assert "hedge*" in page.text
    fields |= {
        "when.1.match": "any",
        "when.1.0.fact": "regex",
        "when.1.0.value": "(\r\nx\r\n*",
        "when.1.1.fact": "question",
    }
    page = supervisor.post(f"{draft}/rules/0", do="save", **{**fields, "when.1.1.value": "yes"})
    assert page.status_code == 422
    assert 'id="e-when-2-1"' in page.text
    assert re.search(r"Value 1: “\(” .* missing \): \(.* Value 3: “\*”", words(page))
    fields |= {"when.1.0.value": "fence #?[0-9]+", "when.1.1.value": "yes"}
    answer = supervisor.post(f"{draft}/rules/0", do="save", **fields)
    assert answer.status_code == 303
    with parts.db.read() as session:
        rule = versions.rules_of(session, int(draft.rsplit("/", 1)[1]))[-1]
        assert queries.in_force_id(session) == 1
    regex, question = Condition(Fact.REGEX, ("fence #?[0-9]+",)), Condition(Fact.QUESTION, value=True)
    assert rule.when == (Condition(Fact.WORDS, ("fence", "hedge*")), Group(Match.ANY, (regex, question)))
    assert rule.then.team == "marketing"
    assert "It says any of 2 words" in words(supervisor.get(draft))


def test_rules_are_moved_copied_and_removed(supervisor: Browser, parts: Services) -> None:
    draft = draft_of(supervisor)

    def names() -> list[str]:
        with parts.db.read() as session:
            return [rule.name for rule in versions.rules_of(session, int(draft.rsplit("/", 1)[1]))]

    first, second, *rest = names()
    for do, expected in (
        ("down", [second, first, *rest]),
        ("copy", [second, f"{second} (2)", first, *rest]),
        ("remove", [f"{second} (2)", first, *rest]),
        ("up", [f"{second} (2)", first, *rest]),
    ):
        answer = supervisor.post(f"{draft}/rules/1/move", do=do, revision=revision(supervisor, draft))
        assert answer.status_code == 303
        assert names() == expected
    assert supervisor.post(f"{draft}/rules/1/move", do="up", revision=1).status_code == 409
    assert supervisor.post(f"{draft}/rules/99/move", do="up", revision=1).status_code == 404


def test_rules_are_tried_then_published_then_taken_back(scene: Scene, supervisor: Browser, parts: Services) -> None:
    scene.collect()
    draft = draft_of(supervisor)
    text = '[[rule]]\nname = "Parcels"\nwords = ["parcel*"]\nteam = "marketing"\n'
    assert supervisor.post(f"{draft}/text", text=text, revision=revision(supervisor, draft)).status_code == 303
    answer = supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    assert answer.status_code == 409
    assert "Try these rules" in words(answer)
    trial = supervisor.post(f"{draft}/try", days=30, against="").headers["Location"]
    assert "0 of 4 conversations" in words(supervisor.get(trial))
    trial = try_it(parts, supervisor, draft)
    seen = words(supervisor.get(trial))
    assert "Customer service → Marketing" in seen
    assert "My parcel never arrived" in seen
    assert supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft)).status_code == 303
    assert "Parcels" in words(supervisor.get("/routing"))
    assert supervisor.post(f"{draft}/text", text="", revision=2).status_code == 409
    back = supervisor.post("/routing/versions/1/restore")
    assert back.status_code == 303
    assert "Praise and thanks" in words(supervisor.get("/routing"))
    with parts.db.read() as session:
        states = {one.id: one.state for one in queries.versions(session)}
    assert states == {1: RuleSetState.PUBLISHED, 2: RuleSetState.ROLLED_BACK}
    history = words(supervisor.get(draft))
    for said in ("Supervisor began it", "It was tried for Supervisor", "put it in force", "went back to version 1"):
        assert said in history


def test_what_hides_much_takes_two_people(scene: Scene, supervisor: Browser, admin: Browser, parts: Services) -> None:
    scene.collect()
    draft = draft_of(supervisor)
    supervisor.post(f"{draft}/text", text=HIDING, revision=revision(supervisor, draft))
    assert "takes a second person" in words(supervisor.get(try_it(parts, supervisor, draft)))
    supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    with parts.db.read() as session:
        assert queries.in_force_id(session) == 1
    assert "Somebody else has to agree" in words(supervisor.get(draft))
    number = revision(supervisor, draft)
    assert supervisor.post(f"{draft}/publish", revision=number).status_code == 403
    admin.get(draft)
    assert admin.post(f"{draft}/refuse", revision=number).status_code == 303
    supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    assert admin.post(f"{draft}/publish", revision=revision(admin, draft)).status_code == 303
    with parts.db.read() as session:
        assert queries.in_force_id(session) == 2
        one = queries.version(session, 2)
    assert (one.proposed_by, one.published_by) == ("Supervisor", "Supervisor")


def test_a_small_or_a_later_trial_talks_nobody_out_of_the_second_person(
    scene: Scene, supervisor: Browser, parts: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.collect()
    draft = draft_of(supervisor)
    supervisor.post(f"{draft}/text", text=HIDING, revision=revision(supervisor, draft))
    try_it(parts, supervisor, draft)
    with parts.db.write() as session:
        wide = session.scalars(select(RuleTrial)).one()
        wide.tally = wide.tally | {"out_of_sight": [0, 0]}
        wide.done = 1
    monkeypatch.setattr(tried, "LEAST", 2)
    answer = supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    assert (answer.status_code, "Try more days" in words(answer)) == (409, True)
    assert "too few to tell" in words(supervisor.get(draft))
    try_it(parts, supervisor, draft)
    assert "takes a second person" in words(supervisor.get(draft))
    try_it(parts, supervisor, draft)
    with parts.db.write() as session:
        last = session.scalars(select(RuleTrial).order_by(RuleTrial.id.desc())).first()
        assert last is not None
        last.tally = last.tally | {"out_of_sight": [0, 0]}
    supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    with parts.db.read() as session:
        assert queries.version(session, 2).state is RuleSetState.PROPOSED


def test_of_two_drafts_the_later_one_takes_nothing_back_unseen(
    scene: Scene, supervisor: Browser, admin: Browser, parts: Services
) -> None:
    scene.collect()
    first, second = draft_of(supervisor), draft_of(admin)
    for browser, draft in ((supervisor, first), (admin, second)):
        browser.post(f"{draft}/rules/1/move", do="copy", revision=revision(browser, draft))
        try_it(parts, browser, draft)
    admin.post(f"{second}/rules/1/move", do="down", revision=revision(admin, second))
    try_it(parts, admin, second)
    assert supervisor.post(f"{first}/publish", revision=revision(supervisor, first)).status_code == 303
    answer = admin.post(f"{second}/publish", revision=revision(admin, second))
    assert (answer.status_code, "Other rules were put in force" in words(answer)) == (409, True)
    assert "what was changed there is not in it" in words(admin.get(second))
    try_it(parts, admin, second)
    assert admin.post(f"{second}/publish", revision=revision(admin, second)).status_code == 303


def test_a_changed_draft_was_never_tried(scene: Scene, supervisor: Browser, parts: Services) -> None:
    draft = draft_of(supervisor)
    trial = try_it(parts, supervisor, draft)
    assert "Nothing to try it on" in words(supervisor.get(trial))
    supervisor.post(f"{draft}/rules/1/move", do="remove", revision=revision(supervisor, draft))
    assert "The draft has changed since" not in words(supervisor.get("/routing"))
    assert supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft)).status_code == 409


def test_a_bad_text_says_every_fault_and_is_kept(supervisor: Browser) -> None:
    draft = draft_of(supervisor)
    bad = '[[rule]]\nname = "A"\nregex = ["("]\nteam = "kitchen"\npages = [\n998]\n\n'
    bad += '[[rule]]\nname = "B"\nteam = "marketing"\n'
    answer = supervisor.post(f"{draft}/text", text=bad, revision=revision(supervisor, draft))
    assert answer.status_code == 422
    said = words(answer)
    assert "Rule 1, condition 1, value 1, line 3: regex: “(”" in said
    assert "Rule 1, condition 2, line 5: There is no page with the number 998" in said
    assert "Rule 2, when, line 8: The rule has no condition" in said
    assert "Rule 1, team, line 4: There is no team “kitchen”" in said
    unknown = bad.replace('["("]', '["x+"]').replace("998", "").replace('name = "B"', 'name = "B"\nwords = ["b"]')
    said = words(supervisor.post(f"{draft}/text", text=unknown, revision=revision(supervisor, draft)))
    assert "Rule 1, team, line 4: There is no team “kitchen”" in said


def test_what_no_form_sends_is_answered_with_a_sentence(supervisor: Browser) -> None:
    draft = draft_of(supervisor)
    for field, path in (("against", f"{draft}/try"), ("base", "/routing/drafts")):
        assert supervisor.post(path, days=5, **{field: "9" * 20}).status_code == 404
    fields = {"name": "Z", "to": "marketing", "match": "all", "when.0.fact": "pages", "when.0.value": "abc"}
    page = supervisor.post(f"{draft}/rules/0", do="save", revision=revision(supervisor, draft), **fields)
    assert page.status_code == 422
    assert "Value 1: Write a number above 0." in words(page)


def test_agents_read_rules_and_change_none(agent: Browser, supervisor: Browser, parts: Services) -> None:
    draft = draft_of(supervisor)
    assert "Change the rules" not in agent.get("/routing").text
    assert agent.get(draft).status_code == 200
    for address in ("/routing/drafts", f"{draft}/publish", f"{draft}/try", f"{draft}/rules/1/move", f"{draft}/discard"):
        assert agent.post(address).status_code == 403
    assert agent.get(f"{draft}/rules/1").status_code == 403
    assert supervisor.post(f"{draft}/discard", revision=revision(supervisor, draft)).status_code == 303
    assert "Put away" in words(agent.get(draft))
    assert supervisor.get(f"{draft}/rules/1").status_code == 409


def test_names_from_outside_are_shown_as_text(supervisor: Browser) -> None:
    draft = draft_of(supervisor)
    hostile = '[[rule]]\nname = "<script>alert(1)</script>"\nnote = "<b>"\nwords = ["<i>x</i>"]\nteam = "marketing"\n'
    supervisor.post(f"{draft}/text", text=hostile, revision=revision(supervisor, draft))
    for address in (draft, f"{draft}/rules/1", f"{draft}/text"):
        page = supervisor.get(address).text
        assert "<script>alert" not in page
        assert "<i>x" not in page


def test_a_rule_prepares_an_answer_that_nobody_has_sent(scene: Scene, supervisor: Browser, agent: Browser) -> None:
    rule = '[[rule]]\nname = "Sundays"\nwords = ["sunday"]\nteam = "customer_service"\nreply = "{}"\n'
    with scene.parts.db.write() as session:
        saved = texts.add(session, scene.actor("admin"), Wording("Closed", "closed", "Hello {person}!"), scene.now)
        assert [fault.part for fault in named.faults(session, reading.read(rule.format("shut")))] == ["reply"]
        versions.install(session, rule.format("closed"), scene.now)
    scene.collect()
    found = [scene.talk_with(number) for number in scene.platform.comments]
    with scene.parts.db.read() as session:
        (talk,) = (one for one in found if any(step.reply for step in queries.explain(session, one)))
    shown = agent.get(f"/inbox/{talk}")
    assert "Hello Visitor 3!</textarea>" in shown.text
    assert f'name="saved" value="{saved}"' in shown.text
    assert "A rule prepared this answer" in words(shown)
    other = next(one for one in found if one != talk)
    assert "A rule prepared" not in words(agent.get(f"/inbox/{other}"))
    assert 'value="closed" selected' in " ".join(supervisor.get(f"{draft_of(supervisor)}/rules/1").text.split())


def test_rules_in_force_that_name_what_is_gone_say_so(
    supervisor: Browser, parts: Services, crew: dict[Role, int]
) -> None:
    """People leave; what a rule did for them must not fall away in silence."""
    with parts.db.write() as session:
        login = session.get_one(User, crew[Role.AGENT]).login
        versions.install(session, f'[[rule]]\nname = "Hers"\nwords = ["garden"]\nassignee = "{login}"\n', utc_now())
    assert "not there any more" not in words(supervisor.get("/routing"))
    with parts.db.write() as session:
        session.get_one(User, crew[Role.AGENT]).active = False
    told = words(supervisor.get("/routing"))
    assert "These rules name what is not there any more" in told
    assert f"Rule 1, assignee: Nobody here signs in as “{login}”." in told


def test_two_rules_that_name_somebody_gone_are_put_right_one_after_the_other(
    supervisor: Browser, parts: Services, crew: dict[Role, int]
) -> None:
    with parts.db.write() as session:
        login = session.get_one(User, crew[Role.AGENT]).login
        rule = '[[rule]]\nname = "Rule {0}"\nwords = ["garden {0}"]\nteam = "marketing"\nassignee = "{1}"\n'
        versions.install(session, "".join(rule.format(number, login) for number in (1, 2)), utc_now())
    draft = draft_of(supervisor)
    with parts.db.write() as session:
        session.get_one(User, crew[Role.AGENT]).active = False
    assert f"Rule 2, assignee: Nobody here signs in as “{login}”. " in words(supervisor.get(draft))
    fields = {"name": "A", "to": "marketing", "when.0.fact": "words", "when.0.value": "garden", "do": "save"}
    kept = supervisor.post(f"{draft}/rules/1", **fields, assignee=login, revision=revision(supervisor, draft))
    assert kept.status_code == 422
    moved = supervisor.post(f"{draft}/rules/1/move", do="down", revision=revision(supervisor, draft))
    assert moved.status_code == 303
    for number in (1, 2):
        assert "there any more. Change them before you publish" in words(supervisor.get(draft))
        done = supervisor.post(f"{draft}/rules/{number}", **fields, revision=revision(supervisor, draft))
        assert done.status_code == 303
    assert "there any more" not in words(supervisor.get(draft))


def test_what_is_gone_is_told_before_it_is_published(
    supervisor: Browser, parts: Services, crew: dict[Role, int], scene: Scene
) -> None:
    scene.collect()
    with parts.db.write() as session:
        login = session.get_one(User, crew[Role.AGENT]).login
        source = f'[[rule]]\nname = "Hers"\nwords = ["garden"]\nassignee = "{login}"\n'
        versions.install(session, source, utc_now())
    draft = draft_of(supervisor)
    try_it(parts, supervisor, draft)
    with parts.db.write() as session:
        session.get_one(User, crew[Role.AGENT]).active = False
    refused = supervisor.post(f"{draft}/publish", revision=revision(supervisor, draft))
    assert refused.status_code == 422
    assert f"Nobody here signs in as “{login}”." in words(refused)
