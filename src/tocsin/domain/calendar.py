"""A list of events as iCalendar text (RFC 5545): what calendars subscribe to. All times are UTC, so no zone is told.

It is written here since that takes fewer lines than a library takes milliseconds to import; what such a library is for
is reading what others wrote, and recurrences, of which there are none.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from .frozen import Utc

LONGEST_LINE = 75
"""Octets of a line without its end; what is longer is folded."""

_NOTHING = (
    "BEGIN:VTIMEZONE",
    "TZID:UTC",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "END:VTIMEZONE",
)
"""What a calendar without events holds: it is none without a component (3.6)."""

_ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})


class Event(NamedTuple):
    """One event. ``uid`` stays with it: by that a calendar knows it when it comes again."""

    uid: str
    start: Utc
    end: Utc
    summary: str
    description: str = ""


def calendar(name: str, events: Iterable[Event], stamp: Utc) -> str:
    """Return a calendar called ``name``, as it is at ``stamp``. It ends with the end of a line, CRLF, as each does."""
    return "".join(f"{folded}\r\n" for line in _lines(name, events, stamp) for folded in _folded(line))


def _lines(name: str, events: Iterable[Event], stamp: Utc) -> Iterator[str]:
    yield "BEGIN:VCALENDAR"
    yield "VERSION:2.0"
    yield "PRODID:-//Tocsin//On call//EN"
    yield "CALSCALE:GREGORIAN"
    yield f"NAME:{_text(name)}"
    yield f"X-WR-CALNAME:{_text(name)}"  # what was understood before RFC 7986 named it
    some = list(events)
    if not some:
        yield from _NOTHING
    for event in some:
        yield "BEGIN:VEVENT"
        yield f"UID:{_text(event.uid)}"
        yield f"DTSTAMP:{_moment(stamp)}"  # the later one holds, so that no SEQUENCE is counted (RFC 5546, 2.1.5)
        yield f"DTSTART:{_moment(event.start)}"
        yield f"DTEND:{_moment(event.end)}"
        yield f"SUMMARY:{_text(event.summary)}"
        if event.description:
            yield f"DESCRIPTION:{_text(event.description)}"
        yield "TRANSP:TRANSPARENT"  # who is on call may have meetings
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(said: str) -> str:
    lines = "\n".join(said.splitlines())
    return "".join(one for one in lines if one == "\n" or one.isprintable()).translate(_ESCAPED)


def _folded(line: str) -> Iterator[str]:
    """Yield a line in parts of at most :data:`LONGEST_LINE` octets, none of which cuts a character apart."""
    part, size = "", 0
    for one in line:
        octets = len(one.encode())
        if size + octets > LONGEST_LINE:
            yield part
            part, size = " ", 1
        part += one
        size += octets
    yield part
