"""What a due timer does. A timer that no longer fits its incident only goes away."""

from collections.abc import Iterable
from datetime import timedelta

from pydantic import JsonValue

from .change import Change, Claim, ClaimWrite, Record, RecordWrite
from .decision import Reason
from .draft import Draft
from .frozen import Utc
from .incident import Incident, Status
from .lifecycle import ACK_TIMEOUT, CYCLE, SETTLE, SNOOZE, may_auto_resolve, release, resolve, start_cycle, wake
from .rules import Rules
from .snoozing import is_over
from .timeline import SYSTEM, EventKind

_SOON = timedelta(minutes=1)  # later than the tick that puts it off


def ring(
    timer: Record, incident: Incident | None, claims: Iterable[Claim], rules: Rules, now: Utc, *, change_id: str
) -> Change:
    """Return the change that a due timer asks for; at the least, it takes the timer away, or moves it.

    ``claims`` are those that name the incident.
    """
    done = RecordWrite(kind=timer.kind, id=timer.id, record=None, expected=timer.version)
    if incident is not None and incident.active:
        what = timer.body.get("what")
        draft = Draft(incident, at=now)
        released: tuple[ClaimWrite, ...] = ()
        settling = _resolves_by_itself(incident, rules)
        if what == SETTLE and settling:
            _settle(draft, incident, rules)
            released = tuple(write for claim in claims for write in release(claim, incident, now))
        elif _is_held(what, incident, now):
            if settling:
                return Change(id=change_id, at=now, records=(_later(timer, now + max(rules.settle, _SOON)),))
            _page(what, draft)
        elif what == ACK_TIMEOUT and _is_left_lying(timer, incident):
            if settling:
                return Change(id=change_id, at=now, records=(_later(timer, now + max(rules.settle, _SOON)),))
            start_cycle(draft, why="nobody has begun to work on it", reason=Reason.ACK_TIMED_OUT)
        if draft.changed:
            draft.write_record(done)
            return draft.change(change_id, claims=released)
    return Change(id=change_id, at=now, records=(done,))


def _is_held(what: JsonValue, incident: Incident, now: Utc) -> bool:
    """Say whether a page waits for this timer."""
    return (what == CYCLE and incident.cycle_due_at is not None) or (what == SNOOZE and is_over(incident, now))


def _is_left_lying(timer: Record, incident: Incident) -> bool:
    """Say whether an acknowledgement is still all that was done. A later one has a timer of its own."""
    acknowledged = incident.status is Status.ACKNOWLEDGED and incident.cycles == incident.acknowledged_cycles
    return acknowledged and timer.body.get("cycles") == incident.cycles


def _page(what: JsonValue, draft: Draft) -> None:
    """Page, but for a cycle that was put off for alerts which have ended, where only a person resolves."""
    incident = draft.incident
    if what == SNOOZE:
        wake(draft, why="the snooze is over", reason=Reason.SNOOZE_OVER, page=True)
    elif incident.alerts.firing_now:
        start_cycle(draft, why="what joined while it was acknowledged still fires", reason=Reason.CYCLE_DUE)
    elif incident.recovered_at is None:
        start_cycle(draft, why="it got worse while it was acknowledged", reason=Reason.CYCLE_DUE)
    else:
        after = incident.model_copy(update={"cycle_due_at": None})
        draft.step(after, EventKind.CYCLE_DROPPED, Reason.RECOVERED, text="nothing fires any more")


def _later(timer: Record, due_at: Utc) -> RecordWrite:
    """Look again when it will have resolved by itself: were the timer gone, and it fired again, nobody would be paged.

    Its number stays: the next one belongs to whoever sets it anew.
    """
    moved = timer.model_copy(update={"due_at": due_at})
    return RecordWrite(kind=timer.kind, id=timer.id, record=moved, expected=timer.version)


def _resolves_by_itself(incident: Incident, rules: Rules) -> bool:
    # ``recovered_at`` goes as soon as anything fires again, in the same change.
    return incident.recovered_at is not None and may_auto_resolve(incident, rules)


def _settle(draft: Draft, incident: Incident, rules: Rules) -> None:
    recovered_at = incident.recovered_at or draft.at
    text = f"nothing fired again for {int(rules.settle.total_seconds())} s; resolved as of {recovered_at:%H:%M:%S} UTC"
    resolve(draft, at=recovered_at, by=SYSTEM, reason=Reason.SETTLED, text=text, update={})
