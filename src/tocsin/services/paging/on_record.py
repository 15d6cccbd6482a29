"""What paging left behind of one incident: its timeline, cycles, pages and tries, read once."""

from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice, takewhile

from tocsin.domain.change import Record
from tocsin.domain.escalation import Escalation, escalation_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ESCALATION
from tocsin.domain.message import Tells
from tocsin.domain.page import DELIVERY, PAGE, Delivery, Page, page_of
from tocsin.domain.timeline import Event, EventKind, replay
from tocsin.services.listing import records_beginning
from tocsin.storage.store import Store

from .planning import step_said

MOST_RECORDS = 2_000
"""Pages, and tries, of one incident that are read."""

_STEPS = frozenset({EventKind.PAGED, EventKind.UNREACHABLE})
_ANSWERS = frozenset({EventKind.ACKNOWLEDGED, EventKind.STARTED})


class OnRecord:
    """What there is of one incident. ``records`` are its cycles and pages as they are kept, ``tries`` the attempts by page."""

    def __init__(self, store: Store, incident: Incident) -> None:
        begins = f"{incident.id}:"
        cycles, pages = _beginning(store, ESCALATION, begins), _beginning(store, PAGE, begins)
        self.incident = incident
        self.events: Sequence[Event] = store.timeline(incident.id)
        self.records = (*cycles, *pages)
        self.cycles = sorted(map(escalation_of, cycles), key=lambda one: one.cycle)
        self.pages = sorted(map(page_of, pages), key=lambda one: (one.made_at, one.id))
        self.tries: dict[str, list[Delivery]] = {}
        for record in _beginning(store, DELIVERY, begins):
            one = Delivery.model_validate(record.body)
            self.tries.setdefault(one.page_id, []).append(one)

    def answer(self, cycle: int) -> Event | None:
        """Return what acknowledged a cycle: the first acknowledgement after it began; None if there was none."""
        begins = f"cycle {cycle}: "
        since = dropwhile(lambda one: cycle > 1 and not _begins(one, begins), self.events)
        return next((one for one in since if one.kind in _ANSWERS), None)

    def due_at(self, cycle: Escalation) -> Utc | None:
        """Return when a cycle is looked at next."""
        return next((one.due_at for one in self.records if (one.kind, one.id) == (ESCALATION, cycle.id)), None)

    def taken(self, cycle: Escalation) -> Iterator[tuple[int, int, Event]]:
        """Yield the steps of a cycle that were taken: round (from 0), number (from 1), and what the timeline says."""
        for repeat in range(cycle.repeat + 1 if cycle.policy else 0):
            last = cycle.step if repeat == cycle.repeat or cycle.policy is None else len(cycle.policy.steps)
            for number in range(1, last + 1):
                said = f"{step_said(cycle.cycle, number, repeat)}: "
                for event in islice((one for one in self.events if _is_step(one, said)), 1):
                    yield repeat, number, event

    def pages_of(self, cycle: int, step: int, repeat: int) -> list[Page]:
        """Return the pages of one step."""
        place = (cycle, step, repeat)
        return [one for one in self.pages if (one.cycle, one.step, one.repeat) == place and one.tells is Tells.PAGE]

    def before(self, event: Event) -> Incident:
        """Return the incident as it was before an event."""
        return replay(self.incident, self.events[: self.events.index(event)])

    def when_begun(self, cycle: Escalation) -> Incident:
        """Return the incident as it was when a cycle began, before any step of it."""
        begins = f"cycle {cycle.cycle}, step "
        own = takewhile(lambda one: one.at <= cycle.at and not one.text.startswith(begins), self.events)
        return replay(self.incident, own)


def _beginning(store: Store, kind: str, begins: str) -> list[Record]:
    return list(islice(records_beginning(store, kind, begins), MOST_RECORDS))


def _begins(event: Event, said: str) -> bool:
    return event.kind is EventKind.CYCLE_STARTED and event.text.startswith(said)


def _is_step(event: Event, said: str) -> bool:
    return event.kind in _STEPS and event.text.startswith(said)
