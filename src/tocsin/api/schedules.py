"""Schedules: who is on call when. Read by all, changed by administrators, and by responders where it is their own turn."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.access import UserRole
from tocsin.domain.change import RecordWrite
from tocsin.domain.schedule import Schedule
from tocsin.services.pages_at_night import pages_at_night
from tocsin.services.schedules import Schedules

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made
from .schedule_bodies import LayerBody, NewSchedule, OverrideBody, ScheduleEdit, SwapBody, said
from .schedule_looks import Looks
from .schedule_views import ScheduleList, ScheduleView
from .searching import Cursor, Limit, Word

SCHEDULES = f"{PREFIX}/schedules"
ONE = f"{SCHEDULES}/{{schedule_id}}"
LAYER = f"{ONE}/layers/{{layer_id}}"

schedules = Endpoints("schedules")


@schedules("GET", SCHEDULES, answers={200: Answer(ScheduleList)}, refuses=[404])
def list_schedules(
    request: Request,
    *,
    team: Annotated[Word, Query(description="That belong to this team, by id or name.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List schedules.

    A page may be short, or empty, and still have a cursor.
    """
    call = call_of(request)
    team_id = call.parts.teams.named(team).id if team else ""
    some, rest = schedules_of(call).find(team=team_id, limit=limit, cursor=cursor)
    return found(ScheduleList(schedules=looks_of(call).views(*some), cursor=rest))


@schedules("POST", SCHEDULES, answers={201: Answer(ScheduleView)}, refuses=[409])
def add_schedule(request: Request, body: NewSchedule) -> Response[str]:
    """Make a schedule."""
    call = call_of(request)
    return made(
        call,
        lambda also: schedules_of(call).add(said(body), actor=call.actor, also=also),
        lambda schedule: _shown(call, schedule, HTTPStatus.CREATED),
    )


@schedules("GET", ONE, answers={200: Answer(ScheduleView)})
def show_schedule(request: Request, schedule_id: str) -> Response[str]:
    """Show a schedule, by id or name."""
    call = call_of(request)
    schedule = schedules_of(call).named(unquote(schedule_id))
    return found(looks_of(call).views(schedule)[0], revision=schedule.version)


@schedules("PATCH", ONE, answers={200: Answer(ScheduleView)}, refuses=[409, 412])
def edit_schedule(request: Request, schedule_id: str, body: ScheduleEdit) -> Response[str]:
    """Change name, time zone or team of a schedule, or all of its layers."""
    call = call_of(request)
    name, version = unquote(schedule_id), _expected(call, schedule_id)
    return _shown(call, schedules_of(call).edit(name, said(body), actor=call.actor, expected=version))


@schedules("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_schedule(request: Request, schedule_id: str) -> Response[str]:
    """Delete a schedule: nobody is on call by it any more, and its feeds end."""
    call = call_of(request)
    schedules_of(call).remove(unquote(schedule_id), actor=call.actor, expected=_expected(call, schedule_id))
    return nothing()


@schedules("PUT", LAYER, answers={200: Answer(ScheduleView)}, refuses=[409, 412])
def put_layer(request: Request, schedule_id: str, layer_id: str, body: LayerBody) -> Response[str]:
    """Put a layer in the place of the one with this id, or on top of the others."""
    call = call_of(request)
    name, version = unquote(schedule_id), _expected(call, schedule_id)
    return _shown(
        call,
        schedules_of(call).put_layer(name, unquote(layer_id), said(body), actor=call.actor, expected=version),
    )


@schedules("DELETE", LAYER, answers={200: Answer(ScheduleView)}, refuses=[409, 412])
def take_layer(request: Request, schedule_id: str, layer_id: str) -> Response[str]:
    """Take a layer off."""
    call = call_of(request)
    name, version = unquote(schedule_id), _expected(call, schedule_id)
    return _shown(call, schedules_of(call).take_layer(name, unquote(layer_id), actor=call.actor, expected=version))


@schedules("POST", f"{ONE}/overrides", answers={201: Answer(ScheduleView)}, refuses=[409, 412])
def add_override(request: Request, schedule_id: str, body: OverrideBody) -> Response[str]:
    """Put somebody on call for a time.

    A responder takes shifts, and hands over their own; an administrator changes everybody's. What was over 90 days ago
    goes when another comes.
    """
    return _agreed(call_of(request), schedule_id, [said(body)])


@schedules("POST", f"{ONE}/swaps", answers={201: Answer(ScheduleView)}, refuses=[409, 412])
def swap(request: Request, schedule_id: str, body: SwapBody) -> Response[str]:
    """Have two people take each other's shifts: two overrides in one change.

    A responder swaps shifts of their own; an administrator everybody's.
    """
    return _agreed(call_of(request), schedule_id, body.overrides)


@schedules("DELETE", f"{ONE}/overrides/{{override_id}}", answers={200: Answer(ScheduleView)}, refuses=[409, 412])
def take_override(request: Request, schedule_id: str, override_id: str) -> Response[str]:
    """Take an override back; a responder one that they take part in."""
    call = call_of(request)
    return _shown(
        call,
        schedules_of(call).take_override(
            unquote(schedule_id),
            unquote(override_id),
            actor=call.actor,
            own=own(call),
            expected=_expected(call, schedule_id),
        ),
    )


@schedules("GET", f"{ONE}/export", answers={200: Answer(Schedule)})
def export(request: Request, schedule_id: str) -> Response[str]:
    """Show a schedule as it is kept: what a program needs to work out who is on call."""
    schedule = schedules_of(call_of(request)).named(unquote(schedule_id))
    return found(schedule, revision=schedule.version)


def schedules_of(call: Call) -> Schedules:
    """Return the schedules that a call works on."""
    parts = call.parts
    return Schedules(parts.store, parts.audit, clock=parts.clock, new_id=parts.new_id)


def looks_of(call: Call) -> Looks:
    """Return what looks at the schedules that a call works on."""
    parts = call.parts
    return Looks(
        schedules_of(call),
        parts.users,
        parts.teams,
        reachable=lambda user: bool(parts.reach().contacts.usable(user)),
        pages=lambda people, start, end: pages_at_night(parts.store, people, start, end, parts.clock()),
    )


def own(call: Call) -> str:
    """Return whose own it must be: the id of a person who does not administer; empty for whoever does."""
    return "" if call.caller.role is UserRole.ADMIN else call.caller.user_id


def _agreed(call: Call, schedule_id: str, overrides: list[dict[str, object]]) -> Response[str]:
    version = _expected(call, schedule_id)

    def make(also: Callable[[Schedule], tuple[RecordWrite, ...]]) -> Schedule:
        return schedules_of(call).add_overrides(
            unquote(schedule_id), overrides, actor=call.actor, own=own(call), expected=version, also=also
        )

    return made(call, make, lambda schedule: _shown(call, schedule, HTTPStatus.CREATED))


def _expected(call: Call, schedule_id: str) -> int | None:
    name = unquote(schedule_id)
    return expected(call, name, lambda: schedules_of(call).named(name).version)


def _shown(call: Call, schedule: Schedule, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    place = {"Location": f"{SCHEDULES}/{schedule.id}"} if status is HTTPStatus.CREATED else {}
    return written(looks_of(call).views(schedule)[0], status=status, revision=schedule.version, headers=place)
