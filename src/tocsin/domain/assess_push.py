"""What a pushed observation means for its own alert: it comes when its sender sends it, late, twice or not at all.

Order is the sender's (``observed_at``), never that of arrival. What is older than what was applied changes nothing; of
what is said of one moment, that it is over counts. Late news of an episode that is over opens nothing: the end of an
alert stays for a day, also of one that was not known.
"""

from collections.abc import Iterable, Mapping

from .alert import Alert, AlertState, Observation
from .assess import Finding, Step, end, nothing, opening_refusal, recovery, still_firing
from .decision import Reason
from .frozen import Utc
from .judging import Judgement
from .rules import Rules

_OUR_WORD = frozenset({Reason.BY_HAND, Reason.EXPIRED})
"""Ends of which the sender knows nothing."""


def assess_push(items: Iterable[Observation], rows: Mapping[str, Alert], rules: Rules, now: Utc) -> list[Finding]:
    """Return one finding for each observation; no two may be of one alert.

    ``rows`` are the alerts by key. ``now`` (our clock) tells which ends were forgotten, and which are long ago.
    """
    return [_pushed(seen, rows.get(seen.key), rules, now) for seen in items]


def signature(seen: Observation, rules: Rules) -> str:
    """Return in short all that would make more of a repeated push than a repetition; empty for what does not fire.

    Title, message and annotations are not in it: nothing is decided by them.
    """
    if seen.state in (AlertState.OK, AlertState.UNKNOWN):
        return ""
    said = [seen.state.value, rules.judge(seen).severity.value]
    if seen.muted:
        said.append("muted")
    if (expires_in := rules.expiry(seen)) is not None:
        said.append(f"expires={expires_in:g}")
    if seen.names_episodes and seen.triggered_at is not None:
        said.append(f"since={seen.triggered_at.isoformat()}")
    return " ".join(said)


def _pushed(seen: Observation, row: Alert | None, rules: Rules, now: Utc) -> Finding:
    alert = None if row is None or rules.forgotten(row, now) else row
    if seen.state is AlertState.UNKNOWN:
        return nothing(Reason.KEPT_UNKNOWN_STATE, seen, alert, detail=seen.word)
    found = _over(seen, row, alert, rules) if seen.state is AlertState.OK else _fires(seen, row, alert, rules, now)
    return found._replace(source_now=seen.source_now)


def _over(seen: Observation, row: Alert | None, alert: Alert | None, rules: Rules) -> Finding:
    if alert is not None and _of_an_earlier_episode(seen, alert):
        return nothing(Reason.OUT_OF_ORDER, seen, alert)
    if alert is not None and alert.firing:
        return end(Reason.RECOVERED, seen, alert, recovery(seen, alert))
    if alert is not None and alert.observed_at == seen.observed_at and alert.ended_by is not Reason.EXPIRED:
        return nothing(Reason.NOT_FIRING, seen, alert)
    severity = rules.judge(seen).severity
    return Finding(Step.BURY, Reason.NOT_FIRING, seen.key, seen.observed_at, seen, row, severity)


def _of_an_earlier_episode(seen: Observation, alert: Alert) -> bool:
    if seen.observed_at < alert.observed_at:
        return True
    # Two senders of one alert may differ in when it began: what ended after this episode began ends it all the same.
    began_earlier = seen.names_episodes and seen.triggered_at is not None and seen.triggered_at < alert.triggered_at
    return began_earlier and alert.firing and seen.observed_at <= alert.triggered_at


def _fires(seen: Observation, row: Alert | None, alert: Alert | None, rules: Rules, now: Utc) -> Finding:
    judgement = rules.judge(seen)
    if alert is not None and (_late(seen, alert, rules, now) if not alert.firing else _before(seen, alert)):
        return nothing(Reason.OUT_OF_ORDER, seen, alert)
    refusal = opening_refusal(seen, judgement, rules)
    if alert is None or not alert.firing:
        found = _opens(seen, row, judgement, refusal)
    elif _next_episode(seen, alert):
        found = _again(seen, alert, judgement, refusal)
    else:
        found = _goes_on(seen, alert, judgement)
    return found._replace(signature=signature(seen, rules), expires_in=rules.expiry(seen))


def _opens(seen: Observation, row: Alert | None, judgement: Judgement, refusal: Reason | None) -> Finding:
    if refusal is not None:
        return nothing(refusal, seen, None, severity=judgement.severity)
    return Finding(
        Step.OPEN, Reason.OPENED, seen.key, seen.observed_at, seen, row, judgement.severity, detail=judgement.rule
    )


def _again(seen: Observation, alert: Alert, judgement: Judgement, refusal: Reason | None) -> Finding:
    """It began once more, so that it must have ended: the news of that got lost."""
    return Finding(
        Step.REFIRE,
        Reason.REFIRED,
        seen.key,
        seen.observed_at,
        seen,
        alert,
        judgement.severity,
        ended_at=seen.triggered_at,
        refusal=refusal,
    )


def _goes_on(seen: Observation, alert: Alert, judgement: Judgement) -> Finding:
    """It is counted, at the least, and remembered as it was said now, so that its next repetition is only counted."""
    if not seen.source.pushes and seen.priority is None and seen.word == alert.word:
        # A webhook need not say the monitor's priority, which a sweep knows.
        judgement = judgement._replace(severity=alert.severity)
    found = still_firing(seen, alert, judgement)
    return found._replace(step=Step.MARK) if found.step is Step.NOTHING else found


def _next_episode(seen: Observation, alert: Alert) -> bool:
    return seen.names_episodes and seen.triggered_at is not None and seen.triggered_at > alert.triggered_at


def _before(seen: Observation, alert: Alert) -> bool:
    """Say whether a firing is older than what was applied to an alert that fires."""
    if seen.names_episodes and seen.triggered_at is not None:
        return seen.triggered_at < alert.triggered_at
    return seen.observed_at < alert.observed_at


def _late(seen: Observation, over: Alert, rules: Rules, now: Utc) -> bool:
    """Say whether a firing is late news of an episode that is over.

    Long after its end even the very same news is not late. An Alertmanager resolves by itself what it hears no more
    of, and gives it the same start when it hears of it again; a script may send the start for as long as it lasts,
    whatever a person did meanwhile. And what only was not repeated in time fires at once when it is.
    """
    if seen.observed_at > over.observed_at:
        return False
    if seen.names_episodes:
        same = seen.triggered_at == over.triggered_at
    else:
        same = seen.observed_at == over.observed_at and over.ended_by in _OUR_WORD
    ended_here = (over.expires_at or now) - rules.tombstone
    return not same or (over.ended_by is not Reason.EXPIRED and now - ended_here <= rules.late)
