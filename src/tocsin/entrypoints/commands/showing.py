"""``show``: one incident in full."""

import click

from tocsin.entrypoints.choices import INCIDENT_ID
from tocsin.entrypoints.incident_page import Page, show_page
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.lookup import existing
from tocsin.entrypoints.wiring import Wiring, pass_wiring


@click.command()
@click.argument("incident_id", metavar="ID", type=INCIDENT_ID)
@click.option("--json", "as_json", is_flag=True, help="Print one object: incident, alerts, timeline, durations.")
@pass_wiring
def show(wiring: Wiring, *, incident_id: str, as_json: bool) -> None:
    """Show one incident with its alerts and timeline."""
    with wiring.store() as store:
        incident = existing(store, incident_id)
        page = Page(incident, store.alerts_of(incident.id), store.timeline(incident.id))
    if as_json:
        write_object(wiring.out.stream, _as_json(page))
    else:
        show_page(wiring.out, page, now=wiring.clock(), program=wiring.program)


def _as_json(page: Page) -> dict[str, object]:
    return {
        "incident": page.incident.model_dump(mode="json"),
        "alerts": [alert.model_dump(mode="json") for alert in page.alerts],
        "timeline": [event.model_dump(mode="json") for event in page.timeline],
        "durations": {
            "to_acknowledge_seconds": page.incident.time_to_acknowledge,
            "to_resolve_seconds": page.incident.time_to_resolve,
        },
    }
