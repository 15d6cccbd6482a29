"""Deliveries come late, twice, or not at all: the order of the sender counts, and an end is remembered."""

from datetime import timedelta

import pytest

from tests.desk import NOON, at, fires, is_over
from tests.services.test_ingest import told
from tocsin.domain.alert import Source
from tocsin.domain.decision import Reason
from tocsin.domain.incident import Status
from tocsin.domain.timeline import EventKind

AM = {"source": Source.ALERTMANAGER}


def row(desk, source=Source.GENERIC, key="s:a"):
    return desk.alert(key, source)


class TestOneTimeline:
    """Of senders whose alerts carry the time at which something was so."""

    def test_a_resolve_that_was_sent_between_two_firings_and_comes_last_ends_nothing(self, desk):
        """The second firing was only counted; it moved the alert on all the same."""
        desk.minute(9).push(fires(minutes=1))
        desk.push(fires(minutes=5))
        assert told(desk.push(is_over(minutes=3))) == [("out_of_order", "INC-1001")]
        assert row(desk).firing

    def test_a_firing_that_comes_after_its_resolve_opens_nothing(self, desk):
        """For a day the end is remembered."""
        assert told(desk.push(is_over(minutes=2))) == [("not_firing", "")]
        assert told(desk.push(fires(minutes=1))) == [("out_of_order", "")]
        assert desk.incidents() == []
        tombstone = row(desk)
        assert (tombstone.ended_at, tombstone.ended_by, tombstone.count) == (at(2), Reason.RECOVERED, 0)
        assert tombstone.expires_at == NOON + timedelta(hours=24)

    def test_of_what_is_said_of_one_moment_the_end_counts(self, desk):
        """Whichever comes first: clocks are coarse, and both orders must end alike."""
        desk.push(fires("a", 1), is_over("a", 1))
        desk.push(is_over("b", 1), fires("b", 1))
        assert not row(desk).firing
        assert not row(desk, key="s:b").firing

    def test_a_firing_after_the_end_is_a_new_episode(self, desk):
        """In the same incident while that is open."""
        desk.push(fires(minutes=1), is_over(minutes=2))
        assert told(desk.minute(3).push(fires(minutes=3))) == [("refired", "INC-1001")]
        assert (desk.only().flaps, desk.only().recovered_at, row(desk).count) == (1, None, 1)

    def test_an_end_that_is_forgotten_holds_nothing_back(self, desk):
        """A day later it is another story, whatever its time says."""
        desk.push(is_over(minutes=2))
        assert told(desk.minute(24 * 60 + 1).push(fires(minutes=1))) == [("opened", "INC-1001")]

    def test_a_later_end_moves_the_tombstone_on(self, desk):
        """It stays with its incident, and the news between the two ends are late."""
        desk.push(fires(minutes=1), is_over(minutes=2))
        assert told(desk.minute(9).push(is_over(minutes=8))) == [("not_firing", "INC-1001")]
        assert told(desk.push(fires(minutes=7))) == [("out_of_order", "INC-1001")]
        assert told(desk.push(is_over(minutes=3))) == [("out_of_order", "INC-1001")]
        assert row(desk).expires_at == at(9 + 24 * 60)
        assert [one.ended_at for one in desk.store.alerts_of("INC-1001")] == [at(2)]

    def test_the_same_end_again_writes_nothing(self, desk):
        """A repeated delivery of it is recognised."""
        desk.push(fires(minutes=1), is_over(minutes=2))
        before = row(desk)
        assert told(desk.minute(9).push(is_over(minutes=2))) == [("not_firing", "INC-1001")]
        assert row(desk) == before

    def test_late_news_is_not_counted(self, desk):
        """A firing older than the last one says nothing new."""
        desk.minute(9).push(fires(minutes=5))
        assert told(desk.push(fires(minutes=4, severity_word="critical"))) == [("out_of_order", "INC-1001")]
        assert (row(desk).count, desk.only().severity) == (1, "high")


class TestEpisodes:
    """Of an Alertmanager, whose starts tell one episode from the next."""

    def test_the_same_start_is_the_same_episode(self, desk):
        """However often it is repeated."""
        desk.push(fires(since=-10, **AM))
        assert told(desk.minute(240).push(fires(since=-10, **AM))) == [("deduplicated", "INC-1001")]
        assert row(desk, **AM).count == 2

    def test_a_later_start_is_a_new_episode_though_no_end_was_told(self, desk):
        """The resolve got lost: the first episode ended when the next one began, at the latest."""
        desk.push(fires(since=-10, **AM))
        assert told(desk.minute(4).push(fires(since=3, **AM))) == [("refired", "INC-1001")]
        first, second = sorted(desk.store.alerts_of("INC-1001"), key=lambda one: one.episode)
        assert (first.ended_at, first.ended_by, second.firing) == (at(3), Reason.RECOVERED, True)
        assert desk.only().alerts.firing == {"high": 1}

    def test_an_earlier_start_is_late_news(self, desk):
        """Of an episode that has ended, or of another sender of the same alert."""
        desk.push(fires(since=-1, **AM))
        assert told(desk.push(fires(since=-10, **AM))) == [("out_of_order", "INC-1001")]
        assert row(desk, **AM).triggered_at == at(-1)

    def test_the_end_of_an_earlier_episode_ends_nothing(self, desk):
        """Neither one long before, nor one that ended in the very moment in which this one began."""
        desk.push(fires(since=5, **AM))
        assert told(desk.minute(9).push(is_over("a", 3, since=1, **AM))) == [("out_of_order", "INC-1001")]
        assert told(desk.push(is_over("a", 5, since=1, **AM))) == [("out_of_order", "INC-1001")]
        assert row(desk, **AM).firing

    def test_two_senders_that_differ_in_the_start_agree_on_the_end(self, desk):
        """Of a pair of servers the one that saw it first may tell of it last: what ended later has ended."""
        desk.push(fires(since=2, **AM))
        assert told(desk.minute(9).push(is_over("a", 8, since=1, **AM))) == [("recovered", "INC-1001")]

    def test_the_end_of_a_later_episode_ends_an_earlier_one_too(self, desk):
        """Its own firing and the end before were lost."""
        desk.push(fires(since=1, **AM))
        assert told(desk.minute(9).push(is_over("a", 8, since=6, **AM))) == [("recovered", "INC-1001")]
        assert told(desk.push(fires(since=6, **AM))) == [("out_of_order", "INC-1001")]

    def test_a_late_firing_of_an_episode_that_is_over_opens_nothing(self, desk):
        """Within two minutes of the end it may have been on its way."""
        desk.push(fires(since=-5, **AM))
        desk.minute(1).push(is_over("a", 1, since=-5, **AM))
        assert told(desk.minute(3).push(fires(since=-5, **AM))) == [("out_of_order", "INC-1001")]
        assert told(desk.push(fires(since=-50, **AM))) == [("out_of_order", "INC-1001")]

    def test_the_same_start_long_after_the_end_burns_again(self, desk):
        """An Alertmanager resolves by itself when its Prometheus is cut off, and gets the same start again later."""
        desk.push(fires(since=-5, **AM))
        desk.minute(1).push(is_over("a", 1, since=-5, **AM))
        assert told(desk.minute(3.1).push(fires(since=-5, **AM))) == [("refired", "INC-1001")]
        assert desk.only().alerts.firing == {"high": 1}
        assert told(desk.minute(4).push(is_over("a", 4, since=-5, **AM))) == [("recovered", "INC-1001")]

    def test_an_older_start_long_after_the_end_does_not(self, desk):
        """That is another episode, and has ended."""
        desk.push(fires(since=-5, **AM))
        desk.minute(1).push(is_over("a", 1, since=-5, **AM))
        assert told(desk.minute(60).push(fires(since=-50, **AM))) == [("out_of_order", "INC-1001")]

    def test_what_begins_again_after_its_incident_was_resolved_is_a_new_incident(self, desk):
        """It links the one before."""
        desk.push(fires(since=-5, **AM))
        desk.minute(1).push(is_over("a", 1, since=-5, **AM))
        desk.minute(9).service.tick()
        assert told(desk.push(fires(since=8, **AM))) == [("opened", "INC-1002")]
        first, second = desk.incidents()
        assert (first.status, second.previous_incident) == (Status.RESOLVED, "INC-1001")

    def test_a_persons_resolve_covers_the_episode_until_it_ends(self, desk):
        """An Alertmanager says when that is: until then the alert opens nothing, milder or worse."""
        desk.push(fires(since=-5, **AM))
        desk.service.resolve("INC-1001", by="ann")
        assert told(desk.minute(1).push(fires(since=-5, **AM))) == [("deduplicated", "INC-1001")]
        worse = fires(since=-5, severity_word="critical", **AM)
        assert told(desk.minute(2).push(worse)) == [("covered_by_resolve", "INC-1001")]
        assert told(desk.minute(3).push(worse)) == [("deduplicated", "INC-1001")]
        assert told(desk.minute(4).push(is_over("a", 4, since=-5, **AM))) == [("recovered", "INC-1001")]
        assert told(desk.minute(5).push(fires(since=5, **AM))) == [("opened", "INC-1002")]
        assert desk.incidents()[1].previous_incident == "INC-1001"

    def test_a_new_episode_opens_though_the_end_of_the_resolved_one_was_not_told(self, desk):
        """A person resolved; the resolve of the Alertmanager got lost; it burns anew."""
        desk.push(fires(since=-5, **AM))
        desk.service.resolve("INC-1001", by="ann")
        report = desk.minute(9).push(fires(since=8, **AM))
        assert told(report) == [("opened", "INC-1002")]
        assert [one.firing for one in desk.store.alerts_of("INC-1001")] == [False]

    def test_a_new_episode_that_opens_nothing_still_ends_the_old_one(self, desk):
        """It is muted now: what a person resolved is over, and nothing opens."""
        desk.push(fires(since=-5, **AM))
        desk.service.resolve("INC-1001", by="ann")
        desk.minute(9).push(fires(since=8, muted=True, **AM))
        assert not row(desk, **AM).firing
        assert len(desk.incidents()) == 1


@pytest.mark.parametrize("gap, cycles", [(4, 1), (6, 2)], ids=["a flap", "news"])
def test_what_fires_again_pages_again_if_it_was_quiet_for_long(desk, gap, cycles):
    """Within the settling time it is a flap that was acknowledged; longer after, another burns in the same incident."""
    desk.push(fires("a"), fires("b"))
    desk.service.acknowledge("INC-1001", by="ann")
    desk.minute(1).push(is_over("a", 1))
    desk.minute(1 + gap).push(fires("a", 1 + gap))
    assert desk.only().cycles == cycles


@pytest.mark.parametrize("quiet, cycles", [(4, 1), (6, 2)], ids=["a flap", "news"])
def test_an_episode_that_begins_though_none_ended_pages_if_nothing_was_heard_for_long(desk, quiet, cycles):
    """When the one before ended was not told: what counts is when it was last heard of."""
    desk.push(fires(since=0, **AM))
    desk.service.acknowledge("INC-1001", by="ann")
    desk.minute(quiet).push(fires(since=quiet, **AM))
    assert desk.only().cycles == cycles


def test_the_timeline_tells_an_end_and_a_new_beginning(desk):
    """As of any source."""
    desk.push(fires())
    desk.minute(1).push(is_over("a", 1))
    desk.minute(2).push(fires("a", 2))
    kinds = [event.kind for event in desk.service.timeline("INC-1001")]
    assert kinds == [EventKind.OPENED, EventKind.ALERTS_ENDED, EventKind.RECOVERED, EventKind.ALERTS_REFIRED]
