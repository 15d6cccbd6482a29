"""What keeps a store in shape: ``tick``, ``prune`` and ``recover``."""

import sys
from datetime import datetime
from pathlib import Path

import click

from tocsin.entrypoints.choices import BY, MOMENT
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.wiring import Wiring, pass_wiring


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print the report.")
@pass_wiring
def tick(wiring: Wiring, *, as_json: bool) -> None:
    """Do what is due now: resolve what has settled, start cycles that were put off, page and send letters. So does a sync."""
    with wiring.service(ticks=True) as service:
        report = service.tick()
    if as_json:
        write_object(wiring.out.stream, report.model_dump(mode="json"))
        return
    for what, ids in (("Resolved", report.resolved), ("Paging again", report.cycles_started)):
        if ids:
            wiring.out.line(f"{what}: {', '.join(ids)}")
    if report.left:
        wiring.err.line(f"{report.left} left to the next tick, since others kept writing.")
    elif not report.resolved and not report.cycles_started:
        wiring.err.line("Nothing to resolve, and no cycle to start.")


@click.command()
@click.option(
    "--closed-before", type=MOMENT, required=True, help="Closed before then: 2026-03-31, 2026-03-31T14:05, 90d, 52w."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print an array of the ids.")
@pass_wiring
def prune(wiring: Wiring, *, closed_before: datetime, yes: bool, by: str, as_json: bool) -> None:
    """Forget incidents that were closed before a moment, with timelines and pages, for ever. That it was done is on record."""
    who = wiring.actor(by)
    with wiring.service() as service:
        if not yes:
            _confirm(len(service.closed(before=closed_before)), closed_before)
        gone = service.prune(closed_before=closed_before, by=who)
    if as_json:
        write_object(wiring.out.stream, gone)
    else:
        wiring.out.line(f"{len(gone):,} forgotten.")


def _confirm(number: int, moment: datetime) -> None:
    what = f"{number:,} incident{'' if number == 1 else 's'} closed before {exact(moment)} UTC"
    if sys.stdin is None or not sys.stdin.isatty():
        message = f"{what} would be forgotten for ever: say --yes"
        raise click.UsageError(message)
    if number and not click.confirm(f"Forget {what} for ever?", err=True):
        raise click.exceptions.Exit(0)


@click.command()
@click.argument("file", type=click.Path(readable=False, path_type=Path))
@pass_wiring
def recover(wiring: Wiring, file: Path) -> None:
    """Save what can be read of a damaged FILE into a new one beside it. FILE itself is left as it is."""
    from tocsin.storage.recovery import recover as save

    report = save(file)
    out = wiring.out
    out.line(
        f"{report.incidents:,} incident{'' if report.incidents == 1 else 's'} saved, in {report.kept:,} lines: {report.target}"
    )
    for loss in report.lost:
        lines = f"line {loss.first}" if loss.first == loss.last else f"lines {loss.first} to {loss.last}"
        out.line(f"  {lines} {loss.why}")
    wiring.err.line(
        f"{report.source} was left as it is. Look at the new file with INCIDENTS_FILE, then put it in its place."
    )
