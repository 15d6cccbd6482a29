"""Rooms: places that several people read, called by name."""

from http import HTTPStatus
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from .answers import found, nothing, written
from .call import call_of
from .contact_views import NewRoom, RoomEdit, RoomList, RoomView
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made

ROOMS = f"{PREFIX}/rooms"
ONE = f"{ROOMS}/{{room}}"

rooms = Endpoints("rooms")


@rooms("GET", ROOMS, answers={200: Answer(RoomList)})
def list_rooms(request: Request) -> Response[str]:
    """List the rooms, by name."""
    every = call_of(request).parts.reach().contacts.rooms()
    return found(RoomList(rooms=[RoomView.of(one) for one in every]))


@rooms("POST", ROOMS, answers={201: Answer(RoomView)}, refuses=[409])
def add_room(request: Request, body: NewRoom) -> Response[str]:
    """Add a room. It counts at once; its name is by which policies call it, in any letter case."""
    call = call_of(request)
    return made(
        call,
        lambda also: call.parts.reach().contacts.add_room(
            body.name, body.kind, body.address, actor=call.actor, also=also
        ),
        lambda room: written(
            RoomView.of(room),
            status=HTTPStatus.CREATED,
            revision=room.version,
            headers={"Location": f"{ROOMS}/{room.name}"},
        ),
    )


@rooms("GET", ONE, answers={200: Answer(RoomView)})
def show_room(request: Request, room: str) -> Response[str]:
    """Show a room, by name or id. What is secret is never shown."""
    there = call_of(request).parts.reach().contacts.room(unquote(room))
    return found(RoomView.of(there), revision=there.version)


@rooms("PATCH", ONE, answers={200: Answer(RoomView)}, refuses=[409, 412])
def edit_room(request: Request, room: str, body: RoomEdit) -> Response[str]:
    """Change where a room is, or whether anything is sent there. It keeps its name."""
    call = call_of(request)
    contacts = call.parts.reach().contacts
    there = contacts.room(unquote(room))
    version = expected(call, "this room", lambda: there.version)
    after = contacts.edit(there, None, words=body.address, active=body.active, actor=call.actor, expected=version)
    return written(RoomView.of(after), revision=after.version)


@rooms("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_room(request: Request, room: str) -> Response[str]:
    """Delete a room."""
    call = call_of(request)
    contacts = call.parts.reach().contacts
    there = contacts.room(unquote(room))
    version = expected(call, "this room", lambda: there.version)
    contacts.remove(there, None, actor=call.actor, expected=version)
    return nothing()
