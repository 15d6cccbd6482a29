"""When things go wrong: which fault, at which endpoint, for how many requests, after how many that go well.

A person sets the same over HTTP (see `control`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .exchange import Endpoint, Request
from .faults import Fault


@dataclass(slots=True)
class Rule:
    """When a fault strikes. `count` is how many more times, None for ever; `after` how many requests pass before."""

    fault: Fault
    endpoint: Endpoint | None = None
    count: int | None = 1
    after: int = 0
    where: Mapping[str, str] = field(default_factory=dict)

    def concerns(self, endpoint: Endpoint, request: Request) -> bool:
        """Whether a request is one that this rule counts."""
        here = self.endpoint in (None, endpoint)
        return here and all(request.query.get(name) == value for name, value in self.where.items())


class FaultPlan:
    """Rules in the order they were made. The first that is due strikes; a request that it hits counts for no other."""

    def __init__(self) -> None:
        """Make an empty plan: nothing goes wrong."""
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def next(
        self,
        fault: Fault,
        *,
        endpoint: Endpoint | str | None = None,
        count: int | None = 1,
        after: int = 0,
        where: Mapping[str, str] | None = None,
    ) -> None:
        """Plan a fault.

        `endpoint`: only there (None: at every endpoint of Datadog's). `count`: for so many requests (None: until
        cleared). `after`: let so many matching requests pass first. `where`: only requests with these query
        parameters, for example `{"id_offset": "1000"}` for one certain page.
        """
        at = None if endpoint is None else Endpoint(endpoint)
        with self._lock:
            self._rules.append(Rule(fault, at, count, after, dict(where or {})))

    def always(self, fault: Fault, *, endpoint: Endpoint | str | None = None) -> None:
        """Plan a fault that strikes until `clear`."""
        self.next(fault, endpoint=endpoint, count=None)

    def clear(self) -> None:
        """Forget every rule."""
        with self._lock:
            self._rules.clear()

    def pending(self) -> list[Rule]:
        """The rules that have not struck as often as they were meant to."""
        with self._lock:
            return [replace(rule) for rule in self._rules]

    def take(self, endpoint: Endpoint, request: Request) -> Fault | None:
        """The fault that strikes this request, if any, counted."""
        with self._lock:
            for rule in self._rules:
                if not rule.concerns(endpoint, request):
                    continue
                if rule.after > 0:
                    rule.after -= 1
                    continue
                if rule.count is not None:
                    rule.count -= 1
                    self._rules = [r for r in self._rules if r.count is None or r.count > 0]
                return rule.fault
        return None
