"""What a due timer does. A timer that no longer fits its incident only goes away."""

from .change import Change, Claim, ClaimWrite, Record, RecordWrite
from .decision import Reason
from .draft import Draft
from .frozen import Utc
from .incident import Incident
from .lifecycle import CYCLE, SETTLE, may_auto_resolve, release, resolve, start_cycle
from .rules import Rules
from .timeline import SYSTEM


def ring(
    timer: Record, incident: Incident | None, claim: Claim | None, rules: Rules, now: Utc, *, change_id: str
) -> Change:
    """Return the change that a due timer asks for; at the least, it takes the timer away.

    ``claim`` is the claim of the incident's correlation key, if there is one.
    """
    done = RecordWrite(kind=timer.kind, id=timer.id, record=None, expected=timer.version)
    if incident is not None and incident.active:
        draft = Draft(incident, at=now)
        claims: tuple[ClaimWrite, ...] = ()
        if timer.body.get("what") == SETTLE and _has_settled(incident, rules):
            _settle(draft, incident, rules)
            claims = release(claim, incident, now)
        elif timer.body.get("what") == CYCLE and incident.cycle_due_at is not None and incident.alerts.firing_now:
            start_cycle(draft, why="what joined while it was acknowledged still fires", reason=Reason.CYCLE_DUE)
        if draft.changed:
            draft.write_record(done)
            return draft.change(change_id, claims=claims)
    return Change(id=change_id, at=now, records=(done,))


def _has_settled(incident: Incident, rules: Rules) -> bool:
    # ``recovered_at`` goes as soon as anything fires again, in the same change.
    return incident.recovered_at is not None and may_auto_resolve(incident, rules)


def _settle(draft: Draft, incident: Incident, rules: Rules) -> None:
    recovered_at = incident.recovered_at or draft.at
    text = f"nothing fired again for {int(rules.settle.total_seconds())} s; resolved as of {recovered_at:%H:%M:%S} UTC"
    resolve(draft, at=recovered_at, by=SYSTEM, reason=Reason.SETTLED, text=text, update={})
