"""Rounds of deciding and committing, which a sweep and a push share: what was committed stands, the rest comes again."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

from tocsin.clock import Clock
from tocsin.domain.alert import Alert
from tocsin.domain.assess import Finding
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.decision import Decision
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import incident_id
from tocsin.domain.reconcile import Outcome, decide, openings
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import SYSTEM
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .knowing import known_about
from .tick import EnoughTime, always

BATCH = 100
"""Changes committed between two looks at the time: few enough to take about a second where the store is slow."""

Assess = Callable[[Sequence[Alert], Utc], Sequence[Finding]]
"""Says what the observations at hand mean for these alerts, now."""


class Rounds:
    """The rounds of one sweep or push.

    ``decided`` holds the decisions by alert key; those of ``undone`` alerts, to which somebody else wrote first, are
    not true and will be made again. ``opened`` are the ids of incidents. Once ``enough_time`` says no, what is left
    stays undone, and ``out_of_time`` is true. ``by`` is who acts, as the timeline names him. ``also`` is written with
    the first change, and is None from then on.
    """

    def __init__(
        self,
        store: Store,
        rules: Rules,
        *,
        clock: Clock,
        new_id: NewId,
        adopt: bool = False,
        by: str = SYSTEM,
        enough_time: EnoughTime = always,
        also: RecordWrite | None = None,
    ) -> None:
        self.also = also
        self._store = store
        self._rules = rules
        self._clock = clock
        self._new_id = new_id
        self._adopt = adopt
        self._by = by
        self._enough_time = enough_time
        self.decided: dict[str, list[Decision]] = {}
        self.opened: list[str] = []
        self.undone: set[str] = set()
        self.out_of_time = False

    def make(self, alerts: Sequence[Alert], assess: Assess) -> None:
        """Make one round: decide from ``alerts`` what is still undone, or was never decided, and commit it."""
        outcome = self._decide(alerts, assess)
        written, left = self._commit(self._with_it(outcome.changes))
        if self.also is not None and any(self.also in change.records for change in written):
            self.also = None
        self.opened += _openings(written)
        self.undone = {write.alert.key for change in left for write in change.alerts}

    def rehearse(self, alerts: Sequence[Alert], assess: Assess) -> None:
        """Decide, and write nothing; no number is drawn, and ``opened`` names what would be."""
        self.opened = _openings(self._decide(alerts, assess, rehearsal=True).changes)

    def _decide(self, alerts: Sequence[Alert], assess: Assess, *, rehearsal: bool = False) -> Outcome:
        now = self._clock()
        findings = assess(alerts, now)
        known = known_about(self._store, findings, self._rules)
        new = openings(findings, known, self._rules, now)
        numbers = self._rehearsed() if rehearsal else self._drawn(new)
        outcome = decide(
            findings, known, self._rules, now, numbers=numbers, new_id=self._new_id, adopt=self._adopt, by=self._by
        )
        fresh: dict[str, list[Decision]] = {}
        for decision in outcome.decisions:
            fresh.setdefault(decision.key, []).append(decision)
        # Of what is undone, somebody else may have left nothing to decide.
        standing = {key: said for key, said in self.decided.items() if key not in self.undone}
        self.decided = fresh | standing
        return outcome

    def _with_it(self, changes: Sequence[Change]) -> Sequence[Change]:
        if self.also is None or not changes:
            return changes
        first, *rest = changes
        return [first.model_copy(update={"records": (*first.records, self.also)}), *rest]

    def _commit(self, changes: Sequence[Change]) -> tuple[list[Change], list[Change]]:
        """Write batch by batch, in order, while there is time; return what was written and what was not."""
        written: list[Change] = []
        left: list[Change] = []
        for batch in _batches(changes):
            self.out_of_time = self.out_of_time or not self._enough_time()
            if self.out_of_time:
                left += batch
                continue
            for change, result in zip(batch, self._store.commit_many(batch), strict=True):
                (written if result is None else left).append(change)
        return written, left

    def _drawn(self, new: int) -> Iterator[str]:
        return (incident_id(number) for number in self._store.draw_numbers(new)) if new else iter(())

    @staticmethod
    def _rehearsed() -> Iterator[str]:
        return (f"(new {number})" for number in count(1))


def _openings(changes: Sequence[Change]) -> list[str]:
    return [write.incident.id for change in changes for write in change.incidents if write.expected is None]


def _batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Yield the changes in order, about :data:`BATCH` at a time, those of one incident always together.

    Only within one call does the store leave out what follows a change of the same incident that was refused.
    """
    batch: list[Change] = []
    before: set[str] = set()
    for change in changes:
        incidents = {write.incident.id for write in change.incidents}
        if len(batch) >= BATCH and not incidents & before:
            yield batch
            batch = []
        batch.append(change)
        before = incidents
    if batch:
        yield batch
