"""The clock's turn: whatever is due is done. Without it nothing settles when no sweep and no push arrives."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record
from tocsin.domain.draft import EXPIRE, TIMER
from tocsin.domain.frozen import Frozen
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import EventKind
from tocsin.domain.timer import ring
from tocsin.errors import Conflict, StoreError
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .claims import claims_of

MOST_ATTEMPTS = 5
"""How often one decision is made again because somebody else wrote first."""

BATCH = 100

PAGES_WAIT = timedelta(seconds=5)
"""Whatever else takes so long lets the pages have their turn: for a provider that hangs, that may be after each piece."""

EnoughTime = Callable[[], bool]
"""Says whether there is time to begin one more piece of work."""


Act = Callable[[Record], bool]
"""Does what a record of one kind is due for. False: what else of that kind is due waits for the next tick."""

NO_OTHERS: Mapping[str, Act] = {}

Turn = Callable[[EnoughTime], int]
"""Does all that is due of kinds of its own, as long as there is time, and returns how much it left at least."""


def always() -> bool:
    """Return true: whoever has no deadline has time."""
    return True


class TickReport(Frozen):
    """What a tick did: the incidents it resolved, those that got a new cycle, and how much it left to the next.

    ``left`` counts what others kept writing to, and what was known to be due when the time was over: at least that.
    """

    resolved: tuple[str, ...] = ()
    cycles_started: tuple[str, ...] = ()
    left: int = 0


def tick(
    store: Store,
    rules: Rules,
    *,
    clock: Clock,
    new_id: NewId,
    enough_time: EnoughTime = always,
    others: Mapping[str, Act] = NO_OTHERS,
    pages: Turn | None = None,
) -> TickReport:
    """Act on every record that is due now. Safe to run anywhere, at any time, several at once.

    The timers of incidents come first. ``others`` act on records of other kinds; what nobody here acts on stays for
    who does. ``pages`` has its turn before them, for they may take long, again after them, for they may ask for some, and
    meanwhile every :data:`PAGES_WAIT`. Once ``enough_time`` says no, what is still due stays for the next tick. What
    breaks stays due too, and keeps nobody waiting: the first error is raised at the end.
    """
    this = _Tick(store, clock, enough_time, pages)
    if this.rings(lambda timer: _ring(store, timer, rules, clock=clock, new_id=new_id)):
        this.page()
        if this.acts(others):
            this.page()
    if this.broke:
        raise this.broke[0]
    return this.report()


class _Tick:
    """What was found due at one moment, and what has come of it."""

    def __init__(self, store: Store, clock: Clock, enough_time: EnoughTime, pages: Turn | None) -> None:
        self.broke: list[Exception] = []
        self._store = store
        self._clock = clock
        self._now = self._paged_at = clock()
        self._enough_time = enough_time
        self._pages = pages
        self._unsent = 0
        self._resolved: list[str] = []
        self._started: list[str] = []
        self._left: set[tuple[str, str]] = set()
        self._waiting: dict[tuple[str, str], Record] = {}

    def rings(self, ring: Callable[[Record], Change | None]) -> bool:
        """Do what timers are due for; say whether there was time for all of them."""

        def rung(timer: Record) -> bool:
            change = ring(timer)
            if change is None:
                self._left.add((timer.kind, timer.id))
                return True
            self._resolved += [one.incident_id for one in change.events if one.kind is EventKind.RESOLVED]
            self._started += [one.incident_id for one in change.events if one.kind is EventKind.CYCLE_STARTED]
            return True

        while timers := self._timers():
            for number, timer in enumerate(timers):
                if not self._enough_time():
                    self._left |= {(one.kind, one.id) for one in timers[number:]}
                    return False
                if not self._goes_on(rung, timer):
                    return True
        return True

    def acts(self, others: Mapping[str, Act]) -> bool:
        """Do what records of these kinds are due for, kind by kind; say whether there were any."""
        for kind, act in others.items():
            for record in [one for one in self._waiting.values() if one.kind == kind]:
                if not (self._enough_time() and self._goes_on(act, record)):
                    self._left.add((kind, record.id))
                    break
        return any(one.kind in others for one in self._waiting.values())

    def page(self) -> None:
        """Let the pages have their turn."""
        if self._pages is None:
            return
        try:
            self._unsent = self._pages(self._enough_time)
        except Exception as error:  # noqa: BLE001 - raised at the end
            self.broke.append(error)
        self._paged_at = self._clock()

    def report(self) -> TickReport:
        """Say what has come of it."""
        left = len(self._left) + self._unsent
        return TickReport(resolved=tuple(self._resolved), cycles_started=tuple(self._started), left=left)

    def _goes_on(self, act: Act, record: Record) -> bool:
        """Act on a record; say whether to go on to the next of its kind."""
        if self._clock() - self._paged_at >= PAGES_WAIT:
            self.page()
        try:
            return act(record)
        except Exception as error:  # noqa: BLE001 - raised at the end
            self.broke.append(error)
            self._left.add((record.kind, record.id))
            # A store that fails would have the others wait for it in turn.
            return not isinstance(error, StoreError)

    def _timers(self) -> list[Record]:
        """Return due timers that were not tried yet, and keep what else is due."""
        while True:
            known = len(self._waiting)
            due = self._store.due(self._now, limit=BATCH + len(self._left) + 2 * known)
            self._waiting.update({(one.kind, one.id): one for one in due if one.kind != TIMER})
            timers = [one for one in due if one.kind == TIMER and (one.kind, one.id) not in self._left]
            if timers or len(self._waiting) == known:
                return timers


def _ring(store: Store, timer: Record, rules: Rules, *, clock: Clock, new_id: NewId) -> Change | None:
    """Commit what a due timer asks for; None if others kept writing first, so that it stays for the next tick."""
    incident_id = str(timer.body.get("incident_id", ""))
    for _ in range(MOST_ATTEMPTS):
        now = clock()
        current = store.record(timer.kind, timer.id)
        if current is None or current.due_at is None or current.due_at > now:
            return Change(id=new_id(), at=now)
        if current.body.get("what") == EXPIRE:
            from .expiring import expire  # rare, and it takes all that decides on alerts

            change = expire(store, current, rules, now, new_id=new_id)
        else:
            incident = store.incident(incident_id)
            claims = () if incident is None else claims_of(store, incident)
            change = ring(current, incident, claims, rules, now, change_id=new_id())
        try:
            store.commit(change)
        except Conflict:
            continue
        return change
    return None
