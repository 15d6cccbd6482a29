"""What a person changes about an incident now and then: edit, snooze, merge, delete."""

import sys
from datetime import datetime

import click

from tocsin.domain.editing import Edit
from tocsin.domain.incident import Incident
from tocsin.domain.severity import Severity
from tocsin.entrypoints.choices import AHEAD, BY, INCIDENT_ID, TEXT
from tocsin.entrypoints.commands.actions import act, one_incident
from tocsin.entrypoints.filters import SEVERITY
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.lookup import existing
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.services.incidents import IncidentService


@click.command()
@one_incident
@click.option("--title", type=TEXT, help="What is wrong, in one line.")
@click.option("--description", type=TEXT, help="More about it.")
@click.option("--service", type=TEXT, help="What is affected.")
@click.option("--environment", type=TEXT, help="Where.")
@click.option("--team", type=TEXT, help="Whose it is.")
@click.option("--severity", type=SEVERITY, help="How bad it is; no machine changes it then.")
@click.option("--root-cause", type=TEXT, help="Why it happened, in place of what was said before.")
@click.option("--step", "steps", type=TEXT, multiple=True, help="What was done; all steps, in place of those before.")
@click.option("--note", type=TEXT, default="", help="A line for the timeline.")
def edit(
    wiring: Wiring,
    *,
    incident_id: str,
    by: str,
    as_json: bool,
    title: str | None,
    description: str | None,
    service: str | None,
    environment: str | None,
    team: str | None,
    severity: str | None,
    root_cause: str | None,
    steps: tuple[str, ...],
    note: str,
) -> None:
    """Change what an incident says, several things at once; all but the severity in any status."""
    wanted = Edit(
        title=title,
        description=description,
        service=service,
        environment=environment,
        team=team,
        severity=None if severity is None else Severity(severity),
        root_cause=root_cause,
        resolution_steps=steps or None,
        note=note,
    )
    if wanted == Edit():
        message = "say what to change: --title, --description, --service, --environment, --team, --severity ..."
        raise click.UsageError(message)
    act(wiring, [incident_id], by, as_json, lambda incidents, one, who: incidents.edit(one, wanted, by=who))


@click.command()
@one_incident
@click.argument("until", type=AHEAD, required=False)
@click.option("--end", is_flag=True, help="End its snooze now.")
def snooze(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, until: datetime | None, end: bool) -> None:
    """Hold the pages of an incident UNTIL a time (2026-03-31T09:00, UTC) or for so long (2h), at most 30 days.

    Then it pages again if nobody has resolved it; earlier if it gets worse. Beginning to work on it ends the snooze.
    """
    if (until is None) is not end:
        message = "say until when, or --end"
        raise click.UsageError(message)
    act(
        wiring,
        [incident_id],
        by,
        as_json,
        lambda service, one, who: (
            service.unsnooze(one, by=who) if until is None else service.snooze(one, until, by=who)
        ),
    )


@click.command()
@one_incident
@click.argument("into", metavar="INTO", type=INCIDENT_ID)
def merge(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, into: str) -> None:
    """Resolve an incident as part of another, INTO, which counts the alerts of both. Both must be open."""

    def do(service: IncidentService, one: str, who: str) -> Incident:
        existing(service.store, into)
        return service.merge(one, into, by=who)

    act(wiring, [incident_id], by, as_json, do)


@click.command()
@click.argument("incident_id", metavar="ID", type=INCIDENT_ID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@BY
@click.option("--json", "as_json", is_flag=True, help="Print what stays on record.")
@pass_wiring
def delete(wiring: Wiring, *, incident_id: str, yes: bool, by: str, as_json: bool) -> None:
    """Delete an incident with its timeline and pages, for ever, unless an alert of it fires. That it was is on record."""
    who = wiring.actor(by)
    with wiring.service() as service:
        if not yes:
            _confirm(existing(service.store, incident_id))
        record = service.delete(incident_id, by=who)
    if as_json:
        write_object(wiring.out.stream, record.body)
    else:
        wiring.out.line(f"{incident_id} deleted.")


def _confirm(incident: Incident) -> None:
    if sys.stdin is None or not sys.stdin.isatty():
        message = f"{incident.id} would be deleted for ever: say --yes"
        raise click.UsageError(message)
    if not click.confirm(f"Delete {incident.id} for ever?", err=True):
        raise click.exceptions.Exit(0)
