"""Deliveries that come at the same time are applied together: one decision, one commit, and one wait for the disk.

In a storm many machines report alerts of the same service at once. Each on its own would read the service's incident,
decide, and find that another was quicker; together they decide once. Where a process answers one request at a time,
as on Lambda, each delivery is by itself.
"""

from collections.abc import Sequence
from itertools import islice
from threading import Condition

from tocsin.clock import Clock
from tocsin.domain.alert import Push
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import SYSTEM
from tocsin.errors import TocsinError
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .ingest import BEGINS, Ingested, IngestReport, ingest

MOST_TOGETHER = 200
"""Alerts of several deliveries that are applied together. One delivery may hold more."""


class _Delivery:
    """One delivery, and what became of it."""

    def __init__(self, push: Push, by: str) -> None:
        self.push = push
        self.by = by
        self.report: IngestReport | None = None
        self.error: Exception | None = None

    def goes_with(self, other: "_Delivery") -> bool:
        """Say whether both may be applied as one: a change names one sender."""
        return (self.push.source, self.by) == (other.push.source, other.by)

    @property
    def over(self) -> bool:
        return self.report is not None or self.error is not None


class Intake:
    """Takes the deliveries of one process; any number of threads may call it."""

    def __init__(self, store: Store, rules: Rules, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._new_id = new_id
        self._waiting: list[_Delivery] = []
        self._busy = False
        self._changed = Condition()

    def take(self, push: Push, *, by: str = SYSTEM) -> IngestReport:
        """Apply a delivery as :func:`~tocsin.services.ingest.ingest` does, and raise what that raises.

        What goes wrong with one delivery, and would again, is no other's; what may pass, like a store that is busy, is
        raised for all that were applied together.
        """
        mine = _Delivery(push, by)
        with self._changed:
            self._waiting.append(mine)
            self._changed.wait_for(lambda: mine.over or not self._busy)
            if mine.over:
                return _outcome(mine)
            some = self._with(mine)
            self._busy = True
        try:
            self._apply(some)
        finally:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
        return _outcome(mine)

    def _with(self, mine: _Delivery) -> list[_Delivery]:
        """Return what is to be applied now, ``mine`` among it; none of it waits any more."""
        room = MOST_TOGETHER - len(mine.push.items)
        some: list[_Delivery] = []
        for one in self._waiting:
            if one is not mine:
                if not one.goes_with(mine) or len(one.push.items) > room:
                    continue
                room -= len(one.push.items)
            some.append(one)
        self._waiting = [one for one in self._waiting if one not in some]
        # Whoever took it along before may have died of it.
        return some if mine in some else [mine, *some]

    def _apply(self, some: Sequence[_Delivery]) -> None:
        try:
            reports = self._together([one.push for one in some], some[0].by)
        except Exception as error:  # noqa: BLE001 - it is raised where the delivery came from
            may_pass = isinstance(error, TocsinError) and error.retryable
            if len(some) == 1 or may_pass:
                for one in some:
                    one.error = error
            else:
                for one in some:
                    self._apply([one])
        else:
            for one, report in zip(some, reports, strict=True):
                one.report = report

    def _together(self, pushes: Sequence[Push], by: str) -> list[IngestReport]:
        if len(pushes) == 1:
            return [self._ingest(pushes[0], by)]
        items = [item for push in pushes for item in push.items]
        whole = self._ingest(Push(source=pushes[0].source, received_at=pushes[0].received_at, items=items), by)
        told, opened = iter(whole.items), set(whole.opened)
        reports: list[IngestReport] = []
        for push in pushes:
            mine = tuple(islice(told, len(push.items)))
            own = [one.incident_id for one in mine if isinstance(one, Ingested) and one.reason in BEGINS]
            ids = tuple(one for one in dict.fromkeys(own) if one in opened)
            opened -= set(ids)
            reports.append(
                whole.model_copy(
                    update={"at": push.received_at, "items": mine, "opened": ids, "truncated": push.truncated}
                )
            )
        return reports

    def _ingest(self, push: Push, by: str) -> IngestReport:
        return ingest(self._store, push, self._rules, clock=self._clock, new_id=self._new_id, by=by)


def _outcome(delivery: _Delivery) -> IngestReport:
    if delivery.report is None:
        raise delivery.error or AssertionError
    return delivery.report
