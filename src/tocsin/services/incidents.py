"""What a person or a program does with incidents: the library's front door."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from tocsin.clock import Clock, utc_now
from tocsin.domain import handling
from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import ClaimWrite
from tocsin.domain.draft import Draft
from tocsin.domain.incident import Incident, Status, incident_id
from tocsin.domain.lifecycle import release
from tocsin.domain.rules import Rules
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.domain.statistics import Statistics, statistics
from tocsin.domain.timeline import SYSTEM, Event
from tocsin.errors import Conflict, InvalidInput, NotFound
from tocsin.ids import NewId, random_id
from tocsin.storage.store import Page, Store

from .source import AlertSource
from .sync import SyncReport, sync
from .tick import MOST_ATTEMPTS, EnoughTime, TickReport, always, tick

DEFAULT_RULES = Rules()


class IncidentService:
    """Everything that can be done with the incidents of one store.

    Actions are safe against others writing at the same time: what was read is decided on again, a bounded number
    of times. All raise :class:`~tocsin.errors.NotFound` for an unknown id,
    :class:`~tocsin.errors.IllegalMove` where the status forbids the action, and
    :class:`~tocsin.errors.StoreError` if the store fails. Each returns the incident as committed.
    """

    def __init__(
        self,
        store: Store,
        *,
        rules: Rules = DEFAULT_RULES,
        clock: Clock = utc_now,
        new_id: NewId = random_id,
    ) -> None:
        self.store = store
        self.rules = rules
        self._clock = clock
        self._new_id = new_id

    def sync(
        self, source: AlertSource, *, dry_run: bool = False, adopt: bool = False, enough_time: EnoughTime = always
    ) -> SyncReport:
        """Pull ``source`` once and bring the incidents up to date. See :func:`tocsin.services.sync.sync`."""
        return sync(
            self.store,
            source,
            self.rules,
            clock=self._clock,
            new_id=self._new_id,
            dry_run=dry_run,
            adopt=adopt,
            enough_time=enough_time,
        )

    def tick(self, *, enough_time: EnoughTime = always) -> TickReport:
        """Do what is due now: resolve what has settled, start the cycles that were put off."""
        return tick(self.store, self.rules, clock=self._clock, new_id=self._new_id, enough_time=enough_time)

    def incidents(
        self,
        *,
        active: bool = False,
        severity: Severity | str | None = None,
        service: str = "",
        source: Source | str | None = None,
        text: str = "",
        since: datetime | None = None,
    ) -> list[Incident]:
        """Return every matching incident, newest first. For long lists see :meth:`find`."""
        wanted = IncidentFilter(
            statuses=ACTIVE if active else frozenset(),
            severities=frozenset({_severity(severity)} if severity else ()),
            service=service,
            source=Source(source) if source else None,
            text=text,
            since=since,
        )
        return list(self.every(wanted))

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return one page of the incidents that match, newest first, and the cursor of the next page."""
        return self.store.find(wanted, limit=limit, cursor=cursor)

    def every(self, wanted: IncidentFilter) -> Iterator[Incident]:
        """Yield every incident that matches, newest first, page by page."""
        cursor = ""
        while True:
            page = self.store.find(wanted, limit=500, cursor=cursor)
            yield from page.incidents
            cursor = page.cursor
            if not cursor:
                return

    def incident(self, incident_id: str) -> Incident:
        """Return one incident."""
        incident = self.store.incident(incident_id)
        if incident is None:
            message = f"there is no incident {incident_id}"
            raise NotFound(message, hint="the list command shows which there are")
        return incident

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """Return everything that happened to an incident, in order."""
        return self.store.timeline(self.incident(incident_id).id)

    def alerts(self, incident_id: str) -> Sequence[Alert]:
        """Return every alert episode of an incident."""
        return self.store.alerts_of(self.incident(incident_id).id)

    def open(
        self,
        title: str,
        *,
        by: str,
        severity: Severity | str = Severity.MEDIUM,
        description: str = "",
        service: str = "",
        environment: str = "",
        team: str = "",
        tags: Iterable[str] = (),
        logs: Iterable[str] = (),
    ) -> Incident:
        """Open an incident by hand; nothing but a person changes its severity or resolves it."""
        draft = Draft(None, at=self._clock(), by=by)
        handling.open_by_hand(
            draft,
            incident_id=incident_id(self.store.draw_numbers(1)[0]),
            title=title,
            severity=_severity(severity),
            description=description,
            service=service,
            environment=environment,
            team=team,
            tags=tuple(tags),
            logs=tuple(logs),
        )
        self.store.commit(draft.change(self._new_id()))
        return draft.incident

    def acknowledge(self, incident_id: str, *, by: str) -> Incident:
        """Say that somebody is on it: paging for the cycles begun so far stops. Twice is no error."""
        return self._act(incident_id, by, lambda draft: handling.acknowledge(draft, by=by))

    def start(self, incident_id: str, *, by: str) -> Incident:
        """Say that work has begun; acknowledges too."""
        return self._act(incident_id, by, lambda draft: handling.start(draft, by=by))

    def resolve(
        self, incident_id: str, *, by: str = SYSTEM, root_cause: str = "", steps: Sequence[str] = ()
    ) -> Incident:
        """Resolve; the alerts that fire now open nothing until they end. Afterwards it adds root cause and steps."""
        return self._act(
            incident_id, by, lambda draft: handling.resolve_by_hand(draft, by=by, root_cause=root_cause, steps=steps)
        )

    def close(self, incident_id: str, *, by: str) -> Incident:
        """Close a resolved incident."""
        return self._act(incident_id, by, lambda draft: handling.close(draft, by=by))

    def assign(self, incident_id: str, who: str, *, by: str) -> Incident:
        """Add ``who`` to those who work on it."""
        return self._act(incident_id, by, lambda draft: handling.assign(draft, who=who))

    def note(self, incident_id: str, text: str, *, by: str) -> Incident:
        """Add a line to the timeline."""
        return self._act(incident_id, by, lambda draft: handling.note(draft, text=text))

    def set_severity(self, incident_id: str, severity: Severity | str, *, by: str) -> Incident:
        """Pin the severity: no machine changes it any more."""
        pinned = _severity(severity)
        return self._act(incident_id, by, lambda draft: handling.set_severity(draft, self.rules, severity=pinned))

    def statistics(self, wanted: IncidentFilter) -> Statistics:
        """Return MTTA and MTTR of the incidents that match."""
        return statistics(self.every(wanted))

    def prune(self, *, closed_before: datetime) -> list[str]:
        """Forget incidents that were closed before a moment, with their timelines; return their ids."""
        wanted = IncidentFilter(statuses=frozenset({Status.CLOSED}), until=closed_before)
        old = [one for one in self.every(wanted) if one.closed_at is not None and one.closed_at < closed_before]
        return [incident.id for incident in old if self._removed(incident)]

    def _removed(self, incident: Incident) -> bool:
        try:
            self.store.remove(incident)
        except Conflict:
            return False  # somebody has just added a note: it is not forgotten under their hands
        return True

    def _act(self, incident_id: str, by: str, act: Callable[[Draft], None]) -> Incident:
        for _ in range(MOST_ATTEMPTS):
            before = self.incident(incident_id)
            draft = Draft(before, at=self._clock(), by=by)
            act(draft)
            if not draft.changed:
                return before
            try:
                self.store.commit(draft.change(self._new_id(), claims=self._released(before, draft)))
            except Conflict:
                continue
            return draft.incident
        message = f"others kept changing {incident_id} at the same time"
        raise Conflict(message, hint="nothing was written: try again")

    def _released(self, before: Incident, draft: Draft) -> tuple[ClaimWrite, ...]:
        """A resolved incident is joined no more: its claim ends in the same change."""
        if not before.correlation_key or not before.active or draft.incident.active:
            return ()
        claim = self.store.claims([before.correlation_key]).get(before.correlation_key)
        return release(claim, before, draft.at)


def _severity(word: Severity | str) -> Severity:
    try:
        return Severity(word)
    except ValueError:
        message = f"{word!r} is no severity; there are {', '.join(severity.value for severity in Severity)}"
        raise InvalidInput(message) from None
