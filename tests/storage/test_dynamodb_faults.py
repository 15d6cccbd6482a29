"""A fault at every call in turn: afterwards the table holds what some history without faults would have left."""

import pytest

from tests import tables
from tests.desk import Desk, says, timers
from tests.storage.story import FIRST, everything, story
from tests.storage.transports import FAULTS, a_patient_store, failing, healthy, lost_answer
from tocsin.domain.alert import Source
from tocsin.domain.incident import Status
from tocsin.domain.timeline import replay
from tocsin.errors import StoreError
from tocsin.ids import random_id
from tocsin.services.incidents import IncidentService


@pytest.fixture(params=["moto", "ministack"])
def client(request):
    """Return a client of each stand-in: one that knows request tokens, and one that does not."""
    return request.getfixturevalue(request.param)


def numbers(client, fault, calls):
    """Return at which calls to fail: at each one; on moto, which is slow, at every eighth, each fault at another."""
    if isinstance(client, tables.OneAtATime):
        return range(1 + FAULTS.index(fault) * 8 // len(FAULTS), calls + 1, 8)
    return range(1, calls + 1)


def turns(client, fault, calls):
    """Return from which calls on to fail for good: from each one; faults that did no work leave the same, so in turns."""
    if fault is lost_answer or isinstance(client, tables.OneAtATime):
        return numbers(client, fault, calls)
    return range(1 + FAULTS.index(fault), calls + 1, len(FAULTS) - 1)


class Forgetful:
    """A client of a service that has forgotten its request tokens, as AWS has after ten minutes."""

    def __init__(self, client):
        self._client = client

    def __getattr__(self, name):
        return getattr(self._client, name)

    def transact_write_items(self, **options):
        del options["ClientRequestToken"]
        return self._client.transact_write_items(**options)


def whole(found):
    """Make sure that every change is there whole or not at all."""
    incident = found["incidents"].get(FIRST)
    begun = incident is not None
    assert [event.version for event in found["timelines"][0]] == list(range(incident.version + 1 if begun else 0))
    assert bool(found["alerts"]) == bool(found["claims"]) == begun
    assert not begun or bool(found["records"][0]) == bool(found["due"])
    assert len(found["episodes"]) == begun


def calls_of(client):
    """Return how many calls the story makes, and how it ends."""
    counting = healthy(client)
    ending = story(a_patient_store(counting, tables.a_table(client), parallel=1))
    return counting.calls, ending


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_is_not_noticed(client, fault):
    """One failure, at each call in turn: it is tried again, and the end is the same; nothing is there twice."""
    calls, ending = calls_of(client)
    assert calls > 20
    for number in numbers(client, fault, calls):
        store = a_patient_store(failing(client, number, fault), tables.a_table(client), parallel=1)
        assert story(store) == ending, number


def test_a_lost_answer_is_recognised_after_its_token_was_forgotten(ministack):
    """At each call in turn the service did the work, and is asked again when only what was written can tell."""
    client = Forgetful(ministack)
    calls, ending = calls_of(client)
    for number in numbers(client, lost_answer, calls):
        store = a_patient_store(failing(client, number, lost_answer), tables.a_table(client), parallel=1)
        assert story(store) == ending, number


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_leaves_whole_changes_and_the_next_run_does_the_rest(client, fault):
    """From each call on, everything fails: the store says so, no change is half there, and a second run completes it."""
    calls, ending = calls_of(client)
    for number in turns(client, fault, calls):
        table = tables.a_table(client)
        with pytest.raises(StoreError) as raised:
            story(a_patient_store(failing(client, number, fault, for_good=True), table, parallel=1))
        assert raised.value.retryable
        store = a_patient_store(client, table, parallel=1)
        whole(everything(store))
        assert story(store) == ending, number


def a_desk(store):
    """Return a desk whose changes have ids that no other desk gives out."""
    desk = Desk(store)
    desk.service = IncidentService(store, clock=lambda: desk.now, new_id=random_id)
    return desk


def sweeps(desk):
    """Two sweeps: two monitors fire, then one of them has recovered; and a person takes the other."""
    desk.minute(0).sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, since=0), says(2, "OK", since=0, resolved=0.5))
    (taken,) = [one for one in desk.incidents() if one.correlation_key == "datadog:1"]
    desk.service.acknowledge(taken.id, by="ada")
    desk.minute(9).sweep(says(1, since=0), quiet=[2])


def outcome(desk):
    """Return what sweeps leave behind, but for the numbers, after making sure that it fits together."""
    left = []
    rows = desk.store.alerts(Source.DATADOG)
    for incident in desk.incidents():
        mine = [row for row in rows if row.incident_id == incident.id]
        assert replay(incident, desk.store.timeline(incident.id)) == incident
        assert incident.alerts.firing_now == sum(row.firing for row in mine)
        left.append((incident.correlation_key, incident.status, incident.alerts, incident.acknowledged_by, len(mine)))
    assert len({row.key for row in rows}) == len(rows)
    assert not timers(desk.store, desk.now)
    return sorted(left, key=lambda one: one[0])


@pytest.mark.parametrize("fault", FAULTS)
def test_sweeps_that_were_cut_off_anywhere_are_made_up_for(ministack, fault):
    """The product itself, stopped at each of its calls: the next run of the same sweeps ends as if nothing had been."""
    counting = healthy(ministack)
    undisturbed = a_desk(a_patient_store(counting, tables.a_table(ministack), parallel=1))
    sweeps(undisturbed)
    calls = counting.calls
    expected = outcome(undisturbed)
    assert [status for _, status, *_ in expected] == [Status.ACKNOWLEDGED, Status.RESOLVED]
    for number in turns(ministack, fault, calls):
        table = tables.a_table(ministack)
        with pytest.raises(StoreError):
            sweeps(a_desk(a_patient_store(failing(ministack, number, fault, for_good=True), table, parallel=1)))
        desk = a_desk(a_patient_store(ministack, table, parallel=1))
        sweeps(desk)
        assert outcome(desk) == expected, number
