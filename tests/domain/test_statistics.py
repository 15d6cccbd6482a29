"""MTTA and MTTR, and what is kept out of them."""

import weakref
from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.desk import at
from tocsin.domain.incident import Incident
from tocsin.domain.search import IncidentFilter
from tocsin.domain.statistics import Durations, Metrics, statistics, week


def incident(number, *, severity="high", service="web", acknowledged=None, resolved=None):
    return Incident(
        id=f"INC-{number}",
        title="x",
        severity=severity,
        service=service,
        source="manual",
        opened_at=at(0),
        acknowledged_at=None if acknowledged is None else at(acknowledged),
        resolved_at=None if resolved is None else at(resolved),
        status="detected" if resolved is None else "resolved",
    )


@pytest.mark.parametrize(
    "seconds, mean, median, p90",
    [
        ([], None, None, None),
        ([7], 7, 7, 7),
        ([1, 3], 2, 2, 3),
        ([1, 2, 9], 4, 2, 9),
        (range(1, 11), 5.5, 5.5, 9),
    ],
)
def test_a_distribution_is_its_mean_median_and_p90(seconds, mean, median, p90):
    """Nearest rank for the percentile."""
    found = Durations.of(seconds)
    assert (found.count, found.mean, found.median, found.p90) == (len(list(seconds)), mean, median, p90)


def test_silence_is_counted_apart_and_skews_nothing():
    """Never acknowledged, and resolved without acknowledgement, are two numbers of their own."""
    found = statistics(
        [
            incident(1),
            incident(2, resolved=90),
            incident(3, acknowledged=2, resolved=10),
            incident(4, acknowledged=4),
        ]
    ).overall
    assert (found.total, found.active) == (4, 2)
    assert (found.never_acknowledged, found.resolved_unacknowledged) == (1, 1)
    assert (found.to_acknowledge.count, found.to_acknowledge.mean) == (2, 180)
    assert (found.to_resolve.count, found.to_resolve.median) == (2, 50 * 60)


def test_of_what_was_counted_nothing_is_kept():
    """However many there are, they need not be in memory at once."""
    counted = []

    def coming():
        for number in range(9):
            counted.append(weakref.ref(one := incident(number, acknowledged=1)))
            yield one
            assert sum(ref() is not None for ref in counted) <= 2

    assert statistics(coming()).overall.to_acknowledge.count == 9


def test_it_is_told_by_severity_and_by_service():
    """Worst first, and services by name."""
    found = statistics([incident(1, severity="low", service="b"), incident(2), incident(3, service="")])
    assert list(found.by_severity) == ["high", "low"]
    assert {service: summary.total for service, summary in found.by_service.items()} == {"": 1, "b": 1, "web": 1}


@pytest.mark.parametrize(
    "field, matching, other",
    [
        ("statuses", {"detected"}, {"closed"}),
        ("severities", {"high", "low"}, {"low"}),
        ("service", "WEB", "db"),
        ("environment", "prod", "staging"),
        ("team", "core", "web"),
        ("source", "manual", "datadog"),
        ("assignee", "Ann", "bo"),
        ("text", "DISK", "network"),
        ("text", "web", "x"),
        ("since", at(0), at(1)),
        ("until", at(1), at(0)),
    ],
)
def test_a_list_shows_what_matches_every_field(field, matching, other):
    """Without letter case; the time of opening from, inclusive, to, exclusive."""
    one = incident(1).model_copy(
        update={"title": "disk full", "environment": "prod", "team": "core", "assignees": ("ann",)}
    )
    assert IncidentFilter.model_validate({field: matching}).matches(one)
    assert not IncidentFilter.model_validate({field: other}).matches(one)


def test_a_filter_knows_when_only_active_incidents_can_match():
    """So that a store need not look at the closed ones."""
    assert IncidentFilter(statuses={"detected", "in_progress"}).active_only
    assert not IncidentFilter(statuses={"detected", "closed"}).active_only
    assert not IncidentFilter().active_only


@pytest.mark.parametrize(
    "moment, name",
    [
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-W10"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2026-W53"),
        (datetime(2029, 12, 31, tzinfo=UTC), "2030-W01"),
        (datetime(1, 1, 1, tzinfo=UTC), "0001-W01"),
    ],
)
def test_a_week_is_that_of_iso_8601(moment, name):
    """The days around New Year belong to the week that they share with the other year."""
    assert week(moment) == name


def test_weeks_are_those_of_the_opening_in_order():
    """In UTC: what was opened late on Sunday there counts for the week that ends."""
    monday = datetime(2026, 3, 9, 1, tzinfo=timezone(timedelta(hours=2)))
    weeks = [at(0) + timedelta(days=14), at(0), monday, at(1)]
    found = statistics(incident(1).model_copy(update={"opened_at": opened.astimezone(UTC)}) for opened in weeks)
    assert {name: summary.total for name, summary in found.by_week.items()} == {"2026-W10": 3, "2026-W12": 1}
    assert list(found.by_week) == ["2026-W10", "2026-W12"]


def test_a_week_has_the_same_figures_as_everything_else():
    """Medians and percentiles, and silence apart."""
    some = [incident(1, acknowledged=1, resolved=10), incident(2, acknowledged=3, resolved=30), incident(3)]
    assert statistics(some).by_week == {"2026-W10": statistics(some).overall}


def test_what_was_merged_counts_for_nothing_but_the_total():
    """It was no problem of its own: the other one's durations are those of both."""
    merged = incident(1, resolved=1).model_copy(update={"merged_into": "INC-2"})
    found = statistics([merged, incident(2, acknowledged=2, resolved=10)]).overall
    assert (found.total, found.merged, found.resolved_unacknowledged) == (2, 1, 0)
    assert (found.to_resolve.count, found.to_resolve.mean) == (1, 600)


def test_one_incident_is_measured_as_long_as_it_lasts():
    """So far, while it is active; a clock that was put back measures nothing."""
    assert Metrics.of(incident(1), at(3)) == Metrics(to_acknowledge=None, to_resolve=None, active=180)
    assert Metrics.of(incident(1), at(-3)).active == 0
    over = incident(1, acknowledged=1, resolved=10)
    assert Metrics.of(over, at(60)) == Metrics(to_acknowledge=60, to_resolve=600, active=600)


def test_the_service_measures_one_incident(desk):
    """By its clock."""
    opened = desk.service.open("x", by="ann", severity="low").id
    desk.minute(2).service.acknowledge(opened, by="ann")
    found = desk.minute(5).service.metrics(opened)
    assert (found.to_acknowledge, found.to_resolve, found.active) == (120, None, 300)
