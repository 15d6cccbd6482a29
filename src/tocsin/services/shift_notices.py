"""Telling people that a shift of theirs moved: what is to be sent is written in the commit that moves it."""

from datetime import timedelta

from pydantic import JsonValue

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.frozen import Utc
from tocsin.domain.schedule import Schedule
from tocsin.domain.shift_changes import TOLD_AHEAD, Moved, moved
from tocsin.domain.stints import Span
from tocsin.ids import NewId

from .due import SHIFT_NOTICE

MOST_NOTICES = 30
"""People who are told of one change, those whose shifts move first before the others: a commit has room for few."""

MOST_SPANS = 20
"""Shifts that one notice names of each kind; it counts the others."""

KEPT = timedelta(days=7)
"""What nobody has sent by then is news no more."""


def notices(
    before: Schedule | None, after: Schedule | None, *, now: Utc, doer: str, new_id: NewId
) -> tuple[tuple[RecordWrite, ...], int]:
    """Return what tells everybody concerned but who did it (``doer``, an id), and how many are not told."""
    changes = moved(before, after, now, now + TOLD_AHEAD)
    concerned = sorted((one for one in changes.items() if one[0] != doer), key=lambda one: (one[1].first, one[0]))
    schedule = after or before
    told = (
        ()
        if schedule is None
        else tuple(_notice(new_id(), person, schedule, what, now) for person, what in concerned[:MOST_NOTICES])
    )
    return told, max(len(concerned) - MOST_NOTICES, 0)


def _notice(notice_id: str, person: str, schedule: Schedule, what: Moved, now: Utc) -> RecordWrite:
    body: dict[str, JsonValue] = {
        "user": person,
        "schedule": schedule.id,
        "name": schedule.name,
        "gained": [_said(one, now) for one in what.gained[:MOST_SPANS]],
        "lost": [_said(one, now) for one in what.lost[:MOST_SPANS]],
        "left_out": sum(max(len(some) - MOST_SPANS, 0) for some in (what.gained, what.lost)),
    }
    record = Record(kind=SHIFT_NOTICE, id=notice_id, body=body, due_at=now, expires_at=now + KEPT)
    return RecordWrite(kind=SHIFT_NOTICE, id=notice_id, record=record, expected=0)


def _said(span: Span, now: Utc) -> list[JsonValue]:
    """Return from when until when; null: it ends beyond what is looked at, nobody has said when."""
    return [span.start.isoformat(), span.end.isoformat() if span.end < now + TOLD_AHEAD else None]
