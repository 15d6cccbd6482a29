"""``oncall``: who is on call."""

from datetime import datetime

import click

from tocsin.entrypoints.choices import AHEAD, TEXT
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.schedule_page import show_current
from tocsin.entrypoints.schedules import schedules
from tocsin.entrypoints.wiring import Wiring, pass_wiring


@click.command()
@click.option("--team", type=TEXT, default="", help="By the schedules of this team; by all unless given.")
@click.option("--at", type=AHEAD, metavar="WHEN", help="Then (2026-03-31T09:00, 2h); now unless given.")
@click.option("--json", "as_json", is_flag=True, help="Print an object, with who is on call by each schedule.")
@pass_wiring
def oncall(wiring: Wiring, *, team: str, at: datetime | None, as_json: bool) -> None:
    """Say who is on call, until when, and who is next."""
    with schedules(wiring, "") as desk:
        found = desk.current(at or wiring.clock(), team)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"))
    elif found.on_call:
        show_current(wiring.out, found)
    else:
        wiring.err.line(f"No schedules. `{wiring.program} schedule add NAME` makes one.")
