"""``config``: schedules and policies as code."""

from pathlib import Path

import click

from tocsin.domain.configuring import Changes
from tocsin.entrypoints.choices import BY, Word
from tocsin.entrypoints.complaints import CHANGES
from tocsin.entrypoints.config_desk import config_desk
from tocsin.entrypoints.config_files import read_config
from tocsin.entrypoints.config_page import document, done, show
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput

_place = click.argument("place", metavar="PATH", type=click.Path(path_type=Path))
_prune = click.option("--prune", is_flag=True, help="Remove what is not described, too.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the changes, as JSON.")


@click.group()
def config() -> None:
    """Keep schedules and policies in files.

    PATH is a file of YAML or JSON, or a folder of them. On a server an administrator's key is needed.
    """


@config.command()
@_place
@_prune
@click.option("--exit-code", is_flag=True, help="End with 7 if anything would change.")
@_json
@pass_wiring
def plan(wiring: Wiring, *, place: Path, prune: bool, exit_code: bool, as_json: bool) -> None:
    """Show what would change, whose shifts would move, and when."""
    said = read_config(place)
    with config_desk(wiring, "") as desk:
        of_schedules, of_policies = desk.plan(said, prune=prune)
        if as_json:
            write_object(wiring.out.stream, document(of_schedules, of_policies, desk.address))
        else:
            show(wiring.out, of_schedules, of_policies, desk.address)
    if exit_code and _any(of_schedules, of_policies):
        raise click.exceptions.Exit(CHANGES)


@config.command()
@_place
@_prune
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
@pass_wiring
def apply(wiring: Wiring, *, place: Path, prune: bool, yes: bool, by: str) -> None:
    """Change what is described otherwise. Overrides stay, and shifts that are over."""
    said = read_config(place)
    with config_desk(wiring, wiring.actor(by)) as desk:
        of_schedules, of_policies = desk.plan(said, prune=prune)
        show(wiring.err, of_schedules, of_policies, desk.address)
        changes = _any(of_schedules, of_policies)
        if changes and not yes and not click.confirm("Change this?", err=True):
            raise click.exceptions.Exit(0)
        desk.apply(of_schedules, of_policies, lambda what, step: wiring.out.line(done(what, step)))


@config.command()
@pass_wiring
def export(wiring: Wiring) -> None:
    """Print the schedules and policies there are, as YAML."""
    with config_desk(wiring, "") as desk:
        wiring.out.stream.write(desk.export())


@config.command("import")
@click.argument("vendor", type=Word("vendor", ["pagerduty", "opsgenie"]))
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@pass_wiring
def import_(wiring: Wiring, *, vendor: str, files: tuple[Path, ...]) -> None:
    """Print what answers of PagerDuty's or Opsgenie's API describe as our YAML; nothing is written to a store.

    A line on standard error names whatever could not be taken over.
    """
    from tocsin.entrypoints.config_import import imported

    text, lost = imported(vendor, files, wiring.clock())
    wiring.out.stream.write(text)
    for one in lost:
        wiring.err.line(f"not taken over: {one}")
    if not text:
        message = "nothing of it could be taken over"
        raise InvalidInput(message, hint="docs/config.md says which answers belong together")


def _any(*changes: Changes) -> bool:
    return any(one.steps for one in changes)
