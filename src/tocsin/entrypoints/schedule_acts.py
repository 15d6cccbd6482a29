"""What the commands about schedules share: their arguments, and how what they did is told."""

from collections.abc import Callable

import click

from tocsin.api.schedule_views import ScheduleView

from .choices import TEXT
from .json_output import write_object
from .schedule_page import show
from .schedules import ScheduleDesk, schedules
from .wiring import Wiring

JSON = click.option("--json", "as_json", is_flag=True, help="Print the schedule, on one line.")
NAME = click.argument("name", type=TEXT)


def act(wiring: Wiring, by: str, as_json: bool, do: Callable[[ScheduleDesk], ScheduleView]) -> None:
    """Do something in somebody's name, and show the schedule as it is then."""
    with schedules(wiring, wiring.actor(by)) as desk:
        tell(wiring, do(desk), as_json=as_json)


def tell(wiring: Wiring, one: ScheduleView, *, as_json: bool) -> None:
    """Show a schedule."""
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
    else:
        show(wiring.out, one)
