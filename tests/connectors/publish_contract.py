"""The part of the contract suite for platforms that take posts of our own: published once, found again, told apart.

class TestMastodon(ConnectorContract, WireContract, PublishContract, PublishWireContract):
    @pytest.fixture
    def stage(self, ...) -> Iterator[MastodonStage]: ...
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.connectors import errors
from app.connectors.errors import ConnectorError, OutcomeUnknown, Permanent, RateLimited, Transient
from app.connectors.ports import Access
from app.connectors.publishing import NewPost, PostForm, Publisher, shown
from tests.connectors.following import Follower
from tests.connectors.stage import Fault, PublishStage, WireStage

POST = NewPost(
    "Easter is near & so are <our> buns – “warm” 🙂\n\nCome early!",
    title="Buns & <spring>",
    link="https://example.org/spring",
    image="https://example.org/spring.jpg",
    language="en",
)


class PublishContract:
    """For connectors that are a ``Publisher``, besides ``ConnectorContract``."""

    def test_a_post_stands_there_once_and_is_no_comment(self, stage: PublishStage) -> None:
        publisher, form = able(stage)
        began = datetime.now(UTC)
        sent = publisher.publish(stage.access, POST, key="p1", since=began)
        again = publisher.publish(stage.access, POST, key="p1", since=began)
        assert again.external_id == sent.external_id
        assert sent.url is None or sent.url.startswith(("http://", "https://"))
        [words] = [one for one in stage.posts() if "Easter" in one]
        assert bare(shown(POST, form)) in bare(words)
        if form.titled:
            assert POST.title in words
        follower = Follower(stage)
        follower.poll()
        assert sent.external_id not in follower.items
        comment = stage.say_below(sent.external_id, "Are they vegan?")
        follower.poll(later=timedelta(minutes=1))
        assert follower.items[comment].post.external_id == sent.external_id

    def test_a_post_is_found_by_what_it_says_and_when(self, stage: PublishStage) -> None:
        publisher, _form = able(stage)
        began = datetime.now(UTC)
        assert publisher.look_up_post(stage.access, POST, key="p1", since=began) is None
        sent = publisher.publish(stage.access, POST, key="p1", since=began)
        found = publisher.look_up_post(stage.access, POST, key="p1", since=began)
        assert found is not None
        assert (found.external_id, found.status) == (sent.external_id, sent.status)
        other = replace(POST, text="Something else")
        assert publisher.look_up_post(stage.access, other, key="p2", since=began) is None

    def test_a_post_that_does_not_fit_is_refused(self, stage: PublishStage) -> None:
        publisher, form = able(stage)
        wrong = [replace(POST, text="x" * (form.length.maximum + 1)), NewPost("")]
        wrong += [replace(POST, title=" ")] if form.titled else []
        wrong += [replace(POST, image="")] if form.pictured else []
        for post in wrong:
            with pytest.raises(Permanent) as caught:
                publisher.publish(stage.access, post, key="p1", since=datetime.now(UTC))
            assert caught.value.code == errors.INVALID_TEXT
        assert not [one for one in stage.posts() if "Easter" in one]

    def test_without_credentials_nothing_is_published(self, stage: PublishStage) -> None:
        publisher, _form = able(stage)
        if stage.access.secret is None:
            return
        anonymous = Access(stage.access.url, stage.access.settings)
        assert publisher.publishes(anonymous) is None
        with pytest.raises(Permanent) as caught:
            publisher.publish(anonymous, POST, key="p1", since=datetime.now(UTC))
        assert caught.value.code == errors.NOT_SUPPORTED


class PublishWireContract:
    """The same where the way there breaks: whatever guards a platform, an answer that was lost leads to one post."""

    @pytest.mark.parametrize(
        "fault",
        [
            Fault.CUT_BEFORE,
            Fault.CUT_AFTER,
            Fault.SILENT_AFTER,
            Fault.BROKEN_AFTER,
            Fault.THROTTLED,
            Fault.HTML,
            Fault.FORBIDDEN,
        ],
    )
    def test_a_post_that_fails_stands_once_in_the_end(self, stage: PublishStage, fault: Fault) -> None:
        assert isinstance(stage, WireStage)
        publisher, _form = able(stage)
        began = datetime.now(UTC)
        with stage.fault(fault, acts_only=True), pytest.raises(ConnectorError) as caught:
            publisher.publish(stage.access, POST, key="p1", since=began)
        error = caught.value
        stands = [one for one in stage.posts() if "Easter" in one]
        if stands:
            assert isinstance(error, OutcomeUnknown), "it was done, so it must not be said that it was not"
        if isinstance(error, OutcomeUnknown):
            found = publisher.look_up_post(stage.access, POST, key="p1", since=began)
            assert (found is not None) == bool(stands)
        else:
            classes = {Fault.CUT_BEFORE: Transient, Fault.THROTTLED: RateLimited}
            assert isinstance(error, classes.get(fault, ConnectorError))
        publisher.publish(stage.access, POST, key="p1", since=began)
        assert len([one for one in stage.posts() if "Easter" in one]) == 1


def able(stage: PublishStage) -> tuple[Publisher, PostForm]:
    """The connector under test, and what posts look like there."""
    assert isinstance(stage.connector, Publisher)
    form = stage.connector.publishes(stage.access)
    assert form is not None
    return stage.connector, form


def bare(text: str) -> str:
    """Words alone: what typography and markup leave of a text."""
    return " ".join("".join(one if one.isalnum() else " " for one in text).split())
