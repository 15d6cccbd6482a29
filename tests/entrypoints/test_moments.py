from datetime import UTC, datetime, timedelta

import pytest

from tests.desk import NOON
from tocsin.entrypoints.moments import age, ahead, duration, exact, moment
from tocsin.errors import InvalidInput


@pytest.mark.parametrize(
    "text, meant",
    [
        ("2h", NOON - timedelta(hours=2)),
        ("3 d", NOON - timedelta(days=3)),
        ("90 min ago", NOON - timedelta(minutes=90)),
        ("1w", NOON - timedelta(weeks=1)),
        ("45S", NOON - timedelta(seconds=45)),
        ("2026-02-28", datetime(2026, 2, 28, tzinfo=UTC)),
        ("2026-02-28T14:05", datetime(2026, 2, 28, 14, 5, tzinfo=UTC)),
        ("2026-02-28 14:05:06Z", datetime(2026, 2, 28, 14, 5, 6, tzinfo=UTC)),
        ("2026-02-28T14:05+02:00", datetime(2026, 2, 28, 12, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_a_date_a_time_or_an_age(text, meant):
    """As people write them; UTC where no offset is given."""
    assert moment(text, NOON) == meant


@pytest.mark.parametrize(
    "text", ["", "soon", "2026-13-01", "2 moons", "-3d", "999999w", "0001-01-01T00:00+14:00", "٣d"]
)
def test_what_is_no_moment_is_refused_with_an_example(text):
    """Dates that there are none of, ages beyond all time, digits of other scripts."""
    with pytest.raises(InvalidInput, match="2026-03-31"):
        moment(text, NOON)


@pytest.mark.parametrize(
    "text, meant",
    [
        ("2h", NOON + timedelta(hours=2)),
        (" in 90 min ", NOON + timedelta(minutes=90)),
        ("2026-03-31", datetime(2026, 3, 31, tzinfo=UTC)),
        ("2026-03-31T14:05+02:00", datetime(2026, 3, 31, 12, 5, tzinfo=UTC)),
    ],
)
def test_a_time_to_come_is_a_date_a_time_or_how_long_it_is_from_now(text, meant):
    """As people write them; whether it has come already is for others to say."""
    assert ahead(text, NOON) == meant


@pytest.mark.parametrize("text", ["", "tomorrow", "2h ago", "-3d", "9999-12-31T23:59-01:00"])
def test_what_is_no_time_to_come_is_refused_with_an_example(text):
    """An age is none."""
    with pytest.raises(InvalidInput, match="2026-03-31T09:00"):
        ahead(text, NOON)


@pytest.mark.parametrize(
    "seconds, said", [(-5, "0 s"), (59, "59 s"), (60, "1 min"), (3_599, "59 min"), (7_200, "2 h"), (260_000, "3 d")]
)
def test_an_age_is_said_in_its_largest_unit(seconds, said):
    """A clock that is behind makes no negative ages."""
    assert age(NOON - timedelta(seconds=seconds), NOON) == said


@pytest.mark.parametrize(
    "seconds, said",
    [
        (None, "-"),
        (0, "0 s"),
        (0.4, "0 s"),
        (61, "1 min 1 s"),
        (3_600, "1 h"),
        (3_620, "1 h"),
        (12_000, "3 h 20 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds, said):
    """Seconds beside hours are noise."""
    assert duration(seconds) == said


def test_an_exact_time_is_utc_to_the_second():
    """Nothing for a moment that has not come."""
    assert exact(NOON) == "2026-03-02 12:00:00"
    assert exact(None) == ""
