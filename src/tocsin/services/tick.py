"""The clock's turn: whatever is due is done. Without it nothing settles when no sweep and no push arrives."""

from collections.abc import Callable, Mapping

from tocsin.clock import Clock
from tocsin.domain.change import Change, Record
from tocsin.domain.draft import EXPIRE, TIMER
from tocsin.domain.frozen import Frozen
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import EventKind
from tocsin.domain.timer import ring
from tocsin.errors import Conflict
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .claims import claims_of

MOST_ATTEMPTS = 5
"""How often one decision is made again because somebody else wrote first."""

BATCH = 100

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
    who does. ``pages`` comes last, for all that went before may ask for some. Once ``enough_time`` says no, what is still due stays for the next tick.
    """
    now = clock()
    resolved: list[str] = []
    started: list[str] = []
    left: set[tuple[str, str]] = set()
    waiting: dict[tuple[str, str], Record] = {}

    def todo() -> list[Record]:
        while True:
            known = len(waiting)
            due = store.due(now, limit=BATCH + len(left) + known)
            waiting.update({(one.kind, one.id): one for one in due if one.kind != TIMER})
            timers = [one for one in due if one.kind == TIMER and (one.kind, one.id) not in left]
            if timers or len(waiting) == known:
                return timers

    while timers := todo():
        for number, timer in enumerate(timers):
            if not enough_time():
                left |= {(one.kind, one.id) for one in timers[number:]}
                return TickReport(resolved=tuple(resolved), cycles_started=tuple(started), left=len(left))
            change = _ring(store, timer, rules, clock=clock, new_id=new_id)
            if change is None:
                left.add((timer.kind, timer.id))
                continue
            resolved += [event.incident_id for event in change.events if event.kind is EventKind.RESOLVED]
            started += [event.incident_id for event in change.events if event.kind is EventKind.CYCLE_STARTED]
    for kind, act in others.items():
        for record in waiting.values():
            if record.kind == kind and not (enough_time() and act(record)):
                left.add((kind, record.id))
                break
    unsent = 0 if pages is None else pages(enough_time)
    return TickReport(resolved=tuple(resolved), cycles_started=tuple(started), left=len(left) + unsent)


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
