"""The wall clock that is never set back: local times that do not exist, or exist twice."""

from datetime import UTC, datetime, timedelta

import pytest

from tests import zones
from tocsin.domain.local_time import moment_of, reached, zone_of

INSTANT = datetime.resolution


def local(text):
    return datetime.fromisoformat(text)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "zone, wall, moment",
    [
        pytest.param("Europe/Berlin", "2026-03-29T01:59", "2026-03-29T00:59", id="before a gap"),
        pytest.param("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00", id="at its beginning"),
        pytest.param("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00", id="within it: the first moment after"),
        pytest.param("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00", id="at its end"),
        pytest.param("Europe/Berlin", "2026-03-29T03:01", "2026-03-29T01:01", id="after a gap"),
        pytest.param("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00", id="twice: the first one"),
        pytest.param("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59", id="twice, at its last minute"),
        pytest.param("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00", id="after what exists twice"),
        pytest.param("Europe/Dublin", "2026-03-29T01:30", "2026-03-29T01:00", id="summer is the standard, gap"),
        pytest.param("Europe/Dublin", "2026-10-25T01:30", "2026-10-25T00:30", id="summer is the standard, twice"),
        pytest.param("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30", id="half an hour is missing"),
        pytest.param("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", id="half an hour comes twice"),
        pytest.param("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30", id="the half hour is over"),
        pytest.param("Antarctica/Troll", "2026-03-29T02:30", "2026-03-29T01:00", id="two hours are missing"),
        pytest.param("Antarctica/Troll", "2026-10-25T02:30", "2026-10-25T00:30", id="two hours come twice"),
        pytest.param("Antarctica/Troll", "2026-10-25T03:00", "2026-10-25T03:00", id="the two hours are over"),
        pytest.param("Pacific/Apia", "2011-12-30T00:00", "2011-12-30T10:00", id="the missing day begins"),
        pytest.param("Pacific/Apia", "2011-12-30T17:00", "2011-12-30T10:00", id="all of it is one moment"),
        pytest.param("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00", id="and so is its end"),
        pytest.param("Africa/Casablanca", "2026-02-15T02:30", "2026-02-15T01:30", id="Ramadan, twice"),
        pytest.param("Africa/Casablanca", "2026-03-22T02:30", "2026-03-22T02:00", id="the end of Ramadan, gap"),
    ],
)
def test_a_local_time_is_the_first_moment_by_which_clocks_have_come_as_far(zone, wall, moment):
    """One that does not exist comes with the jump; of two the first one counts."""
    assert moment_of(local(wall), zone_of(zone)) == utc(moment)


@pytest.mark.parametrize(
    "zone, moment, wall",
    [
        pytest.param("Europe/Berlin", "2026-03-29T00:59:59", "2026-03-29T01:59:59", id="before a gap"),
        pytest.param("Europe/Berlin", "2026-03-29T01:00", "2026-03-29T03:00", id="it jumps"),
        pytest.param("Europe/Berlin", "2026-10-25T00:59:59", "2026-10-25T02:59:59", id="the first time"),
        pytest.param("Europe/Berlin", "2026-10-25T01:00", "2026-10-25T02:59:59.999999", id="it stands still"),
        pytest.param("Europe/Berlin", "2026-10-25T01:30:15.5", "2026-10-25T02:59:59.999999", id="still"),
        pytest.param("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T03:00", id="it goes on"),
    ],
)
def test_clocks_that_are_set_back_stand_still_until_it_is_that_late_again(zone, moment, wall):
    """Whatever ends with the repeated hour ends with its repetition."""
    assert reached(utc(moment), zone_of(zone)) == local(wall)


def around(change):
    """Return moments at the change, and at whatever it may be off by."""
    steps = (timedelta(), INSTANT, timedelta(seconds=1), timedelta(minutes=17), abs(change.by) / 2, abs(change.by))
    return [change.at + sign * (step + more) for step in steps for more in (timedelta(), INSTANT) for sign in (1, -1)]


def test_at_each_kind_of_change_of_every_zone_the_clock_arrives_at_each_local_time_once():
    """``moment_of(local) <= at`` if and only if ``local <= reached(at)``: nothing is between the two, and nothing twice."""
    assert len(zones.each_kind_of_change()) > 500
    for change in zones.each_kind_of_change():
        moments = sorted(around(change))
        heights = [reached(at, change.zone) for at in moments]
        assert heights == sorted(heights)
        for wall in {*heights, *((at + change.before).replace(tzinfo=None) for at in moments)}:
            moment = moment_of(wall, change.zone)
            assert [moment <= at for at in moments] == [wall <= height for height in heights], (change, wall)


def test_the_clock_shows_the_latest_that_any_clock_has_shown():
    """Seen by looking at it every minute, around one change in five."""
    for change in zones.each_kind_of_change()[::5]:
        start = change.at - timedelta(hours=1)
        latest = start.astimezone(change.zone).replace(tzinfo=None)
        for minute in range((abs(change.by) + timedelta(hours=3)) // timedelta(minutes=1)):
            at = start + timedelta(minutes=minute)
            latest = max(latest, at.astimezone(change.zone).replace(tzinfo=None))
            assert latest <= reached(at, change.zone) < latest + timedelta(minutes=1)
