"""Teams: who is in them, and which services are theirs."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.user import Team

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made
from .people_views import NewTeam, TeamEdit, TeamList, TeamView
from .searching import Cursor, Limit, Word

TEAMS = f"{PREFIX}/teams"
ONE = f"{TEAMS}/{{team_id}}"
MEMBER = f"{ONE}/members/{{user_id}}"

teams = Endpoints("teams")


@teams("GET", TEAMS, answers={200: Answer(TeamList)})
def list_teams(
    request: Request,
    *,
    member: Annotated[Word, Query(description="That this person is in, by id or e-mail address.")] = "",
    service: Annotated[Word, Query(description="That owns this service. Letter case does not count.")] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List teams.

    A page may be short, or empty, and still have a cursor.
    """
    call = call_of(request)
    who = _id_of(call, member)
    if who is None:
        return found(TeamList(teams=[], cursor=""))
    some, rest = call.parts.teams.find(member=who, service=service, limit=limit, cursor=cursor)
    return found(TeamList(teams=_views(call, *some), cursor=rest))


@teams("POST", TEAMS, answers={201: Answer(TeamView)}, refuses=[409])
def add_team(request: Request, body: NewTeam) -> Response[str]:
    """Make a team. A service belongs to one team."""
    call = call_of(request)
    return made(
        call,
        lambda also: call.parts.teams.add(body.name, services=body.services, actor=call.actor, also=also),
        lambda team: written(
            TeamView.of(team, {}),
            status=HTTPStatus.CREATED,
            revision=team.version,
            headers={"Location": f"{TEAMS}/{team.id}"},
        ),
    )


@teams("GET", ONE, answers={200: Answer(TeamView)})
def show_team(request: Request, team_id: str) -> Response[str]:
    """Show a team, by id or name."""
    call = call_of(request)
    team = call.parts.teams.named(unquote(team_id))
    return found(_views(call, team)[0], revision=team.version)


@teams("PATCH", ONE, answers={200: Answer(TeamView)}, refuses=[409, 412])
def edit_team(request: Request, team_id: str, body: TeamEdit) -> Response[str]:
    """Rename a team, or say which services are its own; at most 40 come or go at once."""
    call = call_of(request)
    return _shown(
        call,
        call.parts.teams.edit(
            unquote(team_id),
            name=body.name,
            services=body.services,
            actor=call.actor,
            expected=_expected(call, unquote(team_id)),
        ),
    )


@teams("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_team(request: Request, team_id: str) -> Response[str]:
    """Delete a team. Its people stay, and its services are nobody's."""
    call = call_of(request)
    call.parts.teams.remove(unquote(team_id), actor=call.actor, expected=_expected(call, unquote(team_id)))
    return nothing()


@teams("PUT", MEMBER, answers={200: Answer(TeamView)}, refuses=[409, 412])
def put_member(request: Request, team_id: str, user_id: str) -> Response[str]:
    """Add a person to a team, by id or e-mail address. Who is a member stays one."""
    call = call_of(request)
    user = call.parts.users.named(unquote(user_id))
    expects = _expected(call, unquote(team_id))
    return _shown(call, call.parts.teams.put_member(unquote(team_id), user, actor=call.actor, expected=expects))


@teams("DELETE", MEMBER, answers={200: Answer(TeamView)}, refuses=[409, 412])
def take_member(request: Request, team_id: str, user_id: str) -> Response[str]:
    """Take a person off a team. Who is no member is off already."""
    call = call_of(request)
    user = call.parts.users.named(unquote(user_id))
    expects = _expected(call, unquote(team_id))
    return _shown(call, call.parts.teams.take_member(unquote(team_id), user, actor=call.actor, expected=expects))


def _id_of(call: Call, member: str) -> str | None:
    """Return the id of whom a filter names (empty: nobody), and None where there is nobody of that address."""
    if "@" not in member:
        return member
    user = call.parts.users.by_email(member)
    return None if user is None else user.id


def _expected(call: Call, team_id: str) -> int | None:
    return expected(call, team_id, lambda: call.parts.teams.named(team_id).version)


def _shown(call: Call, team: Team) -> Response[str]:
    return written(_views(call, team)[0], revision=team.version)


def _views(call: Call, *some: Team) -> list[TeamView]:
    wanted = {member for team in some for member in team.members}
    people = {one.id: one for one in call.parts.users.every() if one.id in wanted} if wanted else {}
    return [TeamView.of(one, people) for one in some]
