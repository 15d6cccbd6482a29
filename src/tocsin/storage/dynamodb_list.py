"""The list of incidents: what is active and what is not, merged, newest first, as far as the index has caught up.

An index follows its table within moments, not at once. While an incident is on its way from the active ones to the
others it may be seen in both: then the later version counts.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING

from tocsin.domain.incident import Incident
from tocsin.domain.search import ACTIVE as ACTIVE_STATUSES
from tocsin.domain.search import IncidentFilter
from tocsin.errors import InvalidInput

from . import dynamodb_keys as keys
from .dynamodb_items import Layout, moment
from .dynamodb_read import DOCUMENT, Reads
from .dynamodb_table import LIST
from .paging import Place, cursor_after, place_after
from .store import MOST_EXAMINED, Page

if TYPE_CHECKING:
    from .dynamodb_items import Item

_ROW = (*DOCUMENT, "list_sk", "version")
_LOWEST, _HIGHEST = "0", "~"
_GROWTH = 4
_LOOKED_AHEAD = 2  # one row tells that another page follows, and the merge holds one


def find(
    reads: Reads,
    layout: Layout,
    months: Callable[[], Iterable[str]],
    wanted: IncidentFilter,
    *,
    limit: int,
    cursor: str,
) -> Page:
    """Return one page; ``months`` gives the months of opening in which anything is not active any more."""
    if limit < 1:
        raise InvalidInput(f"cannot list {limit} incidents: at least one")
    before = place_after(cursor) if cursor else None
    found: list[Incident] = []
    last: Place | None = None
    for examined, row in enumerate(_Rows(reads, months, wanted, limit, before).newest_first()):
        if last is not None and (len(found) == limit or examined == MOST_EXAMINED):
            return Page(found, cursor_after(last))
        incident = layout.model(Incident, row)
        last = keys.place(incident)
        if wanted.matches(incident):
            found.append(incident)
    return Page(found)


class _Rows:
    """The rows that one page may have to look at."""

    def __init__(
        self,
        reads: Reads,
        months: Callable[[], Iterable[str]],
        wanted: IncidentFilter,
        limit: int,
        before: Place | None,
    ) -> None:
        self._reads = reads
        self._months = months
        self._wanted = wanted
        self._limit = limit
        self._low = _LOWEST if wanted.since is None else moment(wanted.since)
        ends = [] if wanted.until is None else [moment(wanted.until)]
        self._end = min([*ends, *([keys.listed_at(before)] if before is not None else [])], default=_HIGHEST)

    def newest_first(self) -> "Iterator[Item]":
        """Yield them, each incident once."""
        if self._low >= self._end:
            return
        active = self._part(keys.ACTIVE) if self._may_be_active() else iter(())
        others = iter(()) if self._wanted.active_only else self._not_active()
        yield from _merged(active, others)

    def _may_be_active(self) -> bool:
        return not self._wanted.statuses or bool(self._wanted.statuses & ACTIVE_STATUSES)

    def _not_active(self) -> "Iterator[Item]":
        for opened_in in sorted(self._months(), reverse=True):
            if self._low[: len(opened_in)] <= opened_in <= self._end:
                yield from self._part(keys.closed_in(opened_in))

    def _part(self, part: str) -> "Iterator[Item]":
        rows = self._reads.index(
            LIST, part, self._low, self._end, only=_ROW, newest_first=True, sizes=_sizes(self._limit + _LOOKED_AHEAD)
        )
        # BETWEEN includes its end, which was the last row of the page before.
        return (row for row in rows if _listed_at(row) < self._end)


def _merged(active: "Iterator[Item]", others: "Iterator[Item]") -> "Iterator[Item]":
    rows = merge(active, others, key=_listed_at, reverse=True)
    return (max(same, key=_version) for _, same in groupby(rows, _listed_at))


def _listed_at(row: "Item") -> str:
    return row["list_sk"]["S"]


def _version(row: "Item") -> int:
    return int(row["version"]["N"])


def _sizes(first: int) -> Iterator[int]:
    """Yield how many rows to ask for: as few as may do at first, then ever more, for a filter that fits few."""
    size = first
    while True:
        size = min(size, MOST_EXAMINED + _LOOKED_AHEAD)
        yield size
        size *= _GROWTH
