"""What paging would do if nothing else happened, found out by letting it: nothing is written, and nothing is sent.

The turns are those of the pager itself, on a :class:`~.behind.Stage`, with a clock that goes from one due record to the
next, and channels that take everything. So whatever paging does, this knows.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from itertools import count
from typing import NamedTuple

from tocsin.domain.change import Record
from tocsin.domain.contact import Address
from tocsin.domain.escalation import Escalation, escalation_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.message import Message
from tocsin.domain.page import DELIVERY, PAGE, Page, page_of
from tocsin.domain.timeline import Event
from tocsin.services.channel import Channels, Receipt
from tocsin.services.listing import every_record
from tocsin.storage.store import Store

from .behind import Stage
from .delivering import Delivering
from .desk import Desk
from .directory import Directory
from .escalating import Escalating
from .messages import Messages

KINDS = frozenset({ESCALATION, NEWS, PAGE, DELIVERY})
"""What belongs to one incident, so that others' need not be looked at."""

REHEARSED_FOR = timedelta(days=16)
"""Longer than anything waits: up to a week for quiet hours to end, and up to a week for a step."""

MOST_ROUNDS = 100

_SILENT = logging.Logger("rehearsal", logging.CRITICAL + 1)  # noqa: LOG001 - it is no one's child, so that nobody hears it


class Rehearsed(NamedTuple):
    """What there would be: every page and cycle as it ended, and what the timeline would say."""

    pages: tuple[Page, ...]
    cycles: tuple[Escalation, ...]
    events: tuple[Event, ...]


class _Taking:
    """A channel that takes everything."""

    def send(self, message: Message, to: Address) -> Receipt:
        """Send nothing."""
        del message, to
        return Receipt()


def rehearse(
    store: Store, directory: Directory, channels: Channels, incident: Incident, records: Iterable[Record], *, now: Utc
) -> Rehearsed:
    """Return what would become of an incident from ``now`` on; ``records`` are its cycles and pages so far.

    Of ``channels`` only which there are matters. Raises what ``store`` and ``directory`` raise.
    """
    at = now
    numbers = count(1)
    stage = Stage(store, incident, records, kinds=KINDS)
    desk = Desk(stage, directory, clock=lambda: at, new_id=lambda: f"rehearsal-{next(numbers)}", log=_SILENT)
    taking = dict.fromkeys(channels, _Taking)
    escalate = Escalating(desk)
    deliver = Delivering(desk, taking, Messages(), timer=lambda: 0.0, jitter=lambda: 1.0)
    for _ in range(MOST_ROUNDS):
        due = [one for one in stage.due(now + REHEARSED_FOR) if one.kind in (ESCALATION, PAGE)]
        if not due or due[0].due_at is None:
            break
        at = max(at, due[0].due_at)
        some = [one for one in due if one.due_at is not None and one.due_at <= at]
        for one in some:
            if one.kind == ESCALATION:
                escalate(one.id)
        for page_ids in _by_place(some):
            deliver(page_ids)
    return Rehearsed(
        pages=tuple(page_of(one) for one in every_record(stage, PAGE)),
        cycles=tuple(escalation_of(one) for one in every_record(stage, ESCALATION)),
        events=tuple(stage.events),
    )


def _by_place(some: Sequence[Record]) -> Iterable[list[str]]:
    places: dict[tuple[str, str], list[str]] = {}
    for record in some:
        if record.kind == PAGE:
            page = page_of(record)
            places.setdefault((page.place, page.tells.value), []).append(record.id)
    return places.values()
