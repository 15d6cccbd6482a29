"""``sync``: pull Datadog once, or again and again."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import NoReturn

import click

from tocsin.config import Settings
from tocsin.entrypoints.choices import Seconds
from tocsin.entrypoints.complaints import about_error
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.moments import duration
from tocsin.entrypoints.progress import Progress
from tocsin.entrypoints.sync_summary import MOST_LISTED, brief, show_report
from tocsin.entrypoints.tables import offer_table
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import Conflict, SourceError, TocsinError
from tocsin.services.incidents import IncidentService
from tocsin.services.sync import SyncReport

Once = Callable[[], SyncReport]


@click.command()
@click.option("--dry-run", is_flag=True, help="Decide, and write nothing.")
@click.option("--adopt", is_flag=True, help="First contact: record what fires already, and page nobody for it.")
@click.option(
    "--watch",
    type=Seconds(min=1, max=86_400),
    metavar="SECONDS",
    help="Sync again after so many seconds, until Ctrl-C.",
)
@click.option("--yes", is_flag=True, help="Make the DynamoDB table if there is none, without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the report; with --watch one a line.")
@pass_wiring
def sync(wiring: Wiring, *, dry_run: bool, adopt: bool, watch: float | None, yes: bool, as_json: bool) -> int:
    """Pull Datadog's monitors once and bring the incidents up to date. A server reads its own Datadog.

    Exits with 3 if not everything could be read (nothing is resolved then for being absent), and with 5 if others
    kept writing to some of the alerts, which the next sync decides.
    """
    settings = wiring.settings()
    with ExitStack() as opened:
        if wiring.asks_server(settings):
            service, once = _there(wiring, settings, opened, dry_run=dry_run, adopt=adopt)
        else:
            service, once = _here(wiring, settings, opened, dry_run=dry_run, adopt=adopt)
            if settings.use_dynamodb and not dry_run:
                offer_table(wiring, settings, service.store, yes=yes)
        if watch is not None:
            _watch(wiring, watch, once, service, as_json=as_json)
        report = once()
        if as_json:
            write_object(wiring.out.stream, report.model_dump(mode="json"))
        else:
            _show(wiring, report, service)
    return exit_status(report)


def _here(
    wiring: Wiring, settings: Settings, opened: ExitStack, *, dry_run: bool, adopt: bool
) -> tuple[IncidentService, Once]:
    progress = Progress(wiring.err, "Reading monitors")
    service = opened.enter_context(wiring.service(settings, ticks=True))
    source = opened.enter_context(wiring.source(settings, service.rules, progress))

    def once() -> SyncReport:
        with progress:
            return service.sync(source, dry_run=dry_run, adopt=adopt)

    return service, once


def _there(
    wiring: Wiring, settings: Settings, opened: ExitStack, *, dry_run: bool, adopt: bool
) -> tuple[IncidentService, Once]:
    served = opened.enter_context(wiring.server(settings))
    return served, lambda: served.sync_there(dry_run=dry_run, adopt=adopt)


def _watch(wiring: Wiring, seconds: float, once: Once, service: IncidentService, *, as_json: bool) -> NoReturn:
    """Sync again and again until interrupted.

    An error that trying again cannot mend ends it at the first attempt only: what worked once worked with these
    settings, and a watch that gives up in the night loses the page.
    """
    first = True
    while True:
        began = wiring.clock()
        try:
            report = once()
        except TocsinError as error:
            if first and not error.retryable:
                raise
            about_error(error, wiring)
            wiring.err.line(f"  trying again in {duration(seconds)}")
        else:
            if as_json:
                write_object(wiring.out.stream, report.model_dump(mode="json"), on_one_line=True)
            elif first or report.changed or not report.complete:
                _show(wiring, report, service)
            else:
                wiring.out.line(brief(report))
            first = False
        wiring.out.flush()
        wiring.sleep(max(seconds - (wiring.clock() - began).total_seconds(), 0))


def _show(wiring: Wiring, report: SyncReport, service: IncidentService) -> None:
    named = [one for ids in (report.opened, report.resolved, report.cycles_started) for one in ids[:MOST_LISTED]]
    incidents = service.store.incidents(named) if named else {}
    show_report(wiring.out, report, incidents, program=wiring.program)


def exit_status(report: SyncReport) -> int:
    """Return 3 for an incomplete sweep, 5 where others kept writing, else 0."""
    if not report.complete:
        return SourceError.exit_status
    return Conflict.exit_status if report.unfinished else 0
