"""``schedule``: who is on call when."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from tocsin.api.schedule_views import ScheduleView
from tocsin.domain.local_time import zone_of
from tocsin.domain.rotation import Unit, Weekday
from tocsin.domain.user import checked_time_zone
from tocsin.entrypoints.choices import AHEAD, BY, TEXT, WHEN, Whole, Word
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.schedule_acts import JSON, NAME, act, tell
from tocsin.entrypoints.schedule_page import LIST, row
from tocsin.entrypoints.schedules import Document, ScheduleDesk, schedules
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput

from . import shifts

_zone = click.option("--time-zone", type=TEXT, help="Its time zone, as Europe/Berlin.")
_team = click.option("--team", type=TEXT, help="The team that it belongs to, by name or id; '' for none.")


def _layer_options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        click.option(
            "--person", "people", type=TEXT, multiple=True, help="Who takes turns, in order; as often as needed."
        ),
        click.option(
            "--rotation", type=Word("rotation", list(Unit)), default="week", help="What turns are counted in."
        ),
        click.option("--every", type=Whole(1, 366), default=1, help="How many of these one turn lasts."),
        click.option("--hand-over", type=TEXT, default="09:00", help="The local time at which turns end."),
        click.option("--weekday", type=Word("weekday", list(Weekday)), help="The day on which turns of weeks end."),
        click.option("--start", type=TEXT, metavar="DAY", help="The local day of the first turn; today unless given."),
        click.option(
            "--hours",
            type=TEXT,
            multiple=True,
            metavar="HOURS",
            help="On duty in these only: 'mon-fri 09:00-17:00' or '22:00-06:00'; as often as needed.",
        ),
        click.option("--valid-from", type=AHEAD, metavar="WHEN", help=f"Nobody is on duty before then: {WHEN}."),
        click.option("--valid-until", type=AHEAD, metavar="WHEN", help="And nobody from then on."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.group()
def schedule() -> None:
    """Say who is on call when.

    NAME is a schedule's name or id, WHO an e-mail address or an id. Moments are UTC unless they have an offset.
    """


@schedule.command("list")
@click.option("--team", type=TEXT, default="", help="Those of this team.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of schedules.")
@pass_wiring
def list_schedules(wiring: Wiring, *, team: str, as_json: bool) -> None:
    """List the schedules there are."""
    with schedules(wiring, "") as desk:
        found = sorted(desk.every(team), key=lambda one: one.name.casefold())
    if as_json:
        write_array(wiring.out.stream, found)
    elif found:
        wiring.out.table(LIST, [row(one) for one in found])
    else:
        wiring.err.line(f"No schedules. `{wiring.program} schedule add NAME` makes one.")


@schedule.command("show")
@NAME
@JSON
@pass_wiring
def show_one(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a schedule: its layers, the highest first, and its overrides."""
    with schedules(wiring, "") as desk:
        tell(wiring, desk.show(name), as_json=as_json)


@schedule.command()
@NAME
@pass_wiring
def export(wiring: Wiring, *, name: str) -> None:
    """Print a schedule as it is kept, as JSON."""
    with schedules(wiring, "") as desk:
        write_object(wiring.out.stream, desk.export(name).model_dump(mode="json"))


@schedule.command()
@click.argument("name", type=TEXT, required=False)
@click.option("--file", "file", type=click.Path(path_type=Path), help="A file that describes it, YAML or JSON.")
@_zone
@_team
@_layer_options
@BY
@JSON
@pass_wiring
def add(
    wiring: Wiring,
    /,
    *,
    name: str | None,
    file: Path | None,
    time_zone: str | None,
    team: str | None,
    by: str,
    as_json: bool,
    **layer: Any,  # noqa: ANN401 - click's own
) -> None:
    """Make a schedule called NAME: of a file, or with one layer of each --person."""
    document: Document = {}
    if file is not None:
        from tocsin.entrypoints.schedule_file import read_schedule

        document = read_schedule(file)
    given = {"name": name, "time_zone": time_zone, "team": team}
    document |= {key: value for key, value in given.items() if value is not None}
    if "name" not in document:
        message = "say what it is called: NAME, or a file that does"
        raise click.UsageError(message)
    layers = document.setdefault("layers", [])
    # What is no list is refused where all of it is checked.
    if layer["people"] and isinstance(layers, list):
        today = _today(wiring, str(document.get("time_zone", "UTC")))
        layers.append({"id": "base", "start": today, **_layer("Base", **layer)})
    act(wiring, by, as_json, lambda desk: desk.add(document))


@schedule.command()
@NAME
@click.option("--name", "new_name", type=TEXT, help="Its new name.")
@_zone
@_team
@BY
@JSON
@pass_wiring
def edit(
    wiring: Wiring,
    *,
    name: str,
    new_name: str | None,
    time_zone: str | None,
    team: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Rename a schedule, or give it another time zone or team."""
    given = {"name": new_name, "time_zone": time_zone, "team": team}
    document = {key: value for key, value in given.items() if value is not None}
    if not document:
        message = "say what to change: --name, --time-zone or --team"
        raise click.UsageError(message)
    act(wiring, by, as_json, lambda desk: desk.edit(name, document))


@schedule.command()
@NAME
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Delete a schedule: nobody is on call by it any more."""
    with schedules(wiring, wiring.actor(by)) as desk:
        desk.remove(name)
    wiring.out.line(f"{name} is deleted.")


@schedule.command()
@NAME
@click.argument("layer_id", metavar="LAYER", type=TEXT)
@click.option("--title", type=TEXT, help="What people call the layer; LAYER unless given.")
@_layer_options
@BY
@JSON
@pass_wiring
def layer(
    wiring: Wiring,
    /,
    *,
    name: str,
    layer_id: str,
    title: str | None,
    by: str,
    as_json: bool,
    **options: Any,  # noqa: ANN401 - click's own
) -> None:
    """Put a layer of the id LAYER in the place of the one that has it, or on top of the others."""
    document = _layer(title or layer_id, **options)

    def put(desk: ScheduleDesk) -> ScheduleView:
        if "start" not in document:
            document["start"] = _today(wiring, desk.show(name).time_zone)
        return desk.put_layer(name, layer_id, document)

    act(wiring, by, as_json, put)


@schedule.command("remove-layer")
@NAME
@click.argument("layer_id", metavar="LAYER", type=TEXT)
@BY
@JSON
@pass_wiring
def remove_layer(wiring: Wiring, *, name: str, layer_id: str, by: str, as_json: bool) -> None:
    """Take a layer off."""
    act(wiring, by, as_json, lambda desk: desk.take_layer(name, layer_id))


def _layer(
    name: str,
    *,
    people: Sequence[str],
    rotation: str,
    every: int,
    hand_over: str,
    weekday: str | None,
    start: str | None,
    hours: Sequence[str],
    valid_from: datetime | None,
    valid_until: datetime | None,
) -> Document:
    if not people:
        message = "say who takes turns: --person WHO, as often as needed"
        raise click.UsageError(message)
    turns = {"unit": rotation, "every": every, "hand_over": hand_over, "weekday": weekday}
    said: Document = {
        "name": name,
        "people": list(people),
        "rotation": {key: value for key, value in turns.items() if value is not None},
        "hours": [_hours(one) for one in hours],
    }
    valid = {"valid_from": valid_from, "valid_until": valid_until}
    said |= {key: moment.isoformat() for key, moment in valid.items() if moment is not None}
    return said | ({"start": start} if start else {})


def _today(wiring: Wiring, zone: str) -> str:
    """Return the local day; that of UTC for what is no time zone, which is refused with the rest."""
    try:
        local = wiring.clock().astimezone(zone_of(checked_time_zone(zone)))
    except InvalidInput:
        local = wiring.clock()
    return local.date().isoformat()


def _hours(text: str) -> Document:
    """Read hours of duty: ``mon-fri 09:00-17:00``, ``sat,sun 00:00-00:00`` or ``22:00-06:00``."""
    *days, clocks = text.lower().split() or [""]
    begin, dash, end = clocks.partition("-")
    if not dash or len(days) > 1:
        message = f"{text!r} are no hours of duty"
        raise InvalidInput(message, hint="as in 'mon-fri 09:00-17:00', or '22:00-06:00' for every day")
    said: Document = {"begin": begin, "end": end}
    return said | ({"weekdays": _weekdays(days[0])} if days else {})


def _weekdays(text: str) -> list[str]:
    week = list(Weekday)
    found: list[str] = []
    try:
        for part in text.split(","):
            first, dash, last = part.partition("-")
            begin = week.index(Weekday(first))
            length = (week.index(Weekday(last)) - begin) % len(week) if dash else 0
            found += [week[(begin + step) % len(week)] for step in range(length + 1)]
    except ValueError:
        message = f"{text!r} are no days of the week"
        raise InvalidInput(message, hint="as in mon-fri, or sat,sun") from None
    return found


for _command in shifts.COMMANDS:
    schedule.add_command(_command)
