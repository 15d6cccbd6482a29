"""What a person or a program does with incidents: the library's front door."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar, Unpack

from tocsin.clock import Clock, utc_now
from tocsin.domain import assigning, editing, handling, snoozing
from tocsin.domain.alert import Alert, Source
from tocsin.domain.audit import Actor
from tocsin.domain.change import Record
from tocsin.domain.editing import Edit
from tocsin.domain.incident import Incident, Status, incident_id
from tocsin.domain.people import Role
from tocsin.domain.rules import Rules
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.domain.severity import Severity
from tocsin.domain.statistics import Metrics, Statistics, statistics
from tocsin.domain.timeline import SYSTEM, Event
from tocsin.errors import InvalidInput
from tocsin.ids import NewId, random_id
from tocsin.storage.store import MOST_EXAMINED, Page, Store

from . import merging, removing, viewing
from .acting import Acting, Attempt, How, found
from .auditing import AuditLog
from .idempotency import Once
from .source import AlertSource
from .sync import SyncReport, sync
from .tick import NO_OTHERS, Act, EnoughTime, TickReport, Turn, always, tick
from .viewing import Whole

Word = TypeVar("Word", bound=StrEnum)

DEFAULT_RULES = Rules()


class IncidentService:
    """Everything that can be done with the incidents of one store.

    Moves are safe against others writing at the same time: what was read is decided on again, a bounded number
    of times. All raise :class:`~tocsin.errors.NotFound` for an unknown id,
    :class:`~tocsin.errors.IllegalMove` where the status forbids the move, and
    :class:`~tocsin.errors.StoreError` if the store fails. Each returns the incident as committed.
    :class:`~tocsin.services.acting.How` says what all of them take, ``by`` at the least. ``others`` act on what is due
    beside the timers of incidents, and ``pages`` sends what is to be sent.
    """

    def __init__(
        self,
        store: Store,
        *,
        rules: Rules = DEFAULT_RULES,
        clock: Clock = utc_now,
        new_id: NewId = random_id,
        others: Mapping[str, Act] = NO_OTHERS,
        pages: Turn | None = None,
    ) -> None:
        self.store = store
        self.rules = rules
        self._others = others
        self._pages = pages
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
            others=self._others,
            pages=self._pages,
        )

    def tick(self, *, enough_time: EnoughTime = always) -> TickReport:
        """Do what is due now: resolve what has settled, start the cycles that were put off."""
        return tick(
            self.store,
            self.rules,
            clock=self._clock,
            new_id=self._new_id,
            enough_time=enough_time,
            others=self._others,
            pages=self._pages,
        )

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
            severities=frozenset({_one_of(Severity, severity)} if severity else ()),
            service=service,
            source=Source(source) if source else None,
            text=text,
            since=since,
        )
        return list(self.every(wanted))

    def find(self, wanted: IncidentFilter, *, limit: int = 50, cursor: str = "") -> Page:
        """Return one page of the incidents that match, newest first, and the cursor of the next page."""
        return self.store.find(wanted, limit=limit, cursor=cursor)

    def every(self, wanted: IncidentFilter, *, most: int | None = None) -> Iterator[Incident]:
        """Yield every incident that matches, newest first, page by page.

        Raises :class:`~tocsin.errors.InvalidInput` once it has looked at ``most`` incidents (rounded up to whole
        pages) and there are more.
        """
        cursor, looked_at = "", 0
        while True:
            page = self.store.find(wanted, limit=MOST_EXAMINED, cursor=cursor)
            yield from page.incidents
            cursor, looked_at = page.cursor, looked_at + MOST_EXAMINED
            if not cursor:
                return
            if most is not None and looked_at >= most:
                message = f"there are more than {most:,} incidents to look at"
                raise InvalidInput(message, hint="choose fewer of them, with since and until")

    def incident(self, incident_id: str) -> Incident:
        """Return one incident."""
        return found(self.store, incident_id)

    def timeline(self, incident_id: str) -> Sequence[Event]:
        """Return everything that happened to an incident, in order."""
        return self.store.timeline(self.incident(incident_id).id)

    def alerts(self, incident_id: str) -> Sequence[Alert]:
        """Return every alert episode of an incident, without those of what was merged into it."""
        return self.store.alerts_of(self.incident(incident_id).id)

    def whole(self, incident_id: str) -> Whole:
        """Return one incident with all that belongs to it, the alerts of what was merged into it included."""
        return viewing.whole(self.store, self.incident(incident_id), now=self._clock())

    def metrics(self, incident_id: str) -> Metrics:
        """Return how long one incident took, or has taken so far."""
        return Metrics.of(self.incident(incident_id), self._clock())

    def statistics(self, wanted: IncidentFilter, *, most: int | None = None) -> Statistics:
        """Return MTTA and MTTR of the incidents that match; ``most`` is that of :meth:`every`."""
        return statistics(self.every(wanted, most=most))

    def open(
        self,
        title: str,
        *,
        by: str,
        severity: Severity | str | None = None,
        description: str = "",
        service: str = "",
        environment: str = "",
        team: str = "",
        tags: Iterable[str] = (),
        logs: Iterable[str] = (),
        assignees: Iterable[str] = (),
        once: Once | None = None,
    ) -> Incident:
        """Open an incident by hand; only people resolve it, and change the severity that was given.

        Without a severity the rules give one, by the words of title and description.
        """
        given = None if severity is None else _one_of(Severity, severity)
        acting = self._acting()

        def attempt() -> Incident:
            this = Attempt(acting, {"by": by, "once": once})
            draft = this.opening()
            handling.open_by_hand(
                draft,
                self.rules,
                incident_id=incident_id(self.store.draw_numbers(1)[0]),
                title=title,
                severity=given,
                description=description,
                service=service,
                environment=environment,
                team=team,
                tags=tuple(tags),
                logs=tuple(logs),
                assignees=tuple(assignees),
            )
            return this.commit(draft)

        return acting.until_written(attempt, "what was to be opened")

    def acknowledge(self, incident_id: str, **how: Unpack[How]) -> Incident:
        """Say that somebody is on it: paging for the cycles begun so far stops. Twice is no error."""
        return self._acting().move(incident_id, lambda draft: handling.acknowledge(draft, by=draft.by), how)

    def start(self, incident_id: str, **how: Unpack[How]) -> Incident:
        """Say that work has begun; acknowledges too, and ends a snooze."""
        return self._acting().move(incident_id, lambda draft: handling.start(draft, by=draft.by), how)

    def resolve(
        self,
        incident_id: str,
        *,
        by: str = SYSTEM,
        root_cause: str = "",
        steps: Sequence[str] = (),
        expected_revision: int | None = None,
        once: Once | None = None,
    ) -> Incident:
        """Resolve; the alerts that fire now open nothing until they end. Afterwards it adds root cause and steps.

        Those whose senders may never say so end with it: what they send afterwards is a new episode.
        """
        return self._acting().move(
            incident_id,
            lambda draft: handling.resolve_by_hand(draft, by=draft.by, root_cause=root_cause, steps=steps),
            {"by": by, "expected_revision": expected_revision, "once": once},
        )

    def close(self, incident_id: str, **how: Unpack[How]) -> Incident:
        """Close a resolved incident."""
        return self._acting().move(incident_id, lambda draft: handling.close(draft, by=draft.by), how)

    def edit(self, incident_id: str, edit: Edit, **how: Unpack[How]) -> Incident:
        """Change several things at once: all of them or none. See :class:`~tocsin.domain.editing.Edit`."""
        return self._acting().move(incident_id, lambda draft: editing.edit(draft, self.rules, edit, by=draft.by), how)

    def assign(self, incident_id: str, who: str, *, role: Role | str | None = None, **how: Unpack[How]) -> Incident:
        """Add ``who`` to those who work on it, or give him another role. A new commander replaces the one before."""
        wanted = None if role is None else _one_of(Role, role)
        return self._acting().move(incident_id, lambda draft: assigning.assign(draft, who=who, role=wanted), how)

    def unassign(self, incident_id: str, who: str, **how: Unpack[How]) -> Incident:
        """Take ``who`` off. Whoever does not work on it is off already."""
        return self._acting().move(incident_id, lambda draft: assigning.unassign(draft, who=who), how)

    def note(self, incident_id: str, text: str, **how: Unpack[How]) -> Incident:
        """Add a line to the timeline."""
        return self._acting().move(incident_id, lambda draft: handling.note(draft, text=text), how)

    def set_severity(self, incident_id: str, severity: Severity | str, **how: Unpack[How]) -> Incident:
        """Pin the severity: no machine changes it any more."""
        pinned = _one_of(Severity, severity)
        return self._acting().move(
            incident_id, lambda draft: handling.set_severity(draft, self.rules, severity=pinned), how
        )

    def snooze(self, incident_id: str, until: datetime, **how: Unpack[How]) -> Incident:
        """Hold its pages until a moment (aware; within 30 days). See :mod:`tocsin.domain.snoozing`."""
        return self._acting().move(incident_id, lambda draft: snoozing.snooze(draft, until=until), how)

    def unsnooze(self, incident_id: str, **how: Unpack[How]) -> Incident:
        """End its snooze now; what nobody has acknowledged pages again."""
        return self._acting().move(incident_id, snoozing.unsnooze, how)

    def merge(self, incident_id: str, into: str, **how: Unpack[How]) -> Incident:
        """Resolve this incident as part of another, which counts the alerts of both; return that other one."""
        return merging.merge(self._acting(), incident_id, into, self.rules, how)

    def delete(self, incident_id: str, *, actor: Actor | None = None, **how: Unpack[How]) -> Record:
        """Delete an incident for ever, unless an alert of it fires; return the tombstone that stays.

        ``actor``: who is named in the audit log, if that has more to say than ``by``.
        """
        return removing.delete(self._acting(), incident_id, how, actor or Actor(how["by"]))

    def prune(self, *, closed_before: datetime, by: str = SYSTEM) -> list[str]:
        """Forget incidents that were closed before a moment, with their timelines and pages; return their ids."""
        old = self.closed(before=closed_before)
        if old:
            log = AuditLog(self.store, clock=self._clock, new_id=self._new_id)
            removing.note_pruning(log, len(old), closed_before=closed_before, actor=Actor(by))
        return removing.prune(self.store, old, self._acting().forget_pages)

    def closed(self, *, before: datetime) -> list[Incident]:
        """Return the incidents that were closed before a moment."""
        wanted = IncidentFilter(statuses=frozenset({Status.CLOSED}), until=before)
        return [one for one in self.every(wanted) if one.closed_at is not None and one.closed_at < before]

    def _acting(self) -> Acting:
        return Acting(self.store, rules=self.rules, clock=self._clock, new_id=self._new_id)


def _one_of(words: type[Word], word: str) -> Word:
    try:
        return words(word)
    except ValueError:
        message = f"{word!r} is no {words.__name__.lower()}; there are {', '.join(words)}"
        raise InvalidInput(message) from None
