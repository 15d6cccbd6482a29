"""A wall clock that is never set back: what a local time means where clocks change.

Whoever agrees on 09:00 looks at a clock on the wall, and is sure of two things: it never shows a time again that is
over, and it arrives at every time. Clocks that change keep to neither, so this one stands between:

- Set forward, it jumps, as any clock does. A local time that the jump leaves out has come with the jump: what is to
  happen at 02:30 happens at the first moment after the gap (03:00 there), and what would last from 02:00 to 02:45 takes
  no time at all.
- Set back, it stands still until it is that late again. A local time that exists twice is the first of the two, and the
  repeated hour belongs to whatever reaches to its very end.

So a local time is the first moment at which clocks have come as far (:func:`moment_of`), and at each moment they have
come so far (:func:`reached`). The two fit each other exactly::

    moment_of(local, zone) <= at    if and only if    local <= reached(at, zone)

What meets on the clock therefore meets in time, without a gap and without an overlap, on every day of every zone.
(Since 1900 no zone has changed twice within three days, which is what this relies on; schedules begin in 1970.)
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from .frozen import Utc

_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1_024)
def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by IANA's name, as a checked one has it.

    There are fewer than the cache holds; zoneinfo's own keeps eight, and reads the others again.
    """
    return ZoneInfo(name)


def reached(at: Utc, zone: ZoneInfo) -> datetime:
    """Return the latest local time that clocks have shown by a moment, naive.

    While they repeat an hour it is the last instant of that hour: all of its local times are over but its end.
    """
    local = at.astimezone(zone)
    if not local.fold:
        return local.replace(tzinfo=None)
    before, after = _offsets(local)
    back = _change(at - (before - after), at, zone)
    return (back + before).replace(tzinfo=None) - datetime.resolution


def moment_of(local: datetime, zone: ZoneInfo) -> Utc:
    """Return the first moment by which clocks have come as far as a local time, given naive."""
    before, after = _offsets(local.replace(tzinfo=zone))
    moment = local.replace(tzinfo=UTC) - before
    if before >= after:
        return moment
    return _change(moment - (after - before), moment, zone)


def _offsets(local: datetime) -> tuple[timedelta, timedelta]:
    """Return the offset from UTC before a change that the local time is in, and after it; the same if it is in none."""
    said = local.replace(tzinfo=UTC)
    return said - local.replace(fold=0), said - local.replace(fold=1)


def _change(early: Utc, late: Utc, zone: ZoneInfo) -> Utc:
    """Return the second at which the offset changes between two moments, the later of which may be it.

    They are a day apart at most, so that there is no other change between them.
    """
    early = early.replace(microsecond=0)
    old = early.astimezone(zone).utcoffset()
    least, most = 0, -(-(late - early) // _SECOND)
    while most - least > 1:
        middle = (least + most) // 2
        if (early + middle * _SECOND).astimezone(zone).utcoffset() == old:
            least = middle
        else:
            most = middle
    return early + most * _SECOND
