"""A table that fails at any call of a delivery: the sender is told, and its next try ends as if nothing had been."""

import pytest

from tests import tables
from tests.desk import Desk
from tests.fakes import MemoryStore
from tests.services.test_ingest_killed import DELIVERIES, before, outcome
from tests.storage.transports import FAULTS, a_patient_store, failing, healthy
from tocsin.errors import StoreError
from tocsin.ids import random_id

ITEMS = [*DELIVERIES["new"], *DELIVERIES["old"], *DELIVERIES["one alert, several times"]]


def a_desk(store):
    """Return a desk whose changes have ids that no other desk gives out."""
    desk = Desk(store)
    desk._ids = iter(random_id, None)
    return desk


@pytest.mark.parametrize("fault", FAULTS)
def test_a_delivery_that_was_cut_off_anywhere_is_made_up_for(ministack, fault):
    """From each call on everything fails, whether the request or only its answer got lost."""
    undisturbed = before(a_desk(MemoryStore()))
    undisturbed.push(*ITEMS)
    expected = outcome(undisturbed)
    counting = healthy(ministack)
    desk = before(a_desk(a_patient_store(ministack, tables.a_table(ministack), parallel=1)))
    desk.store = a_patient_store(counting, desk.store._table, parallel=1)
    desk.push(*ITEMS)
    calls = counting.calls
    assert outcome(desk) == expected
    assert calls > 20
    for number in range(1 + FAULTS.index(fault), calls + 1, len(FAULTS)):
        desk = before(a_desk(a_patient_store(ministack, tables.a_table(ministack), parallel=1)))
        whole = desk.store
        desk.store = a_patient_store(failing(ministack, number, fault, for_good=True), whole._table, parallel=1)
        with pytest.raises(StoreError) as told:
            desk.push(*ITEMS)
        assert told.value.retryable
        desk.store = whole
        desk.push(*ITEMS)
        assert outcome(desk) == expected, number
