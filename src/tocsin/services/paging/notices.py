"""What people are told beside incidents: that a shift of theirs moved, that a silence of theirs ends. Acts of the tick.

A notice becomes pages in the commit that takes it, and goes as every page of low severity does.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.message import Tells
from tocsin.domain.page import Page
from tocsin.domain.severity import Severity
from tocsin.services.due import NOTICE, SHIFT_NOTICE
from tocsin.services.tick import Act

from .desk import Desk, planned


def notice_acts(desk: Desk) -> Mapping[str, Act]:
    """Return what makes pages of notices, for the tick."""

    def act(record: Record) -> bool:
        current = desk.current(record.kind, record.id)
        if current is not None:
            _take(desk, current)
        return True

    return {SHIFT_NOTICE: act, NOTICE: act}


def _take(desk: Desk, record: Record) -> None:
    now = desk.clock()
    user = str(record.body.get("user", ""))
    gone = RecordWrite(kind=record.kind, id=record.id, record=None, expected=record.version)
    pages = [
        Page(
            id=f"{record.kind}:{record.id}:{user}:{way.contact.id}",
            tells=Tells.NOTICE,
            action=record.kind,
            user=user,
            contact=way.contact.id,
            channel=way.contact.kind,
            text=said(record),
            made_at=now,
            not_before=now + way.after,
        )
        for way in desk.directory.ways(user, Severity.LOW)
    ]
    if not pages:
        desk.log.warning("the %s %s reaches nobody: there is no way to tell %s", record.kind, record.id, user)
    desk.commit(gone, *(planned(page) for page in pages))


def said(record: Record) -> str:
    """Return a notice in words."""
    body = record.body
    if record.kind == NOTICE:
        incidents = body.get("incidents")
        named = ", ".join(map(str, incidents)) if isinstance(incidents, list) else ""
        return f"Your silence ends within minutes, and what it hides still fires: {named}"
    lines = [f"Your shifts by the schedule {body.get('name', '')} have changed."]
    lines += _spans("You are on call", body.get("gained"))
    lines += _spans("You are not on call any more", body.get("lost"))
    if body.get("left_out"):
        lines.append(f"And {body['left_out']} more.")
    return "\n".join(lines)


def _spans(what: str, spans: object) -> list[str]:
    found: list[str] = []
    for span in spans if isinstance(spans, Sequence) and not isinstance(spans, str) else ():
        start, end = (_moment(one) for one in span)
        found.append(f"{what} from {start} until {end} UTC." if end else f"{what} from {start} UTC on.")
    return found


def _moment(said: object) -> str:
    return f"{datetime.fromisoformat(said):%Y-%m-%d %H:%M}" if isinstance(said, str) else ""
