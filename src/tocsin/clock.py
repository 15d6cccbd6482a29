"""The one place where the product reads the time, and waits. Everything else is handed a ``Clock``, and a ``Pause``."""

import random
import time
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


def short_pause(
    attempt: int,
    *,
    sleep: Callable[[float], None] = time.sleep,
    jitter: Callable[[], float] = random.random,
) -> None:
    """Wait for a random part of a time that doubles with each attempt: who lost a race together, part."""
    sleep(jitter() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt))
