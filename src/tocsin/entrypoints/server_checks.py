"""What ``doctor`` looks at where a server is asked: whether it is there, how it says it is, and what the key is for."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from http import HTTPStatus
from typing import Any

from tocsin.config import Settings
from tocsin.domain.access import Scope
from tocsin.errors import ConfigurationError, StoreUnreachable, TocsinError

from .checks import Check, Verdict, failed, skipped
from .moments import duration
from .server_calls import ServerCalls
from .server_store import V1
from .wiring import Wiring

_TRIED: Mapping[Scope, tuple[str, str, Mapping[str, Any] | None]] = {
    Scope.ADMIN: ("GET", f"{V1}/keys?limit=1", None),
    Scope.INCIDENTS_WRITE: ("PATCH", f"{V1}/incidents/doctor", {}),
    Scope.INCIDENTS_READ: ("GET", f"{V1}/incidents?limit=1", None),
    Scope.ALERTS_WRITE: ("POST", f"{V1}/alerts", {}),
}
"""What a key is let do for each scope, widest first. Nothing is changed: there is no such incident, and no alert in it."""


def served(wiring: Wiring, settings: Settings) -> Iterator[Check]:
    """Yield the check of the server that is set, and that of the key for it."""
    with closing(wiring.stranger(settings.tocsin_server)) as calls:
        try:
            yield _ready(calls)
        except TocsinError as error:
            yield failed("server", error)
            yield skipped("key", "server")
            return
    try:
        with closing(wiring.calls(settings)) as calls:
            yield _key(calls)
    except TocsinError as error:
        yield failed("key", error)


def _ready(calls: ServerCalls) -> Check:
    status, said = calls.look("GET", "/health/ready")
    if not isinstance(said, dict) or "store" not in said:
        message = f"what answers at {calls.url} is no server of ours: it answered {status}"
        raise ConfigurationError(message, hint="correct --server, or TOCSIN_SERVER")
    ages = ", ".join(
        f"{what} {duration(said[name])} ago" if said.get(name) is not None else f"no {what} yet"
        for what, name in (("sweep of Datadog", "last_sweep_seconds"), ("round of the pager", "last_tick_seconds"))
    )
    if not said["store"]:
        mend = "Its log says why; `doctor` on that machine, without --server, says more."
        found = f"{calls.url} answers, and does not reach its store"
        return Check("server", Verdict.BAD, found, mend, StoreUnreachable.exit_status)
    if said.get("lacks"):
        mend = "`table create` there switches recovery and time to live on; an index is the stack's."
        found = f"{calls.url} answers, and its store lacks something: {'; '.join(said['lacks'])}"
        return Check("server", Verdict.BAD, found, mend, StoreUnreachable.exit_status)
    if said["status"] == "late":
        mend = "Look at what syncs and pages there; `doctor` on that machine, without --server, says more."
        return Check("server", Verdict.DOUBTFUL, f"{calls.url} is ready, and late: {ages}", mend)
    return Check("server", Verdict.GOOD, f"{calls.url} is ready: {ages}")


def _key(calls: ServerCalls) -> Check:
    may = []
    for scope, (method, path, body) in _TRIED.items():
        status, _ = calls.look(method, path, body)
        if status == HTTPStatus.UNAUTHORIZED:
            raise calls.refused(status)
        if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            message = f"{calls.url} answered {status}, so that nothing is known of the key"
            raise StoreUnreachable(message, hint="try again in a moment")
        if status != HTTPStatus.FORBIDDEN:
            may.append(scope.value)
            if scope is Scope.ADMIN:
                break
    if not may:
        mend = (
            "Perhaps ALLOWED_NETWORKS of the server keeps alerts from here out; `key create --scope` makes another key."
        )
        return Check("key", Verdict.DOUBTFUL, "it is accepted, and may do nothing from here", mend)
    return Check("key", Verdict.GOOD, f"it is accepted, for {', '.join(may)}")
