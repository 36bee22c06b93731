from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Dialect, create_engine

from app.core.db import UtcTime

_SQLITE = create_engine("sqlite://").dialect
_POSTGRESQL = create_engine("postgresql+psycopg://").dialect
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(timedelta(hours=-11))])
_TIMES = st.datetimes(datetime.fromisoformat("0002-01-01"), datetime.fromisoformat("9998-01-01"), timezones=_ZONES)


@given(_TIMES)
def test_sqlite_keeps_times_as_sqlalchemy_writes_them_and_gives_them_back(value: datetime) -> None:
    kind = UtcTime().dialect_impl(_SQLITE)
    write, read = kind.bind_processor(_SQLITE), kind.result_processor(_SQLITE, None)
    assert write is not None
    assert read is not None
    written = write(value)
    assert written == value.astimezone(UTC).isoformat(" ", "microseconds").removesuffix("+00:00")
    assert read(written) == value


@pytest.mark.parametrize("dialect", [_SQLITE, _POSTGRESQL])
def test_a_time_without_a_zone_is_refused(dialect: Dialect) -> None:
    write = UtcTime().dialect_impl(dialect).bind_processor(dialect)
    assert write is not None
    with pytest.raises(ValueError, match="time zone"):
        write(datetime.fromisoformat("2026-01-01"))
