"""The first page of a list from a store that is open, at many incidents against few.

``IncidentService.find`` for 50 incidents, as the list command asks for them: everything, newest first; and what is
active, which is one in twelve in both stores. Each store is open in a process of its own, and each reads its file's
state before it answers, as it must with other processes about.
"""

from collections.abc import Iterator
from pathlib import Path

from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.services.incidents import IncidentService
from tocsin.storage.json_store import JsonStore

from .measure import SMALL, Bench, Measured, Row, alternately
from .sides import Side, timed
from .stores import files_of

PAGE = 50
_TIMES = 100
_LISTS = {"all": IncidentFilter(), "active": IncidentFilter(statuses=ACTIVE)}


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for each list."""
    few, many = files_of(bench.folder, SMALL).compact, files_of(bench.folder, bench.large).compact
    for name, wanted in _LISTS.items():
        with Side(first_page, many, wanted) as large, Side(first_page, few, wanted) as small:
            found = alternately(large, small, bench.pairs(16))
        what = f"first page of a list ({name}), {bench.large:,} incidents / {SMALL:,}"
        yield Row(what, found.ratio, found.said(1e3, "ms"), bar=2.0)


def first_page(file: Path, wanted: IncidentFilter) -> Measured:
    """Open a store, and return what lists its first page."""
    service = IncidentService(JsonStore(file))

    def look() -> None:
        if len(service.find(wanted, limit=PAGE).incidents) != PAGE:
            message = "this is no full page"
            raise RuntimeError(message)

    look()
    return lambda: timed(look, times=_TIMES)
