"""The moves of an incident, each at an address of its own, as links and buttons need them; and its notes and people."""

from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from .bodies import AssignmentBody, ResolveBody, SnoozeBody
from .call import call_of
from .endpoints import Answer, Endpoints
from .incidents import INCIDENT
from .moving import existing, move
from .views import IncidentView

MOVED = {200: Answer(IncidentView)}
REFUSED = (409, 412)

moves = Endpoints("moves")


@moves("POST", f"{INCIDENT}/acknowledge", answers=MOVED, refuses=REFUSED)
def acknowledge_incident(request: Request, incident_id: str) -> Response[str]:
    """Say that somebody is on it.

    Paging for what has fired so far stops. Twice is no error.
    """
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.acknowledge(existing(incident_id), **how))


@moves("POST", f"{INCIDENT}/start", answers=MOVED, refuses=REFUSED)
def start_incident(request: Request, incident_id: str) -> Response[str]:
    """Say that work has begun.

    This acknowledges too, and ends a snooze.
    """
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.start(existing(incident_id), **how))


@moves("POST", f"{INCIDENT}/resolve", answers=MOVED, refuses=REFUSED)
def resolve_incident(request: Request, incident_id: str, body: ResolveBody | None = None) -> Response[str]:
    """Resolve it, with root cause and what was done.

    What fires now opens nothing until it ends. Afterwards this adds root cause and steps.
    """
    call = call_of(request)
    said = body or ResolveBody()
    return move(
        call,
        incident_id,
        lambda how: call.parts.incidents.resolve(
            existing(incident_id), root_cause=said.root_cause, steps=said.resolution_steps, **how
        ),
    )


@moves("POST", f"{INCIDENT}/close", answers=MOVED, refuses=REFUSED)
def close_incident(request: Request, incident_id: str) -> Response[str]:
    """Close a resolved incident: nothing more is to be done about it."""
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.close(existing(incident_id), **how))


@moves("POST", f"{INCIDENT}/snooze", answers=MOVED, refuses=REFUSED)
def snooze_incident(request: Request, incident_id: str, body: SnoozeBody) -> Response[str]:
    """Hold its pages until a moment.

    If it gets worse it pages all the same; when the time has come, whoever is on call is paged again.
    """
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.snooze(existing(incident_id), body.until, **how))


@moves("POST", f"{INCIDENT}/unsnooze", answers=MOVED, refuses=REFUSED)
def unsnooze_incident(request: Request, incident_id: str) -> Response[str]:
    """End its snooze now."""
    call = call_of(request)
    return move(call, incident_id, lambda how: call.parts.incidents.unsnooze(existing(incident_id), **how))


ASSIGNMENT = f"{INCIDENT}/assignments/{{user}}"


@moves("PUT", ASSIGNMENT, answers=MOVED, refuses=REFUSED)
def assign_user(request: Request, incident_id: str, user: str, body: AssignmentBody | None = None) -> Response[str]:
    """Add somebody to those who work on it, or give another role.

    The role is `commander`, `responder` or `scribe`; without one a responder, or the role already held.
    """
    call = call_of(request)
    role = body.role if body else None
    return move(
        call,
        incident_id,
        lambda how: call.parts.incidents.assign(existing(incident_id), unquote(user), role=role, **how),
    )


@moves("DELETE", ASSIGNMENT, answers=MOVED, refuses=REFUSED)
def unassign_user(request: Request, incident_id: str, user: str) -> Response[str]:
    """Take somebody off. Whoever does not work on it is off already."""
    call = call_of(request)
    return move(
        call, incident_id, lambda how: call.parts.incidents.unassign(existing(incident_id), unquote(user), **how)
    )
