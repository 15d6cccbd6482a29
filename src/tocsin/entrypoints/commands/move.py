"""``move``: everything from one store to another, typically from the file on a laptop to the table of the stack."""

import click

from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.progress import Progress
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.store_choice import STORE, StoreName
from tocsin.entrypoints.tables import offer_table
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import StoreError
from tocsin.services.moving import MoveReport
from tocsin.services.moving import move as copy_all

MOST_LISTED = 20


@click.command()
@click.option("--from", "source", type=STORE, required=True, help="Where everything is.")
@click.option("--to", "target", type=STORE, required=True, help="Where it goes.")
@click.option("--yes", is_flag=True, help="Make the DynamoDB table if there is none, without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print the report.")
@pass_wiring
def move(wiring: Wiring, *, source: StoreName, target: StoreName, yes: bool, as_json: bool) -> int:
    """Copy everything from one store to another, and compare both by count and digest. The first is left as it is.

    Stop the syncs of both before. It may be broken off and started again; what is newer in the second store is left as
    it is there. Exits with 6 if the two differ afterwards.
    """
    if source == target:
        message = f"{source} cannot be moved to itself"
        raise click.UsageError(message)
    here, there = (wiring._replace(chosen=one.settings) for one in (source, target))
    settings = there.settings()
    with here.store() as old, there.store(settings) as new, Progress(wiring.err, "Moving") as progress:
        if settings.use_dynamodb:
            offer_table(there, settings, new, yes=yes)
        report = copy_all(
            old,
            new,
            now=wiring.clock(),
            new_id=wiring.new_id,
            progress=lambda what, number: progress.say(f"{what} {number:,}"),
        )
    if as_json:
        write_object(wiring.out.stream, {**report.model_dump(mode="json"), "verified": report.verified})
    else:
        _show(wiring, report, target)
    return 0 if report.verified else StoreError.exit_status


def _show(wiring: Wiring, report: MoveReport, target: StoreName) -> None:
    out = wiring.out
    columns = (Column("WHAT"), Column("HERE", right=True), Column("THERE", right=True), Column("DIGEST"), Column(""))
    rows = [
        (
            part.what,
            f"{part.source_count:,}",
            f"{part.target_count:,}",
            part.source_digest[:12],
            Styled("the same", "good") if part.same else Styled("DIFFERS", "bad"),
        )
        for part in report.parts
    ]
    out.table(columns, rows)
    out.line()
    out.line(f"{report.written:,} changes written; {report.already_there:,} documents were there already.")
    if report.newer:
        shown = ", ".join(report.newer[:MOST_LISTED]) + (" ..." if len(report.newer) > MOST_LISTED else "")
        out.line(f"Newer in {target}, and left as they are there: {len(report.newer):,}: {shown}")
    if not report.verified:
        out.line(Styled("The two stores differ: somebody wrote meanwhile. Stop the syncs, and move again.", "bad"))
    elif out.terminal:
        out.line(f"Next: set {' '.join(f'{name}={value}' for name, value in target.settings.items())}")
