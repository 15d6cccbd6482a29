"""Moments that senders name are read in the few ways that people write them, and believed within reason."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.bodies import ARRIVED
from tocsin.errors import InvalidInput
from tocsin.sources.times import AHEAD, believed, instant


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T11:50:00Z",
        "2026-03-02t11:50:00z",
        " 2026-03-02T11:50:00Z ",
        "2026-03-02T11:50:00.000000000Z",
        "2026-03-02 11:50:00+00:00",
        "2026-03-02T17:20:00+05:30",
        1_772_452_200,
        1_772_452_200.0,
        1_772_452_200_000,
        "1772452200",
        "1772452200000",
    ],
)
def test_one_moment_in_all_its_spellings(value):
    """RFC 3339 with any offset, seconds and milliseconds, also as texts."""
    assert instant(value, "timestamp") == datetime(2026, 3, 2, 11, 50, tzinfo=UTC)


def test_nanoseconds_are_cut_to_microseconds():
    """Go writes nine digits; two stamps of one moment stay equal."""
    found = instant("2026-03-02T11:50:00.632123456Z", "startsAt")
    assert found == datetime(2026, 3, 2, 11, 50, 0, 632_123, UTC)


@pytest.mark.parametrize(
    "value",
    [None, "", 0, "0", -1, -1e300, "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "1969-12-31T23:59:59Z"],
)
def test_what_stands_for_no_moment_is_none(value):
    """Go's year 1, zero, and everything before 1970."""
    assert instant(value, "endsAt") is None


@pytest.mark.parametrize(
    "value",
    ["yesterday", "2026-03-02", "2026-13-02T00:00:00Z", "2026-03-02T11:50:00", "1" * 70, True, [], {}, 1e30, 10**400],
)
def test_what_is_no_moment_is_refused_by_name(value):
    """A naive one, too: nobody can know what it means."""
    with pytest.raises(InvalidInput) as refused:
        instant(value, "timestamp")
    assert str(refused.value).startswith("timestamp: ")


def test_a_missing_time_zone_is_called_that():
    """It is the mistake that people make."""
    with pytest.raises(InvalidInput, match="its time zone is missing"):
        instant("2026-03-02T11:50:00", "timestamp")


def test_the_last_day_that_there_is_can_be_read():
    """With an offset that leads beyond it."""
    for value in ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00"):
        assert instant(value, "timestamp").year == 9999


def test_a_moment_far_ahead_becomes_the_time_of_arrival():
    """Or it would make all that follows look late; a clock that is a little fast keeps its order."""
    assert believed(datetime.max.replace(tzinfo=UTC), ARRIVED) == ARRIVED
    assert believed(ARRIVED + AHEAD + timedelta(seconds=1), ARRIVED) == ARRIVED
    for near in (ARRIVED + AHEAD, ARRIVED, datetime.min.replace(tzinfo=UTC)):
        assert believed(near, ARRIVED) == near


@given(
    st.text(max_size=40) | st.integers() | st.floats() | st.datetimes(timezones=st.timezones()).map(datetime.isoformat)
)
def test_any_value_is_a_moment_or_none_or_a_refusal(value):
    """In UTC, after 1970."""
    with contextlib.suppress(InvalidInput):
        found = instant(value, "date")
        assert found is None or (found.utcoffset() == timedelta(0) and found.timestamp() > 0)
