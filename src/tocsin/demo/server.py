"""The simulated Datadog as a server: keys, limits, faults and the request log around the routes.

    with DatadogServer(demo_world(clock), api_key="a", app_key="b") as server:
        ...  # a client pointed at server.url

It speaks Datadog's wire format under `/api/v1/`, and has controls of its own under `/demo/` (see `control`).
"""

from __future__ import annotations

import gzip
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self, TypeAlias

import orjson

from .connection import LOOPBACK, Listener
from .control import control, is_control
from .exchange import Answer, Endpoint, LoggedRequest, Request, error_answer, forbidden
from .fault_plan import FaultPlan
from .faults import Delivery, Fault
from .limits import DEFAULT_LIMITS, Limit, RateLimiter
from .routes import answer, endpoint_of
from .world import World

DEMO_API_KEY = "demo-api-key"
DEMO_APP_KEY = "demo-app-key"

_KEPT_REQUESTS = 100_000
_NOTICE_STOP = 0.01
"""Seconds between two looks at whether to stop: hundreds of tests stop a server each."""
_KEYS_IN_QUERIES = ("api_key", "application_key")
_FROZEN_WALK: Mapping[str, str] = {"group_states": "all", "with_downtimes": "true", "page_size": "1000"}
_PageKey: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _Frozen:
    """Answers encoded beforehand, true for one revision of the world."""

    revision: int
    pages: dict[_PageKey, Answer]


class DatadogServer:
    """A Datadog on 127.0.0.1. Start it with `with`, or with `start()` and `stop()`."""

    def __init__(
        self,
        world: World,
        *,
        api_key: str = DEMO_API_KEY,
        app_key: str = DEMO_APP_KEY,
        port: int = 0,
        limits: Mapping[Endpoint, Limit] = DEFAULT_LIMITS,
        ticker: Callable[[], float] | None = None,
        state_filters_monitors: bool = False,
    ) -> None:
        """Serve `world` to whoever has both keys; port 0 takes a free one.

        `limits` may be `{}`: no limits, and no headers that tell of them. `ticker` tells the epoch seconds that rate limits are counted by (the real time unless given).
        `state_filters_monitors`: whether `group_states` also filters the monitors of the list; unknown of Datadog.
        """
        self.world = world
        self.faults = FaultPlan()
        self._keys = (api_key, app_key)
        self._port = port
        self._limiter = RateLimiter(limits) if ticker is None else RateLimiter(limits, ticker)
        self._state_filters_monitors = state_filters_monitors
        self._requests: deque[LoggedRequest] = deque(maxlen=_KEPT_REQUESTS)
        self._frozen: _Frozen | None = None
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    # -- running ------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Bind and serve in the background; raises OSError if the port is taken."""
        if self._listener is not None:
            msg = "the simulated Datadog runs already"
            raise RuntimeError(msg)
        self._listener = Listener(self._port, self._respond, self.world.clock)
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(_NOTICE_STOP,), name="simulated-datadog-listener", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop, end every connection and wait for their threads. Stopping twice is no error."""
        if self._listener is None or self._thread is None:
            return
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()
        self._listener = self._thread = None

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def port(self) -> int:
        """The port it listens on; raises RuntimeError unless it runs."""
        if self._listener is None:
            msg = "the simulated Datadog does not run"
            raise RuntimeError(msg)
        return self._listener.server_port

    @property
    def url(self) -> str:
        """What to give a client as host, without a slash at the end."""
        return f"http://{LOOPBACK}:{self.port}"

    # -- what was asked -----------------------------------------------------------------------------------------

    @property
    def requests(self) -> list[LoggedRequest]:
        """The requests to Datadog's endpoints so far, oldest first (the last 100,000). Never a key."""
        return list(self._requests)

    def forget_requests(self) -> None:
        """Empty the request log."""
        self._requests.clear()

    # -- speed --------------------------------------------------------------------------------------------------

    def freeze(self, *walks: Mapping[str, str]) -> None:
        """Encode and compress list pages beforehand, so that a benchmark measures its client and not this server.

        Each of `walks` is the query of a keyset walk, by default that of a full sweep (all groups, downtimes, 1000
        a page). Other list queries are encoded at their first use. Keys, limits, faults and the log work as ever.
        Any move of the world thaws it at once; the mere passing of time (a mute that ends) does not.
        """
        with self.world.lock:
            self._frozen = _Frozen(self.world.revision, {})
        for walk in walks or (_FROZEN_WALK,):
            offset = 0
            while True:
                page = self._list_page(Request("GET", "/api/v1/monitor", {**walk, "id_offset": str(offset)}))
                items = orjson.loads(page.body)
                if not items:
                    break
                offset = items[-1]["id"]

    def thaw(self) -> None:
        """Encode every answer anew again."""
        self._frozen = None

    def _list_page(self, request: Request) -> Answer:
        frozen = self._frozen
        if frozen is None or frozen.revision != self.world.revision:
            self._frozen = None
            return self._route(Endpoint.LIST, request)
        key = tuple(sorted(request.query.items()))
        page = frozen.pages.get(key)
        if page is None:
            fresh = self._route(Endpoint.LIST, request)
            page = frozen.pages[key] = replace(fresh, gzipped=gzip.compress(fresh.body, mtime=0))
        return page

    # -- answering ----------------------------------------------------------------------------------------------

    def _respond(self, request: Request) -> tuple[Answer, Delivery]:
        if is_control(request.path):
            return control(self.world, self.faults, request), Delivery()
        endpoint = endpoint_of(request.method, request.path)
        fault = self.faults.take(endpoint, request)
        true_answer = self._answer(endpoint, request)
        given = true_answer if fault is None else fault.alter(true_answer)
        delivery = Delivery() if fault is None else fault.delivery
        # Logged before it is sent: a test that has its answer finds its request.
        self._requests.append(_logged(endpoint, request, 0 if delivery.reset else given.status, fault))
        return given, delivery

    def _answer(self, endpoint: Endpoint, request: Request) -> Answer:
        if not self._admits(endpoint, request):
            refusal = forbidden()
            return replace(refusal, headers=self._limiter.spend(endpoint)[1])
        within, headers = self._limiter.spend(endpoint)
        if not within:
            return replace(error_answer(429, "Too many requests"), headers=headers)
        found = self._list_page(request) if endpoint is Endpoint.LIST else self._route(endpoint, request)
        return replace(found, headers={**found.headers, **headers})

    def _route(self, endpoint: Endpoint, request: Request) -> Answer:
        return answer(self.world, endpoint, request, state_filters_monitors=self._state_filters_monitors)

    def _admits(self, endpoint: Endpoint, request: Request) -> bool:
        api_key, app_key = self._keys
        right_api_key = request.headers.get("dd-api-key") == api_key
        # As at Datadog's: checking keys needs only the first of them.
        return right_api_key and (
            endpoint is Endpoint.VALIDATE_KEYS or request.headers.get("dd-application-key") == app_key
        )


def _logged(endpoint: Endpoint, request: Request, status: int, fault: Fault | None) -> LoggedRequest:
    query = {name: value for name, value in request.query.items() if name not in _KEYS_IN_QUERIES}
    return LoggedRequest(request.method, request.path, query, endpoint, status, None if fault is None else fault.kind)
