"""One incident's next version, while it is being decided: steps go in, one change comes out."""

from collections.abc import Iterable

from pydantic import JsonValue

from .change import AlertWrite, Change, ClaimWrite, IncidentWrite, Record, RecordWrite
from .decision import Reason
from .frozen import Utc
from .incident import Incident
from .intents import intents
from .lengths import EVENT, bounded, cut
from .timeline import SYSTEM, Event, EventKind, fields_changed

TIMER = "timer"
"""The record kind of everything that the tick acts on."""

EXPIRE = "expire"
"""What a timer does that ends an alert; its body names the alert's source and key."""


class Draft:
    """Collects what happens to one incident at one moment. ``incident`` is the state so far.

    ``edits``: it is a person's, and bumps ``revision`` once, however many steps it takes.
    """

    def __init__(self, before: Incident | None, *, at: Utc, by: str = SYSTEM, edits: bool = False) -> None:
        self._before = before
        self._revision = 0 if before is None else before.revision + edits
        self._state = before
        self._steps: list[Event] = []
        self._records: list[RecordWrite] = []
        self.by = by
        self.at = at

    @property
    def incident(self) -> Incident:
        """The incident as the steps so far have made it."""
        if self._state is None:
            message = "the first step of a new incident must open it"
            raise ValueError(message)
        return self._state

    @property
    def changed(self) -> bool:
        """True once a step was taken."""
        return bool(self._steps)

    def step(
        self, after: Incident, kind: EventKind, reason: Reason, *, text: str = "", alerts: Iterable[str] = ()
    ) -> None:
        """Take one step: the incident becomes ``after``, and the timeline says so. Texts are kept to their bounds."""
        after = bounded(after.model_copy(update={"revision": self._revision}))
        if after.alerts.all_muted and after.cycles > after.acknowledged_cycles:
            # Whoever pages ends a cycle that it finds muted: see ``lifecycle.page_what_was_held``.
            after = after.model_copy(update={"held_cycle": after.cycles})
        version = 0 if self._before is None else self._before.version + 1
        changes = fields_changed(self._state, after)
        after = after.model_copy(update={"version": version})
        for intent in intents(self._state, after, self.at):
            self.write_record(intent)
        self._state = after
        self._steps.append(
            Event(
                incident_id=after.id,
                version=version,
                ordinal=len(self._steps),
                at=self.at,
                kind=kind,
                reason=reason,
                by=self.by,
                text=cut(text, EVENT),
                alerts=tuple(alerts),
                changes=changes,
            )
        )

    def set_timer(self, what: str, due_at: Utc) -> None:
        """Ask for the tick's attention at ``due_at``. One timer of each name an incident; a later call moves it."""
        timer_id = f"{what}:{self.incident.id}"
        body: dict[str, JsonValue] = {"what": what, "incident_id": self.incident.id}
        # Numbered by its incident, so that whoever read an earlier timer of this name cannot take this one away.
        version = self.incident.version + 1
        record = Record(kind=TIMER, id=timer_id, body=body, due_at=due_at, version=version)
        self.write_record(RecordWrite(kind=TIMER, id=timer_id, record=record))

    def stop_timer(self, what: str) -> None:
        """Take a timer back; harmless if there is none."""
        self.write_record(RecordWrite(kind=TIMER, id=f"{what}:{self.incident.id}", record=None))

    def write_record(self, write: RecordWrite) -> None:
        """Write a record with the incident, in place of what the draft said of it before."""
        self._records = [one for one in self._records if (one.kind, one.id) != (write.kind, write.id)]
        self._records.append(write)

    def change(
        self,
        change_id: str,
        *,
        alerts: Iterable[AlertWrite] = (),
        claims: Iterable[ClaimWrite] = (),
    ) -> Change:
        """Return the change that makes the draft true. Raises ValueError if no step was taken."""
        first, *rest = self._steps
        return Change(
            id=change_id,
            at=self.at,
            incidents=(
                IncidentWrite(incident=self.incident, expected=None if self._before is None else self._before.version),
            ),
            alerts=tuple(alerts),
            events=(first.model_copy(update={"change_id": change_id}), *rest),
            claims=tuple(claims),
            records=tuple(self._records),
        )


def together(
    change_id: str,
    first: Draft,
    *others: Draft,
    alerts: Iterable[AlertWrite] = (),
    claims: Iterable[ClaimWrite] = (),
) -> Change:
    """Return the one change that makes several drafts true, all or none; only the first event bears its id."""
    changes = [first.change(change_id, alerts=alerts, claims=claims), *(draft.change("") for draft in others)]
    return Change(
        id=change_id,
        at=first.at,
        incidents=tuple(write for change in changes for write in change.incidents),
        alerts=tuple(write for change in changes for write in change.alerts),
        events=tuple(event for change in changes for event in change.events),
        claims=tuple(write for change in changes for write in change.claims),
        records=tuple(write for change in changes for write in change.records),
    )
