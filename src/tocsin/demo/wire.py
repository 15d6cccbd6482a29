"""How a monitor looks on the wire: the same keys, in the same order, with the same types as in recorded answers.

Two answers show a monitor, and they differ. The list always carries `matching_downtimes`, asked for or not; get-one
carries it only with `with_downtimes`. `assets` comes only with get-one's `with_assets`. `state` comes only with
`group_states`, in both.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from .monitor import ALERT, NO_DATA, STAR, WARN, Downtime, Group, SimulatedMonitor
from .typed import JSON, JsonObject
from .world import World

TOTAL = "total"
"""What Datadog calls the only group of a simple monitor where it does not call it `*`."""

_GROUP_STATES = {"alert": (ALERT,), "warn": (WARN,), "no data": (NO_DATA,)}


class InvalidGroupStates(ValueError):
    """`group_states` held something other than `all`, `alert`, `warn` or `no data`."""


class GroupStates:
    """A parsed `group_states` parameter: which groups `state` shows."""

    def __init__(self, text: str) -> None:
        """Parse a comma-separated list; raises InvalidGroupStates."""
        asked = [part.strip().lower() for part in text.split(",")]
        if any(part != "all" and part not in _GROUP_STATES for part in asked):
            raise InvalidGroupStates(text)
        self._all = "all" in asked
        self._shown = {state for part in asked for state in _GROUP_STATES.get(part, ())}

    def show(self, group: Group) -> bool:
        """Whether `state` shows this group."""
        return self._all or group.status in self._shown

    def match(self, monitor: SimulatedMonitor) -> bool:
        """Whether any group of the monitor is shown."""
        return self._all or any(self.show(group) for group in monitor.groups.values())


def list_item(world: World, monitor: SimulatedMonitor, group_states: GroupStates | None = None) -> JsonObject:
    """One item of `GET /api/v1/monitor`."""
    item = _monitor(world, monitor)
    item["matching_downtimes"] = _downtimes(world, monitor)
    if group_states is not None:
        item["state"] = _state(monitor, group_states)
    return item


def one(
    world: World,
    monitor: SimulatedMonitor,
    group_states: GroupStates | None = None,
    *,
    with_downtimes: bool = False,
    with_assets: bool = False,
) -> JsonObject:
    """The answer to `GET /api/v1/monitor/{id}`."""
    item = _monitor(world, monitor)
    if with_assets:
        item["assets"] = list(monitor.assets)
    if with_downtimes:
        item["matching_downtimes"] = _downtimes(world, monitor)
    if group_states is not None:
        item["state"] = _state(monitor, group_states)
    return item


def epoch(moment: datetime | None) -> int | None:
    """A time as epoch seconds."""
    return None if moment is None else int(moment.timestamp())


def _monitor(world: World, monitor: SimulatedMonitor) -> JsonObject:
    now = world.now()
    silenced: dict[str, int | None] = {s: e for s, e in monitor.silenced.items() if e is None or e > now}
    changed = monitor.overall_state_modified
    return {
        "id": monitor.id,
        "org_id": world.org_id,
        "type": monitor.type,
        "name": monitor.name,
        "message": monitor.message,
        "tags": list(monitor.tags),
        "query": monitor.query,
        # An option set by hand wins, so that a test can show a `silenced` that Datadog forgot to clean.
        "options": {"silenced": silenced, **monitor.options},
        "multi": monitor.multi,
        "created_at": int(monitor.created.timestamp()) * 1000,
        "created": _iso(monitor.created, "microseconds"),
        "modified": _iso(monitor.modified, "microseconds"),
        "deleted": None,
        "priority": monitor.priority,
        "restricted_roles": monitor.restricted_roles,
        "draft_status": "draft" if monitor.draft else "published",
        "overall_state_modified": None if changed is None else _iso(changed, "seconds"),
        "overall_state": monitor.overall_state,
        "creator": dict(monitor.creator),
    }


def _iso(moment: datetime, precision: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=precision)


def _state(monitor: SimulatedMonitor, group_states: GroupStates) -> JsonObject:
    shown = (group for group in monitor.groups.values() if group_states.show(group))
    return {"groups": {group.name: _group(group) for group in shown}}


def _group(group: Group) -> JsonObject:
    return {
        "name": group.name,
        "status": group.status,
        "last_triggered_ts": group.last_triggered_ts,
        "last_resolved_ts": group.last_resolved_ts,
        "last_notified_ts": group.last_notified_ts,
        "last_nodata_ts": group.last_nodata_ts,
        **group.extras,
    }


def _downtimes(world: World, monitor: SimulatedMonitor) -> list[JSON]:
    now = world.now()
    return [_downtime(downtime, monitor, now) for downtime in world.downtimes(monitor)]


def _downtime(downtime: Downtime, monitor: SimulatedMonitor, now: int) -> JsonObject:
    # As recorded: an organisation-wide downtime names neither the monitor nor its groups.
    own = downtime.monitor_id is not None
    return {
        "id": downtime.id,
        "active": downtime.active(now),
        "monitor_id": downtime.monitor_id,
        "start": downtime.start,
        "end": downtime.end,
        "scope": list(downtime.scope),
        "groups": _named(g for g in monitor.groups if downtime.covers(g)) if own else [],
    }


def _named(groups: Iterable[str]) -> list[str]:
    return [TOTAL if group == STAR else group for group in groups] or [TOTAL]
