"""Which incident a pushed alert belongs to: that of its service, environment and severity, for some minutes."""

from datetime import timedelta

import pytest

from tests.desk import fires, is_over, says
from tests.services.test_ingest import told
from tocsin.domain.alert import Source
from tocsin.domain.incident import Status
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity

AM = {"source": Source.ALERTMANAGER}


def test_alerts_of_one_service_environment_and_severity_share_an_incident(desk):
    """Whoever sends them, in whatever letter case."""
    desk.push(fires("a"))
    assert told(desk.push(fires("b", service="CheckOut", environment=" Prod "))) == [("joined", "INC-1001")]
    assert told(desk.push(fires("c", since=0, **AM))) == [("joined", "INC-1001")]
    assert told(desk.push(fires("d", source=Source.ELASTIC))) == [("joined", "INC-1001")]
    assert desk.only().alerts.total == 4


@pytest.mark.parametrize(
    "other",
    [{"service": "search"}, {"environment": "dev"}, {"severity_word": "critical"}, {"service": ""}],
    ids=["service", "environment", "severity", "no service"],
)
def test_what_differs_in_one_of_them_is_another_problem(desk, other):
    """Each opens its own."""
    desk.push(fires("a"))
    assert told(desk.push(fires("b", **other))) == [("opened", "INC-1002")]


def test_without_a_service_each_alert_stands_for_itself(desk):
    """Of one sender and of two."""
    report = desk.push(fires("a", service=" "), fires("b", service=""))
    assert [incident for _, incident in told(report)] == ["INC-1001", "INC-1002"]
    assert told(desk.push(fires("a", service="", source=Source.ELASTIC))) == [("opened", "INC-1003")]


def test_no_two_services_are_taken_for_one(desk):
    """Whatever stands in their names."""
    names = [("a", "b"), ('a","b', ""), ("a,b", ""), ("a", '","b'), ("ab", ""), ("x" * 900, ""), ("x" * 901, "")]
    keys = {
        Rules().correlation_key(fires(service=service, environment=environment), Severity.HIGH)
        for service, environment in names
    }
    assert len(keys) == len(names)
    assert max(map(len, keys)) < 250


def test_five_minutes_after_the_opening_a_new_alert_is_a_new_problem(desk):
    """The one before is still open: it is not the one before."""
    desk.push(fires("a"))
    assert told(desk.minute(4.9).push(fires("b", 4.9))) == [("joined", "INC-1001")]
    assert told(desk.minute(5).push(fires("c", 5))) == [("opened", "INC-1002")]
    assert [one.previous_incident for one in desk.incidents()] == ["", ""]
    assert told(desk.minute(6).push(fires("d", 6))) == [("joined", "INC-1002")]


def test_how_long_alerts_join_can_be_set(desk):
    """Not at all, if a team wants it so."""
    desk.with_rules(joinable=timedelta(0)).push(fires("a"))
    assert told(desk.push(fires("b"))) == [("opened", "INC-1002")]


def test_after_its_incident_was_resolved_the_next_one_links_it(desk):
    """Whether the claim had run out or a person let go of it."""
    desk.push(fires("a"))
    desk.minute(1).service.resolve("INC-1001", by="ann")
    assert told(desk.minute(2).push(fires("b", 2))) == [("opened", "INC-1002")]
    assert desk.incidents()[1].previous_incident == "INC-1001"


def test_an_alert_stays_with_its_incident_while_that_is_open(desk):
    """It flaps in there hours later, milder or worse, though others have long opened another."""
    desk.push(fires("a"), fires("other"))
    desk.minute(10).push(is_over("a", 10), fires("b", 10))
    assert told(desk.minute(300).push(fires("a", 300, severity_word="critical"))) == [("refired", "INC-1001")]
    assert [one.alerts.firing_now for one in desk.incidents()] == [2, 1]
    assert desk.incidents()[0].severity == "critical"


def test_an_alert_whose_incident_settled_joins_the_one_that_is_open(desk):
    """Membership ends with the incident."""
    desk.push(fires("a"))
    desk.minute(1).push(is_over("a", 1))
    desk.minute(8).service.tick()
    desk.push(fires("b", 8))
    assert told(desk.minute(9).push(fires("a", 9))) == [("joined", "INC-1002")]
    first, second = desk.incidents()
    assert (first.status, first.alerts.total, second.alerts.total) == (Status.RESOLVED, 1, 2)


def test_a_second_alert_pages_again_after_the_first_was_acknowledged(desk):
    """The second host is never silenced by the first host's acknowledgement."""
    desk.push(fires("a"))
    desk.service.acknowledge("INC-1001", by="ann")
    desk.minute(1).push(fires("b", 1))
    assert (desk.only().cycles, desk.only().paging) == (2, True)


def test_what_is_polled_and_what_is_pushed_do_not_meet(desk):
    """A monitor's incident stands for the monitor."""
    desk.sweep(says(1, since=0))
    assert told(desk.push(fires("a"))) == [("opened", "INC-1002")]
    assert [one.correlation_key for one in desk.incidents()] == ["datadog:1", 'pushed:["checkout","prod","high"]']


def test_a_claim_that_ran_out_is_not_let_go_of_by_the_one_that_lost_it(desk):
    """The incident that holds it now is joined, whatever becomes of the one before."""
    desk.push(fires("a"))
    desk.minute(6).push(fires("b", 6))
    desk.service.resolve("INC-1001", by="ann")
    assert told(desk.minute(7).push(fires("c", 7))) == [("joined", "INC-1002")]


class TestMerged:
    """Of two incidents that a person found to be one."""

    @pytest.fixture
    def merged(self, desk):
        """Return a desk at which a's incident was merged into b's."""
        desk.push(fires("a", service="web"), fires("b", service="db"))
        desk.minute(1).service.merge("INC-1001", "INC-1002", by="ann")
        return desk

    def test_what_ends_is_counted_where_it_is_worked_on(self, merged):
        """The alert stays with its incident; the survivor loses one that fires."""
        assert told(merged.minute(2).push(is_over("a", 2))) == [("recovered", "INC-1001")]
        assert merged.service.incident("INC-1002").alerts.firing == {"high": 1}
        merged.minute(3).push(is_over("b", 3))
        assert merged.minute(9).service.tick().resolved == ("INC-1002",)

    def test_what_gets_worse_pages_where_it_is_worked_on(self, merged):
        """Severity follows the alerts of both."""
        assert told(merged.minute(2).push(fires("a", 2, service="web", severity_word="critical"))) == [
            ("severity_raised", "INC-1001")
        ]
        assert merged.service.incident("INC-1002").severity == "critical"

    def test_what_fires_again_belongs_to_the_survivor(self, merged):
        """Its new episode does."""
        merged.minute(2).push(is_over("a", 2))
        assert told(merged.minute(3).push(fires("a", 3, service="web"))) == [("refired", "INC-1002")]
        assert merged.alert("s:a", Source.GENERIC).incident_id == "INC-1002"
        assert merged.service.incident("INC-1002").alerts.firing_now == 2
        assert [one.firing for one in merged.store.alerts_of("INC-1001")] == [False]

    def test_a_new_alert_of_either_joins_the_survivor(self, merged):
        """Its claim goes with it."""
        assert told(merged.minute(2).push(fires("c", 2, service="web"))) == [("joined", "INC-1002")]

    def test_a_chain_of_merges_is_followed_to_its_end(self, merged):
        """Whoever took over was taken over."""
        merged.push(fires("z", service="mail"))
        merged.minute(2).service.merge("INC-1002", "INC-1003", by="ann")
        merged.minute(3).push(is_over("a", 3), fires("b", 3, service="db", severity_word="critical"))
        survivor = merged.service.incident("INC-1003")
        assert (survivor.severity, survivor.alerts.firing_now) == ("critical", 2)

    def test_a_survivor_that_a_person_resolved_covers_all_that_was_merged(self, merged):
        """What Datadog or an Alertmanager goes on to report opens nothing; what ends is counted."""
        merged.push(fires("p", since=1, service="web", **AM))
        merged.minute(3).service.resolve("INC-1002", by="ann")
        worse = fires("p", since=1, service="web", severity_word="critical", **AM)
        assert told(merged.minute(4).push(worse)) == [("covered_by_resolve", "INC-1002")]
        merged.minute(5).push(is_over("p", 5, since=1, **AM))
        assert merged.service.incident("INC-1002").alerts.firing_now == 0


def test_a_sweep_follows_merges_too(desk):
    """A polled alert that recovers is counted in the incident that took its own over."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.service.merge("INC-1001", "INC-1002", by="ann")
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, since=0))
    assert desk.service.incident("INC-1002").alerts.firing_now == 1
    desk.minute(2).sweep(says(1, since=2, resolved=1), says(2, "OK", since=0, resolved=2))
    survivor = desk.service.incident("INC-1002")
    assert (survivor.alerts.firing_now, survivor.recovered_at) == (1, None)
    assert desk.alert("1:*").incident_id == "INC-1002"
    assert len(desk.incidents()) == 2
