"""A clock that only moves when it is told to, so that half an hour passes in seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]
"""Tells the time as an aware UTC datetime."""


def wall_clock() -> datetime:
    """The real time, in UTC."""
    return datetime.now(UTC)


class SimulatedClock:
    """A settable clock: call it to read it. Safe to read in one thread while another moves it."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, which must be aware."""
        self._lock = threading.Lock()
        self._now = _in_utc(start)

    def __call__(self) -> datetime:
        """The simulated time, in UTC."""
        with self._lock:
            return self._now

    def set(self, moment: datetime) -> None:
        """Jump to `moment`, which must be aware. Jumping back is allowed: real clocks do it too."""
        moment = _in_utc(moment)
        with self._lock:
            self._now = moment

    def advance(self, *, minutes: float = 0, seconds: float = 0) -> datetime:
        """Move on and return the new time."""
        with self._lock:
            self._now += timedelta(minutes=minutes, seconds=seconds)
            return self._now


def _in_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        msg = "a clock needs an aware datetime, for example datetime(2026, 3, 2, 9, tzinfo=UTC)"
        raise ValueError(msg)
    return moment.astimezone(UTC)
