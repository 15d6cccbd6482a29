"""What a source says, and what is kept of it: observations, sweeps, and stored alerts.

All times in this module are the *source's* clock (for Datadog the ``Date`` header of the answer and the time
stamps of its groups): they are compared with each other, never with ours.
"""

import hashlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tocsin.errors import NotFound

from .decision import Reason
from .frozen import Frozen, Utc
from .severity import Severity
from .source import Links, Source

__all__ = [
    "LONGEST_KEY",
    "Alert",
    "AlertState",
    "Links",
    "Observation",
    "Problem",
    "Push",
    "Source",
    "Sweep",
    "alert_id",
    "alert_key",
    "named_by",
]

LONGEST_KEY = 512
"""Bytes. A longer alert key is replaced by its hash, so that every store can hold it."""


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
    # What is pushed says one of two.
    "firing": AlertState.ALERT,
    "resolved": AlertState.OK,
}


def alert_key(origin: str, group: str) -> str:
    """Return the identity of one alert at its source, at most :data:`LONGEST_KEY` bytes."""
    key = f"{origin}:{group}"
    if len(key.encode()) <= LONGEST_KEY:
        return key
    return f"{origin[:64]}:sha256:{hashlib.sha256(key.encode()).hexdigest()}"


def alert_id(source: Source, key: str) -> str:
    """Return what an alert is called in addresses: safe in a URL, and the same for ever."""
    return f"{source.value}~{urlsafe_b64encode(key.encode()).decode().rstrip('=')}"


def named_by(name: str) -> tuple[Source, str]:
    """Return the source and key that an :func:`alert_id` stands for. Raises ``NotFound`` for what is none."""
    word, _, coded = name.partition("~")
    try:
        source = Source(word)
        key = urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except ValueError:
        pass
    else:
        if alert_id(source, key) == name:
            return source, key
    raise NotFound("there is no alert of this id", hint="the list of alerts shows the ids there are")


class Observation(Frozen):
    """What a source said about one alert at one moment.

    ``origin`` is the source's own id of what alerts (a Datadog monitor), ``group`` the part of it (``*``: all of
    it). ``word`` is the source's own state. ``triggered_at`` and ``resolved_at`` are the last times the source
    names. ``asks_no_data``: the source wants to be told when data stop.

    Of what is pushed, ``observed_at`` is its place in the source's own order, which may be long before it came but
    never long after; ``sent_at`` is then when it came, by our clock. ``severity_word`` is the severity that the sender gave, in its own words.
    ``names_episodes``: ``triggered_at`` tells one episode from the next. ``expires_in``: seconds after which it is
    over unless it is repeated. ``cycle_key`` is Datadog's name for the episode. ``provisional``: it does not say
    which group, and the next sweep knows better.
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
    sent_at: Utc | None = None
    severity_word: str = ""
    names_episodes: bool = False
    expires_in: float | None = None
    cycle_key: str = ""
    provisional: bool = False

    @property
    def source_now(self) -> Utc:
        """The present moment at the source: what is pushed may have been observed long before it came."""
        return self.sent_at or self.observed_at


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


@dataclass(frozen=True, slots=True)
class Push:
    """What one delivery says, item by item in its own order; ``received_at`` is our clock.

    ``within`` is the field of the delivery that lists the items: empty where it is the list itself, None where it is
    the one item. ``truncated`` counts what the sender says that it left out.
    """

    source: Source
    received_at: Utc
    items: Sequence[Observation | Problem] = ()
    within: str | None = None
    truncated: int = 0


class Alert(Frozen):
    """The stored current episode of one source alert. Ended ones stay 24 h as tombstones (``expires_at``).

    ``triggered_at`` is the stored trigger time of the episode and ``resolved_before`` the recovery that the
    source named when it began: a later recovery is the proof of a new episode. ``observed_at`` is the last
    observation that was applied. ``missing_since``: the first complete sweep in which the group was absent.
    ``signature`` is what would make a repeated push more than a repetition; as long as it stays, the store only
    counts (``count``, times seen firing). A ``provisional`` row waits for a sweep to say which groups fire.
    ``expires_at``, ``first_seen_at`` and ``last_seen_at`` are our clock; they alone.
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
    count: int = 1
    first_seen_at: Utc | None = None
    last_seen_at: Utc | None = None
    signature: str = ""
    expires_in: float | None = None
    provisional: bool = False
    cycle_key: str = ""

    @property
    def id(self) -> str:
        """What the alert is called in addresses."""
        return alert_id(self.source, self.key)

    @property
    def firing(self) -> bool:
        """True until the episode ends."""
        return self.ended_at is None
