"""``room``: places that several people read, which policies call by name."""

from collections.abc import Sequence

import click

from tocsin.api.contact_views import RoomView
from tocsin.domain.contact import ChannelKind
from tocsin.entrypoints.address_words import KIND, secrets, values, words_of
from tocsin.entrypoints.choices import BY, TEXT
from tocsin.entrypoints.contact_desk import contact_desk
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_COLUMNS = (Column("NAME"), Column("KIND"), Column("STATE", leave_out=1), Column("ADDRESS", flexible=True))

_json = click.option("--json", "as_json", is_flag=True, help="Print the room, on one line.")
_name = click.argument("name", type=TEXT)


@click.group()
def room() -> None:
    """Say where rooms are that several people read. NAME is by which policies call one."""


@room.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of rooms.")
@pass_wiring
def list_rooms(wiring: Wiring, *, as_json: bool) -> None:
    """List the rooms there are."""
    with contact_desk(wiring, "") as desk:
        found = desk.rooms()
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"No rooms. `{wiring.program} room add NAME KIND` adds one.")


@room.command()
@_name
@click.argument("kind", type=KIND)
@values
@secrets
@BY
@_json
@pass_wiring
def add(
    wiring: Wiring, *, name: str, kind: str, values: Sequence[str], secrets: str | None, by: str, as_json: bool
) -> None:
    """Add a room: its KIND, and the words of its address, as in `room add ops slack`.

    What is secret is asked for without being shown, or read from --secrets.
    """
    actor = wiring.actor(by)
    words = words_of(ChannelKind(kind), values, secrets)
    with contact_desk(wiring, actor) as desk:
        added = desk.add_room(name, ChannelKind(kind), words)
    if as_json:
        write_object(wiring.out.stream, added.model_dump(mode="json"), on_one_line=True)
    else:
        wiring.out.line(f"The room {added.name} is added.")


@room.command()
@_name
@_json
@pass_wiring
def show(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a room, but for what is secret of its address."""
    with contact_desk(wiring, "") as desk:
        found = desk.room(name)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(found.name, "heading"), f"  {found.kind.value}  {_address(found)}", _state(found))


@room.command()
@_name
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Delete a room."""
    actor = wiring.actor(by)
    with contact_desk(wiring, actor) as desk:
        desk.remove_room(name)
    wiring.out.line(f"The room {name} is deleted.")


def _row(one: RoomView) -> tuple[str | Styled, ...]:
    state = Styled("active", "good") if one.active else Styled("off", "quiet")
    return (Styled(one.name, "heading"), one.kind.value, state, _address(one))


def _address(one: RoomView) -> str:
    return ", ".join(f"{name} {value}" for name, value in one.address.items()) or "-"


def _state(one: RoomView) -> Styled:
    return Styled("" if one.active else "  off", "quiet")
