"""One change on an open store, its share of compaction included, at many incidents against few.

A change is an action of ``IncidentService``, one after the other, each synced to the disk: notes on incidents drawn
at random, and new incidents that are opened by hand, acknowledged and resolved.

Between two compactions of a large file lie some hundred thousand changes, more than a benchmark has time for. So
one incident with a very long log is noted again and again until the store writes its file anew by itself; that one
call, less what its like took just before, is what a compaction costs; and what the file grew by in between, over
what a change adds to it, is how many changes share that cost. The file's live part grows meanwhile, which would put
the next compaction off further: the share is, if anything, too large.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, median

from tocsin.services.incidents import IncidentService
from tocsin.storage.json_store import JsonStore

from .measure import SMALL, Bench, Measured, Row, alternately
from .sides import Side, timed
from .stores import files_of

_CHANGES = 300
_LINES_TO_COMPACTION = 200


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the row."""
    few, many = (_copied(files_of(bench.folder, count).compact) for count in (SMALL, bench.large))
    with Side(amortised, many) as large, Side(amortised, few) as small:
        found = alternately(large, small, bench.pairs(5))
    what = f"one change, compaction included, {bench.large:,} incidents / {SMALL:,}"
    yield Row(what, found.ratio, found.said(1e3, "ms"), bar=2.0)


def _copied(file: Path) -> Path:
    return Path(shutil.copyfile(file, file.with_name(f"changing-{file.name}")))


def amortised(file: Path) -> Measured:
    """Open a store; return what makes changes, lets the file be written anew, and returns the seconds of a change."""
    service = IncidentService(JsonStore(file))
    people = _People(service)
    log = "The quick brown fox jumps over the lazy dog. " * (file.stat().st_size // _LINES_TO_COMPACTION // 45)
    filler = service.open("A very long log", by="bench", logs=[log]).id

    def round_of_changes() -> float:
        generation, fresh = _state(file)
        spent = [timed(people.change) for _ in range(_CHANGES)]
        now, size = _state(file)
        if now != generation:
            message = "a compaction came too early"
            raise RuntimeError(message)
        before: list[float] = []
        full = size
        while now == generation:
            full = _state(file)[1]
            before.append(timed(lambda: service.note(filler, "Longer still.", by="bench")))
            now = _state(file)[0]
        compaction = before.pop() - median(before)
        changes_between = (full - fresh) / ((size - fresh) / _CHANGES)
        return mean(spent) + compaction / changes_between

    return round_of_changes


class _People:
    """Whoever works with the incidents of a store."""

    def __init__(self, service: IncidentService) -> None:
        self._service = service
        self._everything = [incident.id for incident in service.incidents()]
        self._opened: list[str] = []
        self._taken: list[str] = []
        self._dice = random.Random(1)

    def change(self) -> None:
        """Make one change; each writes something, however many incidents there are."""
        lot = self._dice.random()
        if lot < 0.1:
            about = "Errors since the deploy of 12:04, in one zone only. " * self._dice.randint(1, 30)
            opened = self._service.open("Checkout is slow", by="ann", service="checkout", description=about)
            self._opened.append(opened.id)
        elif lot < 0.2 and self._opened:
            self._taken.append(self._service.acknowledge(self._opened.pop(), by="bo").id)
        elif lot < 0.3 and self._taken:
            self._service.resolve(self._taken.pop(), by="bo", root_cause="The deploy.", steps=["Rolled it back."])
        else:
            self._service.note(self._dice.choice(self._everything), "It comes from the deploy; rolling back.", by="ann")


def _state(file: Path) -> tuple[bytes, int]:
    """Return the first line of the file, which is another one each time that it is written anew, and its size."""
    with file.open("rb") as lines:
        return lines.readline(), file.stat().st_size
