"""Signing in and out: nobody gets in by guessing, by a planted session or by a link that leads elsewhere."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from app.accounts import queries
from app.accounts import service as accounts
from app.accounts.models import User
from app.accounts.types import Role
from app.bootstrap import Services
from app.core import security
from app.core.clock import utc_now
from app.web.sessions import local_path
from tests.web.browser import PASSWORD, Browser, words
from tests.web.conftest import signed_in

pytestmark = pytest.mark.usefixtures("crew")


def test_who_knows_the_password_gets_in(browser: Browser) -> None:
    sent_away = browser.get("/pages")
    assert sent_away.status_code == 302
    assert sent_away.headers["Location"].startswith("/sign-in")
    answer = browser.sign_in("Agent ")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox")
    assert browser.get("/pages").status_code == 200
    assert browser.get("/sign-in").headers["Location"] == "/inbox"


def test_wrong_login_and_wrong_password_look_the_same(browser: Browser, app: Flask) -> None:
    wrong_password = browser.sign_in("agent", "wrong horse battery")
    wrong_login = Browser(app).sign_in("nobody", PASSWORD)
    assert wrong_password.status_code == wrong_login.status_code == 422
    said = [words(answer).replace("agent", "").replace("nobody", "") for answer in (wrong_password, wrong_login)]
    assert said[0] == said[1]
    assert "do not fit together" in said[0]
    assert "wrong horse" not in wrong_password.text


def test_before_anybody_is_there_the_page_says_how_to_begin(app: Flask, parts: Services, browser: Browser) -> None:
    assert "set-up link" not in browser.get("/sign-in").text
    with parts.db.write() as session:
        session.execute(update(User).values(active=False))
    assert "set-up link" in browser.get("/sign-in").text


def test_two_windows_are_sent_to_sign_in_at_once(browser: Browser) -> None:
    """Each got a cookie, and the later one counts in both: the form of the other asks once more."""
    first = browser.get("/sign-in?next=/pages")
    browser.put_cookie("")
    browser.get("/sign-in")
    fields = {
        "login": "agent",
        "password": PASSWORD,
        "next": "/pages",
        "csrf_token": first.text.split('csrf-token" content="')[1].split('"')[0],
    }
    again = browser.post("/sign-in", **fields)
    assert (again.status_code, again.headers["Location"]) == (303, "/sign-in?next=/pages")
    assert "once more" in words(browser.get(again.headers["Location"]))
    assert browser.get("/pages").status_code == 302
    del fields["csrf_token"]
    answer = browser.post("/sign-in", **fields)
    assert answer.status_code == 303, words(answer)
    assert answer.headers["Location"] == "/pages"


def test_what_a_script_asks_without_a_session_leaves_the_cookie_alone(browser: Browser) -> None:
    """It may be answered after the sign-in page was, whose form needs that page's cookie."""
    for path in ("/inbox/here", "/inbox/1/draft", "/inbox/news"):
        answer = browser.press(path, {"HX-Request": "true"}, csrf_token="")
        assert answer.status_code in (400, 405)
        assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in browser.get("/inbox/news", headers={"HX-Request": "true"}).headers


def test_who_was_signed_out_comes_back_to_the_page_and_not_to_a_part_of_it(browser: Browser) -> None:
    shown = {"HX-Request": "true", "HX-Current-URL": "https://inbox.example/inbox/7?view=all"}
    answer = browser.get("/inbox/7/similar", headers=shown)
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in?next=/inbox/7?view%3Dall")
    broken = browser.get("/inbox/7/similar", headers=shown | {"HX-Current-URL": "https://[x"})
    assert broken.headers["HX-Redirect"] == "/sign-in"


def test_the_session_is_a_new_one(app: Flask, browser: Browser) -> None:
    browser.get("/sign-in")
    planted = browser.cookie()
    assert planted
    browser.sign_in("agent")
    assert browser.cookie() != planted
    attacker = Browser(app)
    attacker.put_cookie(planted)
    assert attacker.get("/pages").status_code == 302


def test_a_session_somebody_else_planted_is_replaced(app: Flask, browser: Browser) -> None:
    attacker = signed_in(app, Role.MARKETER)
    browser.put_cookie(attacker.cookie())
    browser.get("/account")
    assert "Marketer" in browser.get("/account").text
    browser.post("/sign-out")
    browser.sign_in("agent")
    assert browser.cookie() != attacker.cookie()
    assert "Agent" in words(browser.get("/account"))


def test_the_token_of_forms_changes_with_the_session(app: Flask, browser: Browser) -> None:
    browser.get("/sign-in")
    before = browser._token
    browser.sign_in("agent")
    browser._token = before
    assert browser.post("/account/language", language="de").status_code == 400


def test_signing_out_kills_the_session_everywhere(app: Flask, agent: Browser) -> None:
    stolen = agent.cookie()
    thief = Browser(app)
    thief.put_cookie(stolen)
    assert thief.get("/pages").status_code == 200
    answer = agent.post("/sign-out")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    thief = Browser(app)
    thief.put_cookie(stolen)
    assert thief.get("/pages").status_code == 302
    assert agent.get("/pages").status_code == 302


def test_signing_out_takes_a_form(agent: Browser) -> None:
    assert agent.get("/sign-out").status_code == 405
    agent._token = "forged"
    assert agent.post("/sign-out").status_code == 400
    assert agent.get("/pages").status_code == 200


def test_somebody_switched_off_is_out_at_once(parts: Services, agent: Browser, browser: Browser) -> None:
    with parts.db.write() as session:
        session.execute(update(User).where(User.login == "agent").values(active=False))
    assert agent.get("/pages").status_code == 302
    assert browser.sign_in("agent").status_code == 422


def test_a_session_ends_with_its_time(parts: Services, app: Flask, crew: dict[Role, int]) -> None:
    with parts.db.write() as session:
        old = accounts.open_session(session, crew[Role.AGENT], now=utc_now() - timedelta(days=15), days=14)
    with parts.db.read() as session:
        assert queries.actor_of_session(session, old.token, utc_now()) is None


def test_the_cookie_is_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    cookie = browser.sign_in("agent").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Expires=" in cookie


def attempts_judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    judged: list[str] = []
    real = security.password_matches

    def counted(stored: str | None, password: str) -> bool:
        judged.append(password)
        return real(stored, password)

    monkeypatch.setattr("app.accounts.service.password_matches", counted)
    return judged


def test_thirty_guesses_at_once_are_judged_ten_times(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = attempts_judged(monkeypatch)
    browsers = [Browser(app, f"198.51.100.{number}") for number in range(30)]
    for browser in browsers:
        browser.get("/sign-in")
    together = threading.Barrier(10)

    def guess(number: int) -> int:
        together.wait(30)
        return browsers[number].post("/sign-in", login="agent", password=f"guess number {number}").status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(guess, range(30)))
    assert len(judged) == 10
    assert answers.count(422) == 10
    assert answers.count(429) == 20
    assert Browser(app, "203.0.113.99").sign_in("agent").status_code == 429, "the right password is not judged either"
    assert Browser(app, "203.0.113.99").sign_in("marketer").status_code == 303


def test_guesses_from_one_address_are_counted_over_all_logins(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = attempts_judged(monkeypatch)
    browser = Browser(app)
    answers = [browser.sign_in(f"somebody{number}", "wrong horse").status_code for number in range(32)]
    assert answers == [422] * 30 + [429] * 2
    assert len(judged) == 30


def test_success_forgets_the_tries_at_the_login_but_not_others_from_the_address(app: Flask) -> None:
    browser = Browser(app)
    for round_ in range(3):
        for _ in range(9):
            assert browser.sign_in("agent", "wrong horse").status_code == 422
        assert browser.sign_in("agent").status_code == 303, round_
        browser.get("/account")
        browser.post("/sign-out")
    for number in range(3):
        assert browser.sign_in(f"other{number}", "wrong horse").status_code == 422
    assert browser.sign_in("agent").status_code == 429


@pytest.mark.parametrize("path", ["/pages", "/pages?x=1&y=%20", "/inbox?view=mine#top", "/"])
def test_after_signing_in_one_goes_on_where_one_wanted(app: Flask, path: str) -> None:
    assert local_path(path) == path
    browser = Browser(app)
    assert browser.sign_in("agent", next=path).headers["Location"] == path


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/a\\..\\b",
        "/\x00",
        "http:/evil.example",
        "/" + "a" * 3_000,
        "",
    ],
)
def test_nobody_is_sent_elsewhere(app: Flask, path: str) -> None:
    assert local_path(path) is None
    browser = Browser(app)
    page = browser.get("/sign-in", query_string={"next": path})
    assert 'name="next"' not in page.text
    assert browser.sign_in("agent", next=path).headers["Location"] == "/inbox"


def test_a_new_password_ends_every_other_session(app: Flask, agent: Browser) -> None:
    elsewhere = signed_in(app, Role.AGENT)
    before = agent.cookie()
    agent.get("/account")
    new = "a whole new horse"
    answer = agent.post("/account/password", present=PASSWORD, new=new, again=new)
    assert answer.status_code == 303
    assert elsewhere.get("/pages").status_code == 302
    assert agent.get("/pages").status_code == 200
    assert agent.cookie() != before
    assert Browser(app).sign_in("agent").status_code == 422
    assert Browser(app).sign_in("agent", new).status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "again", "said"),
    [
        ("wrong horse", "a whole new horse", "a whole new horse", "not your present password"),
        (PASSWORD, "a whole new horse", "another new horse", "differ"),
        (PASSWORD, "short", "short", "at least 10"),
        (PASSWORD, "x" * 513, "x" * 513, "at most 512"),
    ],
)
def test_a_password_is_not_changed_by_mistake(
    app: Flask, agent: Browser, present: str, new: str, again: str, said: str
) -> None:
    agent.get("/account")
    answer = agent.post("/account/password", present=present, new=new, again=again)
    assert answer.status_code == 422
    assert said in words(answer)
    assert Browser(app).sign_in("agent").status_code == 303


def test_the_present_password_cannot_be_guessed_from_a_stolen_session(
    agent: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = attempts_judged(monkeypatch)
    agent.get("/account")
    new = "a whole new horse"
    answers = [
        agent.post("/account/password", present=f"guess {number}", new=new, again=new).status_code
        for number in range(12)
    ]
    assert answers == [422] * 10 + [429] * 2
    assert len(judged) == 10


def test_one_chooses_a_language(agent: Browser) -> None:
    agent.get("/account")
    assert agent.post("/account/language", language="de").status_code == 303
    assert '<html lang="de"' in agent.get("/account").text
    agent.post("/account/language", language="xx")
    assert '<html lang="en"' in agent.get("/account").text
