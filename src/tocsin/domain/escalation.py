"""One cycle of escalation: which policy, which step, and when the next one. What is due is decided here, and done elsewhere.

A cycle counts its delays from when its steps were taken, not from when they should have been: after an outage the first
step is taken, and then they go on as ever, instead of all at once.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .change import Record
from .frozen import Frozen, Utc
from .incident import Incident
from .intents import ESCALATION
from .local_time import moment_of, reached, zone_of
from .page import PageReason, settles_until, stopped
from .policy import Hold, Policy, Step, chosen
from .rotation import duties


class Escalation(Frozen):
    """A cycle as it is kept. ``policy`` is the copy that was made when it began; None until then.

    ``step`` is the place of the next one (from 0), ``repeat`` how often all of them were taken. ``over``: why nothing
    follows; None while something does.
    """

    incident_id: str
    cycle: int
    at: Utc
    policy: Policy | None = None
    step: int = 0
    repeat: int = 0
    over: PageReason | None = None
    detail: str = ""

    @property
    def id(self) -> str:
        """The id of its record."""
        return f"{self.incident_id}:{self.cycle}"


class Turn(NamedTuple):
    """What is to become of a cycle now. ``step``: this step is taken. ``until``: it waits until then. Neither: it is over.

    ``policy`` is the one that it goes by; None if the incident was deleted before one was chosen.
    """

    policy: Policy | None
    reason: PageReason
    step: Step | None = None
    until: datetime | None = None
    detail: str = ""


def turn_of(
    escalation: Escalation,
    incident: Incident | None,
    policies: Sequence[Policy],
    now: Utc,
    *,
    team: str = "",
    silenced: str = "",
) -> Turn:
    """Return what is to become of a cycle now. ``policies`` count until one was copied; see ``policy.chosen``.

    ``silenced`` is the id of a silence that hides the incident, empty if none does.
    """
    if incident is None:
        return Turn(escalation.policy, PageReason.GONE)
    policy = escalation.policy or chosen(policies, incident, now, team=team)
    reason = stopped(incident, escalation.cycle)
    if reason is None and silenced:
        return Turn(policy, PageReason.SILENCED, detail=silenced)
    if reason is not None:
        return Turn(policy, reason)
    if (first := _first_delay(escalation, policy)) > now:
        return Turn(policy, PageReason.DUE, until=first)
    if not _at_once(escalation, policy) and (until := settles_until(incident, escalation.at, now)) is not None:
        return Turn(policy, PageReason.SETTLING, until=until)
    if policy.hold is not None and (until := held_until(policy.hold, incident, now)) is not None:
        return Turn(policy, PageReason.HELD_UNTIL_MORNING, until=until)
    if escalation.step >= len(policy.steps):
        return Turn(policy, PageReason.EXHAUSTED)
    return Turn(policy, PageReason.DUE, step=policy.steps[escalation.step])


def after_step(escalation: Escalation, policy: Policy, now: Utc) -> tuple[Escalation, datetime]:
    """Return the cycle once its step was taken, and when it is looked at next."""
    step, repeat = escalation.step + 1, escalation.repeat
    if step < len(policy.steps):
        wait = policy.steps[step].delay_minutes
    elif repeat < policy.repeat:
        step, repeat = 0, repeat + 1
        wait = policy.repeat_after_minutes
    else:
        # One more look, as long after the last step as another round would be: nobody acknowledged.
        wait = policy.repeat_after_minutes
    after = escalation.model_copy(update={"policy": policy, "step": step, "repeat": repeat})
    return after, now + timedelta(minutes=wait)


def held_until(hold: Hold, incident: Incident, now: Utc) -> Utc | None:
    """Return until when a policy holds an incident of this severity; None if it does not."""
    if incident.severity not in hold.severity or not hold.times.holds(now):
        return None
    zone = zone_of(hold.times.time_zone)
    local = reached(now, zone)
    # Hours may follow one another for days, but not for a week.
    _, until = next(duties(hold.times.hours, local, local + timedelta(days=8)))
    return moment_of(until, zone)


def escalation_of(record: Record) -> Escalation:
    """Return the cycle that a record keeps."""
    return Escalation.model_validate(record.body)


def record_of(escalation: Escalation, *, due_at: Utc | None, version: int, keep_until: Utc) -> Record:
    """Return the record that keeps a cycle."""
    body = escalation.model_dump(mode="json", exclude_defaults=True)
    return Record(kind=ESCALATION, id=escalation.id, body=body, due_at=due_at, expires_at=keep_until, version=version)


def _at_once(escalation: Escalation, policy: Policy) -> bool:
    """Say whether a step is to go as soon as its cycle begins: so that somebody hears of it, no recovery holds it."""
    return not (escalation.step or escalation.repeat or policy.steps[0].delay_minutes)


def _first_delay(escalation: Escalation, policy: Policy) -> Utc:
    """Return when the first step is due: a cycle is looked at as soon as it begins, to choose its policy."""
    if escalation.step or escalation.repeat:
        return escalation.at
    return escalation.at + timedelta(minutes=policy.steps[0].delay_minutes)
