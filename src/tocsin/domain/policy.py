"""Escalation policies: what happens, after how long, while nobody acknowledges, and for which incidents.

The most specific active policy wins whose conditions all hold: the one with more conditions, and of as many the one
whose conditions say more, in the order of ``SAYS_MORE``. A policy that could hold for the same incident as another, and
is equally specific, is refused when it is saved. Where none holds, the default policy does; there always is one.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from tocsin.errors import InvalidInput

from .contact import REPOSITORY, ChannelKind
from .documents import checked
from .frozen import Frozen, Utc
from .incident import Incident
from .policy_conditions import MOST_VALUES, Conditions, Times
from .rotation import at_all_hours
from .severity import Severity

MOST_POLICIES = 500
"""Beside the default one: all are read when a cycle begins."""

MOST_STEPS = 20
MOST_ACTIONS = 10
MOST_REPEATS = 9
LONGEST_DELAY = 7 * 24 * 60
"""Minutes that a step may wait for."""

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 2_000
LONGEST_TEXT = 500
"""Characters."""

LARGEST = 100_000
"""Bytes of a policy as JSON: it is copied onto each incident, and written with each step that is taken."""

DEFAULT_ID = "default"


class TargetKind(StrEnum):
    """Whom an action is about."""

    ASSIGNEES = "assignees"
    ON_CALL = "on_call"
    SCHEDULE = "schedule"
    TEAM = "team"
    USER = "user"
    ROOM = "room"
    ADMINS = "admins"


ALONE = (TargetKind.ASSIGNEES, TargetKind.ON_CALL, TargetKind.ADMINS)
"""Targets that are named by their kind; the others have a name or id behind it."""

_TARGET = re.compile(r"(schedule|team|user|room):(\S.{0,198})")


def _target(text: str) -> str:
    if text not in ALONE and not _TARGET.fullmatch(text):
        message = (
            f"{text[:100]!r} is no target: assignees, on_call, admins, or one of schedule:, team:, user: and room: "
            "with a name or id behind it"
        )
        raise ValueError(message)
    return text


Target = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    AfterValidator(_target),
    Field(json_schema_extra={"pattern": rf"^({'|'.join(ALONE)}|{_TARGET.pattern})$"}),
]
"""``assignees``, ``on_call`` (of the team that the incident belongs to), ``admins``; or ``schedule:``, ``team:`` (whoever
is on call of it), ``user:`` or ``room:``, each with a name or id."""


def parts_of(target: str) -> tuple[TargetKind, str]:
    """Return what kind of target it is, and which one (empty where there is only one)."""
    kind, _, which = target.partition(":")
    return TargetKind(kind), which


def target_with(target: str, names: Mapping[TargetKind, Callable[[str], str]]) -> str:
    """Return a target under another name; as it is where there is no name for its kind."""
    kind, which = parts_of(target)
    return f"{kind}:{names[kind](which)}" if kind in names else target


class Notify(Frozen):
    """Page people or a room. ``channels``: only over these, where somebody has one of them (none given: over any).

    ``round_robin``: one of those whom the target names, in turn from incident to incident.
    """

    type: Literal["notify"]
    target: Target
    channels: Annotated[tuple[ChannelKind, ...], Field(max_length=MOST_VALUES)] = ()
    message: Annotated[str, StringConstraints(max_length=LONGEST_TEXT)] = ""
    round_robin: bool = False


class Assign(Frozen):
    """Put people on the incident."""

    type: Literal["assign"]
    target: Target


class SetSeverity(Frozen):
    """Raise or lower the severity; one that a person pinned stays."""

    type: Literal["set_severity"]
    severity: Severity


class SetStatus(Frozen):
    """Move the incident on. No policy resolves: nothing that still burns is called over because time went by."""

    type: Literal["set_status"]
    status: Literal["acknowledged", "in_progress"]


class Webhook(Frozen):
    """Call a room of the kind ``webhook``."""

    type: Literal["webhook"]
    target: Target


class CreateIssue(Frozen):
    """Open an issue in a repository of GitHub, once an incident."""

    type: Literal["create_issue"]
    repository: Annotated[str, StringConstraints(pattern=rf"^{REPOSITORY}$")]
    labels: Annotated[tuple[Annotated[str, StringConstraints(max_length=50)], ...], Field(max_length=10)] = ()


Action = Annotated[Notify | Assign | SetSeverity | SetStatus | Webhook | CreateIssue, Field(discriminator="type")]


class Step(Frozen):
    """What is done ``delay_minutes`` after the step before it; the first, after the cycle began."""

    delay_minutes: Annotated[int, Field(ge=0, le=LONGEST_DELAY)] = 0
    actions: Annotated[tuple[Action, ...], Field(min_length=1, max_length=MOST_ACTIONS)]


def _spaced(name: object) -> object:
    """Return a name with single blanks, as it is looked for."""
    return " ".join(name.split()) if isinstance(name, str) else name


class Hold(Frozen):
    """For these severities a cycle waits until ``times`` are over, and is looked at again then."""

    severity: Annotated[tuple[Severity, ...], Field(min_length=1, max_length=4)] = (Severity.LOW,)
    times: Times

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if at_all_hours(self.times.hours):
            message = "it would be held at all hours, and nobody ever paged"
            raise ValueError(message)
        return self


class Policy(Frozen):
    """``steps`` in order, and again ``repeat`` times, ``repeat_after_minutes`` after the last.

    ``fallback``: who is paged where a step reaches nobody; the administrators, if that is nobody. ``hold``: what waits
    until morning. ``ack_timeout_minutes``: after so long an acknowledgement lapses, and a new cycle begins, unless
    somebody has begun to work. ``version`` grows by one with each change.
    """

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    name: Annotated[str, BeforeValidator(_spaced), StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    description: Annotated[str, StringConstraints(max_length=LONGEST_DESCRIPTION)] = ""
    is_active: bool = True
    conditions: Conditions = Conditions()
    steps: Annotated[tuple[Step, ...], Field(min_length=1, max_length=MOST_STEPS)]
    repeat: Annotated[int, Field(ge=0, le=MOST_REPEATS)] = 0
    repeat_after_minutes: Annotated[int, Field(ge=1, le=LONGEST_DELAY)] = 10
    fallback: Annotated[tuple[Target, ...], Field(max_length=MOST_ACTIONS)] = ()
    hold: Hold | None = None
    ack_timeout_minutes: Annotated[int, Field(ge=1, le=LONGEST_DELAY)] | None = None
    version: int = 1

    @property
    def specificity(self) -> tuple[int, tuple[bool, ...]]:
        """How much its conditions say: greater is more."""
        return sum(self.conditions.given), self.conditions.given

    @property
    def targets(self) -> tuple[str, ...]:
        """Everybody and everything that it names, each once."""
        named = [
            action.target
            for step in self.steps
            for action in step.actions
            if isinstance(action, Notify | Assign | Webhook)
        ]
        return tuple(dict.fromkeys((*named, *self.fallback)))

    @property
    def called(self) -> tuple[str, ...]:
        """The targets of its webhook actions."""
        return tuple(action.target for step in self.steps for action in step.actions if isinstance(action, Webhook))

    def renamed(self, name: Callable[[str], str]) -> "Policy":
        """Return the same with every target under another name."""

        def action(said: Action) -> Action:
            if isinstance(said, Notify | Assign | Webhook):
                return said.model_copy(update={"target": name(said.target)})
            return said

        steps = tuple(step.model_copy(update={"actions": tuple(map(action, step.actions))}) for step in self.steps)
        return self.model_copy(update={"steps": steps, "fallback": tuple(map(name, self.fallback))})


@cache
def default_policy() -> Policy:
    """Return the policy of an incident that no other holds for. Saved under its id, another one takes its place."""
    return Policy(
        id=DEFAULT_ID,
        name="Default",
        description="Pages whoever is on call for the team of the incident, and again while nobody acknowledges.",
        steps=(
            Step(actions=(Notify(type="notify", target="on_call"),)),
            Step(delay_minutes=10, actions=(Notify(type="notify", target="on_call"),)),
        ),
        repeat=2,
    )


def policy_of(document: Mapping[str, object]) -> Policy:
    """Return the policy that a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    policy = checked(Policy, document)
    if (size := len(policy.model_dump_json().encode())) > LARGEST:
        message = f"a policy has at most {LARGEST:,} bytes as JSON; this one has {size:,}"
        raise InvalidInput(message, hint="shorten its messages")
    for number, step in enumerate(policy.steps, start=1):
        for action in step.actions:
            _see_that_it_can_be_done(action, number)
    return policy


def _see_that_it_can_be_done(action: Action, step: int) -> None:
    """Refuse what would do nothing. Not where policies are read: one that was saved is better than none."""
    kind = parts_of(action.target)[0] if isinstance(action, Assign | Webhook) else None
    if isinstance(action, Webhook) and kind is not TargetKind.ROOM:
        message = f"steps {step}: a webhook is a room: {action.target} is called by `notify`"
        raise InvalidInput(message)
    if isinstance(action, Assign) and kind is TargetKind.ROOM:
        message = f"steps {step}: {action.target} is a room, and cannot be assigned"
        raise InvalidInput(message)


def chosen(policies: Iterable[Policy], incident: Incident, at: Utc, *, team: str = "") -> Policy:
    """Return the policy by which an incident's next cycle escalates. ``team`` owns its service, where it names none."""
    return holding(policies, incident, at, team=team)[0]


def holding(policies: Iterable[Policy], incident: Incident, at: Utc, *, team: str = "") -> list[Policy]:
    """Return the policies that hold for an incident: the one that is chosen first, the default one last."""
    every = {one.id: one for one in policies}
    default = every.pop(DEFAULT_ID, None) or default_policy()
    some = (one for one in every.values() if one.is_active and one.conditions.hold(incident, at, team=team))
    return [*sorted(some, key=lambda one: (one.specificity, one.id), reverse=True), default]


def checked_with(policy: Policy, others: Sequence[Policy]) -> None:
    """Raise ``InvalidInput`` if the policy, once saved, could tie with another, or never hold."""
    if policy.id == DEFAULT_ID:
        if policy.specificity[0] or not policy.is_active:
            message = "the default policy holds for whatever no other holds for: it has no conditions, and is active"
            raise InvalidInput(message)
        return
    if not policy.specificity[0]:
        message = f"{policy.name}: no conditions are given, so that it would hold for everything"
        raise InvalidInput(message, hint="change the default policy for that")
    for other in others:
        if other.id in (policy.id, DEFAULT_ID) or not (policy.is_active and other.is_active):
            continue
        if policy.specificity == other.specificity and policy.conditions.could_hold_with(other.conditions):
            message = f"{policy.name} and {other.name} could both hold for one incident, and are as specific"
            raise InvalidInput(message, hint="give one of them another condition, or values that the other has not")
