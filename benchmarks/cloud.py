"""What the cloud rows share: the stand-in for DynamoDB, as the tests start it, and a source that says what is wanted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests import tables
from tests.desk import Scripted, says
from tocsin.domain.alert import Observation, Source, Sweep
from tocsin.services.incidents import IncidentService
from tocsin.storage.store import Store

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

_MESSAGE = (
    "Checkout answers {{value}} % of its requests with an error, and customers cannot pay. Look at the deploys of the "
    "last hour first, then at the payment provider's status page. Runbook: https://wiki.example.com/runbooks/checkout"
)


@contextmanager
def table_server(folder: Path, what: str) -> Iterator[str | None]:
    """Run ministack and give its address; where it is not installed say so, and give None."""
    if tables.ministack_program() is None:
        why = "no ministack: 'make tools' installs it, and 'make bench' or MINISTACK says where it is"
        print(f"       SKIPPED {what}: {why}", file=sys.stderr, flush=True)
        yield None
        return
    home = folder / what.replace(" ", "-")
    home.mkdir()
    with tables.ministack(home) as url:
        yield url


def alerting(monitor: int, group: str = "*") -> Observation:
    """Return what Datadog says of a monitor that alerts: a message, tags, a query."""
    return says(
        monitor,
        group=group,
        since=0,
        title=f"[checkout] Error rate of monitor {monitor} is above 5 %",
        message=_MESSAGE,
        tags=("service:checkout", "env:production", "team:payments", "region:eu-central-1", "tier:1"),
        query="sum(last_5m):sum:trace.flask.request.errors{env:production} by {host}.as_count() > 50",
        threshold=50.0,
        value=73.1,
    )


def sweep_of(observations: list[Observation]) -> Scripted:
    """Return a source that says this, in one complete sweep."""
    seen = frozenset(one.origin for one in observations)
    sweep = Sweep(
        source=Source.DATADOG,
        started_at=NOW,
        complete=True,
        observations=observations,
        seen=seen,
        with_groups=seen,
    )
    return Scripted([sweep])


def service_on(store: Store) -> IncidentService:
    """Return the product on a store, at noon."""
    return IncidentService(store, clock=lambda: NOW)
