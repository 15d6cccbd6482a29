"""How people want to be told: one's own rules, and for administrators everybody's."""

from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.domain.user import User

from .answers import found, written
from .call import Call, call_of
from .contact_views import RulesBody, RulesView
from .endpoints import Answer, Endpoints
from .moving import expected
from .users import ME
from .users import ONE as USER

MINE = f"{ME}/notification-rules"
THEIRS = f"{USER}/notification-rules"

notification_rules = Endpoints("notification rules")


@notification_rules("GET", MINE, answers={200: Answer(RulesView)})
def show_my_rules(request: Request) -> Response[str]:
    """Show how you want to be told."""
    call = call_of(request)
    return _shown(call, call.parts.users.named(call.caller.user_id))


@notification_rules("PUT", MINE, answers={200: Answer(RulesView)}, refuses=[409, 412])
def put_my_rules(request: Request, body: RulesBody) -> Response[str]:
    """Say how you want to be told: all of it, in place of what was chosen before."""
    call = call_of(request)
    return _put(call, call.parts.users.named(call.caller.user_id), body)


@notification_rules("GET", THEIRS, answers={200: Answer(RulesView)})
def show_rules(request: Request, user_id: str) -> Response[str]:
    """Show how a person wants to be told, by id or e-mail address."""
    call = call_of(request)
    return _shown(call, call.parts.users.named(unquote(user_id)))


@notification_rules("PUT", THEIRS, answers={200: Answer(RulesView)}, refuses=[409, 412])
def put_rules(request: Request, user_id: str, body: RulesBody) -> Response[str]:
    """Say how a person is told."""
    call = call_of(request)
    return _put(call, call.parts.users.named(unquote(user_id)), body)


def _shown(call: Call, user: User) -> Response[str]:
    rules = call.parts.reach().rules.of(user)
    return found(RulesView.of(rules), revision=rules.version)


def _put(call: Call, user: User, body: RulesBody) -> Response[str]:
    rules = call.parts.reach().rules
    version = expected(call, "these rules", lambda: rules.of(user).version)
    after = rules.put(user, body, actor=call.actor, expected=version)
    return written(RulesView.of(after), revision=after.version)
