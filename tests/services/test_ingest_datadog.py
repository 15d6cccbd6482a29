"""A webhook of Datadog and the sweeps of its monitor make one incident; the webhook is durable before anything else."""

import itertools

import pytest

from tests.desk import Scripted, at, fires, says
from tests.services.test_ingest import told
from tests.services.test_losing_races import Between
from tocsin.domain.alert import Problem, Push, Source, Sweep
from tocsin.domain.decision import Reason
from tocsin.domain.timeline import EventKind
from tocsin.errors import RateLimited, StoreError
from tocsin.services.ingest_datadog import MOST_LOOKS, ingest_datadog


def hook(monitor=1, word="Alert", group="*", minutes=0.0, **more):
    """Build what a webhook says of one group, or of a monitor as a whole; it names no priority."""
    given = {"observed_at": at(minutes), "provisional": group == "*", "cycle_key": "c1"}
    return says(monitor, word, group, **(given | more))


class Reader:
    """Says of a monitor what it is told, and remembers what it was asked."""

    def __init__(self, *said):
        self._said = list(said)
        self.asked = []

    def look(self, origin, known):
        self.asked.append((origin, [alert.key for alert in known]))
        said = self._said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def seen(desk, *said, origin="1"):
    """Build what reading one monitor now gives."""
    with_groups = frozenset({origin})
    return Sweep(
        source=Source.DATADOG,
        started_at=desk.now,
        complete=False,
        observations=[one.model_copy(update={"observed_at": desk.now}) for one in said],
        seen=with_groups,
        with_groups=with_groups,
        why_incomplete="one monitor was asked for",
    )


def delivered(desk, *items, reader=None, store=None):
    ids = itertools.count(1)
    push = Push(
        source=Source.DATADOG,
        received_at=desk.now,
        items=[item if isinstance(item, Problem) else item.model_copy(update={"sent_at": desk.now}) for item in items],
    )
    return ingest_datadog(
        store or desk.store,
        push,
        desk.service.rules,
        reader=reader,
        clock=lambda: desk.now,
        new_id=lambda: f"hook {desk.now} {next(ids)}",
    )


class TestOneProblem:
    def test_a_sweep_after_the_webhook_finds_the_incident_there(self, desk):
        """The same group of the same monitor: nothing new."""
        assert told(desk.push(hook(group="host:a"))) == [("opened", "INC-1001")]
        report = desk.minute(1).sweep(says(1, group="host:a", since=0))
        assert (report.opened, report.decisions) == ((), {Reason.DEDUPLICATED: 1})
        assert desk.alert("1:host:a").cycle_key == "c1"

    def test_a_webhook_after_the_sweep_is_counted(self, desk):
        """Decided on once, since the sweep left no signature; from then on it only counts."""
        desk.sweep(says(1, group="host:a", since=0))
        desk.minute(1).push(hook(group="host:a", minutes=1))
        row = desk.alert("1:host:a")
        assert (row.count, row.cycle_key, row.last_seen_at, row.version) == (2, "c1", at(1), 1)
        desk.minute(2).push(hook(group="host:a", minutes=2))
        assert (desk.alert("1:host:a").count, desk.only().version) == (3, 0)

    def test_another_group_joins_the_incident_of_its_monitor(self, desk):
        """However much later: a monitor's incident is joined while it is open."""
        desk.sweep(says(1, group="host:a", since=0))
        assert told(desk.minute(300).push(hook(group="host:b", minutes=300))) == [("joined", "INC-1001")]

    def test_a_webhook_without_a_priority_does_not_change_what_a_sweep_knows(self, desk):
        """It fires as it did; getting worse is told by its state."""
        desk.sweep(says(1, "Warn", "host:a", since=0, priority=4))
        assert told(desk.minute(1).push(hook(word="Warn", group="host:a", minutes=1)))[0][0] == "deduplicated"
        assert desk.only().severity == "low"
        assert told(desk.minute(2).push(hook(group="host:a", minutes=2)))[0][0] == "severity_raised"
        assert desk.minute(3).sweep(says(1, group="host:a", since=0, priority=3)).decisions == {
            Reason.SEVERITY_LOWERED: 1
        }
        assert told(desk.minute(4).push(hook(group="host:a", minutes=4)))[0][0] == "deduplicated"
        assert desk.only().severity == "medium"

    def test_a_recovery_by_webhook_is_one(self, desk):
        """And one of what was not known is remembered, so that late news of it opens nothing."""
        desk.sweep(says(1, group="host:a", since=0))
        assert told(desk.minute(2).push(hook(word="OK", group="host:a", minutes=1.5))) == [("recovered", "INC-1001")]
        assert desk.only().recovered_at == at(1.5)
        assert told(desk.push(hook(2, "OK", "host:a", 1.5))) == [("not_firing", "")]
        assert told(desk.push(hook(2, "Alert", "host:a", 1))) == [("out_of_order", "")]

    def test_a_sweep_that_began_before_the_recovery_does_not_undo_it(self, desk):
        """It is older than what was applied."""
        desk.sweep(says(1, group="host:a", since=0))
        late = desk.minute(1).build(says(1, group="host:a", since=0))
        desk.minute(2).push(hook(word="OK", group="host:a", minutes=1.5))
        report = desk.service.sync(Scripted([late]))
        assert report.decisions == {Reason.OUT_OF_ORDER: 1}

    def test_missing_data_leaves_what_fires_as_it_is(self, desk):
        """It is counted, and its severity stays."""
        desk.push(hook(group="host:a"))
        no_data = hook(word="No Data", group="host:a", minutes=1, asks_no_data=True)
        assert told(desk.minute(1).push(no_data))[0][0] == "kept_no_data"
        assert told(desk.minute(2).push(no_data.model_copy(update={"observed_at": at(2)})))[0][0] == "deduplicated"
        assert (desk.only().severity, desk.alert("1:host:a").word) == ("high", "Alert")


class TestProvisional:
    def test_a_sweep_puts_what_really_fires_in_the_place_of_a_guess(self, desk):
        """What fires joins first, and the guess ends: the incident never looks quiet."""
        desk.push(hook())
        assert desk.alert("1:*").provisional
        report = desk.minute(1).sweep(says(1, group="host:a", since=0), says(1, group="host:b", since=0))
        assert report.decisions == {Reason.JOINED: 2, Reason.REPLACED: 1}
        incident = desk.only()
        assert (incident.alerts.firing_now, incident.recovered_at) == (2, None)
        assert desk.alert("1:*").ended_by is Reason.REPLACED
        assert EventKind.RECOVERED not in [event.kind for event in desk.service.timeline("INC-1001")]

    def test_a_monitor_without_groups_was_meant_as_a_whole(self, desk):
        """The guess was right; from then on it is like any other alert."""
        desk.push(hook())
        assert desk.minute(1).sweep(says(1, since=0)).decisions == {Reason.DEDUPLICATED: 1}
        assert not desk.alert("1:*").provisional
        assert desk.minute(2).sweep(quiet=[1]).decisions == {Reason.HELD_GROUP_MISSING: 1}

    def test_a_sweep_that_is_older_than_the_guess_ends_nothing(self, desk):
        """Only one begun after it knows better."""
        late = desk.build(says(1, group="host:a", since=0))
        desk.minute(1).push(hook(minutes=1))
        desk.service.sync(Scripted([late]))
        assert desk.alert("1:*").firing

    def test_a_sweep_without_the_groups_of_its_monitor_ends_nothing(self, desk):
        """Nor one in which the monitor could not be read, or did not come."""
        desk.push(hook())
        desk.minute(1).sweep(bare=[1])
        desk.minute(2).sweep(problems=[Problem(origin="1", why="odd")])
        desk.minute(3).sweep(complete=False)
        assert desk.alert("1:*").firing

    def test_an_incomplete_sweep_in_which_the_groups_came_ends_it(self, desk):
        """What the monitor says of itself is all that counts."""
        desk.push(hook())
        assert desk.minute(1).sweep(quiet=[1], complete=False).decisions == {Reason.REPLACED: 1}
        assert desk.only().recovered_at == at(1)

    def test_a_renewed_notification_pages_nobody_again(self, desk):
        """It repeats what the groups have said for themselves."""
        desk.push(hook())
        desk.minute(1).sweep(says(1, group="host:a", since=0))
        desk.service.acknowledge("INC-1001", by="ann")
        assert told(desk.minute(30).push(hook(minutes=30))) == [("refired", "INC-1001")]
        assert desk.only().cycles == 1

    def test_news_by_group_does_not_confirm_a_guess(self, desk):
        """Only what says for certain that the whole monitor was meant does."""
        desk.push(hook())
        desk.minute(1).push(hook(minutes=1))
        assert desk.alert("1:*").provisional
        desk.minute(2).push(hook(minutes=2, word="Warn"))
        assert desk.alert("1:*").provisional
        desk.minute(3).push(hook(minutes=3, provisional=False))
        assert not desk.alert("1:*").provisional


class TestLooking:
    def test_the_monitor_is_read_at_once(self, desk):
        """One incident, with what really fires in it, before the next sweep."""
        reader = Reader(seen(desk, says(1, group="host:a", since=0), says(1, group="host:b", since=0)))
        report = delivered(desk, hook(minutes=-1), reader=reader)
        assert told(report.delivery) == [("opened", "INC-1001")]
        (look,) = report.looks
        assert {decision.reason for decision in look.decisions} == {Reason.JOINED, Reason.REPLACED}
        assert (look.origin, look.opened, look.failed) == ("1", (), "")
        assert reader.asked == [("1", ["1:*"])]
        assert desk.only().alerts.firing_now == 2

    def test_only_the_alerts_of_that_monitor_are_concerned(self, desk):
        """A monitor that did not come has not gone, nor any group."""
        desk.sweep(says(1, group="host:a", since=0), says(2, since=0), says(12, since=0))
        reader = Reader(seen(desk.minute(1), says(1, "OK", "host:a", since=0, resolved=1)))
        delivered(desk, hook(group="host:b", minutes=1), reader=reader)
        assert reader.asked == [("1", ["1:host:a", "1:host:b"])]
        assert [desk.alert(key).firing for key in ("1:host:a", "1:host:b", "2:*", "12:*")] == [False, True, True, True]

    def test_a_monitor_that_cannot_be_read_fails_no_delivery(self, desk):
        """What the webhook said is there, and the report says why there is no more."""
        report = delivered(desk, hook(), reader=Reader(RateLimited("Datadog limits the rate (429)")))
        assert told(report.delivery) == [("opened", "INC-1001")]
        assert report.looks[0].failed == "Datadog limits the rate (429)"
        assert desk.only().alerts.firing_now == 1

    def test_a_store_that_fails_afterwards_fails_no_delivery(self, desk):
        """The next sweep does what is left."""

        def fail():
            raise StoreError("the disk is full")

        store = Between(desk.store, lambda: None, fail)
        reader = Reader(seen(desk, says(1, group="host:a", since=0)))
        report = delivered(desk, hook(minutes=-1), reader=reader, store=store)
        assert (told(report.delivery), report.looks[0].failed) == ([("opened", "INC-1001")], "the disk is full")

    def test_a_store_that_fails_at_the_delivery_fails_it(self, desk):
        """Datadog sends it again; nothing is read before it is durable."""

        def fail():
            raise StoreError("the disk is full")

        reader = Reader()
        with pytest.raises(StoreError):
            delivered(desk, hook(), reader=reader, store=Between(desk.store, fail))
        assert reader.asked == []

    def test_without_keys_the_delivery_is_all(self, desk):
        """Whoever has only webhooks has incidents all the same."""
        report = delivered(desk, hook())
        assert (told(report.delivery), report.looks) == ([("opened", "INC-1001")], ())

    def test_what_somebody_wrote_in_between_is_decided_on_again(self, desk):
        """A sweep at the same time makes nothing twice."""
        sweep = desk.build(says(1, group="host:a", since=0))
        store = Between(desk.store, lambda: None, lambda: desk.service.sync(Scripted([sweep])))
        report = delivered(
            desk, hook(minutes=-1), reader=Reader(seen(desk, says(1, group="host:a", since=0))), store=store
        )
        assert {decision.reason for decision in report.looks[0].decisions} == {Reason.DEDUPLICATED}
        assert desk.only().alerts.firing_now == 1

    def test_who_always_writes_first_wins(self, desk):
        """A bounded number of attempts; the next sweep sees to it."""

        def touch():
            row = desk.alert("1:*")
            desk.push(hook(minutes=row.version, word="Warn" if row.version % 2 else "Alert"))

        store = Between(desk.store, lambda: None, *([touch] * 9))
        desk.minute(60)
        reader = Reader(seen(desk, says(1, group="host:a", since=0)))
        (look,) = delivered(desk, hook(minutes=-1), reader=reader, store=store).looks
        assert look.decisions == ()
        assert look.failed == ""

    def test_each_monitor_of_a_delivery_is_read_once_and_not_too_many(self, desk):
        """Datadog's own deliveries are about one."""
        items = [hook(monitor, group=group) for monitor in range(1, 9) for group in ("host:a", "host:b")]
        reader = Reader(*(seen(desk, origin=str(monitor)) for monitor in range(1, 9)))
        report = delivered(desk, Problem(why="odd"), *items, reader=reader)
        assert [one.origin for one in report.looks] == [str(monitor) for monitor in range(1, MOST_LOOKS + 1)]
        assert len(report.delivery.items) == 17


def test_a_webhook_without_a_service_is_no_alert_of_its_own(desk):
    """Of Datadog the monitor is what incidents are made of, whatever its tags say."""
    assert told(desk.push(hook(group="host:a", service=""), hook(group="host:b"))) == [
        ("opened", "INC-1001"),
        ("joined", "INC-1001"),
    ]
    assert told(desk.push(fires())) == [("opened", "INC-1002")]
