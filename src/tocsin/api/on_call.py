"""Who is on call: now, in the time to come, and how well that is covered."""

from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from .answers import found
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moments import Moment
from .schedule_looks import looked_until
from .schedule_views import CoverageView, CurrentList, ShiftList
from .schedules import ONE, looks_of
from .searching import Word

From = Annotated[Moment | None, Query(alias="from", description="From then on; now unless given.")]
Until = Annotated[Moment | None, Query(description="Until then; for 28 days unless given.")]

on_call = Endpoints("on call")


@on_call("GET", f"{PREFIX}/oncall/current", answers={200: Answer(CurrentList)}, refuses=[404])
def show_current(
    request: Request,
    *,
    team: Annotated[Word, Query(description="By the schedules of this team, by id or name; by all unless given.")] = "",
    at: Annotated[Moment | None, Query(description="Then; now unless given.")] = None,
) -> Response[str]:
    """Show who is on call, until when, and who is next. Gaps show, too."""
    call = call_of(request)
    return found(looks_of(call).current(at or call.parts.clock(), team))


@on_call("GET", f"{ONE}/shifts", answers={200: Answer(ShiftList)})
def list_shifts(
    request: Request,
    schedule_id: str,
    *,
    since: From = None,
    until: Until = None,
    person: Annotated[Word, Query(description="Of this person alone, by id or e-mail address.")] = "",
) -> Response[str]:
    """List the shifts of a schedule, cut to what was asked for: gaps too.

    At most two years of them, and 5,000.
    """
    call = call_of(request)
    start, end = _span(call, since, until)
    return found(looks_of(call).shifts(unquote(schedule_id), start, end, person))


@on_call("GET", f"{ONE}/coverage", answers={200: Answer(CoverageView)})
def show_coverage(request: Request, schedule_id: str, *, since: From = None, until: Until = None) -> Response[str]:
    """Show how well a schedule covers a time, of at most 92 days.

    Gaps, people whom no page would reach, those who left, who is on duty twice at once, and for how long each is on
    call.
    """
    call = call_of(request)
    start, end = _span(call, since, until)
    return found(looks_of(call).coverage(unquote(schedule_id), start, end))


@on_call("GET", f"{PREFIX}/users/me/shifts", answers={200: Answer(ShiftList)})
def list_own_shifts(request: Request, *, since: From = None, until: Until = None) -> Response[str]:
    """List your own shifts, on every schedule."""
    call = call_of(request)
    start, end = _span(call, since, until)
    return found(looks_of(call).shifts_of(call.caller.user_id, start, end))


def _span(call: Call, since: Moment | None, until: Moment | None) -> tuple[Moment, Moment]:
    start = since or call.parts.clock()
    return start, until or looked_until(start)
