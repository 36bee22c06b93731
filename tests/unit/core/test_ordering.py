"""Names in the order in which people look for them."""

from app.core.ordering import by_name


def test_numbers_in_names_are_sorted_by_their_size() -> None:
    names = ["page 100", "Page 10", "page 2b", "Page", "page 2", "Bakery 7", "9 to 5"]
    assert sorted(names, key=by_name) == ["9 to 5", "Bakery 7", "Page", "page 2", "page 2b", "Page 10", "page 100"]
