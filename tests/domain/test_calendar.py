"""Calendars as RFC 5545 has them, read by a reader that takes the text apart as it says."""

import re
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import example, given
from hypothesis import strategies as st

from tocsin.domain.calendar import LONGEST_LINE, Event, calendar

NOW = datetime(2026, 3, 2, 12, 0, 1, 5, tzinfo=UTC)
LATER = datetime(2026, 3, 3, 9, tzinfo=timezone(timedelta(hours=2)))
UNESCAPED = {"\\n": "\n", "\\N": "\n", "\\;": ";", "\\,": ",", "\\\\": "\\"}


def read(text):
    """Return the properties of a calendar in order, unfolded and unescaped (3.1 and 3.3.11)."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    lines = re.sub(r"\r\n[ \t]", "", text).split("\r\n")[:-1]
    pairs = [line.partition(":") for line in lines]
    assert all(colon for _, colon, _ in pairs)
    return [(name, re.sub(r"\\[nN;,\\]", lambda found: UNESCAPED[found[0]], value)) for name, _, value in pairs]


def test_a_calendar_has_what_one_must_have():
    """In UTC, wherever moments were said; each event with its name, and when it was written."""
    event = Event("one@x", NOW, LATER, "Ann: Shop", "Ann is on call.")
    assert read(calendar("Shop", [event, event._replace(description="")], NOW)) == [
        ("BEGIN", "VCALENDAR"),
        ("VERSION", "2.0"),
        ("PRODID", "-//Tocsin//On call//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("NAME", "Shop"),
        ("X-WR-CALNAME", "Shop"),
        *(
            pair
            for description in ([("DESCRIPTION", "Ann is on call.")], [])
            for pair in [
                ("BEGIN", "VEVENT"),
                ("UID", "one@x"),
                ("DTSTAMP", "20260302T120001Z"),
                ("DTSTART", "20260302T120001Z"),
                ("DTEND", "20260303T070000Z"),
                ("SUMMARY", "Ann: Shop"),
                *description,
                ("TRANSP", "TRANSPARENT"),
                ("END", "VEVENT"),
            ]
        ),
        ("END", "VCALENDAR"),
    ]


def test_a_calendar_without_events_is_one():
    """It holds a time zone that nothing is said in, since a calendar has to hold something (3.6)."""
    components = [value for name, value in read(calendar("Shop", [], NOW)) if name == "BEGIN"]
    assert components == ["VCALENDAR", "VTIMEZONE", "STANDARD"]


def test_text_from_people_stays_text():
    """What means something in a calendar is escaped, and what cannot be seen is left out."""
    hostile = "a\r\nEND:VEVENT\nBEGIN:VALARM;x,y\\z\x00\x1b[2J\u202e"
    text = calendar("x", [Event("u", NOW, LATER, hostile)], NOW)
    assert dict(read(text))["SUMMARY"] == "a\nEND:VEVENT\nBEGIN:VALARM;x,y\\z[2J"
    assert "\r\nBEGIN:VALARM" not in text


@given(st.text(max_size=300))
@example("x" * 500)
@example("Łukasz 🦊 " * 40)
def test_lines_are_folded_and_nothing_is_lost(said):
    """At 75 octets at most, none of which cuts a character apart, whatever is said."""
    text = calendar("x", [Event("u", NOW, LATER, said)], NOW)
    raw = text.encode()
    for line in raw.split(b"\r\n"):
        assert len(line) <= LONGEST_LINE
        line.decode()
    seen = "".join(one for one in "\n".join(said.splitlines()) if one == "\n" or one.isprintable())
    assert dict(read(text))["SUMMARY"] == seen
