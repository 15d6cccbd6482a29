"""Two incidents that turn out to be one problem: one goes on, and counts what fires in both.

The other is resolved and names the one that goes on; its alerts stay where they are, and whoever looks for their
incident follows that name. Following ends: what goes on is active, so that no two can name each other, and takes over
at most :data:`~.incident.MOST_MERGED`.

Whoever merges has seen both. So merging pages nobody, unless what goes on gets worse than what was acknowledged.
"""

from collections.abc import Iterable

from tocsin.errors import IllegalMove, InvalidInput

from .change import Claim, ClaimWrite
from .decision import Reason
from .draft import Draft
from .incident import MOST_MERGED, NEXT, AlertCounts, Incident
from .lifecycle import SETTLE, follow_severity, may_auto_resolve, page_if_worse, page_what_was_held, resolve
from .rules import Rules
from .timeline import EventKind


def merge(one: Draft, into: Draft, rules: Rules, claims: Iterable[Claim], *, by: str) -> tuple[ClaimWrite, ...]:
    """Merge ``one`` into another; return the writes that repoint its ``claims``. Both drafts make one change.

    Doing so twice is no error, and takes no step. Raises ``IllegalMove`` unless both are active.
    """
    if one.incident.merged_into == into.incident.id:
        return ()
    _refuse(one.incident, into.incident)
    gone = one.incident
    _take_over(into, gone, rules)
    resolve(
        one,
        at=one.at,
        by=by,
        reason=Reason.MERGED,
        text=f"merged into {into.incident.id}: {into.incident.title}",
        # What fires is counted where it is worked on, and there alone.
        update={"merged_into": into.incident.id, "alerts": AlertCounts(total=gone.alerts.total)},
    )
    return tuple(
        ClaimWrite(claim=claim.model_copy(update={"incident_id": into.incident.id}), held_by=gone.id)
        for claim in claims
        if claim.incident_id == gone.id
    )


def _refuse(one: Incident, into: Incident) -> None:
    if one.id == into.id:
        message = f"{one.id} cannot be merged into itself"
        raise InvalidInput(message)
    for incident, done in ((one, "cannot be merged into another"), (into, "nothing can be merged into it")):
        if incident.merged_into:
            message = f"{incident.id} was merged into {incident.merged_into}: {done}"
            raise IllegalMove(message, allowed=NEXT[incident.status], hint=f"take {incident.merged_into} in its place")
        if not incident.active:
            message = f"{incident.id} is {incident.status.value}: {done}"
            raise IllegalMove(message, allowed=NEXT[incident.status], hint="only what is still open can be merged")
    if len(into.merged) + len(one.merged) >= MOST_MERGED:
        message = f"{into.id} would take over more than {MOST_MERGED} incidents with {one.id}"
        raise IllegalMove(message, hint="resolve this one by itself, and name the other in a note")


def _take_over(into: Draft, gone: Incident, rules: Rules) -> None:
    before = into.incident
    counts = before.alerts.plus(gone.alerts)
    quiet = [moment for moment in (before.recovered_at, gone.recovered_at) if moment is not None]
    recovered_at = max(quiet, default=None) if counts.firing_now == 0 else None
    update = {"alerts": counts, "merged": (*before.merged, gone.id, *gone.merged), "recovered_at": recovered_at}
    text = f"{gone.id} was merged into this one: {gone.title}"
    if gone.alerts.firing_now:
        text += f"; {gone.alerts.firing_now} of its alerts fire"
    into.step(before.model_copy(update=update), EventKind.MERGED, Reason.MERGED, text=text)
    if recovered_at is None and before.recovered_at is not None:
        into.stop_timer(SETTLE)
    elif recovered_at is not None and recovered_at != before.recovered_at and may_auto_resolve(before, rules):
        into.set_timer(SETTLE, recovered_at + rules.settle)
    page_what_was_held(into, rules)
    _follow_person(into, gone, rules)
    follow_severity(into, rules)


def _follow_person(into: Draft, gone: Incident, rules: Rules) -> None:
    """A severity that a person gave goes on, if it is the worse one and no other person gave the other."""
    before = into.incident
    if gone.severity_pinned and not before.severity_pinned and gone.severity.rank > before.severity.rank:
        after = before.model_copy(update={"severity": gone.severity, "severity_pinned": True})
        text = f"{before.severity.value} → {gone.severity.value}, pinned as in {gone.id}"
        into.step(after, EventKind.SEVERITY_CHANGED, Reason.MERGED, text=text)
        page_if_worse(into, rules, gone.severity)
