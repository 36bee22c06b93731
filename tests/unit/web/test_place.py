"""Where one is in the inbox: by what a script knows that something new belongs into the list."""

import pytest
from werkzeug.datastructures import MultiDict

from app.accounts.types import Actor, Role
from app.web.inbox import place

ANN = Actor(id=5, login="ann", name="Ann", role=Role.AGENT, language=None, team_ids=frozenset({2, 1}))


@pytest.mark.parametrize(
    ("address", "held"),
    [
        ({"view": "all"}, {}),
        ({"view": "team"}, {"team": [1, 2]}),
        ({"view": "mine"}, {"assignee": [5]}),
        ({"view": "unassigned"}, {"assignee": [0]}),
        ({"view": "team", "page": "7"}, {"team": [1, 2], "page": [7]}),
        ({"view": "all", "assignee": "nobody"}, {"assignee": [0]}),
        ({"view": "team", "kind": "first", "language": "de"}, {"team": [1, 2], "kind": ["first"], "language": ["de"]}),
        ({"view": "all", "target": "late"}, {"target": ["late"]}),
        (
            {"view": "all", "platform": "youtube", "campaign": "3", "tag": "7"},
            {"platform": ["youtube"], "campaign": [3], "tag": [7]},
        ),
        ({"view": "put_off"}, None),
        ({"view": "mine", "assignee": "7"}, None),
        ({"view": "all", "state": "done"}, None),
        ({"view": "spam"}, None),
    ],
)
def test_what_a_list_of_those_who_wait_holds(
    address: dict[str, str], held: dict[str, list[int] | list[str]] | None
) -> None:
    assert place.read(MultiDict(address), ANN).holds(ANN) == held
