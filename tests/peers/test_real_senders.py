"""Prometheus and Alertmanager, as Debian packages them, against a server of ours: all of them real, on loopback."""

import random
import signal
import time

import pytest

from tests.guarded import until

pytestmark = pytest.mark.peers

BAD, GOOD = 9, 0


def sees(street, *hosts):
    """Wait until Tocsin knows that the alerts of just these hosts fire."""

    def said():
        return "\n".join(one.said for one in (street.tocsin, *street.alertmanagers, street.prometheus))

    until(lambda: street.firing() == set(hosts), what=said)


def test_what_fires_opens_an_incident_and_what_ends_settles_it(a_street):
    """One incident with the right severity and service for two hosts; it resolves at the moment of recovery."""
    street = a_street()
    street.target.errors["web-1"] = BAD
    sees(street, "web-1")
    (opened,) = street.incidents()
    assert (opened["status"], opened["source"], opened["severity"]) == ("detected", "alertmanager", "critical")
    assert (opened["service"], opened["environment"], opened["team"]) == ("checkout", "prod", "payments")
    assert opened["title"] == "HighErrorRate: errors on web-1"
    assert opened["links"]["runbook"] == "https://runbooks.example/high-error-rate"
    labels = {"alertname:HighErrorRate", "cluster:test", "host:web-1", "job:app", "receiver:tocsin"}
    assert labels <= set(opened["tags"])

    street.target.errors["web-2"] = BAD
    sees(street, "web-1", "web-2")
    (joined,) = street.incidents()
    assert (joined["id"], joined["alert_counts"]["firing"]) == (opened["id"], {"critical": 2})

    street.target.errors["web-1"] = GOOD
    sees(street, "web-2")
    assert street.alerts()["web-1"]["ended_by"] == "recovered"
    (still,) = street.incidents()
    assert (still["status"], still["recovered_at"]) == ("detected", None)

    del street.target.errors["web-2"]  # it is not even scraped any more
    sees(street)
    (over,) = street.incidents()
    assert (over["status"], over["alert_counts"]) == ("detected", {"total": 2, "firing": {}, "muted": {}})
    until(lambda: street.command("tick") and street.incidents()[0]["status"] == "resolved", what="it did not settle")
    (resolved,) = street.incidents()
    assert (resolved["resolved_by"], resolved["resolved_at"]) == ("tocsin", over["recovered_at"])
    whole = street.ask(f"/incidents/{opened['id']}")
    assert [one["kind"] for one in whole["timeline"]].count("opened") == 1
    # What the pager says of it comes when it comes.
    *sent, settled = (
        one["by"] for one in whole["timeline"] if one["kind"] not in ("paged", "unreachable", "exhausted")
    )
    assert (set(sent), settled) == ({"key:alertmanager"}, "tocsin")
    assert 0 < whole["durations"]["to_resolve"] < 120


def test_what_is_only_repeated_is_only_counted(a_street):
    """However often Alertmanager repeats it: no second incident, no event, no new version."""
    street = a_street(repeat="1s")
    street.target.errors["web-1"] = BAD
    sees(street, "web-1")
    (before,) = street.incidents()
    events = street.ask(f"/incidents/{before['id']}/timeline")["events"]
    seen = street.alerts()["web-1"]["count"]
    until(lambda: street.alerts()["web-1"]["count"] >= seen + 3, what="it was not repeated")
    assert street.incidents() == [before]
    assert street.ask(f"/incidents/{before['id']}/timeline")["events"] == events


def test_what_is_sent_while_the_server_is_down_arrives_when_it_is_back(a_street):
    """Alertmanager goes on trying, and what it had sent before is recognised."""
    street = a_street()
    street.target.errors |= {"web-1": BAD, "web-2": BAD}
    sees(street, "web-1", "web-2")
    street.tocsin.kill()
    street.target.errors |= {"web-1": GOOD, "web-3": BAD}
    until(lambda: failures(street), what="Alertmanager did not try")
    street.tocsin.start()
    sees(street, "web-2", "web-3")
    (incident,) = street.incidents()
    assert incident["alert_counts"] == {"total": 3, "firing": {"critical": 2}, "muted": {}}


def test_a_server_that_is_killed_while_it_is_sent_to_loses_and_doubles_nothing(a_street):
    """At any instant, a dozen times: in the end it knows what is true, in one incident, each episode once."""
    street = a_street(repeat="1s")
    chance = random.Random(20260302)
    hosts = [f"web-{number}" for number in range(12)]
    street.target.errors |= dict.fromkeys(hosts[:2], BAD)
    sees(street, *hosts[:2])
    for _ in range(12):
        for host in chance.sample(hosts[1:], 4):
            street.target.errors[host] = chance.choice([BAD, GOOD])
        time.sleep(chance.uniform(0.2, 1.5))
        street.tocsin.kill()
        street.tocsin.start()
    sees(street, *(host for host, errors in street.target.errors.items() if errors == BAD))
    assert failures(street), "it was never killed while it was sent to"
    (incident,) = street.incidents()
    whole = street.ask(f"/incidents/{incident['id']}")
    episodes = [(one["key"], one["episode"]) for one in whole["alerts"]]
    assert len(set(episodes)) == len(episodes)
    began = [(one["key"], one["triggered_at"]) for one in whole["alerts"]]
    assert len(set(began)) == len(began)
    firing = sum(one["firing"] for one in whole["alerts"])
    assert incident["alert_counts"]["firing"] == {"critical": firing}
    assert firing == list(street.target.errors.values()).count(BAD)


def test_two_alertmanagers_that_know_nothing_of_each_other_make_one_incident(a_street):
    """What both send counts once."""
    street = a_street(alertmanagers=2)
    street.target.errors |= {"web-1": BAD, "web-2": BAD}
    sees(street, "web-1", "web-2")
    until(lambda: all(one["count"] == 2 for one in street.alerts().values()), what="only one of the two sent it")
    (incident,) = street.incidents()
    assert incident["alert_counts"]["total"] == 2
    street.target.errors["web-1"] = GOOD
    sees(street, "web-2")
    time.sleep(2)  # the other says it too
    (incident,) = street.incidents()
    assert incident["alert_counts"] == {"total": 2, "firing": {"critical": 1}, "muted": {}}


def test_an_alertmanager_that_forgot_what_it_had_sent_opens_nothing_twice(a_street):
    """Killed, it has not written down what it sent."""
    street = a_street()
    street.target.errors["web-1"] = BAD
    sees(street, "web-1")
    (before,) = street.incidents()
    street.alertmanagers[0].kill()
    street.alertmanagers[0].start()
    until(lambda: street.alerts()["web-1"]["count"] > 1, what="it did not send it again")
    assert street.incidents() == [before]


def test_what_alertmanager_gave_up_and_hears_of_again_opens_an_incident_again(a_street):
    """Cut off from Prometheus it resolves by itself; what still burns comes back with the same start."""
    street = a_street(LATE_SECONDS="3")
    street.target.errors["web-1"] = BAD
    sees(street, "web-1")
    (before,) = street.alerts().values()
    street.prometheus.tell(signal.SIGSTOP)
    sees(street)
    until(lambda: street.command("tick") and street.incidents()[0]["status"] == "resolved", what="it did not settle")
    time.sleep(3)
    street.prometheus.tell(signal.SIGCONT)
    sees(street, "web-1")
    (again,) = street.alerts().values()
    assert again["triggered_at"] == before["triggered_at"]
    second, first = street.incidents()
    assert (before["incident_id"], again["incident_id"]) == (first["id"], second["id"])
    assert (second["status"], second["previous_incident"]) == ("detected", first["id"])


def failures(street):
    """Return how often Alertmanager could not deliver."""
    return street.figure("alertmanager_notification_requests_failed_total")
