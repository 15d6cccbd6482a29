"""What a person does with an incident day by day: acknowledge, start, assign, note, severity, resolve, close."""

from collections.abc import Callable, Sequence
from typing import Any

import click

from tocsin.domain.incident import Incident
from tocsin.domain.people import Role
from tocsin.domain.severity import Severity
from tocsin.entrypoints.choices import BY, INCIDENT_ID, TEXT, Word
from tocsin.entrypoints.filters import SEVERITY
from tocsin.entrypoints.incident_table import said
from tocsin.entrypoints.json_output import write_object
from tocsin.entrypoints.lookup import existing
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.services.incidents import IncidentService

# A command's own signature: click fills it by name.
Command = Callable[..., Any]
Act = Callable[[IncidentService, str, str], Incident]

ROLE = Word("role", [role.value for role in Role])


def one_incident(command: Command) -> Command:
    """Give a command the incident, who acts, and the choice of JSON."""
    for option in (
        pass_wiring,
        click.option("--json", "as_json", is_flag=True, help="Print the incident, on one line."),
        BY,
        click.argument("incident_id", metavar="ID", type=INCIDENT_ID),
    ):
        command = option(command)
    return command


def some_incidents(command: Command) -> Command:
    """Give a command one or more incidents, who acts, and the choice of JSON."""
    for option in (
        pass_wiring,
        click.option("--json", "as_json", is_flag=True, help="Print each incident, on one line."),
        BY,
        click.argument("incident_ids", metavar="ID...", nargs=-1, required=True, type=INCIDENT_ID),
    ):
        command = option(command)
    return command


@click.command()
@some_incidents
def ack(wiring: Wiring, *, incident_ids: Sequence[str], by: str, as_json: bool) -> None:
    """Say that you are on it: paging stops, and it is yours unless somebody has it. Twice is no error."""
    act(wiring, incident_ids, by, as_json, lambda service, one, who: service.acknowledge(one, by=who))


@click.command()
@some_incidents
def start(wiring: Wiring, *, incident_ids: Sequence[str], by: str, as_json: bool) -> None:
    """Say that work has begun; this acknowledges too."""
    act(wiring, incident_ids, by, as_json, lambda service, one, who: service.start(one, by=who))


@click.command()
@some_incidents
def close(wiring: Wiring, *, incident_ids: Sequence[str], by: str, as_json: bool) -> None:
    """Close a resolved incident: nothing more is to be done about it."""
    act(wiring, incident_ids, by, as_json, lambda service, one, who: service.close(one, by=who))


@click.command()
@one_incident
@click.option("--root-cause", type=TEXT, default="", metavar="TEXT", help="Why it happened.")
@click.option(
    "--step", "steps", type=TEXT, multiple=True, metavar="TEXT", help="What was done; may be given several times."
)
def resolve(
    wiring: Wiring, *, incident_id: str, by: str, as_json: bool, root_cause: str, steps: tuple[str, ...]
) -> None:
    """Resolve an incident. What fires now opens nothing until it ends. Afterwards: add root cause and steps."""
    act(
        wiring,
        [incident_id],
        by,
        as_json,
        lambda service, one, who: service.resolve(one, by=who, root_cause=root_cause, steps=steps),
    )


@click.command()
@one_incident
@click.argument("who", type=TEXT)
@click.option("--role", type=ROLE, help="As what; a responder unless given. A new commander replaces the one before.")
def assign(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, who: str, role: str | None) -> None:
    """Add WHO to those who work on an incident, or give him another role."""
    act(wiring, [incident_id], by, as_json, lambda service, one, actor: service.assign(one, who, role=role, by=actor))


@click.command()
@one_incident
@click.argument("who", type=TEXT)
def unassign(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, who: str) -> None:
    """Take WHO off an incident."""
    act(wiring, [incident_id], by, as_json, lambda service, one, actor: service.unassign(one, who, by=actor))


@click.command()
@one_incident
@click.argument("text", nargs=-1, required=True, type=TEXT)
def note(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, text: tuple[str, ...]) -> None:
    """Add TEXT to the timeline of an incident, in any status."""
    act(wiring, [incident_id], by, as_json, lambda service, one, who: service.note(one, " ".join(text), by=who))


@click.command()
@one_incident
@click.argument("level", metavar="LEVEL", type=SEVERITY)
def severity(wiring: Wiring, *, incident_id: str, by: str, as_json: bool, level: str) -> None:
    """Pin the severity of an incident to LEVEL: no machine changes it then."""
    act(
        wiring, [incident_id], by, as_json, lambda service, one, who: service.set_severity(one, Severity(level), by=who)
    )


def act(wiring: Wiring, incident_ids: Sequence[str], by: str, as_json: bool, do: Act) -> None:
    """Do it to each in turn, and say what came of it. The first that is refused ends it; those before are done."""
    who = wiring.actor(by)
    with wiring.service() as service:
        for incident_id in incident_ids:
            existing(service.store, incident_id)
            tell(wiring, do(service, incident_id, who), as_json=as_json)


def tell(wiring: Wiring, incident: Incident, *, as_json: bool) -> None:
    """Say in one line how an incident stands now."""
    if as_json:
        write_object(wiring.out.stream, incident.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(
        Styled(incident.id, "heading"),
        "  ",
        Styled(incident.severity.value, incident.severity.value),
        "  ",
        Styled(said(incident.status.value), incident.status.value),
        f"  {', '.join(incident.assignees) or 'nobody yet'}  {incident.title}",
    )
