"""Everything a team may set about how Tocsin decides, in one frozen value that is passed to every decision."""

import hashlib
import json
from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from .alert import Alert, Observation
from .frozen import Frozen, Utc
from .judging import Facts, Judgement, SeverityRules
from .severity import Severity


class AutoResolve(StrEnum):
    """Which incidents the machine resolves once nothing fires and the settling time is over."""

    ALWAYS = "always"
    UNACKNOWLEDGED = "unacknowledged"
    NEVER = "never"


class IncidentPer(StrEnum):
    """What one Datadog incident stands for."""

    MONITOR = "monitor"
    GROUP = "group"


class Selection(Frozen):
    """What may open an incident. Whatever has opened one is followed to its end, selected or not.

    Tags compare without letter case. ``oldest``: an alert that began longer ago than this opens nothing.
    ``least_priority`` 3 lets P1 to P3 through; a monitor without priority always passes.
    """

    include_tags: tuple[str, ...] = ()
    exclude_tags: tuple[str, ...] = ()
    include_environments: tuple[str, ...] = ()
    exclude_environments: tuple[str, ...] = ()
    least_priority: int | None = Field(default=None, ge=1, le=5)
    oldest: timedelta | None = None

    def takes(self, seen: Observation) -> bool:
        """Say whether this observation may open an incident."""
        tags = {tag.casefold() for tag in seen.tags}
        environment = seen.environment.casefold()
        began = seen.triggered_at or seen.observed_at
        return (
            (not self.include_tags or any(tag.casefold() in tags for tag in self.include_tags))
            and not any(tag.casefold() in tags for tag in self.exclude_tags)
            and (not self.include_environments or environment in _folded(self.include_environments))
            and environment not in _folded(self.exclude_environments)
            and (self.least_priority is None or seen.priority is None or seen.priority <= self.least_priority)
            and (self.oldest is None or seen.source_now - began <= self.oldest)
        )


_LONGEST_SHARED = 200
"""Bytes. A longer correlation key stands in no alert row: every repetition would write it."""


def _folded(words: tuple[str, ...]) -> set[str]:
    return {word.casefold() for word in words}


class Rules(Frozen):
    """How to decide. The defaults suit a team that has set nothing.

    ``settle``: how long nothing may fire before an incident resolves. ``between_cycles``: the least time between
    two further escalation cycles of one incident. ``tombstone``: how long an ended alert is remembered, so that
    late news of it cannot revive it. ``joinable``: how long after it was opened pushed alerts may join an incident.
    ``late``: within what time of its end the news of an episode that names itself is late news. ``expires_in``: after
    what time without a repetition an alert is over whose sender may never say so; None: never.
    """

    severities: SeverityRules = SeverityRules()
    selection: Selection = Selection()
    auto_resolve: AutoResolve = AutoResolve.ALWAYS
    incident_per: IncidentPer = IncidentPer.MONITOR
    settle: timedelta = timedelta(minutes=5)
    between_cycles: timedelta = timedelta(minutes=10)
    tombstone: timedelta = timedelta(hours=24)
    joinable: timedelta = timedelta(minutes=5)
    late: timedelta = timedelta(minutes=2)
    expires_in: timedelta | None = None

    def judge(self, seen: Observation) -> Judgement:
        """Return the severity of an observation, and the rule that gave it."""
        return self.severities.judge(
            Facts(
                source=seen.source.value,
                state=seen.word,
                priority=seen.priority,
                tags=seen.tags,
                service=seen.service,
                environment=seen.environment,
                word=seen.severity_word,
                text=f"{seen.title}\n{seen.message}",
            )
        )

    def correlation_key(self, seen: Observation, severity: Severity) -> str:
        """Return what decides which incident this alert, of this severity, belongs to.

        What is pushed shares an incident with all that is pushed of its service, environment and severity, whoever
        sends it; without a service it stands for itself.
        """
        if not seen.source.pushes:
            whole = self.incident_per is IncidentPer.MONITOR
            return f"{seen.source.value}:{seen.origin if whole else seen.key}"
        service = seen.service.strip().casefold()
        if not service:
            return f"{seen.source.value}:{seen.key}"
        environment = seen.environment.strip().casefold()
        shared = json.dumps([service, environment, severity.value], ensure_ascii=False, separators=(",", ":"))
        if len(shared.encode()) > _LONGEST_SHARED:
            shared = f"sha256:{hashlib.sha256(shared.encode()).hexdigest()}"
        return f"pushed:{shared}"

    def joinable_until(self, seen: Observation, now: Utc) -> Utc | None:
        """Return until when others may join the incident that this alert opens now; None: while it is open."""
        return now + self.joinable if seen.source.pushes else None

    def expiry(self, seen: Observation) -> float | None:
        """Return after how many seconds this alert is over unless it is repeated; None: never."""
        if seen.expires_in is not None or self.expires_in is None or not seen.source.may_never_recover:
            return seen.expires_in
        return self.expires_in.total_seconds()

    def forgotten(self, alert: Alert, now: Utc) -> bool:
        """Say whether a tombstone's time is over, so that it counts no more, whether or not the store dropped it."""
        return alert.expires_at is not None and alert.expires_at <= now
