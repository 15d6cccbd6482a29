"""How a run or a request that must end in time divides what it has of it."""

from collections.abc import Callable

MARGIN = 5.0
"""Seconds before the deadline at which no new work is begun: what is under way must end, and be told of."""

SHARE_OF_MARGIN = 0.2
"""The most of a short time that the margin takes."""


class Deadline:
    """``remaining`` says how many seconds are left; the margin is a share of what there is when this is made."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        self._remaining = remaining
        self._margin = min(MARGIN, SHARE_OF_MARGIN * remaining())

    def enough(self, seconds: float = 0) -> bool:
        """Say whether to begin one more piece of work, which may take so many seconds before the margin begins."""
        return self._remaining() > self._margin + seconds

    def for_sweep(self, most: float) -> float:
        """Return the seconds that a sweep may take now, ``most`` at most.

        That is half of what there is: a server that falls silent at the end can make a sweep last twice as long, and
        if it does not, the other half is for writing.
        """
        return min(most, max(self._remaining() - self._margin, 0) / 2)
