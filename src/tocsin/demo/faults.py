"""What can go wrong between Datadog and its reader. When it does is the `fault_plan`'s."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import orjson

from .exchange import Answer, error_answer, json_answer
from .typed import JSON, override


@dataclass(frozen=True, slots=True)
class Delivery:
    """How an answer goes over the wire."""

    delay: float = 0.0
    """Seconds before the first byte."""
    trickle: float = 0.0
    """Seconds over which the body is spread."""
    sent: float = 1.0
    """The part of the body that is sent before the connection closes; the headers promise all of it."""
    reset: bool = False
    """Whether the connection is reset and nothing is sent."""


class Fault:
    """One thing that goes wrong. Most faults change the answer; some change only how it is sent."""

    kind: ClassVar[str] = ""

    def alter(self, answer: Answer) -> Answer:
        """The answer in place of the true one."""
        return answer

    @property
    def delivery(self) -> Delivery:
        """How the answer is sent."""
        return Delivery()


@dataclass(frozen=True, slots=True)
class RateLimited(Fault):
    """429, to be tried again after `reset` seconds; None leaves the header out."""

    kind: ClassVar[str] = "rate_limited"
    reset: float | None = 1

    @override
    def alter(self, answer: Answer) -> Answer:
        """429 whatever the counters say."""
        headers = {**answer.headers, "X-RateLimit-Remaining": "0"}
        if self.reset is None:
            headers.pop("X-RateLimit-Reset", None)
        else:
            headers["X-RateLimit-Reset"] = f"{self.reset:g}"
        return replace(error_answer(429, "Too many requests"), headers=headers)


@dataclass(frozen=True, slots=True)
class ServerError(Fault):
    """A 5xx, with the HTML that a gateway sends."""

    kind: ClassVar[str] = "server_error"
    status: int = 503

    @override
    def alter(self, answer: Answer) -> Answer:  # noqa: ARG002 - it is lost
        """The gateway's page in place of the answer."""
        page = f"<html><body><h1>{self.status} Server Error</h1>no healthy upstream</body></html>"
        return Answer(self.status, page.encode(), content_type="text/html")


@dataclass(frozen=True, slots=True)
class CutBody(Fault):
    """The connection closes after `sent` (0 to 1) of the promised body, compressed or not."""

    kind: ClassVar[str] = "cut_body"
    sent: float = 0.5

    @property
    @override
    def delivery(self) -> Delivery:
        """Part of the body."""
        return Delivery(sent=self.sent)


@dataclass(frozen=True, slots=True)
class Slow(Fault):
    """Nothing comes for `seconds`, then everything."""

    kind: ClassVar[str] = "slow"
    seconds: float = 5.0

    @property
    @override
    def delivery(self) -> Delivery:
        """A late answer."""
        return Delivery(delay=self.seconds)


@dataclass(frozen=True, slots=True)
class Trickle(Fault):
    """The body comes bit by bit over `seconds`: no single read times out, only the whole does."""

    kind: ClassVar[str] = "trickle"
    seconds: float = 5.0

    @property
    @override
    def delivery(self) -> Delivery:
        """A long answer."""
        return Delivery(trickle=self.seconds)


@dataclass(frozen=True, slots=True)
class Nonsense(Fault):
    """200 with a body that is not the answer: `{}` unless told otherwise."""

    kind: ClassVar[str] = "nonsense"
    body: str = "{}"
    content_type: str = "application/json"

    @override
    def alter(self, answer: Answer) -> Answer:
        """The nonsense, under the status and headers of the true answer."""
        return Answer(answer.status, self.body.encode(), answer.headers, self.content_type)


@dataclass(frozen=True, slots=True)
class PageMissing(Fault):
    """An empty page, as if the end had come."""

    kind: ClassVar[str] = "page_missing"

    @override
    def alter(self, answer: Answer) -> Answer:
        """No items."""
        return _with_items(answer, lambda _: [])


@dataclass(frozen=True, slots=True)
class ItemsMissing(Fault):
    """A page that skips `count` monitors from the `first` on (counted from 0)."""

    kind: ClassVar[str] = "items_missing"
    first: int = 0
    count: int = 1

    @override
    def alter(self, answer: Answer) -> Answer:
        """The page without them."""
        return _with_items(answer, lambda items: items[: self.first] + items[self.first + self.count :])


@dataclass(frozen=True, slots=True)
class ConnectionReset(Fault):
    """The connection is reset before anything is answered."""

    kind: ClassVar[str] = "connection_reset"

    @property
    @override
    def delivery(self) -> Delivery:
        """Nothing at all."""
        return Delivery(reset=True)


@dataclass(frozen=True, slots=True)
class Poison(Fault):
    """A page with one more item that no reader can parse, at `position`: a string unless told otherwise.

    See `POISONED_OPTIONS` for one that only a strict reader chokes on.
    """

    kind: ClassVar[str] = "poison"
    item: JSON = "not a monitor"
    position: int = 0

    @override
    def alter(self, answer: Answer) -> Answer:
        """The page with the odd item in it."""
        return _with_items(answer, lambda items: [*items[: self.position], self.item, *items[self.position :]])


@dataclass(frozen=True, slots=True)
class PoisonedMonitor(Fault):
    """One monitor of the page, at `position`, has these keys in place of its own.

    The default nulls what Datadog may null; `POISONED_OPTIONS` makes the official client refuse the whole page.
    """

    kind: ClassVar[str] = "poisoned_monitor"
    keys: Mapping[str, JSON] = field(
        default_factory=lambda: dict.fromkeys(
            ("message", "tags", "options", "overall_state", "overall_state_modified", "creator", "state"), None
        )
    )
    position: int = 0

    @override
    def alter(self, answer: Answer) -> Answer:
        """The page with that monitor bent."""

        def bend(items: list[JSON]) -> list[JSON]:
            bent = list(items)
            chosen = bent[self.position] if self.position < len(bent) else None
            if isinstance(chosen, dict):
                bent[self.position] = {**chosen, **self.keys}
            return bent

        return _with_items(answer, bend)


POISONED_OPTIONS: Mapping[str, JSON] = {
    "options": {"scheduling_options": {"evaluation_window": {"day_starts": "00:00", "month_starts": 15}}}
}
"""Seen in the wild: `month_starts` other than 1 makes the official client raise for the whole list."""


@dataclass(frozen=True, slots=True)
class WrongSite(Fault):
    """The host of another site answers: a redirect to `location`, or without one a web page with status 200."""

    kind: ClassVar[str] = "wrong_site"
    location: str | None = None

    @override
    def alter(self, answer: Answer) -> Answer:  # noqa: ARG002 - it never was asked for
        """A web page, or the way to one."""
        if self.location is not None:
            return Answer(302, b"", {"Location": self.location}, "text/html")
        return Answer(200, b"<!doctype html><title>Datadog: Log In</title>", content_type="text/html")


KINDS: Mapping[str, type[Fault]] = {
    kind.kind: kind
    for kind in (
        RateLimited,
        ServerError,
        CutBody,
        Slow,
        Trickle,
        Nonsense,
        PageMissing,
        ItemsMissing,
        ConnectionReset,
        Poison,
        PoisonedMonitor,
        WrongSite,
    )
}
"""The faults by the name under which they are set over HTTP."""


def _with_items(answer: Answer, change: Callable[[list[JSON]], list[JSON]]) -> Answer:
    content = orjson.loads(answer.body)
    if not isinstance(content, list):
        return answer
    return replace(json_answer(change(content), answer.status), headers=answer.headers)
