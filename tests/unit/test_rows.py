"""Lines of lists are read by the order of their columns."""

from dataclasses import fields

import pytest

from app.inbox import queries
from app.inbox.types import ConversationState, ListFilter, Mark, Row


@pytest.mark.parametrize("wanted", [ListFilter(ConversationState.NEW), ListFilter(None, mark=Mark.UNSENT)])
def test_columns_stand_in_the_order_of_the_fields(wanted: ListFilter) -> None:
    columns = [one.name for one in queries._list_query(wanted, 50, goes_on=False).selected_columns]
    added = {"marks", "due_at", "tags"}  # by another statement
    assert columns == [one.name for one in fields(Row) if one.name not in added]
