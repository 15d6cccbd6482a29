"""Heartbeats that are watched: when they are late, and what is said of them."""

import pytest

from tests.builders import NOON, at
from tocsin.domain.alert import AlertState
from tocsin.domain.severity import Severity
from tocsin.domain.watch import LONGEST_GRACE, LONGEST_PACE, Watch, checked_watch
from tocsin.errors import InvalidInput


def a_watch(**fields):
    given = {"name": "backup", "every_minutes": 10, "grace_minutes": 2, "service": "db", "waits_from": NOON}
    return Watch.model_validate(given | {"created_at": NOON, "created_by": "ana"} | fields)


def test_it_is_late_after_its_pace_and_its_grace():
    """Since its last call, or since it is waited for; never while it is paused."""
    assert a_watch().due_at == at(12)
    assert a_watch().called(at(5)).due_at == at(17)
    assert a_watch(last_at=at(-60)).due_at == at(12)
    assert a_watch(paused=True).due_at is None


def test_a_call_before_another_changes_nothing():
    """It came by another way."""
    called = a_watch().called(at(5))
    assert called.called(at(4)) == called


def test_what_is_late_waits_for_a_call_and_is_then_due_at_once():
    """To end its alert."""
    late = a_watch().missed(at(12))
    assert late.due_at is None
    assert late.called(at(20)).due_at == at(20)
    assert late.called(at(20)).calm().due_at == at(32)


def test_what_is_said_of_it_is_an_alert_like_others():
    """Of its service and severity; by one key for ever."""
    said = a_watch(severity=Severity.LOW).fires(at(12))
    assert (said.key, said.state, said.observed_at) == ("heartbeat:backup", AlertState.ALERT, at(12))
    assert (said.service, said.severity_word, said.tags) == ("db", "low", ("heartbeat:backup",))
    assert "it never called" in said.message
    assert "its last call was at 2026-03-02 12:05:00 UTC" in a_watch(last_at=at(5)).fires(at(17)).message


@pytest.mark.parametrize("called, ended", [(20, 20), (11, 12)])
def test_its_recovery_never_comes_before_what_it_ends(called, ended):
    """Though the clock of who took the call be behind."""
    said = a_watch(last_at=at(called), late_at=at(12), back=True).recovers(at(21))
    assert (said.state, said.observed_at, said.resolved_at) == (AlertState.OK, at(ended), at(ended))


def test_what_is_awaited_no_more_recovers_now():
    """It never called."""
    assert a_watch(late_at=at(12)).recovers(at(30)).observed_at == at(30)


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "Backup"},
        {"name": "a b"},
        {"name": "x" * 64},
        {"every_minutes": 0},
        {"every_minutes": LONGEST_PACE + 1},
        {"grace_minutes": -1},
        {"grace_minutes": LONGEST_GRACE + 1},
        {"service": "x" * 201},
    ],
)
def test_what_cannot_be_watched_is_refused(fields):
    """With what is allowed."""
    with pytest.raises(InvalidInput):
        checked_watch(a_watch(**fields))


def test_words_are_trimmed():
    """As people type them."""
    assert checked_watch(a_watch(service=" db ")).service == "db"
