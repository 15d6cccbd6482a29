"""Rate limits, counted as Datadog counts them: so many requests a period, and periods aligned to the clock."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .exchange import Endpoint


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` in each `period` of seconds, counted under `name`."""

    name: str
    requests: int
    period: int = 10


_READ_ONE = Limit("monitor_get", 3000)
_SEARCH = Limit("monitor_search", 1000)

DEFAULT_LIMITS: Mapping[Endpoint, Limit] = {
    Endpoint.LIST: Limit("monitor_list", 1000),
    Endpoint.GET: _READ_ONE,
    Endpoint.SEARCH: _SEARCH,
    Endpoint.GROUPS_SEARCH: _SEARCH,
    Endpoint.VALIDATE_MONITOR: _READ_ONE,
    Endpoint.VALIDATE_KEYS: _READ_ONE,
}
"""1000 lists and 3000 reads of one monitor in 10 s are Datadog's; the other numbers and all names are made up."""


class RateLimiter:
    """Counts requests against limits. Real time decides, not the simulated clock: a client really waits."""

    def __init__(self, limits: Mapping[Endpoint, Limit], ticker: Callable[[], float] = time.time) -> None:
        """Count against `limits`; an endpoint without one is not limited. `ticker` tells epoch seconds."""
        self._limits = dict(limits)
        self._ticker = ticker
        self._lock = threading.Lock()
        self._used: dict[str, tuple[int, int]] = {}

    def spend(self, endpoint: Endpoint) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is within the limit, and the `X-RateLimit-*` headers to answer with."""
        limit = self._limits.get(endpoint)
        if limit is None:
            return True, {}
        now = self._ticker()
        period = int(now // limit.period)
        with self._lock:
            counted, used = self._used.get(limit.name, (period, 0))
            used = used + 1 if counted == period else 1
            self._used[limit.name] = (period, used)
        left = (period + 1) * limit.period - now
        headers = {
            "X-RateLimit-Limit": str(limit.requests),
            "X-RateLimit-Period": str(limit.period),
            "X-RateLimit-Remaining": str(max(limit.requests - used, 0)),
            "X-RateLimit-Reset": str(max(1, math.ceil(left))),
            "X-RateLimit-Name": limit.name,
        }
        return used <= limit.requests, headers
