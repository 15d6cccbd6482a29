"""Whatever people do, in whatever order, while monitors fire and sweeps come: what must always hold of an incident."""

from contextlib import suppress
from datetime import timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from tests.desk import says
from tests.domain.test_any_history import GROUPS, MONITORS, ORDER, History, _count
from tocsin.domain.alert import Push, Source
from tocsin.domain.deleting import DELETED
from tocsin.domain.draft import TIMER
from tocsin.domain.editing import Edit
from tocsin.domain.incident import Status
from tocsin.domain.lifecycle import CYCLE, SETTLE, SNOOZE
from tocsin.domain.people import Role
from tocsin.domain.rules import Rules
from tocsin.domain.timeline import SYSTEM, EventKind
from tocsin.errors import IllegalMove, NotFound
from tocsin.services.ingest import ingest

PEOPLE = ("ann", "bo", "cy")
TIMERS = (SETTLE, CYCLE, SNOOZE)

EDITS = st.builds(
    Edit,
    status=st.none() | st.sampled_from(Status),
    severity=st.sampled_from([None, None, "critical", "low"]),
    title=st.sampled_from([None, "one", "another"]),
    description=st.sampled_from([None, "", "more"]),
    assignees=st.none() | st.lists(st.sampled_from(PEOPLE)).map(tuple),
    root_cause=st.sampled_from([None, "dns"]),
    note=st.sampled_from(["", "looking"]),
)


class Life(History):
    """The organisation of :class:`History`, whose people do all that can be done."""

    def __init__(self):
        super().__init__()
        self.gone: set[str] = set()
        self.editors = count(1)

    # People

    @staticmethod
    def _do(service, incident, what):
        with suppress(NotFound):  # somebody has deleted it meanwhile
            History._do(service, incident, what)

    @initialize(firing=st.sets(st.sampled_from([(monitor, group) for monitor in MONITORS for group in GROUPS])))
    def something_fires_already(self, firing):
        for monitor, group in sorted(firing):
            self.something_happens(monitor, group, "Alert")
        self.whole_sweep(confirm=True)

    @rule(name=st.sampled_from(["a", "b"]), word=st.sampled_from(["firing", "firing", "resolved"]))
    def something_is_pushed(self, name, word):
        """By a sender that may never say that it is over."""
        self.time_passes(0.25)
        seen = says(name, word, source=Source.GENERIC, service=name).model_copy(update={"observed_at": self.desk.now})
        push = Push(source=Source.GENERIC, received_at=self.desk.now, items=[seen])
        ingest(self.store, push, Rules(), clock=lambda: self.desk.now, new_id=lambda: f"push-{next(self.editors)}")

    def _one(self, data):
        incidents = self.desk.incidents()
        return data.draw(st.sampled_from(incidents)).id if incidents else ""

    def _two(self, data):
        incidents = [incident.id for incident in self.desk.incidents()]
        return data.draw(st.permutations(incidents))[:2] if len(incidents) > 1 else ()

    @rule(data=st.data(), edit=EDITS)
    def somebody_edits(self, data, edit):
        """All of it in one change, or nothing."""
        if one := self._one(data):
            name = f"editor {next(self.editors)}"
            changes = 1
            try:
                self.desk.service.edit(one, edit, by=name)
            except (IllegalMove, NotFound):
                changes = 0
            assert len({event.version for event in self.store.timeline(one) if event.by == name}) <= changes

    @rule(data=st.data(), minutes=st.sampled_from([0.5, 3, 8, 20]), fresh=st.booleans())
    def somebody_snoozes(self, data, minutes, fresh):
        if one := self._one(data):
            with suppress(IllegalMove):
                self.desk.service.snooze(one, self.desk.now + timedelta(minutes=minutes), by="ann")
                if not fresh:
                    self.desk.service.unsnooze(one, by="bo")

    @rule(data=st.data(), who=st.sampled_from(PEOPLE), role=st.sampled_from([None, *Role]), on=st.booleans())
    def somebody_is_assigned(self, data, who, role, on):
        if one := self._one(data):
            with suppress(IllegalMove):
                if on:
                    self.desk.service.assign(one, who, role=role, by="ann")
                else:
                    self.desk.service.unassign(one, who, by="ann")

    @rule(severity=st.sampled_from([None, "low", "critical"]))
    def somebody_opens(self, severity):
        if len(self.desk.incidents()) < 8:
            self.desk.service.open("by hand", by="ann", severity=severity)

    @rule(data=st.data(), at_once=st.booleans())
    def somebody_merges(self, data, at_once):
        """Now, or in the middle of the next write."""

        def merge(service):
            with suppress(IllegalMove, NotFound):
                service.merge(*two, by="ann")

        if two := self._two(data):
            if at_once:
                merge(self.desk.service)
            else:
                self.store.meanwhile = lambda: merge(self.colleague)

    @rule(data=st.data())
    def somebody_deletes(self, data):
        if one := self._one(data):
            with suppress(IllegalMove):
                self.desk.service.delete(one, by="root")
                self.gone.add(one)

    # What must always hold

    def _survivor(self, incident_id):
        incident = self.store.incident(incident_id)
        while incident is not None and incident.merged_into:
            incident = self.store.incident(incident.merged_into)
        return "" if incident is None else incident.id

    @invariant()
    def at_most_one_joinable_incident_a_key(self):
        """An open claim names an active incident; nothing joins what is over, merged or gone."""
        # What is pushed may be joined for five minutes only; a monitor's incident as long as it is open.
        active = [one.correlation_key for one in self.desk.incidents() if one.active and one.source is Source.DATADOG]
        assert len(active) == len(set(active))
        claims = self.store._claims.values()
        for claim in claims:
            incident = self.store.incident(claim.incident_id)
            if claim.joinable(self.desk.now):
                # Who took over what is gone does not know its key: that claim stays, and is as good as over.
                assert self.gone if incident is None else incident.active or self.gone & set(incident.merged)
        for key in active:
            assert self.store.claims([key])[key].joinable(self.desk.now)

    @invariant()
    def no_open_incident_without_an_alert_and_the_counts_are_right(self):
        """What fires is counted once: where it is worked on."""
        rows = [alert for source in Source for alert in self.store.alerts(source) if alert.firing]
        for incident in self.desk.incidents():
            mine = [alert for alert in rows if self._survivor(alert.incident_id) == incident.id]
            assert incident.alerts.firing == _count(mine)
            assert incident.alerts.muted == _count([alert for alert in mine if alert.muted])
            assert incident.alerts.total or incident.source is Source.MANUAL
            if not self.gone & set(incident.merged):
                assert incident.alerts.total == len(self.desk.service.whole(incident.id).alerts)
            if incident.active:
                assert (incident.recovered_at is not None) is (not mine and incident.alerts.total > 0)

    @invariant()
    def whoever_was_merged_is_over_and_both_know_of_it(self):
        for incident in self.desk.incidents():
            if incident.merged_into:
                assert not incident.active
                survivor = self.store.incident(self._survivor(incident.id) or incident.merged_into)
                assert survivor is None or incident.id in survivor.merged

    @invariant()
    def every_timer_that_is_waited_for_is_set_and_no_other(self):
        for incident in self.desk.incidents():
            there = {what for what in TIMERS if self.store.record(TIMER, f"{what}:{incident.id}")}
            settles = incident.recovered_at is not None and incident.source is not Source.MANUAL
            wanted = {
                SETTLE: incident.active and settles,
                CYCLE: incident.cycle_due_at is not None,
                SNOOZE: incident.snoozed_until is not None,
            }
            assert there == {what for what, is_wanted in wanted.items() if is_wanted}
        for one in self.gone:
            assert not any(self.store.record(TIMER, f"{what}:{one}") for what in TIMERS)

    @invariant()
    def a_snooze_is_over_when_its_time_has_come(self):
        """Ticks follow: but for what is about to resolve by itself, nothing stays held."""
        self.desk.service.tick()
        for incident in self.desk.incidents():
            if incident.snoozed_until is not None and incident.snoozed_until <= self.desk.now:
                assert incident.recovered_at is not None or self._looks_again(incident)

    def _looks_again(self, incident):
        timer = self.store.record(TIMER, f"{SNOOZE}:{incident.id}")
        return self.desk.now < timer.due_at <= self.desk.now + Rules().settle

    @invariant()
    def every_edit_of_a_person_is_one_revision(self):
        for incident in self.desk.incidents():
            by = {event.version: event.by for event in self.store.timeline(incident.id)}
            assert incident.revision == sum(version > 0 and who != SYSTEM for version, who in by.items())

    @invariant()
    def one_commands_at_most_and_whoever_has_a_role_is_assigned(self):
        for incident in self.desk.incidents():
            assert set(incident.roles) <= set(incident.assignees)
            assert list(incident.roles.values()).count(Role.COMMANDER) <= 1
            assert Role.RESPONDER not in incident.roles.values()

    @invariant()
    def what_is_gone_is_on_record(self):
        for one in self.gone:
            assert self.store.incident(one) is None
            assert self.store.record(DELETED, one) is not None

    @invariant()
    def status_never_goes_back(self):
        for incident in self.desk.incidents():
            before = self.reached.get(incident.id, Status.DETECTED)
            assert ORDER.index(incident.status) >= ORDER.index(before)
            self.reached[incident.id] = incident.status

    @invariant()
    def what_a_person_resolved_is_left_alone(self):
        for incident in self.desk.incidents():
            if not incident.active:
                events = self.store.timeline(incident.id)
                ended = next(event.version for event in events if event.kind is EventKind.RESOLVED)
                machine = {event.kind for event in events if event.version > ended and event.by == SYSTEM}
                assert machine <= (set() if incident.merged_into else {EventKind.ALERTS_ENDED})


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=120, stateful_step_count=50, deadline=None)
