"""Heartbeats that are watched for others: who must call every so often, and what takes their calls."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import Field

from .answers import found, nothing, taken, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .heartbeat_views import HeartbeatEdit, HeartbeatList, HeartbeatView, NewHeartbeat, NewHeartbeatView
from .moving import expected
from .searching import Cursor, Limit

HEARTBEATS = f"{PREFIX}/heartbeats"
ONE = f"{HEARTBEATS}/{{name}}"

heartbeats = Endpoints("heartbeats")


@heartbeats("GET", HEARTBEATS, answers={200: Answer(HeartbeatList)})
def list_heartbeats(
    request: Request,
    *,
    late: Annotated[bool | None, Query(description="Those that are missing, or all others.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List the heartbeats that are watched, by name.

    A page may be short, or empty, and still have a cursor.
    """
    some, rest = call_of(request).parts.watches.find(late=late, limit=limit, cursor=cursor)
    return found(HeartbeatList(heartbeats=[HeartbeatView.of(one) for one in some], cursor=rest))


@heartbeats("POST", HEARTBEATS, answers={201: Answer(NewHeartbeatView)}, refuses=[409], keyed=False)
def add_heartbeat(request: Request, body: NewHeartbeat) -> Response[str]:
    """Watch for a heartbeat: when it stays out, an alert fires until it calls again.

    Its token is shown this once, and calls in place of a key. A name belongs to one heartbeat (409): where the first
    answer was lost, delete it and make it anew.
    """
    call = call_of(request)
    token = call.parts.new_secret()
    watch = call.parts.watches.add(
        body.name, every_minutes=body.every_minutes, secret=token, actor=call.actor, given=body.given
    )
    place = {"Location": f"{HEARTBEATS}/{watch.name}"}
    shown = NewHeartbeatView.made(watch, token)
    return written(shown, status=HTTPStatus.CREATED, revision=watch.version, headers=place)


@heartbeats("GET", ONE, answers={200: Answer(HeartbeatView)})
def show_heartbeat(request: Request, name: str) -> Response[str]:
    """Show a heartbeat."""
    watch = call_of(request).parts.watches.named(unquote(name))
    return found(HeartbeatView.of(watch), revision=watch.version)


@heartbeats("PATCH", ONE, answers={200: Answer(HeartbeatView)}, refuses=[409, 412])
def edit_heartbeat(request: Request, name: str, body: HeartbeatEdit) -> Response[str]:
    """Change or pause a heartbeat. Pausing it ends its alert; with another pace it has its whole time anew."""
    call = call_of(request)
    named = unquote(name)
    watch = call.parts.watches.edit(named, body.edit, actor=call.actor, expected=_expected(call, named))
    return written(HeartbeatView.of(watch), revision=watch.version)


@heartbeats("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_heartbeat(request: Request, name: str) -> Response[str]:
    """Watch for it no more. Its alert ends."""
    call = call_of(request)
    named = unquote(name)
    call.parts.watches.remove(named, actor=call.actor, expected=_expected(call, named))
    return nothing()


@heartbeats("POST", ONE, answers={202: Answer(media="")}, refuses=[409], keyed=False)
def call_in(request: Request, name: str) -> Response[str]:
    """Say that it is there. Any body is passed over."""
    call_of(request).parts.watches.call(unquote(name))
    return taken()


@heartbeats("POST", f"{ONE}/call", answers={202: Answer(media="")}, refuses=[404, 409], keyed=False)
def call_in_with_token(
    request: Request,
    name: str,
    token: Annotated[str, Field(max_length=200), Query(description="Its token, as it was shown when it was made.")],
) -> Response[str]:
    """Say that it is there, with its own token in place of a key. Any body is passed over.

    A token that is wrong is answered as a heartbeat that is not there is (404).
    """
    call_of(request).parts.watches.call(unquote(name), secret=token)
    return taken()


def _expected(call: Call, name: str) -> int | None:
    return expected(call, name, lambda: call.parts.watches.named(name).version)
