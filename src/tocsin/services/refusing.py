"""Refusals of those who are known, put on record: each principal once a minute for each route, however often it asks."""

import hashlib
from datetime import datetime, timedelta

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Record, RecordWrite
from tocsin.errors import Conflict, TocsinError

from .auditing import AuditLog

REFUSAL = "refusal"
"""The record kind that keeps a second process from telling of the same refusal. Forgotten after :data:`KEPT`."""

KEPT = timedelta(hours=1)
MOST_REMEMBERED = 1_000


class Refusals:
    """Notes who was refused what. Any number of threads may call it."""

    def __init__(self, audit: AuditLog, *, clock: Clock) -> None:
        self._audit = audit
        self._clock = clock
        self._noted: dict[str, datetime] = {}

    def note(self, principal_id: str, route: str, actor: Actor) -> None:
        """Put on record that this was refused, unless that was done within the minute. Raises what the store raises."""
        minute = self._clock().replace(second=0, microsecond=0)
        name = hashlib.sha256(f"{principal_id} {route}".encode()).hexdigest()[:32]
        if self._noted.get(name) == minute:
            return
        if len(self._noted) >= MOST_REMEMBERED:
            self._noted.clear()
        self._noted[name] = minute
        once = Record(kind=REFUSAL, id=f"{name}:{minute.isoformat()}", expires_at=minute + KEPT)
        try:
            self._audit.commit(
                Deed(AuditAction.ACCESS_REFUSED, actor, route),
                RecordWrite(kind=once.kind, id=once.id, record=once, expected=0),
            )
        except Conflict:
            return  # another process was asked the same, and has noted it
        except TocsinError:
            self._noted.pop(name, None)
            raise
