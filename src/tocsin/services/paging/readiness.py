"""Will a page reach a human, for whatever could happen now? Each case is rehearsed by the pager's own turns."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import intents
from tocsin.domain.message import Tells
from tocsin.domain.page import WHY, Page, PageReason, PageStatus
from tocsin.domain.policy import Notify, Policy, TargetKind, chosen
from tocsin.domain.policy_conditions import Conditions
from tocsin.domain.readiness import Case, Doubt, Finding, Readiness
from tocsin.domain.severity import Severity
from tocsin.domain.source import Source
from tocsin.domain.timeline import EventKind
from tocsin.services.channel import Channels
from tocsin.storage.store import Store

from .directory import Directory, Missing
from .gaps_ahead import gaps_ahead
from .planning import FALLBACK, Planner, step_said, told
from .rehearsal import Rehearsed, rehearse

ANY_OTHER = "any other"
"""What stands for services that nobody knows."""

MOST_SERVICES = 500

NOBODYS = "rehearsal"
"""The id of incidents that are only thought of: none has it."""

_TODO: Mapping[PageReason, str] = {
    PageReason.NO_CONTACT: "let them add a contact and verify it, or activate them, or name somebody else in the policy",
    PageReason.NOBODY_ON_CALL: "give the team a schedule, or add an override where it has a gap",
    PageReason.CHANNEL_NOT_SET_UP: "set the channel up, as docs/channels.md says, or let them be told another way",
    PageReason.SILENCED: "end the silence, or wait until it is over",
    PageReason.REFUSED: "have them change the contact, or verify it anew",
    PageReason.QUIET_HOURS: "nothing, if whom it is for wants it so",
    PageReason.HELD_UNTIL_MORNING: "nothing, if the policy is meant so",
}
_NOTHING_ELSE = "look at what the policy does"


class _Thought(NamedTuple):
    """An incident that could be, and what decides how it is paged."""

    incident: Incident
    policy: Policy
    team: str
    silenced: str


def readiness(
    store: Store,
    directory: Directory,
    channels: Channels,
    services: Sequence[str],
    at: Utc,
) -> Readiness:
    """Return whether incidents of these services, and of any other, would reach somebody who was told of them.

    Of ``channels`` only which there are matters. ``directory`` and ``store`` had better remember what they read.
    """
    looked_at = tuple(dict.fromkeys(services))[:MOST_SERVICES]
    policies = tuple(directory.policies())
    groups: dict[tuple[str, str, Severity, str], tuple[_Thought, list[str]]] = {}
    for name, thought in _thoughts(looked_at, policies, directory, at):
        key = (thought.policy.id, thought.team, thought.incident.severity, thought.silenced)
        groups.setdefault(key, (thought, []))[1].append(name)
    cases = tuple(_rehearsed(store, directory, channels, thought, names) for thought, names in groups.values())
    named = {target for thought, _ in groups.values() for target in thought.policy.targets}
    teams = {
        thought.team for thought, _ in groups.values() if thought.team and TargetKind.ON_CALL in thought.policy.targets
    }
    return Readiness(
        at=at,
        ready=all(one.ready for one in cases),
        cases=cases,
        gaps=tuple(gaps_ahead(store, named, teams, at)),
        left_out=len(set(services)) - len(looked_at),
    )


def _thoughts(
    services: Iterable[str], policies: Sequence[Policy], directory: Directory, at: Utc
) -> Iterator[tuple[str, _Thought]]:
    """Yield what could happen, by name: each service and severity, and an environment where it makes a difference.

    Then whatever a policy is for that none of these came to.
    """
    environments = sorted({name for one in policies for name in one.conditions.environment})
    seen: set[str] = set()
    for service in (*services, ""):
        for severity in Severity:
            plain = _thought(directory, policies, at, service=service, severity=severity)
            seen.add(plain.policy.id)
            yield service or ANY_OTHER, plain
            for environment in environments:
                other = _thought(directory, policies, at, service=service, severity=severity, environment=environment)
                seen.add(other.policy.id)
                if (other.policy, other.silenced) != (plain.policy, plain.silenced):
                    yield f"{service or ANY_OTHER} in {environment}", other
    for policy in policies:
        if policy.is_active and policy.id not in seen:
            for severity in policy.conditions.severity or tuple(Severity):
                fitting = _thought(directory, policies, at, severity=severity, **_meeting(policy.conditions))
                if fitting.policy.id == policy.id:
                    yield f"what {policy.name} is for", fitting


def _meeting(conditions: Conditions) -> dict[str, object]:
    """Return what an incident has that meets conditions."""
    first = {name: getattr(conditions, name)[:1] for name in ("service", "environment", "team", "source")}
    return {name: some[0] for name, some in first.items() if some} | {"tags": conditions.labels}


def _thought(directory: Directory, policies: Sequence[Policy], at: Utc, **said: object) -> _Thought:
    incident = Incident.model_validate(
        {"id": NOBODYS, "title": "a rehearsal", "source": Source.GENERIC, "opened_at": at, **said}
    )
    team = directory.team_of(incident)
    policy = chosen(policies, incident, at, team=team)
    return _Thought(incident, policy, team, directory.silence_of(incident, at))


def _rehearsed(store: Store, directory: Directory, channels: Channels, thought: _Thought, names: Sequence[str]) -> Case:
    incident, policy = thought.incident, thought.policy
    at = incident.opened_at
    begun = [one.record for one in intents(None, incident, at) if one.record is not None]
    found = rehearse(store, directory, channels, incident, begun, now=at)
    first = [one for one in found.pages if one.step == 1 and _is_heard(one, policy)]
    sent = sorted((one for one in first if one.status is PageStatus.SENT), key=lambda one: one.sent_at or at)
    soonest = sent[0].sent_at if sent else None
    missing = _missing(found, thought, directory, channels, at)
    of_first = tuple(one for one in missing if one.step <= 1)
    return Case(
        services=tuple(dict.fromkeys(names)),
        severity=incident.severity,
        policy=policy.name,
        team=thought.team,
        ready=bool(sent),
        told=told([one for one in sent if one.sent_at == soonest], directory),
        at=soonest,
        missing=() if sent else of_first or (_nothing(policy),),
        doubts=(*_doubts(sent, directory, at), *(missing if sent else ())),
    )


def _is_heard(page: Page, policy: Policy) -> bool:
    """Say whether a page tells somebody: a webhook that a program reads does not."""
    if page.tells is not Tells.PAGE:
        return False
    return page.action == FALLBACK or isinstance(policy.steps[page.step - 1].actions[int(page.action)], Notify)


def _missing(
    found: Rehearsed, thought: _Thought, directory: Directory, channels: Channels, at: Utc
) -> tuple[Finding, ...]:
    """Say whom the steps name and do not reach, and what was not sent."""
    some: dict[tuple[PageReason, str], Finding] = {}
    for cycle in found.cycles:
        if cycle.over in (PageReason.SILENCED, PageReason.MUTED):
            text = f"{WHY[cycle.over]} ({cycle.detail})"
            some[cycle.over, ""] = Finding(reason=cycle.over, text=text, todo=_todo(cycle.over))
    for number, step in enumerate(thought.policy.steps, start=1):
        said = f"{step_said(1, number, 0)}: "
        if not any(one.kind is EventKind.UNREACHABLE and one.text.startswith(said) for one in found.events):
            continue
        planner = Planner(directory, thought.incident, cycle=1, step=number, repeat=0, now=at)
        for action in step.actions:
            if isinstance(action, Notify):
                plan = planner.notify(action.target, action="0", channels=action.channels)
                for one in plan.missing:
                    some.setdefault((one.reason, one.what), _finding(one, number))
    if not any(page.status is PageStatus.SENT for page in found.pages):
        for one in (
            Planner(directory, thought.incident, cycle=1, step=1, repeat=0, now=at).fallback(thought.policy).missing
        ):
            some.setdefault((one.reason, one.what), _finding(one, 1))
    for page in found.pages:
        if page.status is PageStatus.FAILED and page.repeat == 0:
            who = f"{directory.name(page.user or page.contact)} by {page.channel.value}"
            reason = page.reason if page.channel in channels else PageReason.CHANNEL_NOT_SET_UP
            some.setdefault((reason, who), _finding(Missing(reason, who), page.step))
    return tuple(some.values())


def _doubts(sent: Sequence[Page], directory: Directory, at: datetime) -> Iterator[Finding]:
    """Say what is worth knowing of who would be told."""
    if not sent:
        return
    people = dict.fromkeys(one.user for one in sent if one.user)
    for user in people:
        if not directory.acknowledges(user):
            text = f"{directory.name(user)} would be paged, and may not acknowledge"
            todo = "make them a responder, or name somebody else"
            yield Finding(reason=Doubt.CANNOT_ACKNOWLEDGE, text=text, todo=todo, step=1)
    if not people:
        text = "only rooms would be told, and nobody in person"
        yield Finding(reason=Doubt.ONLY_ROOMS, text=text, todo="name a person or a schedule in the policy", step=1)
    if all(one.action == FALLBACK for one in sent):
        text = "whom the first step names is not reached: only the fallback is"
        yield Finding(reason=Doubt.ONLY_FALLBACK, text=text, todo="see what is missing below", step=1)
    soonest = min(one.sent_at or at for one in sent)
    if soonest > at + timedelta(minutes=1):
        text = f"nobody is told before {soonest:%Y-%m-%d %H:%M} UTC"
        todo = "nothing, if the policy and whom it is for want it so"
        yield Finding(reason=Doubt.LATER, text=text, todo=todo, step=1)


def _finding(missing: Missing, step: int) -> Finding:
    text = f"{missing.what}: {WHY[missing.reason]}"
    return Finding(reason=missing.reason, text=text, todo=_todo(missing.reason), step=step)


def _nothing(policy: Policy) -> Finding:
    text = f"the first step of {policy.name} pages nobody"
    return Finding(reason=PageReason.NO_CONTACT, text=text, todo="add a notify action to it", step=1)


def _todo(reason: PageReason) -> str:
    return _TODO.get(reason, _NOTHING_ELSE)
