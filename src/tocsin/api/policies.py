"""Escalation policies: read by all, changed by administrators."""

from http import HTTPStatus
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.domain.policy import Policy
from tocsin.services.policies import Policies
from tocsin.services.targets import Targets

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made
from .policy_views import PolicyBody, PolicyList, PolicyView
from .schedules import schedules_of

POLICIES = f"{PREFIX}/policies"
ONE = f"{POLICIES}/{{policy_id}}"

policies = Endpoints("policies")


@policies("GET", POLICIES, answers={200: Answer(PolicyList)})
def list_policies(request: Request) -> Response[str]:
    """List the policies: the default one first, and then by name."""
    those = policies_of(call_of(request))
    return found(PolicyList(policies=[PolicyView.of(those.shown(one)) for one in those.every()]))


@policies("POST", POLICIES, answers={201: Answer(PolicyView)}, refuses=[409])
def add_policy(request: Request, body: PolicyBody) -> Response[str]:
    """Make a policy. One that could hold for the same incident as another, and is as specific, is refused."""
    call = call_of(request)
    return made(
        call,
        lambda also: policies_of(call).add(body.document, actor=call.actor, also=also),
        lambda policy: _shown(call, policy, HTTPStatus.CREATED),
    )


@policies("GET", ONE, answers={200: Answer(PolicyView)})
def show_policy(request: Request, policy_id: str) -> Response[str]:
    """Show a policy, by id or name; `default` is always there."""
    those = policies_of(call_of(request))
    policy = those.named(unquote(policy_id))
    return found(PolicyView.of(those.shown(policy)), revision=policy.version)


@policies("PUT", ONE, answers={200: Answer(PolicyView)}, refuses=[409, 412])
def put_policy(request: Request, policy_id: str, body: PolicyBody) -> Response[str]:
    """Put this in the place of a policy, the name too. Cycles that have begun go on by what they began with."""
    call = call_of(request)
    named = unquote(policy_id)
    return _shown(call, policies_of(call).put(named, body.document, actor=call.actor, expected=_expected(call, named)))


@policies("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_policy(request: Request, policy_id: str) -> Response[str]:
    """Delete a policy; the default one becomes what it was at first."""
    call = call_of(request)
    named = unquote(policy_id)
    policies_of(call).remove(named, actor=call.actor, expected=_expected(call, named))
    return nothing()


def policies_of(call: Call) -> Policies:
    """Return the policies that a call works on."""
    parts = call.parts
    targets = Targets(parts.users, parts.teams, schedules_of(call), parts.reach().contacts)
    return Policies(parts.store, parts.audit, targets, clock=parts.clock, new_id=parts.new_id)


def _expected(call: Call, named: str) -> int | None:
    return expected(call, named, lambda: policies_of(call).named(named).version)


def _shown(call: Call, policy: Policy, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    place = {"Location": f"{POLICIES}/{policy.id}"} if status is HTTPStatus.CREATED else {}
    view = PolicyView.of(policies_of(call).shown(policy))
    return written(view, status=status, revision=policy.version, headers=place)
