"""Two things timed in alternation, and the ratio between them.

A time says more about the machine and its mood than about the program. So what is reported is the median of the
ratios of neighbouring measurements: whatever slows one of a pair slows the other too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

SMALL = 1_000
"""Incidents, or alerts: what everything larger is compared with."""

Measured = Callable[[], float]
"""Does something once and returns what it cost: seconds, seconds a piece, or bytes."""


@dataclass(frozen=True, slots=True)
class Bench:
    """One run. ``folder`` goes when it ends. ``quick``: fewer pairs and smaller stores, for a first impression."""

    folder: Path
    quick: bool = False

    @property
    def large(self) -> int:
        """How many incidents a large store holds."""
        return 20_000 if self.quick else 100_000

    def pairs(self, number: int) -> int:
        """Return how many pairs to measure, where a whole run measures ``number``."""
        return max(3, number // 4) if self.quick else number


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    middle: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Summarise ``values``; there must be one."""
        ordered = sorted(values)
        return cls(median(ordered), ordered[0], ordered[-1])


@dataclass(frozen=True, slots=True)
class Pairs:
    """What was measured of two things, in pairs."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> Spread:
        """How many times the cost of the second the first one costs, pair by pair."""
        return Spread.of(mine / other for mine, other in zip(self.ours, self.theirs, strict=True))

    def said(self, scale: float, unit: str) -> str:
        """Return the two medians in words, each multiplied by ``scale``."""
        return f"{_short(median(self.ours) * scale)} against {_short(median(self.theirs) * scale)} {unit}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: a ratio (or, with another ``unit``, a size) and the most that its median may be."""

    what: str
    value: Spread
    figures: str
    bar: float | None = None
    unit: str = "x"

    @property
    def over_the_bar(self) -> bool:
        """True if the median is more than it may be."""
        return self.bar is not None and self.value.middle > self.bar


def alternately(ours: Measured, theirs: Measured, pairs: int) -> Pairs:
    """Measure both ``pairs`` times, after once for nothing, and let each go first every other time."""
    mine: list[float] = []
    others: list[float] = []
    ours(), theirs()
    for number in range(pairs):
        if number % 2:
            others.append(theirs())
            mine.append(ours())
        else:
            mine.append(ours())
            others.append(theirs())
    return Pairs(tuple(mine), tuple(others))


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
