"""``team``: the teams of a store, or of a server."""

from collections.abc import Callable, Sequence

import click

from tocsin.api.people_views import TeamView
from tocsin.entrypoints.choices import BY, TEXT
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.people import People, people
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (Column("NAME"), Column("MEMBERS", right=True), Column("ID", leave_out=1), Column("SERVICES", flexible=True))

_json = click.option("--json", "as_json", is_flag=True, help="Print the team, on one line.")
_name = click.argument("name", type=TEXT)
_who = click.argument("who", type=TEXT)
_services = click.option("--service", "services", type=TEXT, multiple=True, help="What it owns; as often as needed.")


@click.group()
def team() -> None:
    """Make teams, and say who is in them and what they own.

    NAME is a team's name or id, WHO an e-mail address or an id.
    """


@team.command()
@_name
@_services
@BY
@_json
@pass_wiring
def add(wiring: Wiring, *, name: str, services: Sequence[str], by: str, as_json: bool) -> None:
    """Make a team called NAME. A service belongs to one team."""
    _act(wiring, by, as_json, lambda those: those.add_team(name, services))


@team.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of teams.")
@pass_wiring
def list_teams(wiring: Wiring, *, as_json: bool) -> None:
    """List the teams there are."""
    with people(wiring, "") as those:
        found = sorted(those.teams(), key=lambda one: one.name.casefold())
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"No teams. `{wiring.program} team add NAME` makes one.")


@team.command()
@_name
@_json
@pass_wiring
def show(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a team."""
    with people(wiring, "") as those:
        _tell(wiring, those.team(name), as_json=as_json)


@team.command()
@_name
@click.option("--name", "new_name", type=TEXT, help="Its new name.")
@_services
@click.option("--no-services", is_flag=True, help="It owns nothing any more.")
@BY
@_json
@pass_wiring
def edit(
    wiring: Wiring,
    *,
    name: str,
    new_name: str | None,
    services: Sequence[str],
    no_services: bool,
    by: str,
    as_json: bool,
) -> None:
    """Rename a team, or say which services are its own: all of them, in place of those before."""
    if not (new_name or services or no_services) or (services and no_services):
        message = "say what to change: --name, --service or --no-services"
        raise click.UsageError(message)
    owned = services if services or no_services else None
    _act(wiring, by, as_json, lambda those: those.edit_team(name, new_name, owned))


@team.command()
@_name
@_who
@BY
@_json
@pass_wiring
def join(wiring: Wiring, *, name: str, who: str, by: str, as_json: bool) -> None:
    """Add WHO to a team."""
    _act(wiring, by, as_json, lambda those: those.join(name, who))


@team.command()
@_name
@_who
@BY
@_json
@pass_wiring
def leave(wiring: Wiring, *, name: str, who: str, by: str, as_json: bool) -> None:
    """Take WHO off a team."""
    _act(wiring, by, as_json, lambda those: those.leave(name, who))


@team.command()
@_name
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Delete a team. Its people stay, and its services are nobody's."""
    actor = wiring.actor(by)
    with people(wiring, actor) as those:
        those.remove_team(name)
    wiring.out.line(f"{name} is deleted.")


def _act(wiring: Wiring, by: str, as_json: bool, do: Callable[[People], TeamView]) -> None:
    actor = wiring.actor(by)
    with people(wiring, actor) as those:
        _tell(wiring, do(those), as_json=as_json)


def _tell(wiring: Wiring, one: TeamView, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(one.name, "heading"), f"  owns {', '.join(one.services) or 'nothing'}")
    for member in one.members:
        wiring.out.line(
            f"  {member.email}  {member.full_name}", Styled("" if member.active else "  deactivated", "quiet")
        )


def _row(one: TeamView) -> tuple[str | Styled, ...]:
    return (Styled(one.name, "heading"), str(len(one.members)), one.id, ", ".join(one.services) or "-")
