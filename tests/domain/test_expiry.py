"""A timer that rings for an alert: it ends it, moves on, or goes away."""

import pytest

from tests.builders import a_record, an_alert, an_incident, at
from tocsin.domain.alert import Source
from tocsin.domain.assess import Step
from tocsin.domain.change import AlertWrite, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.expiry import alert_of, expired, timer_of
from tocsin.domain.incident import MOST_MERGED
from tocsin.domain.reconcile import Known

TIMER = a_record("expire:x", version=3, due_at=at(10), body={"what": "expire", "source": "generic", "key": "s:a"})


def running_out(**more):
    """Build the row of an alert that is over ten minutes after noon."""
    given = {"source": Source.GENERIC, "expires_in": 600.0, "last_seen_at": at(0)}
    return an_alert("s:a", **(given | more))


@pytest.mark.parametrize(
    "row",
    [
        None,
        running_out(ended_at=at(1)),
        running_out(expires_in=None),
        running_out(last_seen_at=None),
    ],
    ids=["gone", "ended", "never over", "never pushed"],
)
def test_a_timer_that_fits_no_alert_goes_away(row):
    """Only if nobody has set it anew."""
    assert expired(TIMER, row, at(11)) == RecordWrite(kind="timer", id="expire:x", record=None, expected=3)


def test_a_timer_of_what_was_repeated_moves_on():
    """To when that is over, and keeps its number."""
    write = expired(TIMER, running_out(last_seen_at=at(5)), at(10))
    assert write.record == TIMER.model_copy(update={"due_at": at(15)})
    assert write.expected == 3


def test_what_was_not_repeated_is_over():
    """As of when it ran out, in no way later in its sender's order."""
    row = running_out(observed_at=at(-3))
    found = expired(TIMER, row, at(12))
    assert (found.step, found.reason, found.ended_at) == (Step.END, Reason.EXPIRED, at(10))
    assert (found.at, found.source_now, found.alert) == (at(-3), at(12), row)


def test_a_timer_names_its_alert():
    """By source and key."""
    assert alert_of(TIMER) == (Source.GENERIC, "s:a")


@pytest.mark.parametrize(
    "before, after, what",
    [
        (None, {}, "set"),
        (None, {"expires_in": None}, "left"),
        ({}, {}, "left"),
        ({}, {"expires_in": 700.0}, "left"),
        ({}, {"expires_in": 500.0}, "set"),
        ({}, {"expires_in": None}, "taken away"),
        ({}, {"ended_at": at(1)}, "taken away"),
        ({"expires_in": None}, {}, "set"),
        ({"ended_at": at(1)}, {}, "set"),
        ({"ended_at": at(1)}, {"ended_at": at(1)}, "left"),
    ],
)
def test_a_timer_is_written_only_where_it_would_be_missing_or_late(before, after, what):
    """It rings too early as often as it likes: it moves on by itself."""
    write = timer_of(AlertWrite(alert=running_out(**after)), None if before is None else running_out(**before))
    assert ("left" if write is None else "set" if write.record else "taken away") == what


def test_an_incident_is_followed_through_as_many_as_one_may_take_over():
    """However they were merged into each other."""
    numbers = range(1, MOST_MERGED + 1)
    chain = {f"INC-{number}": an_incident(number, merged_into=f"INC-{number + 1}") for number in numbers}
    last = an_incident(MOST_MERGED + 1)
    assert Known(incidents={**chain, last.id: last}).incident_of("INC-1") is last


def test_incidents_that_name_each_other_lead_nowhere():
    """Merging never makes such a circle; a hand in the table could."""
    first = an_incident(1, merged_into="INC-2")
    known = Known(incidents={"INC-1": first, "INC-2": an_incident(2, merged_into="INC-1")})
    assert known.incident_of("INC-1") is None
    assert known.incident_of("INC-9") is None
