"""Whatever fails, and whenever the process dies: what is done is on record once, and what is on record was done."""

from itertools import count

import pytest

from tests import tables
from tests.chains import a_deed, a_log
from tests.desk import NOON, Desk, at
from tests.services.test_auditing import a_write
from tests.services.test_ingest_killed import Killed, Mortal
from tests.storage.transports import FAULTS, a_patient_store, failing, healthy
from tocsin.domain.audit import Actor, AuditAction
from tocsin.domain.deleting import DELETED
from tocsin.errors import Conflict, NotFound, StoreError
from tocsin.ids import random_id
from tocsin.services.api_keys import ApiKeys
from tocsin.storage.json_store import JsonStore

CALLS = frozenset({"record", "records", "incident", "incidents", "alerts_of", "claims", "commit", "remove", "find"})
ONE = "INC-1001"


def told(store):
    """Return what is on record, once the chain was found to hold."""
    log = a_log(store)
    assert log.verify().broken is None
    return [(entry.action, entry.target) for entry in log.entries()]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_leaves_one_entry(ministack, fault):
    """At each call in turn; the store tries again by itself."""
    counting = healthy(ministack)
    a_log(a_patient_store(counting, tables.a_table(ministack))).commit(a_deed(1), a_write(1))
    assert counting.calls > 1
    for number in range(1, counting.calls + 1):
        table = tables.a_table(ministack)
        log = a_log(a_patient_store(failing(ministack, number, fault), table))
        assert log.commit(a_deed(1), a_write(1)).number == 1
        assert told(a_patient_store(ministack, table)) == [("key_made", "key:1")]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_lasts_leaves_both_or_neither(ministack, fault):
    """And whoever tries again finds it done, or does it."""
    for number in (1, 2):
        table = tables.a_table(ministack)
        whole = a_patient_store(ministack, table)
        log = a_log(a_patient_store(failing(ministack, number, fault, for_good=True), table))
        with pytest.raises(StoreError) as failure:
            log.commit(a_deed(1), a_write(1))
        assert failure.value.retryable
        assert len(told(whole)) == (whole.record("thing", "1") is not None)
        try:
            a_log(whole).commit(a_deed(1), a_write(1))
        except Conflict:
            assert fault.__name__ == "lost_answer"
        assert told(whole) == [("key_made", "key:1")]


def keys_of(store):
    """Return the keys of a store."""
    return ApiKeys(store, clock=lambda: NOON, new_id=random_id)


def closed_incident(path):
    """Return a desk on a file with one incident that was closed."""
    desk = Desk(JsonStore(path))
    desk._ids = iter(random_id, None)
    desk.service.open("disk full", by="ann", severity="low")
    desk.service.resolve(ONE, by="ann")
    desk.service.close(ONE, by="ann")
    return desk.minute(5)


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_a_delete_dies_it_is_on_record_once_before_anything_goes(tmp_path, after):
    """And the next one finishes it."""
    for call in count(1):
        path = tmp_path / f"{call}.json"
        desk = closed_incident(path)
        service = desk.colleague()
        service.store = mortal = Mortal(JsonStore(path), call, after=after, among=CALLS)
        try:
            service.delete(ONE, by="root")
        except Killed:
            left = JsonStore(path)
            gone = left.incident(ONE) is None
            assert not gone or told(left) == [("incident_deleted", f"incident:{ONE}")]
            assert len(told(left)) == (left.record(DELETED, ONE) is not None)
            again = desk.colleague()
            again.store = left
            again.delete(ONE, by="root")
        left = JsonStore(path)
        assert left.incident(ONE) is None
        assert told(left) == [("incident_deleted", f"incident:{ONE}")]
        if mortal.calls < call:
            break
    assert call > 5


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_a_prune_dies_nothing_is_gone_without_a_record(tmp_path, after):
    """It may say more than went, and never less."""
    for call in count(1):
        path = tmp_path / f"{call}.json"
        service = closed_incident(path).colleague()
        service.store = mortal = Mortal(JsonStore(path), call, after=after, among=CALLS)
        try:
            service.prune(closed_before=at(1), by="root")
        except Killed:
            left = JsonStore(path)
            assert left.incident(ONE) is not None or told(left) == [("incidents_pruned", "")]
        if mortal.calls < call:
            break
    assert told(JsonStore(path)) == [("incidents_pruned", "")]
    assert call > 3


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
def test_whenever_a_revocation_dies_the_key_and_its_entry_agree(tmp_path, after):
    """A key that is revoked is on record as such, and the other way round."""
    for call in count(1):
        path = tmp_path / f"{call}.json"
        keys_of(JsonStore(path)).create("prod", ["admin"], secret="s" * 43, actor=Actor("ann"))
        mortal = Mortal(JsonStore(path), call, after=after, among=CALLS)
        try:
            keys_of(mortal).revoke("prod", actor=Actor("bob"))
        except Killed:
            left = JsonStore(path)
            (key,) = keys_of(left).every()
            assert (AuditAction.KEY_REVOKED, "key:prod") in told(left) or key.revoked_at is None
            assert len(told(left)) == (1 if key.revoked_at is None else 2)
        if mortal.calls < call:
            break
    assert call > 3


def test_a_delete_of_what_never_was_leaves_no_trace(tmp_path):
    """Nothing was done."""
    desk = closed_incident(tmp_path / "a.json")
    with pytest.raises(NotFound):
        desk.service.delete("INC-9", by="root")
    assert told(desk.store) == []
