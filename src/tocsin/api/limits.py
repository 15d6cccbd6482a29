"""How many requests are let through: a bucket of tokens for each key, in this process."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

from tocsin.clock import Clock

MOST_BUCKETS = 10_000
"""Keys and addresses that are counted at once; the one that asked longest ago is forgotten first."""


class Buckets:
    """Lets ``rate`` requests a second through for each name, and ``burst`` at once; a ``rate`` of 0 lets all through."""

    def __init__(self, rate: float, *, burst: float, clock: Clock) -> None:
        self._rate = rate
        self._burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()
        self._lock = Lock()

    def take(self, name: str) -> float:
        """Take a token; return 0.0, or the seconds until there is one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        with self._lock:
            left = self._left(name, now)
            enough = left >= 1
            self._buckets[name] = (left - 1 if enough else left, now)
            self._buckets.move_to_end(name)
            if len(self._buckets) > MOST_BUCKETS:
                self._buckets.popitem(last=False)
        return self._wait(left)

    def look(self, name: str) -> float:
        """Return what :meth:`take` would, and take nothing."""
        if not self._rate:
            return 0.0
        with self._lock:
            return self._wait(self._left(name, self._clock()))

    def _left(self, name: str, now: datetime) -> float:
        left, at = self._buckets.get(name, (self._burst, now))
        # A clock that was set back fills nothing.
        return min(self._burst, left + max((now - at).total_seconds(), 0.0) * self._rate)

    def _wait(self, left: float) -> float:
        return 0.0 if left >= 1 else (1 - left) / self._rate
