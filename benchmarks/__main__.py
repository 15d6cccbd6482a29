"""``python -m benchmarks [--only NAME] [--quick]``: measure, and print one table of ratios.

Exit status: 0 if every bar is met by its median, 1 if one is missed, 2 for wrong arguments.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from . import (
    authenticating,
    changing,
    cloud_opening,
    cloud_pushing,
    cloud_steady,
    importing,
    listing,
    loading,
    on_call,
    paging,
    reconciling,
    refusing,
    serving,
    serving_reads,
    starting,
    sweep,
)
from .measure import Bench, Row

SUBJECTS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "sweep": sweep.measure,
    "memory": sweep.measure_memory,
    "reconcile": reconciling.measure,
    "change": changing.measure,
    "list": listing.measure,
    "load": loading.measure,
    "start": starting.measure,
    "import": importing.measure,
    "api-import": importing.measure_api,
    "pager-import": importing.measure_pager,
    "cloud-open": cloud_opening.measure,
    "cloud-steady": cloud_steady.measure,
    "push-cloud": cloud_pushing.measure,
    "server": serving.measure,
    "server-reads": serving_reads.measure,
    "authenticate": authenticating.measure,
    "refuse": refusing.measure,
    "on-call": on_call.measure,
    "page": paging.measure,
}
HEAD = ("what", "median", "min to max", "bar", "", "in figures")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and print a table of ratios.")
    parser.add_argument("--only", action="append", choices=SUBJECTS, metavar="NAME", help=", ".join(SUBJECTS))
    parser.add_argument("--quick", action="store_true", help="fewer pairs and smaller stores: a first impression")
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder:
        bench = Bench(Path(folder), quick=asked.quick)
        for name in asked.only or SUBJECTS:
            print(f"{time.perf_counter() - began:4.0f} s  {name}", file=sys.stderr, flush=True)
            rows += SUBJECTS[name](bench)
    print(f"{time.perf_counter() - began:4.0f} s  done\n", file=sys.stderr, flush=True)
    print(table(rows))
    quick = ", quick: settles nothing" if asked.quick else ""
    print(f"\nPython {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}{quick}")
    return int(any(row.over_the_bar for row in rows))


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a table that is aligned, and Markdown too."""
    cells = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [_line(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
    lines.insert(1, _line("-" * width for width in widths))
    return "\n".join(lines)


def _cells(row: Row) -> tuple[str, ...]:
    value, unit = row.value, row.unit
    digits = 2 if unit == "x" else 0
    bar = "" if row.bar is None else f"≤ {row.bar:g}{unit}"
    verdict = "" if row.bar is None else "OVER THE BAR" if row.over_the_bar else "met"
    span = f"{value.least:.{digits}f} to {value.most:.{digits}f}"
    return row.what, f"{value.middle:.{digits}f}{unit}", span, bar, verdict, row.figures


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
