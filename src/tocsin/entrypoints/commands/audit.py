"""``audit``: who did what that concerns access; shown, exported, and followed from end to end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import click
from typing_extensions import override

from tocsin.domain.audit import AuditAction, AuditEntry, AuditFilter, Head, Verified
from tocsin.entrypoints.choices import MOMENT, TEXT, Whole, Word
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput
from tocsin.services.auditing import AuditLog
from tocsin.storage.store import MOST_EXAMINED

ON_A_SCREEN = 50
BROKEN = 5
"""The exit status where the chain does not hold."""

ACTION = Word("action", [action.value for action in AuditAction])

_COLUMNS = (
    Column("ENTRY", right=True),
    Column("AT"),
    Column("ACTION"),
    Column("ACTOR"),
    Column("FROM", leave_out=1),
    Column("TARGET", flexible=True),
)


class Noted(click.ParamType[Head]):
    """An entry as it was noted."""

    name = "number:digest"

    @override
    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Head:
        try:
            return Head.read(str(value))
        except InvalidInput as error:
            raise click.BadParameter(str(error), ctx, param) from None


@click.group()
def audit() -> None:
    """Show, export and verify the audit log."""


@audit.command("list")
@click.option("--actor", type=TEXT, default="", help="By them alone, as they are named there.")
@click.option("--action", type=ACTION, help="This alone.")
@click.option("--target", type=TEXT, default="", help="Done to this alone: key:NAME, user:EMAIL, incident:INC-1042.")
@click.option("--since", type=MOMENT, help="Then or later: 2026-03-31, 2026-03-31T14:05, 2h, 7d.")
@click.option("--until", type=MOMENT, help="Before then.")
@click.option("--limit", type=Whole(min=1), help="Show at most so many; 50, or with --json all.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of entries.")
@pass_wiring
def list_entries(
    wiring: Wiring,
    *,
    actor: str,
    action: str | None,
    target: str,
    since: datetime | None,
    until: datetime | None,
    limit: int | None,
    as_json: bool,
) -> None:
    """List who did what that concerns access, newest first."""
    wanted = AuditFilter(actor=actor, action=action or "", target=target, since=since, until=until)
    with _log(wiring) as log:
        if as_json:
            write_array(wiring.out.stream, _found(log, wanted, limit))
        elif found := list(_found(log, wanted, limit or ON_A_SCREEN)):
            wiring.out.table(_COLUMNS, [_row(one) for one in found])
        else:
            wiring.err.line("Nothing like it is in the audit log.")


@audit.command()
@click.option("--after", type=Whole(min=0), default=0, help="From the first entry beyond this number.")
@pass_wiring
def export(wiring: Wiring, *, after: int) -> None:
    """Print the whole log, oldest first: one entry a line, as JSON."""
    with _log(wiring) as log:
        for entry in log.entries(after=after):
            wiring.out.stream.write(f"{entry.line()}\n")


@audit.command()
@click.option("--expect", type=Noted(), metavar="NUMBER:DIGEST", help="An entry, as it was noted elsewhere.")
@click.option("--json", "as_json", is_flag=True, help="Print an object: holds, verified, broken.")
@pass_wiring
def verify(wiring: Wiring, *, expect: Head | None, as_json: bool) -> int:
    """Follow the chain from the first entry to the last, and print that one as NUMBER:DIGEST.

    Exits with 5 if the chain breaks, and says where. Whoever writes all of it anew is found out only by an entry that
    was noted elsewhere: --expect.
    """
    with _log(wiring) as log:
        seen = log.verify(noted=expect)
    if as_json:
        write_object(wiring.out.stream, _document(seen))
    elif seen.broken is None:
        wiring.out.line(str(seen.last))
        wiring.err.line("The chain holds. Keep the line above elsewhere, for --expect: it vouches for all until then.")
    else:
        wiring.err.line(f"The chain breaks at entry {seen.broken.number}: {seen.broken.why}.")
    return 0 if seen.broken is None else BROKEN


@contextmanager
def _log(wiring: Wiring) -> Iterator[AuditLog]:
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from contextlib import closing

        from tocsin.entrypoints.server_audit import ServerAudit

        with closing(wiring.calls(settings)) as calls:
            yield ServerAudit(calls)
        return
    with wiring.store(settings) as store:
        yield AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)


def _found(log: AuditLog, wanted: AuditFilter, limit: int | None) -> Iterator[AuditEntry]:
    cursor, left = "", limit
    while left != 0:
        some, cursor = log.find(
            wanted, limit=MOST_EXAMINED if left is None else min(left, MOST_EXAMINED), cursor=cursor
        )
        yield from some
        left = None if left is None else left - len(some)
        if not cursor:
            return


def _row(entry: AuditEntry) -> tuple[str | Styled, ...]:
    what = Styled(entry.action, "heading")
    return str(entry.number), exact(entry.at), what, entry.actor, entry.address, entry.target


def _document(seen: Verified) -> dict[str, object]:
    broken = None if seen.broken is None else seen.broken._asdict()
    return {"holds": broken is None, "verified": seen.last.model_dump(mode="json"), "broken": broken}
