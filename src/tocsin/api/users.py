"""People: oneself, and for administrators everybody."""

from http import HTTPStatus
from typing import Annotated, Literal
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.access import UserRole
from tocsin.domain.user import User, UserEdit

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made
from .people_views import AnyEdit, NewUser, OwnEdit, UserList, UserView
from .searching import Cursor, Limit, Word

USERS = f"{PREFIX}/users"
ME = f"{USERS}/me"
ONE = f"{USERS}/{{user_id}}"

users = Endpoints("users")


@users("GET", ME, answers={200: Answer(UserView)})
def show_me(request: Request) -> Response[str]:
    """Show who you are, and what you may do."""
    call = call_of(request)
    user = call.parts.users.named(call.caller.user_id)
    return found(_view(call, user), revision=user.version)


@users("PATCH", ME, answers={200: Answer(UserView)}, refuses=[409, 412])
def edit_me(request: Request, body: OwnEdit) -> Response[str]:
    """Change what is your own: name and time zone."""
    call = call_of(request)
    return _edit(call, call.caller.user_id, body.edit)


@users("GET", USERS, answers={200: Answer(UserList)})
def list_users(
    request: Request,
    *,
    role: Annotated[UserRole | None, Query(description="With exactly this role.")] = None,
    active: Annotated[Literal["true", "false"] | None, Query(description="Those who may work, or may not.")] = None,
    text: Annotated[Word, Query(description="With this in address or name.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List people, those who were deactivated too.

    A page may be short, or empty, and still have a cursor.
    """
    call = call_of(request)
    wanted = None if active is None else active == "true"
    some, rest = call.parts.users.find(role=role, active=wanted, text=text, limit=limit, cursor=cursor)
    teams = list(call.parts.teams.every())
    return found(UserList(users=[UserView.of(one, teams) for one in some], cursor=rest))


@users("POST", USERS, answers={201: Answer(UserView)}, refuses=[409])
def add_user(request: Request, body: NewUser) -> Response[str]:
    """Add a person.

    There is no password in this: they set their own with a token that they are given, or sign in elsewhere.
    """
    call = call_of(request)
    return made(
        call,
        lambda also: call.parts.users.add(
            body.email, body.full_name, body.role, actor=call.actor, time_zone=body.time_zone, also=also
        ),
        lambda user: written(
            UserView.of(user, ()),
            status=HTTPStatus.CREATED,
            revision=user.version,
            headers={"Location": f"{USERS}/{user.id}"},
        ),
    )


@users("GET", ONE, answers={200: Answer(UserView)})
def show_user(request: Request, user_id: str) -> Response[str]:
    """Show a person, by id or e-mail address."""
    call = call_of(request)
    user = call.parts.users.named(unquote(user_id))
    return found(_view(call, user), revision=user.version)


@users("PATCH", ONE, answers={200: Answer(UserView)}, refuses=[409, 412])
def edit_user(request: Request, user_id: str, body: AnyEdit) -> Response[str]:
    """Change a person: name, address, role, time zone, and whether they may work.

    The last administrator stays one, and nobody raises their own role.
    """
    return _edit(call_of(request), unquote(user_id), body.edit)


@users("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def deactivate_user(request: Request, user_id: str) -> Response[str]:
    """Deactivate a person, which ends every session of theirs.

    What they did keeps their name, and they stay listed. PATCH with `active` takes it back.
    """
    _edit(call_of(request), unquote(user_id), UserEdit(active=False))
    return nothing()


def _edit(call: Call, user_id: str, edit: UserEdit) -> Response[str]:
    people = call.parts.users
    version = expected(call, user_id, lambda: people.named(user_id).version)
    user = people.edit(user_id, edit, actor=call.actor, expected=version)
    return written(_view(call, user), revision=user.version)


def _view(call: Call, user: User) -> UserView:
    return UserView.of(user, call.parts.teams.every())
