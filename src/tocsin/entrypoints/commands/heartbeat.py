"""``heartbeat``: who must call every so often, on a store or a server."""

import click

from tocsin.api.heartbeat_views import HeartbeatView
from tocsin.domain.severity import Severity
from tocsin.domain.watch import LONGEST_GRACE, LONGEST_PACE
from tocsin.entrypoints.choices import BY, TEXT, Whole, Word
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.watches import heartbeats
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.services.watches import WatchEdit

_COLUMNS = (
    Column("NAME"),
    Column("STATE"),
    Column("EVERY", right=True),
    Column("LAST CALL"),
    Column("SEVERITY", leave_out=1),
    Column("SERVICE", flexible=True),
)

_json = click.option("--json", "as_json", is_flag=True, help="Print the heartbeat, on one line.")
_name = click.argument("name", type=TEXT)


@click.group()
def heartbeat() -> None:
    """Watch for the heartbeats of others: who stays out has an alert until they call again."""


@heartbeat.command()
@_name
@click.option("--every", type=Whole(1, LONGEST_PACE), required=True, metavar="MINUTES", help="How often it calls.")
@click.option(
    "--grace",
    type=Whole(0, LONGEST_GRACE),
    default=1,
    show_default=True,
    metavar="MINUTES",
    help="How much later it may be.",
)
@click.option(
    "--severity", type=Word("severity", list(Severity)), default="high", show_default=True, help="Its alert's."
)
@click.option("--service", type=TEXT, default="", help="Whose it is.")
@click.option("--environment", type=TEXT, default="", help="Where.")
@click.option("--team", type=TEXT, default="", help="Who is responsible.")
@BY
@_json
@pass_wiring
def add(
    wiring: Wiring,
    *,
    name: str,
    every: int,
    grace: int,
    severity: str,
    service: str,
    environment: str,
    team: str,
    by: str,
    as_json: bool,
) -> None:
    """Watch for NAME from now on, and print the token with which it calls without a key, once."""
    given = WatchEdit(
        grace_minutes=grace, severity=Severity(severity), service=service, environment=environment, team=team
    )
    with heartbeats(wiring, wiring.actor(by)) as desk:
        made = desk.add(name, every, given)
    if as_json:
        write_object(wiring.out.stream, made.model_dump(mode="json"), on_one_line=True)
        return
    wiring.err.line(
        f"{made.name} is awaited every {made.every_minutes} minutes. It calls with a key, or with this token,"
    )
    wiring.err.line(f"shown this once: POST /api/v1/heartbeats/{made.name}/call?token=...")
    wiring.out.line(made.token)


@heartbeat.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of heartbeats.")
@pass_wiring
def list_heartbeats(wiring: Wiring, *, as_json: bool) -> None:
    """List the heartbeats that are watched."""
    with heartbeats(wiring, "") as desk:
        found = desk.every()
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"No heartbeats. `{wiring.program} heartbeat add NAME --every MINUTES` watches for one.")


@heartbeat.command()
@_name
@_json
@pass_wiring
def show(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a heartbeat."""
    with heartbeats(wiring, "") as desk:
        _tell(wiring, desk.one(name), as_json=as_json)


@heartbeat.command()
@_name
@click.option("--every", type=Whole(1, LONGEST_PACE), metavar="MINUTES", help="How often it calls.")
@click.option("--grace", type=Whole(0, LONGEST_GRACE), metavar="MINUTES", help="How much later it may be.")
@click.option("--severity", type=Word("severity", list(Severity)), help="Its alert's, from the next one on.")
@click.option("--service", type=TEXT, help="Whose it is.")
@click.option("--environment", type=TEXT, help="Where.")
@click.option("--team", type=TEXT, help="Who is responsible.")
@BY
@_json
@pass_wiring
def edit(
    wiring: Wiring,
    *,
    name: str,
    every: int | None,
    grace: int | None,
    severity: str | None,
    service: str | None,
    environment: str | None,
    team: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Change what is known of NAME. With another pace or grace it has its whole time anew."""
    change = WatchEdit(
        every_minutes=every,
        grace_minutes=grace,
        severity=None if severity is None else Severity(severity),
        service=service,
        environment=environment,
        team=team,
    )
    if change == WatchEdit():
        message = "nothing to change: give --every, --grace, --severity, --service, --environment or --team"
        raise click.UsageError(message)
    with heartbeats(wiring, wiring.actor(by)) as desk:
        _tell(wiring, desk.edit(name, change), as_json=as_json)


@heartbeat.command()
@_name
@click.option("--resume", is_flag=True, help="Await it again.")
@BY
@_json
@pass_wiring
def pause(wiring: Wiring, *, name: str, resume: bool, by: str, as_json: bool) -> None:
    """Do not miss NAME, whatever it does; its alert ends."""
    with heartbeats(wiring, wiring.actor(by)) as desk:
        _tell(wiring, desk.edit(name, WatchEdit(paused=not resume)), as_json=as_json)


@heartbeat.command()
@_name
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Watch for NAME no more; its alert ends."""
    with heartbeats(wiring, wiring.actor(by)) as desk:
        desk.remove(name)
    wiring.out.line(f"{name} is deleted.")


@heartbeat.command()
@_name
@pass_wiring
def ping(wiring: Wiring, *, name: str) -> None:
    """Call for NAME: it is there."""
    with heartbeats(wiring, "") as desk:
        desk.ping(name)
    wiring.out.line(f"{name} is there.")


def _tell(wiring: Wiring, one: HeartbeatView, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(one.name, "heading"), f"  {_state(one)}, every {one.every_minutes} minutes")
    where = ", ".join(filter(None, (one.service, one.environment, one.team))) or "-"
    wiring.out.line(f"  grace {one.grace_minutes} minutes; {one.severity.value}; of {where}")
    wiring.out.line(f"  last call {exact(one.last_at) or 'never'}; missing at {exact(one.deadline) or '-'} (UTC)")


def _row(one: HeartbeatView) -> tuple[str | Styled, ...]:
    last = exact(one.last_at) or "never"
    return (
        Styled(one.name, "heading"),
        _state(one),
        f"{one.every_minutes} min",
        last,
        one.severity.value,
        one.service or "-",
    )


def _state(one: HeartbeatView) -> str:
    if one.paused:
        return "paused"
    return "there" if one.late_at is None else "missing"
