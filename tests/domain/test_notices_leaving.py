"""Mails, push messages and chat messages leave once, through real servers, and say why when they do not."""

import json
import ssl
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from app.accounts import service as accounts
from app.bootstrap import Services
from app.core.http import Http
from app.core.mail import Mailer
from app.core.sections import Outgoing, Smtp
from app.inbox.models import Conversation
from app.notifications import digests, outgoing, push, queries, service
from app.notifications.models import ChatHook, Message, PushDevice
from app.notifications.runner import retry_after
from app.notifications.types import Event, MessageState
from app.pages.models import Page
from app.signals.types import SignalKind
from tests.domain.conftest import Desk, House
from tests.domain.test_notifications import forget
from tests.servers.certificates import Authority
from tests.servers.loopback import Loopback, Reply
from tests.servers.mail import Postbox, serving
from tests.servers.push_browser import PushBrowser


@pytest.fixture
def mailing(desk: Desk, postbox: Postbox) -> Desk:
    """Bob has an address, and the mail server runs."""
    desk.address(desk.house.bob, "bob@example.org")
    mailer = Mailer(Smtp(host="127.0.0.1", port=postbox.port, security="none", sender="desk@example.org"))
    return replace(desk, runner=replace(desk.runner, mailer=mailer))


def mention(desk: Desk, talk: int) -> None:
    desk.tell(SignalKind.MENTIONED, actor_id=desk.house.ann.id, people=[desk.house.bob.id], conversation_id=talk)
    desk.spread()


def send(desk: Desk) -> None:
    """As if the waiting were over."""
    with desk.house.db.write() as session:
        waiting = Message.state.in_([MessageState.OPEN, MessageState.AGAIN])
        session.execute(update(Message).where(waiting).values(due_at=desk.now))
    desk.runner.send()


def states(desk: Desk) -> list[MessageState]:
    return [one.state for one in desk.messages()]


def trouble(desk: Desk) -> list[str]:
    with desk.house.db.read() as session:
        return [one.reason for one in queries.troubles(session, desk.now)]


def test_a_mail_says_what_happened_and_where(mailing: Desk, postbox: Postbox) -> None:
    talk = mailing.talk()
    mention(mailing, talk)
    send(mailing)
    (mail,) = postbox.mails
    assert postbox.recipients == ["bob@example.org"]
    assert mail["Subject"] == "ann mentioned you in a note about Maria on Our blog"
    assert mail["From"] == "Porchlight <desk@example.org>"
    assert "Where is my order" not in mail.as_string()
    plain, rich = (part.get_content() for part in mail.iter_parts())
    for text in (plain, rich):
        assert f"https://inbox.example.org/inbox/{talk}" in text
        assert "Maria" in text
        assert "/notifications/leave/" in text
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert states(mailing) == [MessageState.SENT]
    send(mailing)
    assert len(postbox.mails) == 1


def test_a_mail_speaks_its_readers_language(mailing: Desk, postbox: Postbox) -> None:
    with mailing.house.db.write() as session:
        accounts.set_language(session, mailing.house.bob.id, "de")
    mention(mailing, mailing.talk())
    mention(mailing, mailing.talk())
    send(mailing)
    (mail,) = postbox.mails
    assert mail["Content-Language"] == "de"
    assert "Dinge" in mail["Subject"]


def test_names_of_strangers_change_nothing_in_a_mail(mailing: Desk, postbox: Postbox) -> None:
    mailing.house.platform.say("<b>Eve\r\nBcc: all@example.org</b>", "Hello?", mailing.now, key="user:evil")
    talk = mailing.talk()
    mailing.house.collect()
    mention(mailing, talk)
    with mailing.house.db.read() as session:
        evil = session.scalars(select(Conversation.id).order_by(Conversation.id)).first()
    mention(mailing, evil or 0)
    send(mailing)
    (mail,) = postbox.mails
    assert mail["Bcc"] is None
    rich = list(mail.iter_parts())[1].get_content()
    assert "<b>" not in rich
    assert "&lt;b&gt;Eve" in rich


def test_the_digest_lists_what_was_forgotten(mailing: Desk, postbox: Postbox) -> None:
    mailing.address(mailing.house.ann, "ann@example.org")
    talk = forget(mailing)
    with mailing.house.db.write() as session:
        digests.make_due(session, mailing.now, mail=True)
        digests.make_due(session, mailing.now.replace(hour=12) + timedelta(days=1), mail=True)
    send(mailing)
    (mail,) = postbox.mails
    text = next(iter(mail.iter_parts())).get_content()
    assert "belongs to nobody" in text
    assert f"/inbox/{talk}" in text


def test_a_mail_server_that_is_busy_is_asked_again_with_all_that_came_meanwhile(
    mailing: Desk, postbox: Postbox
) -> None:
    talk = mailing.talk()
    postbox.faults = ["451 try later", "451 try later"]
    mention(mailing, talk)
    send(mailing)
    assert states(mailing) == [MessageState.OPEN]
    assert trouble(mailing) == ["The mail server says: 451 try later"]
    with mailing.house.db.write() as session:
        (held,) = outgoing.due(session, mailing.now + timedelta(hours=1))
        claimed = outgoing.claim(session, held, mailing.now + timedelta(hours=1))
    mention(mailing, talk)  # while the first is being sent
    assert claimed is not None
    with mailing.house.db.write() as session:
        outgoing.record_not_sent(session, claimed, "451", mailing.now)
    assert states(mailing) == [MessageState.OPEN]
    postbox.faults.clear()
    send(mailing)
    (mail,) = postbox.mails
    assert mail["Subject"] == "2 things for you"
    assert trouble(mailing) == []


def test_a_server_that_is_not_there_shows_on_the_health_page(mailing: Desk) -> None:
    away = Mailer(Smtp(host="127.0.0.1", port=9, security="none"))
    gone = replace(mailing, runner=replace(mailing.runner, mailer=away))
    mention(gone, gone.talk())
    send(gone)
    (reason,) = trouble(gone)
    assert reason.startswith("127.0.0.1:9 can’t be reached")


def test_an_address_that_is_refused_is_not_tried_for_ever(mailing: Desk, postbox: Postbox) -> None:
    postbox.faults = ["rcpt 550 no such person"]
    mention(mailing, mailing.talk())
    send(mailing)
    assert states(mailing) == [MessageState.FAILED]
    assert "550" in trouble(mailing)[0]


def test_a_mail_that_may_have_left_is_the_same_when_it_is_sent_again(mailing: Desk, postbox: Postbox) -> None:
    postbox.faults = ["break"]
    talk = mailing.talk()
    mention(mailing, talk)
    send(mailing)
    assert states(mailing) == [MessageState.AGAIN]
    mention(mailing, talk)
    with mailing.house.db.write() as session:
        service.read_all(session, mailing.house.bob, mailing.now)
    send(mailing)
    first, second = postbox.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Subject"] == second["Subject"]
    assert sorted(states(mailing)) == [MessageState.DROPPED, MessageState.SENT]


def test_a_process_that_dies_while_sending_leaves_nothing_undone(mailing: Desk, postbox: Postbox) -> None:
    mention(mailing, mailing.talk())
    (message,) = mailing.messages()
    later = mailing.now + timedelta(minutes=2)
    with mailing.house.db.write() as session:
        assert outgoing.claim(session, message.id, later) is not None
        assert outgoing.claim(session, message.id, later) is None  # nobody else meanwhile
    with mailing.house.db.read() as session:
        assert not outgoing.has_due(session, later + timedelta(seconds=60))
        assert outgoing.has_due(session, later + outgoing.LEASE)
    with mailing.house.db.write() as session:
        assert outgoing.claim(session, message.id, later + outgoing.LEASE) is not None


def test_starttls_and_a_login(desk: Desk, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    password = tmp_path / "password"
    password.write_text("s3cret\n")
    trusting = ssl.create_default_context(cafile=str(authority.file))
    desk.address(desk.house.bob, "bob@example.org")
    talk = desk.talk()
    for postbox in serving(Postbox(), authority.server("127.0.0.1")):
        smtp = Smtp(host="127.0.0.1", port=postbox.port, user="porchlight", password_file=password)
        for mailer in (Mailer(smtp), Mailer(smtp.model_copy(update={"user": "mallory"}), context=trusting)):
            mention(desk, talk)
            send(replace(desk, runner=replace(desk.runner, mailer=mailer)))
            assert postbox.mails == []
        assert "does not accept the user" in trouble(desk)[0]
        assert "s3cret" not in trouble(desk)[0]
        send(replace(desk, runner=replace(desk.runner, mailer=Mailer(smtp, context=trusting))))
        assert len(postbox.mails) == 1


def test_leaving_is_signed_and_ends_all_mails(mailing: Desk, postbox: Postbox) -> None:
    house = mailing.house
    token = service.leave_token(house.box, house.bob.id)
    assert service.leaver(house.box, token) == house.bob.id
    for wrong in ("", "x", token[:-2], token[:-4] + "AAAA", house.box.seal({"login": "1"}).decode(), "é"):
        with pytest.raises(Exception, match="link"):
            service.leaver(house.box, wrong)
    mention(mailing, mailing.talk())
    with house.db.write() as session:
        service.leave(session, house.bob.id)
    send(mailing)
    assert postbox.mails == []
    mention(mailing, mailing.talk())
    assert [one.channel for one in mailing.messages() if one.state is MessageState.OPEN] == []
    mailing.address(house.bob, "bob@example.org")
    mention(mailing, mailing.talk())
    send(mailing)
    assert len(postbox.mails) == 1


@pytest.fixture
def device(desk: Desk, loopback: Loopback) -> PushBrowser:
    """A browser of Bob's, whose push service is the loopback server."""
    browser = PushBrowser()
    house = desk.house
    with house.db.write() as session:
        service.push_public_key(session, house.box)
        sealed = house.box.seal(
            {
                "endpoint": loopback.url("/send/abc"),
                "p256dh": push.encoded(browser.public),
                "auth": push.encoded(browser.auth),
            }
        )
        session.add(
            PushDevice(user_id=house.bob.id, endpoint_hash="x", sealed=sealed, label="Firefox", created_at=desk.now)
        )
    return browser


def test_a_push_message_is_for_that_browser_and_says_who_we_are(
    desk: Desk,
    loopback: Loopback,
    device: PushBrowser,
) -> None:
    loopback.route("/send/abc", lambda request: Reply(status=201))
    talk = desk.talk()
    mention(desk, talk)
    send(desk)
    (request,) = loopback.requests
    read = json.loads(device.read(request.body))
    assert read["body"] == "ann mentioned you in a note about Maria on Our blog."
    assert read["url"] == f"/inbox/{talk}"
    assert request.headers["content-encoding"] == "aes128gcm"
    assert request.headers["ttl"] == "86400"
    assert len(request.headers["topic"]) <= 32
    with desk.house.db.write() as session:
        public = service.push_public_key(session, desk.house.box)
    assert request.headers["authorization"].endswith(f", k={public}")
    assert states(desk) == [MessageState.SENT]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(
    desk: Desk,
    loopback: Loopback,
    device: PushBrowser,
    status: int,
) -> None:
    loopback.route("/send/abc", lambda request: Reply(status=status))
    talk = desk.talk()
    mention(desk, talk)
    send(desk)
    with desk.house.db.read() as session:
        assert session.scalar(select(PushDevice.id)) is None
    assert states(desk) == []
    mention(desk, talk)
    assert states(desk) == []


def test_a_push_service_in_trouble_is_asked_again_when_it_says(
    desk: Desk,
    loopback: Loopback,
    device: PushBrowser,
) -> None:
    loopback.route("/send/abc", lambda request: Reply(status=429, headers=[("Retry-After", "7200")]))
    mention(desk, desk.talk())
    send(desk)
    (message,) = desk.messages()
    assert message.state is MessageState.OPEN
    assert message.due_at > desk.now + timedelta(hours=1, minutes=59)
    assert "429" in (message.error or "")


def test_retry_after_is_read_in_both_forms_and_bounded(desk: Desk) -> None:
    now = desk.now
    assert retry_after("30", now) == now + timedelta(seconds=30)
    assert retry_after("999999999999", now) == now + timedelta(days=1)
    assert retry_after("Fri, 01 Jan 2100 00:00:00 GMT", now) == now + timedelta(days=1)
    for nonsense in ("", "soon", "-5", "Fri"):
        assert retry_after(nonsense, now) is None


def room(house: House, url: str, now: object, **changes: object) -> int:
    given: dict[str, object] = {
        "hook_id": None,
        "name": "Service room",
        "url": url,
        "team_id": None,
        "events": [Event.REPLY_FAILED, Event.PAGE_STOPPED, Event.DIGEST],
        "language": "en",
        "now": now,
    }
    with house.db.write() as session:
        return service.save_hook(session, house.box, **{**given, **changes})  # type: ignore[arg-type]


def test_a_room_hears_what_it_asked_for(desk: Desk, loopback: Loopback) -> None:
    house, talk = desk.house, desk.talk()
    loopback.route("/hook", lambda request: Reply(b"ok"))
    room(house, loopback.url("/hook"), desk.now)
    room(house, loopback.url("/other"), desk.now, name="Elsewhere", team_id=house.marketing_team)
    with house.db.read() as session:
        team = session.get_one(Conversation, talk).team_id
    desk.tell(SignalKind.REPLY_FAILED, people=[house.ann.id], conversation_id=talk, code="comments_closed")
    mention(desk, talk)
    send(desk)
    heard = {request.path: json.loads(request.body) for request in loopback.requests}
    assert heard["/hook"]["text"] == (
        "A reply to Maria on Our blog could not be sent: Comments are closed there. "
        f"<https://inbox.example.org/inbox/{talk}|Open>"
    )
    assert ("/other" in heard) is (team == house.marketing_team)
    assert loopback.requests[0].headers["content-type"] == "application/json"


def test_a_room_never_hears_the_same_twice(desk: Desk, loopback: Loopback) -> None:
    """Nobody could tell there that it is the same: what may have arrived is left at that."""
    loopback.route("/hook", lambda request: lambda wire: None)  # takes it, and breaks off
    house, talk = desk.house, desk.talk()
    hook = room(house, loopback.url("/hook"), desk.now)
    desk.tell(SignalKind.REPLY_FAILED, people=[house.ann.id], conversation_id=talk, code="comments_closed")
    desk.spread()
    send(desk)
    send(desk)
    assert len(loopback.requests) == 1
    assert states(desk) == [MessageState.FAILED]
    with house.db.read() as session:
        assert session.get_one(ChatHook, hook).error
        assert queries.hooks(session)[0].error
    assert trouble(desk)


def test_a_rooms_address_is_kept_sealed_and_tried(desk: Desk, loopback: Loopback) -> None:
    loopback.route("/hook", lambda request: Reply(b"ok"))
    house = desk.house
    hook = room(house, loopback.url("/hook"), desk.now)
    with house.db.write() as session:
        assert b"/hook" not in session.get_one(ChatHook, hook).sealed_url
        service.try_hook(session, desk.eve, hook, desk.now)
    send(desk)
    assert "eve tries" in json.loads(loopback.requests[0].body)["text"]
    room(house, "", desk.now, hook_id=hook, name="New name")
    with house.db.read() as session:
        (view,) = queries.hooks(session)
        assert (view.name, view.host) == ("New name", "127.0.0.1")
    with house.db.write() as session:
        service.remove_hook(session, desk.eve, hook, desk.now)
    with house.db.read() as session:
        assert queries.hooks(session) == []


def test_a_private_address_is_refused_unless_it_is_allowed(
    desk: Desk,
    services: Services,
    loopback: Loopback,
) -> None:
    guarded = replace(desk, runner=replace(desk.runner, http=Http(Outgoing())))
    house = desk.house
    hook = room(house, loopback.url("/hook"), desk.now)
    with house.db.write() as session:
        service.try_hook(session, desk.eve, hook, desk.now)
    send(guarded)
    assert loopback.requests == []
    assert trouble(guarded)


def test_the_demonstration_never_leaves_the_house(mailing: Desk, postbox: Postbox, loopback: Loopback) -> None:
    talk = mailing.talk()
    room(mailing.house, loopback.url("/hook"), mailing.now)
    with mailing.house.db.write() as session:
        session.execute(update(Page).values(demo=True))
    mention(mailing, talk)
    mailing.tell(SignalKind.REPLY_FAILED, people=[mailing.house.bob.id], conversation_id=talk, code="x")
    mailing.spread()
    assert mailing.messages() == []
    assert mailing.told(mailing.house.bob) == [Event.REPLY_FAILED, Event.MENTIONED]
