"""The state of the simulated Datadog, and everything that can happen to it."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from .clock import Clock, wall_clock
from .monitor import NO_DATA, OK, STAR, TRIGGERED, Downtime, Group, SimulatedMonitor, scope_covers
from .typed import JSON

MonitorRef: TypeAlias = "int | SimulatedMonitor"
TriggeredStatus: TypeAlias = Literal["Alert", "Warn"]
MuteVia: TypeAlias = Literal["silenced", "downtime", "both"]

_FIRST_MONITOR_ID = 140_000_000
_FIRST_DOWNTIME_ID = 2_900_000_000
_CREATOR: Mapping[str, JSON] = {
    "name": "Demo Operator",
    "email": "operator@example.com",
    "handle": "operator@example.com",
    "id": 4_351_227,
}


class UnknownMonitor(LookupError):
    """No monitor has this id (any more)."""


class World:
    """An organisation's monitors. Every method may be called from any thread.

    Times default to the clock's; `at` says otherwise. Datadog's own stamps are kept as the recordings show them: a
    group's are epoch seconds, and `overall_state_modified` comes `state_lag` after the group's trigger, so that
    nobody can mistake it for the start of an episode.
    """

    def __init__(
        self,
        clock: Clock = wall_clock,
        *,
        org_id: int = 321_813,
        state_lag: timedelta = timedelta(seconds=1),
        escalation_moves_trigger: bool = True,
    ) -> None:
        """Make an empty organisation.

        `escalation_moves_trigger`: whether Warn to Alert (or back) moves `last_triggered_ts`. Nobody could verify
        what Datadog does; its documents say so of the template variable `last_triggered_at`.
        """
        self.clock = clock
        self.org_id = org_id
        self.state_lag = state_lag
        self.escalation_moves_trigger = escalation_moves_trigger
        self.lock = threading.RLock()
        self.revision = 0
        self._monitors: dict[int, SimulatedMonitor] = {}
        # By monitor, None for the organisation-wide ones: a list page must not look at everybody's downtimes.
        self._downtimes: dict[int | None, dict[int, Downtime]] = {None: {}}
        self._next_monitor = _FIRST_MONITOR_ID
        self._downtime_ids = itertools.count(_FIRST_DOWNTIME_ID)

    # -- looking ------------------------------------------------------------------------------------------------

    def now(self) -> int:
        """The clock, in epoch seconds."""
        return int(self.clock().timestamp())

    def monitors(self) -> list[SimulatedMonitor]:
        """All monitors by ascending id, as Datadog lists them."""
        with self.lock:
            return [self._monitors[monitor_id] for monitor_id in sorted(self._monitors)]

    def get(self, monitor: MonitorRef) -> SimulatedMonitor:
        """The monitor with this id; raises UnknownMonitor."""
        monitor_id = monitor.id if isinstance(monitor, SimulatedMonitor) else int(monitor)
        with self.lock:
            try:
                return self._monitors[monitor_id]
            except KeyError:
                raise UnknownMonitor(monitor_id) from None

    def downtimes(self, monitor: SimulatedMonitor) -> list[Downtime]:
        """The downtimes that match a monitor and are not over, newest first."""
        now = self.now()
        with self.lock:
            candidates = [*self._downtimes[None].values(), *self._downtimes.get(monitor.id, {}).values()]
        matching = [d for d in candidates if not d.ended(now) and d.matches(monitor)]
        return sorted(matching, key=lambda downtime: -downtime.id)

    def muted(self, monitor: SimulatedMonitor, group: str) -> tuple[bool, int | None]:
        """Whether a group is muted now, and until when (None: for ever, or not at all)."""
        now = self.now()
        with self.lock:
            ends = [e for s, e in monitor.silenced.items() if (e is None or e > now) and scope_covers(s, group)]
            ends += [d.end for d in self.downtimes(monitor) if d.active(now) and (STAR in d.scope or d.covers(group))]
        known = [end for end in ends if end is not None]
        return bool(ends), max(known) if known and len(known) == len(ends) else None

    # -- states -------------------------------------------------------------------------------------------------

    def trigger(
        self,
        monitor: MonitorRef,
        group: str | None = None,
        status: TriggeredStatus = "Alert",
        at: datetime | None = None,
    ) -> None:
        """A group goes to Alert or Warn; without `group`, every group of the monitor (`*` if it has none).

        Triggering what is triggered already is a renotification: only `last_notified_ts` moves.
        """
        with self._moving(monitor, at) as (moved, stamp):
            for one in self._groups(moved, group):
                fresh = one.status not in TRIGGERED
                if fresh or (one.status != status and self.escalation_moves_trigger):
                    one.last_triggered_ts = stamp
                one.status = status
                self._notify(moved, one, stamp)

    def recover(self, monitor: MonitorRef, group: str | None = None, at: datetime | None = None) -> None:
        """A group goes back to OK; without `group`, every group that is not. What is OK stays untouched."""
        with self._moving(monitor, at) as (moved, stamp):
            for one in self._groups(moved, group):
                if one.status != OK:
                    one.status = OK
                    one.last_resolved_ts = stamp
                    self._notify(moved, one, stamp)

    def no_data(self, monitor: MonitorRef, group: str | None = None, at: datetime | None = None) -> None:
        """A group stops getting data; Datadog notifies only if the monitor asks for it."""
        with self._moving(monitor, at) as (moved, stamp):
            for one in self._groups(moved, group):
                if one.status != NO_DATA:
                    one.status = NO_DATA
                    one.last_nodata_ts = stamp
                    if moved.asks_for_no_data:
                        self._notify(moved, one, stamp)

    def set_status(self, monitor: MonitorRef, status: str, group: str | None = None) -> None:
        """Put a group in any state, known or not (`Skipped`, `Unknown`, one that does not exist yet)."""
        with self._moving(monitor, None) as (moved, _):
            for one in self._groups(moved, group):
                one.status = status

    def reevaluate(self, monitor: MonitorRef, at: datetime | None = None) -> None:
        """Datadog touches `overall_state_modified` though no state changed (recorded up to 72,900 s later)."""
        with self._moving(monitor, at) as (moved, _):
            moved.overall_state_modified = (at or self.clock()) + self.state_lag

    # -- muting -------------------------------------------------------------------------------------------------

    def mute(
        self, monitor: MonitorRef, scope: str = STAR, until: datetime | None = None, via: MuteVia = "both"
    ) -> None:
        """Mute a scope until a time (None: for ever), shown in `options.silenced`, as a downtime, or in both.

        Both is what a recorded mute shows; downtimes of the newer kind show only in `matching_downtimes`.
        """
        end = None if until is None else int(until.timestamp())
        with self._moving(monitor, None) as (moved, stamp):
            if via != "downtime":
                moved.silenced[scope] = end
            if via != "silenced":
                self._add_downtime(Downtime(0, (scope,), stamp, end, monitor_id=moved.id))
            moved.modified = self.clock()

    def unmute(self, monitor: MonitorRef, scope: str | None = None) -> None:
        """End the monitor's own mutes: those with this very scope, or all. Organisation-wide downtimes stay."""
        with self._moving(monitor, None) as (moved, _):
            for muted in [s for s in moved.silenced if scope in (None, s)]:
                del moved.silenced[muted]
            own = self._downtimes.get(moved.id, {})
            for downtime in [d for d in own.values() if scope is None or d.scope == (scope,)]:
                del own[downtime.id]
            moved.modified = self.clock()

    def schedule_downtime(
        self,
        scope: str = STAR,
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        monitor_tags: Iterable[str] = (),
    ) -> int:
        """Schedule an organisation-wide downtime and return its id.

        One that has not begun is listed too, with `active` false: a reader must look at the field.
        """
        begins = self.now() if start is None else int(start.timestamp())
        ends = None if end is None else int(end.timestamp())
        with self.lock:
            self.revision += 1
            return self._add_downtime(Downtime(0, (scope,), begins, ends, monitor_tags=tuple(monitor_tags)))

    def cancel_downtime(self, downtime_id: int) -> None:
        """End a downtime now. One that is gone already is no error."""
        with self.lock:
            self.revision += 1
            for downtimes in self._downtimes.values():
                downtimes.pop(downtime_id, None)

    # -- the monitors themselves --------------------------------------------------------------------------------

    def create(
        self,
        name: str,
        *,
        query: str = "avg(last_5m):avg:system.load.1{*} > 5",
        type: str = "query alert",  # noqa: A002 - Datadog's own word
        message: str = "",
        tags: Iterable[str] = (),
        options: Mapping[str, JSON] | None = None,
        priority: int | None = None,
        groups: Iterable[str] = (STAR,),
        draft: bool = False,
        created: datetime | None = None,
        monitor_id: int | None = None,
        assets: Iterable[JSON] = (),
    ) -> SimulatedMonitor:
        """Add a monitor whose groups are all OK. Without groups it is a new one: No Data, never evaluated.

        Ids ascend, so that a monitor made during a keyset walk comes at its end. Raises ValueError for an id in use.
        """
        born = created or self.clock()
        names = list(groups)
        with self.lock:
            number = self._next_monitor if monitor_id is None else int(monitor_id)
            if number in self._monitors:
                msg = f"monitor {number} exists already"
                raise ValueError(msg)
            self._next_monitor = max(self._next_monitor, number + 1)
            monitor = SimulatedMonitor(
                id=number,
                name=name,
                type=type,
                query=query,
                message=message,
                tags=list(tags),
                options={"notify_audit": False, "include_tags": True, "new_host_delay": 300, **(options or {})},
                multi=bool(names) and names != [STAR] and type != "synthetics alert",
                created=born,
                modified=born,
                creator=dict(_CREATOR),
                priority=priority,
                draft=draft,
                assets=list(assets),
                groups={group: Group(group) for group in names},
                overall_state=OK if names else NO_DATA,
                overall_state_modified=born + self.state_lag if names else None,
            )
            self._monitors[number] = monitor
            self.revision += 1
            return monitor

    def delete(self, monitor: MonitorRef) -> None:
        """Delete a monitor and its own downtimes; raises UnknownMonitor."""
        with self.lock:
            gone = self.get(monitor)
            del self._monitors[gone.id]
            self._downtimes.pop(gone.id, None)
            self.revision += 1

    def regroup(self, monitor: MonitorRef, groups: Iterable[str], *, leave_stale: bool = False) -> None:
        """Group a monitor otherwise. New groups start OK; groups of before go, or linger if `leave_stale`."""
        with self._moving(monitor, None) as (moved, _):
            before = moved.groups
            wanted = list(groups)
            names = [*before, *(n for n in wanted if n not in before)] if leave_stale else wanted
            moved.groups = {name: before.get(name, Group(name)) for name in names}
            moved.multi = wanted != [STAR]
            moved.modified = self.clock()

    def remove_group(self, monitor: MonitorRef, group: str) -> None:
        """A group goes for good, as a host does that was shut down a day ago."""
        with self._moving(monitor, None) as (moved, _):
            moved.groups.pop(group, None)

    def edit(
        self,
        monitor: MonitorRef,
        *,
        name: str | None = None,
        tags: Iterable[str] | None = None,
        options: Mapping[str, JSON] | None = None,
    ) -> None:
        """Rename or retag a monitor, or set some of its options; what is not given stays."""
        with self._moving(monitor, None) as (moved, _):
            moved.name = moved.name if name is None else name
            moved.tags = moved.tags if tags is None else list(tags)
            moved.options = {**moved.options, **(options or {})}
            moved.modified = self.clock()

    def set_priority(self, monitor: MonitorRef, priority: int | None) -> None:
        """Set the priority: 1 (highest) to 5, or None."""
        with self._moving(monitor, None) as (moved, _):
            moved.priority = priority
            moved.modified = self.clock()

    def set_draft(self, monitor: MonitorRef, *, draft: bool) -> None:
        """Make a monitor a draft, which notifies nobody, or publish it."""
        with self._moving(monitor, None) as (moved, _):
            moved.draft = draft
            moved.modified = self.clock()

    # -- within -------------------------------------------------------------------------------------------------

    @contextmanager
    def _moving(self, monitor: MonitorRef, at: datetime | None) -> Iterator[tuple[SimulatedMonitor, int]]:
        """Hold the lock, hand out the monitor and the time stamp, then bring the overall state up to date."""
        moment = at or self.clock()
        with self.lock:
            moved = self.get(monitor)
            self.revision += 1
            yield moved, int(moment.timestamp())
            state = moved.worst_state()
            if state != moved.overall_state:
                moved.overall_state = state
                moved.overall_state_modified = moment + self.state_lag

    def _groups(self, monitor: SimulatedMonitor, name: str | None) -> list[Group]:
        if name is None and monitor.groups:
            return monitor.live_groups()
        return [monitor.groups.setdefault(name or STAR, Group(name or STAR))]

    def _notify(self, monitor: SimulatedMonitor, group: Group, stamp: int) -> None:
        # A muted group and a draft change state all the same: only the notification is missing.
        if not monitor.draft and not self.muted(monitor, group.name)[0]:
            group.last_notified_ts = stamp

    def _add_downtime(self, downtime: Downtime) -> int:
        numbered = replace(downtime, id=next(self._downtime_ids))
        self._downtimes.setdefault(numbered.monitor_id, {})[numbered.id] = numbered
        return numbered.id
