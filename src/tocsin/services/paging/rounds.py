"""One round of the pager: everything that is due is done, several places at once, until nothing is or time is over."""

import logging
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tocsin.clock import Clock
from tocsin.domain.change import Record
from tocsin.domain.frozen import Frozen
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import PAGE, PageStatus, page_of
from tocsin.ids import NewId
from tocsin.services.channel import Channels
from tocsin.services.tick import EnoughTime, always
from tocsin.storage.store import Store

from .delivering import Delivering, Timer
from .desk import Desk
from .directory import Directory
from .escalating import Escalating
from .messages import Messages
from .telling import Telling

KINDS = frozenset({ESCALATION, NEWS, PAGE})
BATCH = 400
"""Due records that are read at once."""

AT_ONCE = 16
"""Places that one pager sends to at the same time: providers take long, and this waits for all of them together."""

_log = logging.getLogger(__name__)


class RoundReport(Frozen):
    """What a round did: how many steps, news and messages' pages it looked at, and how many it left.

    ``sent``, ``failed`` and ``dropped`` count pages.
    """

    done: int = 0
    left: int = 0
    sent: int = 0
    failed: int = 0
    dropped: int = 0


class Pager:
    """Pages. Safe to run anywhere, at any time, several at once."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        channels: Channels,
        *,
        clock: Clock,
        new_id: NewId,
        timer: Timer,
        jitter: Callable[[], float],
        messages: Messages | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._store = store
        self._clock = clock
        desk = self.desk = Desk(store, directory, clock=clock, new_id=new_id)
        self.escalating = Escalating(desk)
        self.telling = Telling(desk)
        self.delivering = Delivering(desk, channels, messages or Messages(), timer=timer, jitter=jitter)
        self._at_once = at_once

    def round(self, *, enough_time: EnoughTime = always) -> RoundReport:
        """Do all that is due. What fails is logged, and stays due; it keeps nobody else waiting."""
        seen: set[tuple[str, str, int]] = set()
        done = left = 0
        before = self.desk.ended.copy()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="pager") as pool:
            while enough_time():
                due = self._due(seen)
                if not due:
                    break
                seen |= {(one.kind, one.id, one.version) for one in due}
                outcomes = list(pool.map(lambda work: _quietly(work, enough_time), self._works(due)))
                done += sum(outcomes)
                left += len(outcomes) - sum(outcomes)
        ended = self.desk.ended - before
        return RoundReport(
            done=done,
            left=left,
            sent=ended[PageStatus.SENT],
            failed=ended[PageStatus.FAILED],
            dropped=ended[PageStatus.DROPPED],
        )

    def __call__(self, enough_time: EnoughTime) -> int:
        """Do all that is due, and return how much is left: a :data:`~tocsin.services.tick.Turn` of the tick."""
        return self.round(enough_time=enough_time).left

    def _due(self, seen: set[tuple[str, str, int]]) -> list[Record]:
        """Return what is due of our kinds and was not looked at yet. Steps come first: they make pages."""
        limit = BATCH
        while True:
            found = self._store.due(self._clock(), limit=limit + len(seen))
            mine = [one for one in found if one.kind in KINDS and (one.kind, one.id, one.version) not in seen]
            if mine or len(found) < limit + len(seen):
                first = [one for one in mine if one.kind != PAGE]
                return first or mine
            limit *= 2

    def _works(self, due: Iterable[Record]) -> list[Callable[[], bool]]:
        works: list[Callable[[], bool]] = []
        places: dict[tuple[str, str], list[str]] = {}
        for record in due:
            match record.kind:
                case "escalation":
                    works.append(partial(self.escalating, record.id))
                case "news":
                    works.append(partial(self.telling, record.id))
                case _:
                    try:
                        page = page_of(record)
                    except ValueError as error:
                        works.append(partial(_unreadable, record.id, type(error).__name__))
                        continue
                    places.setdefault((page.place, page.tells.value), []).append(record.id)
        works += [partial(self.delivering, some) for some in places.values()]
        return works


def _quietly(work: Callable[[], bool], enough_time: EnoughTime) -> bool:
    if not enough_time():
        return False
    try:
        return work()
    except Exception as error:  # noqa: BLE001 - the others' pages do not wait for a fault in one
        _log.error("a page, or a step, could not be worked on, and stays due: %s: %s", type(error).__name__, error)
        return False


def _unreadable(page_id: str, why: str) -> bool:
    _log.error("the page %s cannot be understood, and stays due: %s", page_id, why)
    return False
