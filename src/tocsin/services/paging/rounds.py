"""One round of the pager: everything that is due is done, several places at once, until nothing is or time is over."""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.domain.change import Record
from tocsin.domain.frozen import Frozen
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import PAGE, Page, PageStatus, page_of
from tocsin.errors import TocsinError
from tocsin.ids import NewId
from tocsin.services.channel import Channels
from tocsin.services.tick import EnoughTime, always
from tocsin.storage.store import Store

from .desk import Desk

if TYPE_CHECKING:
    from .delivering import Delivering, Timer
    from .directory import Directory
    from .escalating import Escalating
    from .messages import Messages
    from .telling import Telling

KINDS = frozenset({ESCALATION, NEWS, PAGE})
BATCH = 400
"""Due records that are read at once."""

AT_A_TIME = 200
"""How many of them are worked on before the next look: others may be at work, too."""

AT_ONCE = 16
"""Places that one pager sends to at the same time: providers take long, and this waits for all of them together."""

Work = Callable[[], Sequence[Page] | None]
"""Does one piece of work, and returns the pages that it planned; None if others were first, so that it stays due."""

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

    def then(self, later: "RoundReport") -> "RoundReport":
        """Return what both did; what is left is what the later one left."""
        return RoundReport(
            done=self.done + later.done,
            left=later.left,
            sent=self.sent + later.sent,
            failed=self.failed + later.failed,
            dropped=self.dropped + later.dropped,
        )


class Pager:
    """Pages. Safe to run anywhere, at any time, several at once.

    What takes the steps, tells the news and delivers is imported when the first of them is due: most rounds have none.
    """

    def __init__(
        self,
        store: Store,
        directory: "Directory",
        channels: Channels,
        *,
        clock: Clock,
        new_id: NewId,
        timer: "Timer",
        jitter: Callable[[], float],
        messages: "Messages | None" = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._store = store
        self._clock = clock
        self.desk = Desk(store, directory, clock=clock, new_id=new_id)
        self._channels = channels
        self._messages = messages
        self._timer = timer
        self._jitter = jitter
        self._at_once = at_once

    def round(self, *, enough_time: EnoughTime = always) -> RoundReport:
        """Do all that is due. What fails is logged, and stays due; it keeps nobody else waiting."""
        seen: set[tuple[str, str, int]] = set()
        done = left = 0
        before = self.desk.ended.copy()
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="pager") as pool:

            def all_of(works: Iterable[Work]) -> list[Page]:
                nonlocal done, left
                made: list[Page] = []
                for outcome in pool.map(lambda work: _quietly(work, enough_time), works):
                    done, left = (done + 1, left) if outcome is not None else (done, left + 1)
                    made += outcome or ()
                return made

            while enough_time():
                due = self._due(seen)
                if not due:
                    break
                seen |= {(one.kind, one.id, one.version) for one in due}
                # What they plan for now goes at once, and together: no index need show it first.
                planned = all_of(self._steps(due))
                pages = [page for one in due if one.kind == PAGE and (page := _readable(one)) is not None]
                left += sum(one.kind == PAGE for one in due) - len(pages)
                now = self._clock()
                pages += [one for one in planned if one.not_before <= now]
                seen |= {(PAGE, one.id, 1) for one in planned}
                all_of(self._deliveries(pages))
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

    @cached_property
    def _escalating(self) -> "Escalating":
        from .escalating import Escalating

        return Escalating(self.desk)

    @cached_property
    def _telling(self) -> "Telling":
        from .telling import Telling

        return Telling(self.desk)

    @cached_property
    def _delivering(self) -> "Delivering":
        from .delivering import Delivering
        from .messages import Messages

        messages = self._messages or Messages()
        return Delivering(self.desk, self._channels, messages, timer=self._timer, jitter=self._jitter)

    def _due(self, seen: set[tuple[str, str, int]]) -> list[Record]:
        """Return some of what is due of our kinds and was not looked at yet.

        In no order: of several pagers each begins elsewhere.
        """
        limit = BATCH
        while True:
            found = self._store.due(self._clock(), limit=limit + len(seen))
            mine = [one for one in found if one.kind in KINDS and (one.kind, one.id, one.version) not in seen]
            if mine or len(found) < limit + len(seen):
                mine.sort(key=lambda _record: self._jitter())
                return mine[:AT_A_TIME]
            limit *= 2

    def _steps(self, due: Iterable[Record]) -> Iterator[Work]:
        for record in due:
            if record.kind == ESCALATION:
                yield partial(self._escalating, record.id)
            elif record.kind == NEWS:
                yield partial(self._telling, record.id)

    def _deliveries(self, pages: Iterable[Page]) -> Iterator[Work]:
        places: dict[tuple[str, str], list[str]] = {}
        for page in pages:
            places.setdefault((page.place, page.tells.value), []).append(page.id)
        return (partial(self._delivering, some) for some in places.values())


def _quietly(work: Work, enough_time: EnoughTime) -> Sequence[Page] | None:
    if not enough_time():
        return None
    try:
        return work()
    except TocsinError as error:
        _log.error("what was due could not be done, and stays due: %s", error)
    except Exception:  # noqa: BLE001 - logged, counted, and still due
        # A record that nobody can read is ours to mend. It must not keep anybody else's page.
        _log.exception("what was due could not be done, and stays due")
    return None


def _readable(record: Record) -> Page | None:
    try:
        return page_of(record)
    except ValueError as error:
        _log.error("the page %s cannot be understood, and stays due: %s", record.id, type(error).__name__)
        return None
