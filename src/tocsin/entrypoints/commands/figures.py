"""``stats``: how quickly incidents are acknowledged and resolved."""

from collections.abc import Iterator

import click

from tocsin.domain.search import IncidentFilter
from tocsin.domain.statistics import Durations, Statistics, Summary
from tocsin.entrypoints.filters import choosing_incidents
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import duration
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (
    Column(""),
    Column("INCIDENTS", right=True),
    Column("ACTIVE", right=True),
    Column("WAITING", right=True),
    Column("UNSEEN", right=True),
    Column("ACK MEDIAN", right=True),
    Column("P90", right=True, leave_out=1),
    Column("MEAN", right=True, leave_out=2),
    Column("RESOLVE MEDIAN", right=True),
    Column("P90", right=True, leave_out=1),
    Column("MEAN", right=True, leave_out=2),
)


@click.command()
@pass_wiring
@choosing_incidents
@click.option("--json", "as_json", is_flag=True, help="Print the figures; durations are seconds.")
def stats(wiring: Wiring, *, wanted: IncidentFilter, as_json: bool) -> None:
    """Show how quickly incidents are acknowledged and resolved: in all, by severity, by service."""
    with wiring.service() as service:
        figures = service.statistics(wanted)
    if as_json:
        write_object(wiring.out.stream, figures.model_dump(mode="json"))
        return
    if not figures.overall.total:
        wiring.err.line("No incidents to count.")
        return
    screen = wiring.out
    screen.table(_COLUMNS, _rows(figures))
    screen.line()
    screen.prose(
        "WAITING: active, and nobody acknowledged. UNSEEN: resolved before anybody did. Neither counts in ACK.",
        indent="",
    )


def _rows(figures: Statistics) -> Iterator[tuple[str | Styled, ...]]:
    yield (Styled("all", "heading"), *_cells(figures.overall))
    for severity, summary in figures.by_severity.items():
        yield (Styled(severity.value, severity.value), *_cells(summary))
    for service, summary in figures.by_service.items():
        yield (service or "(no service)", *_cells(summary))


def _cells(summary: Summary) -> tuple[str, ...]:
    counts = (summary.total, summary.active, summary.never_acknowledged, summary.resolved_unacknowledged)
    return (*map(str, counts), *_times(summary.to_acknowledge), *_times(summary.to_resolve))


def _times(durations: Durations) -> tuple[str, str, str]:
    return duration(durations.median), duration(durations.p90), duration(durations.mean)
