"""Steps that several writers share: cycles, severity, recovery, resolving. Each is one step of a draft."""

from datetime import timedelta

from .alert import Alert, Source
from .change import Claim, ClaimWrite
from .decision import Reason
from .draft import Draft
from .frozen import Utc
from .incident import AWAKE, Incident, Status, transition
from .rules import AutoResolve, Rules
from .severity import Severity
from .timeline import EventKind

SETTLE = "settle"
CYCLE = "cycle"
SNOOZE = "snooze"
ACK_TIMEOUT = "ack_timeout"


def page_again(draft: Draft, rules: Rules, *, why: str, reason: Reason) -> None:
    """Start a new escalation cycle unless one is running; or put it off, if the last one began too recently.

    The first cycle, which opens the incident, does not count for the pause: the second host must not wait for
    the first host's page.
    """
    incident = draft.incident
    if incident.cycles > incident.acknowledged_cycles or incident.alerts.all_muted:
        return
    _cycle_in_time(draft, rules, why=why, reason=reason)


def page_what_was_held(draft: Draft, rules: Rules) -> None:
    """Begin a new cycle where one was held by a mute, nobody has acknowledged it, and something fires unmuted.

    However long ago it was held, and whatever recovered in between: the held cycle pages nobody any more.
    """
    incident = draft.incident
    held = incident.held_cycle == incident.cycles > incident.acknowledged_cycles
    if held and incident.alerts.firing_now and not incident.alerts.all_muted:
        _cycle_in_time(draft, rules, why="what was muted fires on", reason=Reason.UNMUTED_AGAIN)


def _cycle_in_time(draft: Draft, rules: Rules, *, why: str, reason: Reason) -> None:
    incident = draft.incident
    restarted = incident.cycle_restarted_at
    if restarted is not None and draft.at - restarted < rules.between_cycles:
        if incident.cycle_due_at is None:
            due = restarted + rules.between_cycles
            text = f"{why}; the next cycle waits until {due:%H:%M:%S} UTC"
            draft.step(incident.model_copy(update={"cycle_due_at": due}), EventKind.CYCLE_PUT_OFF, reason, text=text)
            draft.set_timer(CYCLE, due)
        return
    start_cycle(draft, why=why, reason=reason)


def start_cycle(draft: Draft, *, why: str, reason: Reason) -> None:
    """Begin the next escalation cycle now."""
    incident = draft.incident
    update = {"cycles": incident.cycles + 1, "cycle_restarted_at": draft.at, "cycle_due_at": None}
    text = f"cycle {incident.cycles + 1}: {why}"
    if incident.snoozed_until is not None:
        text += f"; held by the snooze until {incident.snoozed_until:%H:%M:%S} UTC"
    draft.step(incident.model_copy(update=update), EventKind.CYCLE_STARTED, reason, text=text)
    if incident.cycle_due_at is not None:
        draft.stop_timer(CYCLE)


def wake(draft: Draft, *, why: str, reason: Reason, page: bool = False) -> None:
    """End a snooze. What it held is paged anew from the first step of the escalation; ``page``: so is the rest."""
    incident = draft.incident
    draft.step(incident.model_copy(update=AWAKE), EventKind.SNOOZE_ENDED, reason, text=why)
    draft.stop_timer(SNOOZE)
    if page or incident.cycles > incident.acknowledged_cycles:
        start_cycle(draft, why=why, reason=reason)


def follow_severity(draft: Draft, rules: Rules) -> None:
    """Give the incident the worst severity that fires, within what a machine may do.

    Pinned: never. Acknowledged, or opened by a person: raised only. A rise above what was acknowledged starts a new
    cycle.
    """
    incident = draft.incident
    now = incident.alerts.worst_firing
    if now is None or incident.severity_pinned or now is incident.severity:
        return
    raised = now.rank > incident.severity.rank
    if not raised and (incident.acknowledged_at is not None or incident.source is Source.MANUAL):
        return
    reason = Reason.SEVERITY_RAISED if raised else Reason.SEVERITY_LOWERED
    text = f"{incident.severity.value} → {now.value}"
    draft.step(incident.model_copy(update={"severity": now}), EventKind.SEVERITY_CHANGED, reason, text=text)
    if raised:
        page_if_worse(draft, rules, now)


def page_if_worse(draft: Draft, rules: Rules, severity: Severity) -> None:
    """Start a new cycle if ``severity`` is above what was acknowledged; above what was snoozed, end the snooze."""
    snoozed = draft.incident.snoozed_severity
    if snoozed is not None and severity.rank > snoozed.rank:
        why = f"{severity.value}, worse than the {snoozed.value} that was snoozed"
        wake(draft, why=why, reason=Reason.SEVERITY_RAISED)
    acknowledged = draft.incident.acknowledged_severity
    if acknowledged is not None and severity.rank > acknowledged.rank:
        why = f"{severity.value}, worse than the {acknowledged.value} that was acknowledged"
        page_again(draft, rules, why=why, reason=Reason.SEVERITY_RAISED)


def all_quiet(draft: Draft, rules: Rules, *, recovered_at: Utc) -> None:
    """Note that nothing fires any more, and set the timer that resolves the incident if it stays so."""
    incident = draft.incident
    text = "nothing fires any more"
    resolves = may_auto_resolve(incident, rules)
    if resolves:
        text += f"; resolves at {recovered_at + rules.settle:%H:%M:%S} UTC unless something fires"
    draft.step(
        incident.model_copy(update={"recovered_at": recovered_at}), EventKind.RECOVERED, Reason.RECOVERED, text=text
    )
    if resolves:
        draft.set_timer(SETTLE, recovered_at + rules.settle)


def may_auto_resolve(incident: Incident, rules: Rules) -> bool:
    """Say whether the machine may resolve this incident once it has settled. What a person opened, a person resolves.

    (It has alerts if another was merged into it.)
    """
    if incident.source is Source.MANUAL:
        return False
    if rules.auto_resolve is AutoResolve.UNACKNOWLEDGED:
        return incident.acknowledged_at is None
    return rules.auto_resolve is AutoResolve.ALWAYS


def resolve(draft: Draft, *, at: Utc, by: str, reason: Reason, text: str, update: dict[str, object]) -> None:
    """Resolve the incident as of ``at``, and take its timers back. Raises ``IllegalMove`` where that is not allowed."""
    before = draft.incident
    after = transition(before, Status.RESOLVED, at=at, by=by).model_copy(update=update)
    draft.step(after, EventKind.RESOLVED, reason, text=text)
    if before.recovered_at is not None:
        draft.stop_timer(SETTLE)
    if before.cycle_due_at is not None:
        draft.stop_timer(CYCLE)
    if before.snoozed_until is not None:
        draft.stop_timer(SNOOZE)


def release(claim: Claim | None, incident: Incident, at: Utc) -> tuple[ClaimWrite, ...]:
    """Return the write that ends the incident's claim; none if the claim names another incident."""
    if claim is None or claim.incident_id != incident.id or not claim.joinable(at):
        return ()
    return (ClaimWrite(claim=claim.model_copy(update={"joinable_until": at}), held_by=incident.id),)


def our_time(moment: Utc, *, source_now: Utc, now: Utc) -> Utc:
    """Translate a moment of the source's clock into ours by its age: two clocks are never compared."""
    return now - max(source_now - moment, timedelta(0))


def brief(alerts: list[Alert], most: int = 3) -> str:
    """Name a few alerts for a line of the timeline."""
    names = [alert.group if alert.group != "*" else alert.title or alert.key for alert in alerts[:most]]
    more = f" and {len(alerts) - most} more" if len(alerts) > most else ""
    return ", ".join(names) + more
