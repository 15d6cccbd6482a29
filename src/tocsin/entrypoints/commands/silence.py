"""``silence``: whose pages are dropped for a while, on a store or a server."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypedDict, Unpack

import click

from tocsin.api.silence_views import SilenceView, SilenceWithCount
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Matcher, SilenceState
from tocsin.domain.source import Source
from tocsin.entrypoints.choices import AHEAD, BY, TEXT, Word
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.moments import exact
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.silences import silences
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.services.silences import SilenceEdit

_COLUMNS = (
    Column("STATE"),
    Column("ENDS"),
    Column("AUTHOR", leave_out=2),
    Column("ID"),
    Column("REASON", leave_out=1),
    Column("HIDES", flexible=True),
)

_json = click.option("--json", "as_json", is_flag=True, help="Print the silence, on one line.")
_id = click.argument("silence_id", metavar="ID", type=TEXT)


class _Where(TypedDict):
    service: str
    environment: str
    team: str
    labels: Sequence[str]
    source: str | None
    severity_at_most: str | None


def _where_options(command: Callable[..., None]) -> Callable[..., None]:
    """Take what a silence hides."""
    options = (
        click.option("--service", type=TEXT, default="", help="Of this service."),
        click.option("--environment", type=TEXT, default="", help="Of this environment."),
        click.option("--team", type=TEXT, default="", help="Of this team."),
        click.option(
            "--label", "labels", type=TEXT, multiple=True, help="With this tag, key:value; as often as needed."
        ),
        click.option("--source", type=Word("source", list(Source)), help="Of this source."),
        click.option("--severity-at-most", type=Word("severity", list(Severity)), help="Of this severity, or milder."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def silence() -> None:
    """Drop the pages of some incidents for a while, and see who did.

    What a silence held, and nobody acknowledged, is paged when it ends.
    """


@silence.command()
@_where_options
@click.option("--for", "ends_at", type=AHEAD, required=True, metavar="TIME", help="How long, or until when.")
@click.option("--from", "starts_at", type=AHEAD, metavar="TIME", help="When it begins; now unless given.")
@click.option("--reason", type=TEXT, required=True, help="Why.")
@BY
@_json
@pass_wiring
def add(
    wiring: Wiring,
    *,
    ends_at: datetime,
    starts_at: datetime | None,
    reason: str,
    by: str,
    as_json: bool,
    **given: Unpack[_Where],
) -> None:
    """Make a silence. All that is given must hold of an incident; it lasts a week at most."""
    where = _matcher(given)
    with silences(wiring, wiring.actor(by)) as desk:
        _tell(wiring, desk.add(where, reason=reason, starts_at=starts_at, ends_at=ends_at), as_json=as_json)


@silence.command("list")
@click.option("--all", "everything", is_flag=True, help="Also those that were over within the last 30 days.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of silences.")
@pass_wiring
def list_silences(wiring: Wiring, *, everything: bool, as_json: bool) -> None:
    """List silences, the one that ends first at the top."""
    with silences(wiring, "") as desk:
        found = [one for one in desk.every() if everything or one.state is not SilenceState.OVER]
    found.sort(key=lambda one: one.ends_at)
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(_COLUMNS, [_row(one) for one in found])
    else:
        wiring.err.line(f"No silences. `{wiring.program} silence add` makes one.")


@silence.command()
@_id
@_json
@pass_wiring
def show(wiring: Wiring, *, silence_id: str, as_json: bool) -> None:
    """Show a silence, and how many active incidents it hides now."""
    with silences(wiring, "") as desk:
        _tell(wiring, desk.one(silence_id), as_json=as_json)


@silence.command()
@_id
@_where_options
@click.option("--for", "ends_at", type=AHEAD, metavar="TIME", help="How long from now, or until when.")
@click.option("--reason", type=TEXT, help="Why.")
@BY
@_json
@pass_wiring
def edit(
    wiring: Wiring,
    *,
    silence_id: str,
    ends_at: datetime | None,
    reason: str | None,
    by: str,
    as_json: bool,
    **given: Unpack[_Where],
) -> None:
    """Change a silence. Of what it hides all is given anew, or nothing; what it hides no more is paged within a minute."""
    where = _matcher(given)
    change = SilenceEdit(where=None if where == Matcher() else where, reason=reason, ends_at=ends_at)
    if change == SilenceEdit():
        message = "nothing to change: give --for, --reason, or what it hides"
        raise click.UsageError(message)
    with silences(wiring, wiring.actor(by)) as desk:
        _tell(wiring, desk.edit(silence_id, change), as_json=as_json)


@silence.command()
@_id
@BY
@pass_wiring
def end(wiring: Wiring, *, silence_id: str, by: str) -> None:
    """End a silence now. What it held is paged within a minute."""
    actor = wiring.actor(by)
    with silences(wiring, actor) as desk:
        desk.end(silence_id)
    wiring.out.line(f"{silence_id} is ended.")


def _matcher(given: _Where) -> Matcher:
    source, severity = given["source"], given["severity_at_most"]
    return Matcher(
        service=given["service"],
        environment=given["environment"],
        team=given["team"],
        labels=tuple(given["labels"]),
        source=None if source is None else Source(source),
        severity_at_most=None if severity is None else Severity(severity),
    )


def _tell(wiring: Wiring, one: SilenceWithCount, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(one.id, "heading"), f"  {one.state.value}: {_where(one.where)}")
    wiring.out.line(f"  from {exact(one.starts_at)} to {exact(one.ends_at)} UTC, by {one.author}: {one.reason}")
    number = "1 active incident" if one.hides == 1 else f"{one.hides} active incidents"
    wiring.out.line(f"  hides {number} now")
    if one.ended_by:
        wiring.out.line(f"  ended by {one.ended_by}")


def _row(one: SilenceView) -> tuple[str | Styled, ...]:
    return (one.state.value, exact(one.ends_at), one.author, one.id, one.reason, Styled(_where(one.where), "heading"))


def _where(where: Matcher) -> str:
    said = where.model_dump(mode="json", exclude_defaults=True)
    labels = said.pop("labels", [])
    return ", ".join([*(f"{name.replace('_', ' ')} {value}" for name, value in said.items()), *labels])
