"""Opening a file of many incidents and loading all of it, against ``orjson.loads`` alone on the same lines.

Ours is a new ``JsonStore`` and its first read: every line is checked and taken in. Theirs reads the same lines from
the same file, parses each and lets it go; it checks nothing and keeps nothing. Twice: the file as it is after it
was written anew, a line an incident, which the store takes in without parsing all of it; and as a journal that
never was, a line a change. A real file is something between the two.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from tocsin.storage.json_store import JsonStore

from .measure import Bench, Measured, Row, Spread, alternately
from .sides import Side, peak_memory, timed
from .stores import files_of

MEGABYTE = 1e6


def measure(bench: Bench) -> Iterator[Row]:
    """Yield the time of both files, and the memory of the first."""
    files = files_of(bench.folder, bench.large)
    for name, file in (("written anew", files.compact), ("journal", files.journal)):
        size = file.stat().st_size / MEGABYTE
        with Side(opening, file) as ours, Side(parsing, file) as theirs:
            found = alternately(ours, theirs, bench.pairs(6))
        what = f"open and load {bench.large:,} incidents, {name} / orjson.loads of its lines"
        yield Row(what, found.ratio, f"{found.said(1e3, 'ms')}; {size:,.0f} MB")
    peaks = [_peak(files.compact) for _ in range(3)]
    size = files.compact.stat().st_size / MEGABYTE
    yield Row(
        f"peak memory with {bench.large:,} incidents open",
        Spread.of(peaks),
        f"{Spread.of(peaks).middle / size:.2f} x the file's {size:,.0f} MB, the interpreter included",
        unit=" MB",
    )


def _peak(file: Path) -> float:
    with Side(peak_of_opening, file) as side:
        return side() / MEGABYTE


def opening(file: Path) -> Measured:
    """Return what opens the file and reads all of it."""

    def load() -> None:
        store = JsonStore(file)
        store.record("heartbeat", "none")
        store.close()

    return lambda: timed(load)


def parsing(file: Path) -> Measured:
    """Return what parses the file's lines and keeps none."""

    def parse() -> None:
        with file.open("rb") as lines:
            for line in lines:
                orjson.loads(line)

    return lambda: timed(parse)


def peak_of_opening(file: Path) -> Measured:
    """Return what tells the most memory that a process takes which opens the file."""

    def load() -> float:
        store = JsonStore(file)
        store.record("heartbeat", "none")
        return peak_memory()

    return load
