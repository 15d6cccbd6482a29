"""A Datadog that answers from a script, and a clock that moves only when somebody waits."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import orjson

from tocsin.clock import Clock, utc_now
from tocsin.sources.datadog_account import account
from tocsin.sources.datadog_client import DatadogClient
from tocsin.sources.datadog_http import NoReply, Reply

API, APP = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210fedcba98"
DATE = "Mon, 02 Mar 2026 12:00:00 GMT"


def reply(body: object = (), status: int = 200, **headers: str) -> Reply:
    """Return an answer; header names are written with underscores."""
    content = body if isinstance(body, bytes) else orjson.dumps(list(body) if isinstance(body, tuple) else body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"date": DATE, **named}, content)


@dataclass
class Time:
    """Seconds that pass only by waiting. ``waits`` are the pauses that were made."""

    now: float = 1_000.0
    waits: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class ScriptedHttp:
    """Gives the next line of its script to each question, the last one for ever; ``asked`` keeps the questions."""

    def __init__(self, script: Iterable[Reply | NoReply], time: Time, each_takes: float = 0.0) -> None:
        self.script = list(script)
        self.asked: list[tuple[str, int]] = []
        self.closed = False
        self._time = time
        self._each_takes = each_takes

    def monitors(self, after: int, time_left: Callable[[], float]) -> Reply:
        return self._next("list", after)

    def monitor(self, number: int, time_left: Callable[[], float]) -> Reply:
        return self._next("one", number)

    def close(self) -> None:
        self.closed = True

    def _next(self, kind: str, number: int) -> Reply:
        self.asked.append((kind, number))
        self._time.now += self._each_takes
        line = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        if isinstance(line, NoReply):
            raise line
        return line


def client(*script: Reply | NoReply, each_takes: float = 0.0, jitter: float = 0.0, clock: Clock = utc_now):
    """Return a client on that script, with its HTTP and its time."""
    time = Time()
    http = ScriptedHttp(script, time, each_takes)
    made = DatadogClient(
        account(API, APP), http=http, sleep=time.sleep, monotonic=time.monotonic, jitter=lambda: jitter, clock=clock
    )
    return made, http, time
