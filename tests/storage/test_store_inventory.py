"""What a store says beyond its promises, so that all of it can be moved."""

from tests import tables
from tests.builders import an_alert, an_incident, at, of_alerts, opens
from tests.desk import NOON, Desk, says
from tests.fakes import MemoryStore
from tocsin.domain.change import AlertWrite, Change, Record, RecordWrite
from tocsin.storage import moving
from tocsin.storage.json_store import JsonStore
from tocsin.storage.store import FIRST_NUMBER

HEARTBEAT = ("heartbeat", "sweep:datadog")


def test_a_table_says_how_far_its_numbers_are_drawn(moto):
    """Those of incidents that are forgotten too."""
    store = tables.a_store(moto)
    assert moving.upcoming_number(store, []) == FIRST_NUMBER
    store.draw_numbers(3)
    assert moving.upcoming_number(store, []) == FIRST_NUMBER + 3


def test_a_file_says_all_that_it_holds(tmp_path):
    """Claims and records that nothing points at are among them."""
    store = JsonStore(tmp_path / "incidents.json")
    Desk(store).sweep(says(1, since=0))
    store.commit(
        Change(id="r", at=NOON, records=(RecordWrite(kind="note", id="1", record=Record(kind="note", id="1")),))
    )
    assert moving.upcoming_number(store, []) == FIRST_NUMBER + 1
    assert moving.claim_keys(store, []) == ["datadog:1"]
    assert moving.record_keys(store, []) == [("escalation", "INC-1001:1"), HEARTBEAT, ("note", "1")]


def test_of_another_store_the_keys_are_those_that_what_it_holds_leads_to():
    """The numbers of its incidents, their correlation keys, what is due, and what is known to be there."""
    store = MemoryStore()
    desk = Desk(store)
    desk.sweep(says(1, since=0))
    desk.minute(1).sweep(says(1, "OK", resolved=1))
    assert moving.upcoming_number(store, []) == FIRST_NUMBER
    assert moving.upcoming_number(store, [1001, 1007]) == 1008
    assert moving.claim_keys(store, ["datadog:1", "", "datadog:1"]) == ["datadog:1"]
    assert moving.record_keys(store, ["heartbeat"]) == [
        ("escalation", "INC-1001:1"),
        HEARTBEAT,
        ("timer", "settle:INC-1001"),
    ]


def test_of_another_store_every_record_of_a_known_kind_is_found():
    """Page by page, due or not."""
    store = MemoryStore()
    names = [f"{number:04}" for number in range(1_100)]
    writes = tuple(RecordWrite(kind="key", id=name, record=Record(kind="key", id=name)) for name in names)
    store.commit(Change(id="keys", at=NOON, records=writes))
    assert moving.record_keys(store, ["key", "note"]) == [("key", name) for name in names]


def test_ended_alerts_of_an_incident_are_its_episodes_that_do_not_fire(any_store):
    """By key and episode, whether the store reads them by themselves or picks them from all."""
    rows = [an_alert("7:a"), an_alert("7:b"), an_alert("7:c")]
    any_store.commit(opens(an_incident(), alerts=[AlertWrite(alert=row) for row in rows]))
    archived = [row.model_copy(update={"ended_at": at(1), "version": 1}) for row in rows[1:]]
    tombstone = archived[1].model_copy(update={"expires_at": at(1441)})
    again = rows[1].model_copy(update={"episode": 2, "version": 1})
    writes = [
        AlertWrite(alert=one, expected=0, archive=episode)
        for one, episode in zip((again, tombstone), archived, strict=True)
    ]
    any_store.commit(of_alerts(*writes))
    assert list(moving.ended_alerts(any_store, "INC-1001")) == archived
    assert list(moving.ended_alerts(any_store, "INC-1")) == []
