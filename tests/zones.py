"""Every change of clocks in the tz database, found by looking at the clocks."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

BEGINS, ENDS = datetime(1970, 1, 5, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
WEEK, SECOND = timedelta(weeks=1), timedelta(seconds=1)
NOT_OF_A_PLACE = frozenset({"Factory", "localtime", "posixrules"})


class ClockChange(NamedTuple):
    """From ``at`` on, local time is ``after`` ahead of UTC, and no longer ``before``."""

    zone: ZoneInfo
    at: datetime
    before: timedelta
    after: timedelta

    @property
    def by(self):
        """By how much clocks are set forward; back, if it is negative."""
        return self.after - self.before

    @property
    def in_whole_minutes(self):
        """Say so. The one exception since 1970 is Monrovia's, of 1972: a walk by minutes cannot see it."""
        return not any(offset % timedelta(minutes=1) for offset in (self.before, self.after))


@cache
def changes():
    """Return them by zone; of zones that are the same one."""
    found = {}
    for name in sorted(available_timezones() - NOT_OF_A_PLACE):
        zone = ZoneInfo(name)
        of_zone = tuple(_of(zone))
        if of_zone:
            found.setdefault(tuple(change[1:] for change in of_zone), of_zone)
    return {str(of_zone[0].zone): of_zone for of_zone in found.values()}


@cache
def every_change():
    """Return all of them in one list."""
    return [change for of_zone in changes().values() for change in of_zone]


@cache
def each_kind_of_change():
    """Return of each zone the latest change from one offset to another."""
    return list({(str(change.zone), change.before, change.after): change for change in every_change()}.values())


def _of(zone):
    at, offset = BEGINS, BEGINS.astimezone(zone).utcoffset()
    while at < ENDS:
        later = (at + WEEK).astimezone(zone).utcoffset()
        if later != offset:
            yield ClockChange(zone, _moment(zone, at, offset), offset, later)
        at, offset = at + WEEK, later


def _moment(zone, early, offset):
    least, most = 0, WEEK // SECOND
    while most - least > 1:
        middle = (least + most) // 2
        if (early + middle * SECOND).astimezone(zone).utcoffset() == offset:
            least = middle
        else:
            most = middle
    return early + most * SECOND
