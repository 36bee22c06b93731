"""The contract suite on a real WordPress: as a moderator, as an author, as a mere member, and without a login."""

import pytest

from tests.connectors.contract import ConnectorContract
from tests.connectors.cutting import Sender
from tests.connectors.publish_contract import PublishContract, PublishWireContract
from tests.connectors.reading_contract import ReadingContract
from tests.connectors.wire_contract import WireContract
from tests.connectors.wordpress_stage import Wire, WordPressStage, opened_shop
from tests.servers.wordpress import Site

pytestmark = pytest.mark.xdist_group("wordpress")


class TestWordPress(ConnectorContract, WireContract):
    """Everything, broken wires included: these two read in ways of their own, and a member acts in a third."""

    kind = "wordpress"

    @pytest.fixture(params=["rita", "kim", None], ids=["moderator", "member", "anonymous"])
    def stage(self, request: pytest.FixtureRequest, wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
        if request.param == "kim":  # the suite answers more often than a member may
            wordpress_site.flags("no-flood-check")
        return WordPressStage(wordpress_wire, request.param)


class TestAuthor(ConnectorContract, PublishContract, PublishWireContract):
    kind = "wordpress"

    @pytest.fixture
    def stage(self, wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
        return WordPressStage(wordpress_wire, "tom")


class TestShop(ReadingContract):
    """Reviews of products among the comments, which makes it another list; answers leave as everywhere."""

    @pytest.fixture
    def stage(self, wordpress_wire: Wire, wordpress_site: Site) -> WordPressStage:
        return opened_shop(WordPressStage(wordpress_wire, "admin"))


def test_where_a_site_takes_the_same_words_twice_answers_cut_off_stand_once_each(
    wordpress_wire: Wire, wordpress_site: Site
) -> None:
    """Plugins switch WordPress's own guard off; then looking is all there is."""
    wordpress_site.flags("no-duplicate-check")
    sender = Sender(WordPressStage(wordpress_wire, "rita"))
    comments = sender.say_and_cut(guarded=False)
    assert [sender.stands(comment) for comment in comments] == [[f"Answer {n}"] for n in range(len(comments))]
