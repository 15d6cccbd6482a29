"""``show``: one incident in full."""

import click

from tocsin.entrypoints.choices import INCIDENT_ID
from tocsin.entrypoints.incident_page import Page, show_page
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.lookup import existing
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.services.viewing import Whole, whole


@click.command()
@click.argument("incident_id", metavar="ID", type=INCIDENT_ID)
@click.option("--json", "as_json", is_flag=True, help="Print one object: incident, alerts, timeline, durations.")
@pass_wiring
def show(wiring: Wiring, *, incident_id: str, as_json: bool) -> None:
    """Show one incident with its alerts and timeline."""
    with wiring.store() as store:
        incident = existing(store, incident_id)
        found = whole(store, incident, now=wiring.clock())
    if as_json:
        write_object(wiring.out.stream, _as_json(found))
    else:
        page = Page(found.incident, found.alerts, found.timeline)
        show_page(wiring.out, page, now=wiring.clock(), program=wiring.program)


def _as_json(found: Whole) -> dict[str, object]:
    return {
        "incident": found.incident.model_dump(mode="json"),
        "alerts": [alert.model_dump(mode="json") for alert in found.alerts],
        "timeline": [event.model_dump(mode="json") for event in found.timeline],
        "durations": {
            "to_acknowledge_seconds": found.metrics.to_acknowledge,
            "to_resolve_seconds": found.metrics.to_resolve,
        },
    }
