"""Buttons of Slack, and who is who there."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

import orjson
from aws_lambda_powertools.event_handler import Request, Response
from pydantic import Field

from tocsin.domain.user import User
from tocsin.errors import InvalidInput, SignInRefused, TocsinError
from tocsin.services.link_tokens import PageLink
from tocsin.services.page_links import acknowledge_cycle, resolve_cycle
from tocsin.services.slack_replies import reply
from tocsin.services.slack_users import SlackUsers

from .answers import JSON, found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .page_links import acting_of
from .users import ONE as USER
from .views import View

ACTIONS = f"{PREFIX}/slack/actions"
THEIRS = f"{USER}/slack"
ONE = f"{THEIRS}/{{slack_user}}"

TIMESTAMP, SIGNATURE = "x-slack-request-timestamp", "x-slack-signature"

_VALUE = re.compile(r"([A-Za-z0-9-]{1,40}):([0-9]{1,6})")
_DEEDS = {"acknowledge": (acknowledge_cycle, "acknowledged"), "resolve": (resolve_cycle, "resolved")}

slack = Endpoints("acknowledging")


class SlackUserList(View):
    """Who somebody is in Slack."""

    slack_users: list[str] = Field(description="Workspace and user, as in `T0123456:U0123456`.")


@slack("POST", ACTIONS, answers={200: Answer(said="What became of it.")}, refuses=[401], shown=False, keyed=False)
def take_action(request: Request) -> Response[str]:
    """Do what a button of a message in Slack is for: Acknowledge, or Resolve.

    Slack signs it. Whoever pressed it must be known here (`PUT /users/{user_id}/slack/{slack_user}`), as a responder at
    least; they are told what became of it, and nobody else. The same once more is no error.
    """
    call = call_of(request)
    timestamp, signature = (call.headers.get(name, "") for name in (TIMESTAMP, SIGNATURE))
    if not call.parts.callers().is_from_slack(timestamp, call.body, signature):
        message = "this is no request of Slack's, or not a recent one"
        raise SignInRefused(message, hint="SLACK_SIGNING_SECRET tells which are; see docs/acknowledging.md")
    pressed = _payload(call.body)
    texts = [_done(call, pressed, one) for one in _some(pressed, "actions") if one.get("action_id") in _DEEDS]
    text = " ".join(texts)
    if text:
        parts = call.parts
        reply(parts.store, _text(pressed, "response_url"), text, clock=parts.clock, new_id=parts.new_id)
    said = {"response_type": "ephemeral", "replace_original": False, "text": text} if text else {}
    return Response(200, JSON, orjson.dumps(said).decode())


@slack("GET", THEIRS, answers={200: Answer(SlackUserList)})
def list_slack_users(request: Request, user_id: str) -> Response[str]:
    """List who a person is in Slack."""
    call = call_of(request)
    return found(SlackUserList(slack_users=_slack_users(call).of(_user(call, user_id))))


@slack("PUT", ONE, answers={200: Answer(SlackUserList)}, refuses=[409])
def link_slack_user(request: Request, user_id: str, slack_user: str) -> Response[str]:
    """Say that a user of Slack is this person, who acknowledges and resolves there from now on."""
    call = call_of(request)
    those, user = _slack_users(call), _user(call, user_id)
    those.link(user, unquote(slack_user), actor=call.actor)
    return written(SlackUserList(slack_users=those.of(user)), status=HTTPStatus.OK)


@slack("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409])
def unlink_slack_user(request: Request, user_id: str, slack_user: str) -> Response[str]:
    """Take that back: their buttons do nothing any more."""
    call = call_of(request)
    _slack_users(call).unlink(_user(call, user_id), unquote(slack_user), actor=call.actor)
    return nothing()


def _slack_users(call: Call) -> SlackUsers:
    return SlackUsers(call.parts.store, call.parts.audit)


def _user(call: Call, user_id: str) -> User:
    return call.parts.users.named(unquote(user_id))


def _done(call: Call, pressed: dict[str, Any], action: dict[str, Any]) -> str:
    """Do what one button is for, and return what to tell whoever pressed it."""
    value = _VALUE.fullmatch(_text(action, "value"))
    if value is None:
        return "This button is none of ours."
    slack_user = f"{_team(pressed)}:{_text(_part(pressed, 'user'), 'id')}"
    person = _slack_users(call).person(slack_user)
    if not person:
        return (
            f"You are {slack_user} in Slack, and nobody here yet. An administrator says who you are with "
            f"`user slack YOUR-ADDRESS {slack_user}`."
        )
    do, done = _DEEDS[action["action_id"]]
    try:
        incident = do(acting_of(call), call.parts.users, PageLink(value[1], int(value[2]), person, 0))
    except TocsinError as error:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise  # Slack shows that it failed, and whoever pressed it tries again
        return f"{value[1]} is not {done}: {error}."
    return f"{incident.id} is {done}."


def _team(pressed: dict[str, Any]) -> str:
    # A user may be of another workspace than the one that shares the channel.
    return _text(_part(pressed, "user"), "team_id") or _text(_part(pressed, "team"), "id")


def _payload(body: bytes) -> dict[str, Any]:
    try:
        form = dict(parse_qsl(body.decode(), max_num_fields=20))
        said = orjson.loads(form.get("payload", ""))
    except ValueError:
        said = None
    if not isinstance(said, dict):
        message = "there is no payload in this"
        raise InvalidInput(message)
    return said


def _some(of: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = of.get(name)
    return [one for one in found if isinstance(one, dict)][:5] if isinstance(found, list) else []


def _part(of: dict[str, Any], name: str) -> dict[str, Any]:
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def _text(of: dict[str, Any], name: str) -> str:
    found = of.get(name)
    return found if isinstance(found, str) else ""
