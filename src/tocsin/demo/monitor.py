"""What the simulated Datadog knows of one monitor, its groups and the downtimes that match it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from .typed import JSON, JsonObject

OK = "OK"
ALERT = "Alert"
WARN = "Warn"
NO_DATA = "No Data"

STAR = "*"
"""The only group of a simple monitor. In `groups/search` the same group is called `total`."""

TRIGGERED = (ALERT, WARN)

_WORST_FIRST = (ALERT, WARN, NO_DATA, "Unknown", "Skipped", "Ignored", OK)


@dataclass(slots=True)
class Group:
    """One group of a monitor. Times are epoch seconds; None is never."""

    name: str
    status: str = OK
    last_triggered_ts: int | None = None
    last_resolved_ts: int | None = None
    last_notified_ts: int | None = None
    last_nodata_ts: int | None = None
    extras: JsonObject = field(default_factory=dict)
    """Keys that Datadog adds now and then and that no recording shows; empty unless a test sets them."""


@dataclass(frozen=True, slots=True)
class Downtime:
    """A downtime. Without `monitor_id` it is organisation-wide and matches by scope and `monitor_tags`."""

    id: int
    scope: tuple[str, ...]
    start: int
    end: int | None = None
    monitor_id: int | None = None
    monitor_tags: tuple[str, ...] = ()

    def ended(self, now: int) -> bool:
        """Whether it is over at `now` (epoch seconds)."""
        return self.end is not None and self.end <= now

    def active(self, now: int) -> bool:
        """Whether it mutes at `now` (epoch seconds)."""
        return self.start <= now and not self.ended(now)

    def covers(self, group: str) -> bool:
        """Whether its scopes, which must all hold, cover a group, by the group's name."""
        return all(scope_covers(scope, group) for scope in self.scope)

    def matches(self, monitor: SimulatedMonitor) -> bool:
        """Whether Datadog would list it among the monitor's `matching_downtimes`."""
        if self.monitor_id is not None:
            return self.monitor_id == monitor.id
        if not set(self.monitor_tags) <= set(monitor.tags):
            return False
        return STAR in self.scope or any(self.covers(group) for group in monitor.groups)


@dataclass(slots=True)
class SimulatedMonitor:
    """A monitor as the simulated Datadog holds it. Move it through `World`, which keeps its times true."""

    id: int
    name: str
    type: str
    query: str
    message: str
    tags: list[str]
    options: JsonObject
    multi: bool
    created: datetime
    modified: datetime
    creator: JsonObject
    priority: int | None = None
    draft: bool = False
    restricted_roles: list[str] | None = None
    assets: list[JSON] = field(default_factory=list)
    groups: dict[str, Group] = field(default_factory=dict)
    silenced: dict[str, int | None] = field(default_factory=dict)
    """`options.silenced`: scope to the epoch second it ends at, None for ever."""
    overall_state: str = NO_DATA
    overall_state_modified: datetime | None = None

    @property
    def asks_for_no_data(self) -> bool:
        """Whether somebody wants to be told when this monitor stops getting data."""
        on_missing = self.options.get("on_missing_data")
        return self.options.get("notify_no_data") is True or on_missing == "show_and_notify_no_data"

    def live_groups(self) -> list[Group]:
        """The groups that count: neither a `*` from before the monitor was grouped nor what a `*` has replaced."""
        groups = list(self.groups.values())
        if not self.multi and STAR in self.groups:
            return [self.groups[STAR]]
        return [g for g in groups if g.name != STAR] if len(groups) > 1 else groups

    def worst_state(self) -> str:
        """The worst of the groups' states; No Data without any group."""
        states = {group.status for group in self.live_groups()}
        for state in _WORST_FIRST:
            if state in states:
                return state
        # Only states that are unknown to us: show the one that a person set last in spelling, always the same.
        return max(states, default=NO_DATA)


def scope_covers(scope: str, group: str) -> bool:
    """Whether a mute's scope (`*`, `host:a`, `host:a,env:prod`) covers a group, by the group's name."""
    return scope == STAR or set(scope.split(",")) <= set(group.split(","))
