"""What is on record of an incident: its notes, its timeline, how long it took; and the figures of many."""

from datetime import timedelta
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.domain.statistics import Metrics, Statistics
from tocsin.domain.timeline import EventKind

from .answers import found
from .bodies import NoteBody
from .call import call_of
from .endpoints import Answer, Endpoints
from .incidents import INCIDENT, INCIDENTS
from .moving import existing, move
from .searching import (
    Assignee,
    Environment,
    Service,
    Severities,
    Since,
    SourceName,
    Statuses,
    Team,
    Text,
    Until,
    wanted,
)
from .views import IncidentView, Note, Notes, Timeline

COUNTED = timedelta(weeks=12)
"""How far back figures look unless told otherwise: they read every incident that they count."""

MOST_COUNTED = 100_000
"""Incidents that figures look at: as many as can be read before API Gateway gives up, which is after 30 seconds."""

records = Endpoints("records")


@records("POST", f"{INCIDENT}/notes", answers={201: Answer(IncidentView)}, refuses=[409, 412])
def add_note(request: Request, incident_id: str, body: NoteBody) -> Response[str]:
    """Add a note, in any status; the incident is shown as it is then."""
    call = call_of(request)
    return move(
        call,
        incident_id,
        lambda how: call.parts.incidents.note(existing(incident_id), body.text, **how),
        status=HTTPStatus.CREATED,
    )


@records("GET", f"{INCIDENT}/notes", answers={200: Answer(Notes)})
def list_notes(request: Request, incident_id: str) -> Response[str]:
    """List the notes of an incident, oldest first."""
    events = call_of(request).parts.incidents.timeline(existing(incident_id))
    return found(Notes(notes=tuple(Note.of(one) for one in events if one.kind is EventKind.NOTED)))


@records("GET", f"{INCIDENT}/timeline", answers={200: Answer(Timeline)})
def show_timeline(request: Request, incident_id: str) -> Response[str]:
    """List everything that happened to an incident, oldest first, with who did it and why."""
    return found(Timeline(events=tuple(call_of(request).parts.incidents.timeline(existing(incident_id)))))


@records("GET", f"{INCIDENT}/metrics", answers={200: Answer(Metrics)})
def show_metrics(request: Request, incident_id: str) -> Response[str]:
    """Say how long an incident took, or has taken so far, in seconds."""
    return found(call_of(request).parts.incidents.metrics(existing(incident_id)))


@records("GET", f"{INCIDENTS}/stats/summary", answers={200: Answer(Statistics)})
def summarise(
    request: Request,
    *,
    status: Statuses = (),
    severity: Severities = (),
    service: Service = "",
    environment: Environment = "",
    team: Team = "",
    source: SourceName = None,
    assignee: Assignee = "",
    text: Text = "",
    since: Since = None,
    until: Until = None,
) -> Response[str]:
    """Show MTTA and MTTR: totals, means, medians and 90th percentiles in seconds.

    In all, by severity, by service and by week (ISO 8601, of the opening). Of the last 12 weeks unless `since` says
    otherwise. Every incident of that time is read: refused if there are more than 100,000.
    """
    call = call_of(request)
    now = call.parts.clock()
    asked = wanted(
        now,
        status=status,
        severity=severity,
        service=service,
        environment=environment,
        team=team,
        source=source,
        assignee=assignee,
        text=text,
        since=since or now - COUNTED,
        until=until,
    )
    return found(call.parts.incidents.statistics(asked, most=MOST_COUNTED))
