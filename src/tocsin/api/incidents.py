"""Incidents: opened by hand, listed, looked at, edited, merged, deleted."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler import Request, Response

from .answers import found, nothing
from .bodies import EditBody, MergeBody, OpenBody
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import existing, expected_revision, move, once, shown
from .searching import (
    Assignee,
    Cursor,
    Environment,
    Limit,
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
from .views import IncidentList, IncidentView, WholeIncident

INCIDENTS = f"{PREFIX}/incidents"
INCIDENT = f"{INCIDENTS}/{{incident_id}}"

incidents = Endpoints("incidents")


@incidents("POST", INCIDENTS, answers={201: Answer(IncidentView)}, refuses=[409])
def open_incident(request: Request, body: OpenBody) -> Response[str]:
    """Open an incident by hand.

    Only people change its severity, if one is given, and resolve it. Without one the words of title and description
    give it.
    """
    call = call_of(request)
    opened = call.parts.incidents.open(
        body.title,
        by=call.by,
        severity=body.severity,
        description=body.description,
        service=body.service,
        environment=body.environment,
        team=body.team,
        tags=body.tags,
        logs=body.logs,
        assignees=body.assignees,
        once=once(call, HTTPStatus.CREATED),
    )
    return shown(opened, status=HTTPStatus.CREATED)


@incidents("GET", INCIDENTS, answers={200: Answer(IncidentList)})
def list_incidents(
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
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List incidents, newest first.

    Every filter that is given must hold; of `status` and `severity` there may be several. A page may be short, or
    empty, and still have a cursor.
    """
    call = call_of(request)
    asked = wanted(
        call.parts.clock(),
        status=status,
        severity=severity,
        service=service,
        environment=environment,
        team=team,
        source=source,
        assignee=assignee,
        text=text,
        since=since,
        until=until,
    )
    page = call.parts.incidents.find(asked, limit=limit, cursor=cursor)
    return found(IncidentList.of(page.incidents, page.cursor))


@incidents("GET", INCIDENT, answers={200: Answer(WholeIncident)})
def show_incident(request: Request, incident_id: str) -> Response[str]:
    """Show one incident whole: alerts, notes, timeline, durations."""
    whole = call_of(request).parts.incidents.whole(existing(incident_id))
    # How long it has been open differs every time; everything else is numbered.
    numbers = [whole.incident.version, len(whole.timeline), *(f"{one.id}.{one.version}" for one in whole.alerts)]
    state = f"{whole.incident.id} {' '.join(map(str, numbers))}"
    return found(WholeIncident.whole(whole), revision=whole.incident.revision, state=state)


@incidents("PUT", INCIDENT, answers={200: Answer(IncidentView)}, refuses=[409, 412])
@incidents("PATCH", INCIDENT, answers={200: Answer(IncidentView)}, refuses=[409, 412])
def edit_incident(request: Request, incident_id: str, body: EditBody) -> Response[str]:
    """Change several things at once: all of them or none.

    PATCH and PUT do the same: what the body does not name stays as it is.
    """
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.edit(existing(incident_id), body.edit, **how))


@incidents("POST", f"{INCIDENT}/merge", answers={200: Answer(IncidentView)}, refuses=[409, 412])
def merge_incident(request: Request, incident_id: str, body: MergeBody) -> Response[str]:
    """Merge an incident into another, and show that other.

    This one is resolved, its alerts stay where they are, and the one that goes on counts both. `If-Match` is about
    this one.
    """
    call = call_of(request)
    return move(
        call, incident_id, lambda how: call.parts.incidents.merge(existing(incident_id), existing(body.into), **how)
    )


@incidents("DELETE", INCIDENT, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_incident(request: Request, incident_id: str) -> Response[str]:
    """Delete an incident for ever, with its timeline and its pages.

    Who was told of it hears no all clear: resolve it first where somebody should. Refused while an alert of it fires:
    the next one would open it anew. The audit log keeps what was deleted, when, and by which key.
    """
    call = call_of(request)
    call.parts.incidents.delete(
        existing(incident_id),
        by=call.by,
        actor=call.actor,
        expected_revision=expected_revision(call, incident_id),
    )
    return nothing()
