"""What a source says, and what is kept of it: observations, sweeps, and stored alerts.

All times in this module are the *source's* clock (for Datadog the ``Date`` header of the answer and the time
stamps of its groups): they are compared with each other, never with ours.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from .decision import Reason
from .frozen import Frozen, Utc
from .severity import Severity

LONGEST_KEY = 512
"""Bytes. A longer alert key is replaced by its hash, so that every store can hold it."""


class Source(StrEnum):
    """Where alerts come from."""

    DATADOG = "datadog"
    MANUAL = "manual"


class AlertState(StrEnum):
    """The one classification of what sources report. ``UNKNOWN`` holds everything we have no word for."""

    ALERT = "alert"
    WARN = "warn"
    NO_DATA = "no_data"
    OK = "ok"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, word: object) -> "AlertState":
        """Classify a source's own word. A new or missing one is ``UNKNOWN``, never ``OK``."""
        return _STATES.get(word, cls.UNKNOWN) if isinstance(word, str) else cls.UNKNOWN


# Datadog's Ignored, Skipped and Unknown are absent on purpose: they say nothing about the problem.
_STATES = {
    "Alert": AlertState.ALERT,
    "Warn": AlertState.WARN,
    "No Data": AlertState.NO_DATA,
    "OK": AlertState.OK,
}


def alert_key(origin: str, group: str) -> str:
    """Return the identity of one alert at its source, at most :data:`LONGEST_KEY` bytes."""
    key = f"{origin}:{group}"
    if len(key.encode()) <= LONGEST_KEY:
        return key
    return f"{origin[:64]}:sha256:{hashlib.sha256(key.encode()).hexdigest()}"


class Links(Frozen):
    """http(s) addresses that help whoever is woken; empty where the source gave none."""

    runbook: str = ""
    monitor: str = ""
    group: str = ""


class Observation(Frozen):
    """What a source said about one alert at one moment.

    ``origin`` is the source's own id of what alerts (a Datadog monitor), ``group`` the part of it (``*``: all of
    it). ``word`` is the source's own state. ``triggered_at`` and ``resolved_at`` are the last times the source
    names. ``asks_no_data``: the source wants to be told when data stop.
    """

    source: Source
    origin: str
    group: str = "*"
    key: str
    state: AlertState
    word: str
    observed_at: Utc
    triggered_at: Utc | None = None
    resolved_at: Utc | None = None
    title: str = ""
    message: str = ""
    priority: int | None = None
    service: str = ""
    environment: str = ""
    team: str = ""
    tags: tuple[str, ...] = ()
    query: str = ""
    threshold: float | None = None
    value: float | None = None
    links: Links = Links()
    muted: bool = False
    draft: bool = False
    asks_no_data: bool = False


class Problem(Frozen):
    """Something in a sweep that could not be used: what, and why. ``origin`` is empty if not even that was readable."""

    origin: str = ""
    why: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """All observations of one pull, and what may be concluded from what is *not* in it.

    ``observations`` holds what is not OK, and whatever is said of the alerts that were already known. ``seen``
    names every monitor that came, readable or not; ``with_groups`` those that came with their groups;
    ``gone`` those whose absence the source confirmed one by one. ``passed_over`` counts what was looked at and
    needs no decision of its own, by reason.
    """

    source: Source
    started_at: Utc
    complete: bool
    observations: Sequence[Observation] = ()
    seen: frozenset[str] = frozenset()
    with_groups: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    problems: Sequence[Problem] = ()
    passed_over: dict[Reason, int] = field(default_factory=dict)
    why_incomplete: str = ""


class Alert(Frozen):
    """The stored current episode of one source alert. Ended ones stay 24 h as tombstones (``expires_at``).

    ``triggered_at`` is the stored trigger time of the episode and ``resolved_before`` the recovery that the
    source named when it began: a later recovery is the proof of a new episode. ``observed_at`` is the last
    observation that was applied. ``missing_since``: the first complete sweep in which the group was absent.
    ``expires_at`` is our clock; it alone.
    """

    source: Source
    origin: str
    group: str = "*"
    key: str
    correlation_key: str
    incident_id: str
    episode: int = 1
    severity: Severity
    word: str
    muted: bool = False
    title: str = ""
    query: str = ""
    threshold: float | None = None
    value: float | None = None
    link: str = ""
    triggered_at: Utc
    resolved_before: Utc | None = None
    observed_at: Utc
    missing_since: Utc | None = None
    ended_at: Utc | None = None
    ended_by: Reason | None = None
    expires_at: Utc | None = None
    version: int = 0

    @property
    def firing(self) -> bool:
        """True until the episode ends."""
        return self.ended_at is None
