"""Whatever happens, in whatever order: random histories of monitors, sweeps and people, and what must always hold."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.desk import Desk, says
from tests.fakes import MemoryStore
from tocsin.domain.alert import Source, Sweep
from tocsin.domain.incident import Status
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import IllegalMove

MONITORS = ("1", "2")
GROUPS = ("host:a", "host:b")
ORDER = list(Status)
ASKS = "2"
"""The monitor that asks to be told when data stop."""


@dataclass
class Group:
    """The truth about one group at the source."""

    word: str = "OK"
    triggered: float | None = None
    resolved: float | None = None
    muted: bool = False


class Interfering(MemoryStore):
    """A store in which a colleague may act between somebody's read and his write."""

    meanwhile = None

    def _interfere(self):
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()

    def commit(self, change):
        self._interfere()
        return super().commit(change)

    def commit_many(self, changes):
        self._interfere()
        return super().commit_many(changes)


class History(RuleBasedStateMachine):
    """An organisation of two monitors, watched by sweeps and worked on by people."""

    def __init__(self):
        super().__init__()
        self.minutes = 0.0
        self.store = Interfering()
        self.desk = Desk(self.store)
        self.colleague = self.desk.colleague()
        self.truth = {monitor: {group: Group() for group in GROUPS} for monitor in MONITORS}
        self.late: list[Sweep] = []
        self.reached: dict[str, Status] = {}
        self.applied: dict[str, datetime] = {}

    # The world

    @rule(minutes=st.sampled_from([0.5, 1, 3, 6, 11]))
    def time_passes(self, minutes):
        self.minutes += minutes
        self.desk.minute(self.minutes)

    @rule(
        monitor=st.sampled_from(MONITORS),
        group=st.sampled_from(GROUPS),
        what=st.sampled_from(["Alert", "Alert", "Warn", "OK", "flap", "No Data", "Skipped", "mute", "unmute", "go"]),
    )
    def something_happens(self, monitor, group, what):
        """A group fires, recovers, flaps, falls silent, is muted or goes; each takes some seconds."""
        self.time_passes(0.25)
        state = self.truth.setdefault(monitor, {}).setdefault(group, Group())
        burns = state.word in ("Alert", "Warn")
        match what:
            case "Alert" | "Warn":
                state.triggered = state.triggered if burns else self.minutes
                state.word = what
            case "OK":
                state.resolved = state.resolved if state.word == "OK" else self.minutes
                state.word = what
            case "flap" if burns:
                state.resolved = self.minutes
                self.time_passes(0.25)
                state.triggered = self.minutes
            case "No Data" | "Skipped":
                state.word = what
            case "mute" | "unmute":
                state.muted = what == "mute"
            case "go":
                del self.truth[monitor][group]

    @rule(monitor=st.sampled_from(MONITORS))
    def monitor_is_deleted(self, monitor):
        self.truth.pop(monitor, None)

    # Sweeps

    def _pull(self, *, complete=True, confirm=True, without=()) -> Sweep:
        known = {(alert.origin, alert.group) for alert in self.store.alerts(Source.DATADOG) if alert.firing}
        said = [
            says(
                monitor,
                state.word,
                group,
                since=state.triggered,
                resolved=state.resolved,
                muted=state.muted,
                asks_no_data=monitor == ASKS,
            )
            for monitor, groups in self.truth.items()
            if monitor not in without
            for group, state in groups.items()
            if state.word != "OK" or (monitor, group) in known
        ]
        quiet = [monitor for monitor in self.truth if monitor not in without]
        gone = [monitor for monitor in MONITORS if monitor not in self.truth] if complete and confirm else []
        return self.desk.build(*said, complete=complete, quiet=quiet, gone=gone)

    def _apply(self, sweep):
        self.desk.source.sweeps.append(sweep)
        return self.desk.service.sync(self.desk.source)

    @rule(confirm=st.booleans())
    def whole_sweep(self, confirm):
        """Nothing that burns is without a firing alert, and nothing that recovered has one."""
        sweep = self._pull(confirm=confirm)
        self._apply(sweep)
        rows = {(alert.origin, alert.group): alert for alert in self.store.alerts(Source.DATADOG)}
        for monitor, groups in self.truth.items():
            for group, state in groups.items():
                row = rows.get((monitor, group))
                if row is not None and row.observed_at > sweep.started_at:
                    continue
                if state.word in ("Alert", "Warn") and not state.muted:
                    assert row is not None
                    assert row.firing
                if state.word == "OK":
                    assert row is None or not row.firing

    @rule(without=st.sampled_from(MONITORS))
    def cut_sweep(self, without):
        """A sweep without one monitor ends nothing of it, and resolves nothing that was not settling already."""
        before = {alert.key: alert.firing for alert in self.store.alerts(Source.DATADOG) if alert.origin == without}
        self._apply(self._pull(complete=False, without=(without,)))
        after = {alert.key: alert.firing for alert in self.store.alerts(Source.DATADOG) if alert.origin == without}
        assert before == after

    @rule()
    def sweep_that_will_arrive_late(self):
        self.late.append(self._pull())

    @precondition(lambda self: self.late)
    @rule()
    def late_sweep_arrives(self):
        self._apply(self.late.pop(0))

    @rule()
    def the_same_sweep_twice(self):
        """Reconciling again on the same input decides nothing more."""
        sweep = self._pull()
        self._apply(sweep)
        before = self._snapshot()
        report = self._apply(sweep)
        assert not report.changed
        assert self._snapshot() == before

    def _snapshot(self):
        alerts = sorted(self.store.alerts(Source.DATADOG), key=lambda alert: alert.key)
        return (alerts, self.desk.incidents())

    @rule()
    def tick(self):
        self.desk.service.tick()

    # People

    @rule(data=st.data(), what=st.sampled_from(["ack", "start", "resolve", "close", "high", "low", "assign", "note"]))
    def somebody_acts(self, data, what):
        self._act(self.desk.service, data, what)

    @rule(data=st.data(), what=st.sampled_from(["ack", "start", "resolve", "high"]))
    def somebody_will_act_in_the_middle_of_the_next_write(self, data, what):
        incidents = self.desk.incidents()
        if incidents:
            incident = data.draw(st.sampled_from(incidents)).id
            self.store.meanwhile = lambda: self._do(self.colleague, incident, what)

    def _act(self, service, data, what):
        incidents = self.desk.incidents()
        if incidents:
            self._do(service, data.draw(st.sampled_from(incidents)).id, what)

    @staticmethod
    def _do(service, incident, what):
        acts = {
            "ack": lambda: service.acknowledge(incident, by="ann"),
            "start": lambda: service.start(incident, by="ann"),
            "resolve": lambda: service.resolve(incident, by="ann", root_cause="dns"),
            "close": lambda: service.close(incident, by="ann"),
            "high": lambda: service.set_severity(incident, "high", by="ann"),
            "low": lambda: service.set_severity(incident, "low", by="ann"),
            "assign": lambda: service.assign(incident, "bo", by="ann"),
            "note": lambda: service.note(incident, "looking", by="ann"),
        }
        with suppress(IllegalMove):
            acts[what]()

    # What must always hold

    @invariant()
    def at_most_one_joinable_incident_a_key(self):
        active = [one.correlation_key for one in self.desk.incidents() if one.active]
        assert len(active) == len(set(active))
        for incident in self.desk.incidents():
            claim = self.store.claims([incident.correlation_key])[incident.correlation_key]
            assert claim.joinable(self.desk.now) is (claim.incident_id == incident.id and incident.active) or (
                claim.incident_id != incident.id
            )

    @invariant()
    def no_open_incident_without_an_alert_and_the_counts_are_right(self):
        rows = [alert for alert in self.store.alerts(Source.DATADOG) if alert.firing]
        for incident in self.desk.incidents():
            mine = [alert for alert in rows if alert.incident_id == incident.id]
            assert incident.alerts.total >= 1
            assert incident.alerts.total == len(self.store.alerts_of(incident.id))
            assert incident.alerts.firing == _count(mine)
            assert incident.alerts.muted == _count([alert for alert in mine if alert.muted])
            if incident.active:
                assert (incident.recovered_at is not None) is (not mine)

    @invariant()
    def status_never_goes_back(self):
        for incident in self.desk.incidents():
            before = self.reached.get(incident.id, Status.DETECTED)
            assert ORDER.index(incident.status) >= ORDER.index(before)
            self.reached[incident.id] = incident.status

    @invariant()
    def late_news_never_wins(self):
        for alert in self.store.alerts(Source.DATADOG):
            assert alert.observed_at >= self.applied.get(alert.key, alert.observed_at)
            self.applied[alert.key] = alert.observed_at

    @invariant()
    def what_a_person_resolved_is_left_alone(self):
        for incident in self.desk.incidents():
            if not incident.active:
                events = self.store.timeline(incident.id)
                ended = next(event.version for event in events if event.kind is EventKind.RESOLVED)
                machine = [event.kind for event in events if event.version > ended and event.by == "tocsin"]
                assert set(machine) <= {EventKind.ALERTS_ENDED}

    @invariant()
    def the_timeline_gives_the_state_and_every_event_its_reason(self):
        for incident in self.desk.incidents():
            events = self.store.timeline(incident.id)
            assert replay(incident, events) == incident
            assert all(event.reason for event in events)

    @invariant()
    def nobody_new_is_silenced_by_an_old_acknowledgement(self):
        for incident in self.desk.incidents():
            events = self.store.timeline(incident.id)
            for joined in events:
                if joined.kind is EventKind.ALERTS_JOINED:
                    then = replay(incident, [event for event in events if event.version <= joined.version])
                    assert then.cycles > then.acknowledged_cycles or then.cycle_due_at is not None

    @invariant()
    def what_resolved_by_itself_had_nothing_firing_for_the_settling_time(self):
        for incident in self.desk.incidents():
            for event in self.store.timeline(incident.id):
                if event.kind is EventKind.RESOLVED and event.by == "tocsin":
                    recovered = datetime.fromisoformat(str(event.changes["resolved_at"]))
                    assert event.at - recovered >= Rules().settle


def _count(alerts):
    counts = {}
    for alert in alerts:
        counts[alert.severity] = counts.get(alert.severity, 0) + 1
    return counts


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=200, stateful_step_count=60, deadline=None)
