"""``policy``: what happens, after how long, while nobody acknowledges."""

from collections.abc import Callable
from pathlib import Path

import click

from tocsin.api.policy_views import PolicyView
from tocsin.entrypoints.choices import BY, TEXT
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.policies import Document, PolicyDesk, policies
from tocsin.entrypoints.policy_page import LIST, row, show
from tocsin.entrypoints.wiring import Wiring, pass_wiring

_json = click.option("--json", "as_json", is_flag=True, help="Print the policy, on one line.")
_name = click.argument("name", type=TEXT)
_file = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def policy() -> None:
    """Say who is paged, after how long, and for which incidents.

    NAME is a policy's name or id; the one called default is always there. FILE is YAML or JSON.
    """


@policy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of policies.")
@pass_wiring
def list_policies(wiring: Wiring, *, as_json: bool) -> None:
    """List the policies: the default one first."""
    with policies(wiring, "") as desk:
        found = desk.every()
    if as_json:
        write_array(wiring.out.stream, found)
    else:
        wiring.out.table(LIST, [row(one) for one in found])


@policy.command("show")
@_name
@_json
@pass_wiring
def show_one(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a policy: for what it holds, and its steps."""
    with policies(wiring, "") as desk:
        _tell(wiring, desk.show(name), as_json=as_json)


@policy.command()
@_file
@BY
@_json
@pass_wiring
def add(wiring: Wiring, *, file: Path, by: str, as_json: bool) -> None:
    """Make the policy that FILE describes."""
    document = _read(file)
    _act(wiring, by, as_json, lambda desk: desk.add(document))


@policy.command()
@_name
@_file
@BY
@_json
@pass_wiring
def put(wiring: Wiring, *, name: str, file: Path, by: str, as_json: bool) -> None:
    """Put what FILE describes in the place of a policy."""
    document = _read(file)
    _act(wiring, by, as_json, lambda desk: desk.put(name, document))


@policy.command()
@_name
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Delete a policy. What has begun goes on; the default one becomes what it was at first."""
    actor = wiring.actor(by)
    with policies(wiring, actor) as desk:
        desk.remove(name)
    wiring.out.line(f"{name} is deleted.")


def _read(file: Path) -> Document:
    """Return what a file says, but for what only an answer has: id and version."""
    from tocsin.entrypoints.plain_yaml import read_object

    found = read_object(file, "policy: it needs a name, conditions and steps")
    return {name: said for name, said in found.items() if name not in ("id", "version")}


def _act(wiring: Wiring, by: str, as_json: bool, do: Callable[[PolicyDesk], PolicyView]) -> None:
    with policies(wiring, wiring.actor(by)) as desk:
        _tell(wiring, do(desk), as_json=as_json)


def _tell(wiring: Wiring, one: PolicyView, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
    else:
        show(wiring.out, one)
