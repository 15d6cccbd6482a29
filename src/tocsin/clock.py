"""The one place where the product reads the time, and waits. Everything else is handed a ``Clock``, and a ``Pause``."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]

Pause = Callable[[int], None]
"""Waits before another attempt; it is told how many failed before the last one."""

LONGEST_PAUSE = 1.0
FIRST_PAUSE = 0.02
"""Seconds."""


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


def short_pause(attempt: int) -> None:
    """Wait for a random part of a time that doubles with each attempt: who lost a race together, part."""
    import random
    import time

    time.sleep(random.random() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt))  # noqa: S311 - nothing hangs on it
