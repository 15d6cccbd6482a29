"""Changes on their way into the table: recognised when they come twice, chained where they must be, side by side else."""

import re
from threading import Barrier

import pytest

from tests import tables
from tests.builders import (
    NOON,
    a_record,
    after,
    an_alert,
    an_event,
    an_incident,
    claims,
    drops,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tests.storage.transports import Through, a_patient_store, failing, healthy, refusal, throttled
from tocsin.domain.change import AlertWrite, Change
from tocsin.domain.search import IncidentFilter
from tocsin.entrypoints.local_server import THREADS
from tocsin.errors import Conflict, StoreBusy, StoreError
from tocsin.storage.dynamodb_chains import chains
from tocsin.storage.dynamodb_client import CONNECT_TIMEOUT, READ_TIMEOUT, connect
from tocsin.storage.dynamodb_store import PARALLEL


@pytest.fixture
def table(moto):
    """Return the name of an empty table in moto."""
    return tables.a_table(moto)


@pytest.fixture
def store(moto, table):
    """Return a store on it."""
    return a_patient_store(moto, table)


def refusing(client, error, operation="transact_write_items"):
    """Return a client whose next call of this operation raises ``error``."""
    errors = [error]

    def on_call(number, name, call):
        if name == operation and errors:
            raise errors.pop()
        return call()

    return Through(client, on_call)


def test_a_repeat_is_recognised_by_its_event_without_a_read(moto, table, store):
    """The condition that fails brings the event with it: a change that comes twice costs no call more."""
    change = opens(an_incident())
    store.commit(change)
    counting = healthy(moto)
    a_patient_store(counting, table).commit(change)
    assert counting.names == {"transact_write_items": 1}


def test_a_repeat_is_recognised_though_its_event_was_not_looked_at(moto, table, store):
    """Where other conditions fail and that of the event was not tried, the event is read."""
    change = opens(an_incident())
    store.commit(change)
    reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "TransactionConflict"}]
    client = refusing(moto, refusal("TransactionCanceledException", CancellationReasons=reasons))
    a_patient_store(client, table).commit(change)
    assert client.names == {"transact_write_items": 1, "batch_get_item": 1}
    client = refusing(moto, refusal("TransactionCanceledException", CancellationReasons=reasons))
    with pytest.raises(Conflict):
        a_patient_store(client, table).commit(opens(an_incident(1002)))


@pytest.mark.parametrize("between", [0, 1, 3])
def test_a_change_of_records_is_recognised_after_others_wrote_them(store, between):
    """A record remembers the last four changes without an event that wrote it."""
    first = of_records(puts(a_record(body={"n": 0})), change_id="first")
    store.commit(first)
    for number in range(between):
        store.commit(of_records(puts(a_record(body={"n": number + 1})), change_id=f"next {number}"))
    store.commit(first)
    assert store.record("timer", "one").body == {"n": between}


@pytest.mark.parametrize(
    "change",
    [
        of_records(puts(a_record(version=2), expected=1), change_id="versioned"),
        of_alerts(AlertWrite(alert=an_alert(version=1), expected=0), change_id="alert"),
    ],
    ids=lambda change: change.id,
)
def test_a_change_that_expects_a_version_is_recognised_by_what_it_wrote(store, change):
    """Without an event, the record or the alert row itself tells who wrote it."""
    store.commit(of_records(puts(a_record(version=1)), change_id="before"))
    store.commit(of_alerts(AlertWrite(alert=an_alert(version=0)), change_id="before too"))
    store.commit(change)
    store.commit(change)
    other = change.model_copy(update={"id": "another"})
    with pytest.raises(Conflict):
        store.commit(other)


def test_a_record_that_an_incident_wrote_still_remembers(store):
    """A change with an event leaves alone what a record remembers of those without."""
    first = of_records(puts(a_record(body={"n": 1})), change_id="first")
    store.commit(first)
    store.commit(opens(an_incident(), records=[puts(a_record(body={"n": 2}))]))
    store.commit(first)
    assert store.record("timer", "one").body == {"n": 2}


def test_a_token_that_was_used_for_something_else_is_looked_into(moto, table, store):
    """If a change of this id is there, it is done; if not, its id was not its own, and that is said."""
    change = opens(an_incident())
    store.commit(change)
    mismatch = refusal("IdempotentParameterMismatchException")
    a_patient_store(refusing(moto, mismatch), table).commit(change)
    with pytest.raises(StoreError, match="tried under the id"):
        a_patient_store(refusing(moto, mismatch), table).commit(opens(an_incident(1002)))
    with pytest.raises(StoreError, match="tried under the id"):
        a_patient_store(refusing(moto, mismatch), table).commit(of_records(drops(a_record())))


def test_a_change_of_nothing_makes_no_call(moto, table):
    """There is nothing to write, and nothing is written."""
    counting = healthy(moto)
    a_patient_store(counting, table).commit(Change(id="nothing", at=NOON))
    assert counting.calls == 0


@pytest.mark.parametrize(
    "change, said",
    [
        (opens(an_incident(), change_id="again"), "INC-1001 exists already"),
        (follows(an_incident(1009)), "INC-1009 does not exist any more"),
        (follows(an_incident(version=7)), "INC-1001 was changed meanwhile: version 0, not 7"),
        (opens(an_incident(1002), claims=[claims("k", "INC-1002")]), "the claim on 'k' is held by INC-1001"),
        (opens(an_incident(1002), claims=[claims("l", "INC-1002", held_by="INC-1")]), "'l' is held by nobody"),
        (of_alerts(AlertWrite(alert=an_alert()), change_id="x"), "alert '7:*' exists already"),
        (of_records(puts(a_record(), expected=0), change_id="x"), "timer 'one' exists already"),
        (
            Change(id="x", at=NOON, events=(an_event(an_incident(), change_id="x"),)),
            "INC-1001 has an event 0 already",
        ),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_conflict_names_what_stood_in_the_way(store, change, said):
    """One line says which part it was, and what was found instead, without reading again."""
    parts = {"alerts": [AlertWrite(alert=an_alert())], "claims": [claims("k", "INC-1001")]}
    store.commit(opens(an_incident(), records=[puts(a_record())], **parts))
    with pytest.raises(Conflict, match=f"{re.escape(said)}$"):
        store.commit(change)


def test_changes_that_share_nothing_are_written_side_by_side(moto, table):
    """As many at once as was asked for: each waits until the others are under way too."""
    together = Barrier(4, timeout=10)

    def on_call(number, name, call):
        together.wait()
        return call()

    store = a_patient_store(Through(moto, on_call), table, parallel=4)
    assert list(store.commit_many([opens(an_incident(1000 + number)) for number in range(8)])) == [None] * 8


def test_one_at_a_time_is_possible(moto, table):
    """With ``parallel`` 1 there are no threads at all."""
    under_way = []

    def on_call(number, name, call):
        under_way.append(name)
        assert len(under_way) == 1
        answer = call()
        under_way.clear()
        return answer

    store = a_patient_store(Through(moto, on_call), table, parallel=1)
    assert list(store.commit_many([opens(an_incident(1000 + number)) for number in range(4)])) == [None] * 4


def test_what_writes_the_same_thing_is_one_chain():
    """Incidents, alert rows, claims and records chain changes; order is kept, and what is apart stays apart."""
    shared = an_incident(1001)
    changes = [
        opens(shared),
        of_alerts(AlertWrite(alert=an_alert("7:a"))),
        opens(an_incident(1002), alerts=[AlertWrite(alert=an_alert("7:a"))]),
        opens(an_incident(1003), claims=[claims("k", "INC-1003")]),
        of_records(puts(a_record("one"))),
        opens(an_incident(1004), claims=[claims("k", "INC-1004")], records=[puts(a_record("one"))]),
        follows(shared),
        Change(id="apart", at=NOON),
        Change(id="event", at=NOON, events=(an_event(shared, ordinal=1),)),
    ]
    found = [[number for number, _ in chain] for chain in chains(changes)]
    assert found == [[0, 6, 8], [1, 2], [3, 4, 5], [7]]
    assert chains([]) == []


def test_a_chain_of_chains_keeps_its_order():
    """Chains that only a later change joins are one, in the order of all their changes."""
    changes = [
        opens(an_incident(1)),
        opens(an_incident(2)),
        opens(an_incident(3)),
        of_alerts(AlertWrite(alert=an_alert("7:a"))),
        opens(an_incident(3), alerts=[AlertWrite(alert=an_alert("7:a"))], records=[puts(a_record("one"))]),
        opens(an_incident(1), records=[puts(a_record("one"))]),
    ]
    found = sorted([number for number, _ in chain] for chain in chains(changes))
    assert found == [[0, 2, 3, 4, 5], [1]]


def test_when_the_table_fails_at_one_change_the_others_are_written(moto, table):
    """The error is raised when all is done that could be done."""
    store = a_patient_store(failing(moto, 2, throttled), table, parallel=1, clock=iter(range(0, 9_999, 30)).__next__)
    with pytest.raises(StoreBusy):
        store.commit_many([opens(an_incident(1000 + number)) for number in range(4)])
    healthy_store = a_patient_store(moto, table)
    assert set(healthy_store.incidents([f"INC-{1000 + number}" for number in range(4)])) == {
        "INC-1000",
        "INC-1002",
        "INC-1003",
    }


def test_a_held_up_change_that_was_written_before_counts_as_written(store):
    """A chain whose first link conflicts: a later link that is there already is no conflict."""
    opened = opens(an_incident())
    moved = follows(after(opened))
    store.commit_many([opened, moved])
    broken = follows(after(opened), change_id="broken", title="broken")
    outcomes = store.commit_many([broken, moved, follows(after(moved))])
    assert [type(outcome) for outcome in outcomes] == [Conflict, type(None), Conflict]
    assert "an earlier change" in str(outcomes[2])


def test_a_removed_incident_is_gone_in_as_few_calls_as_there_are_parts(moto, table, store):
    """Mark, one query, one batch for 25 items, and the incident itself; the first removal looks for interrupted ones."""
    links = [opens(an_incident())]
    for number in range(30):
        links.append(follows(after(links[-1]), title=str(number)))
    store.commit_many(links)
    counting = healthy(moto)
    a_patient_store(counting, table).remove(after(links[-1]))
    assert counting.names == {"query": 2, "update_item": 1, "batch_write_item": 2, "delete_item": 1}


def test_items_that_a_batch_left_are_deleted_after_all(moto, table, store):
    """BatchWriteItem may leave items unprocessed: they go in the next one."""

    class Stingy(Through):
        def __getattr__(self, name):
            given = super().__getattr__(name)

            def batch_write_item(**options):
                todo = options["RequestItems"][table]
                given(RequestItems={table: todo[:1]})
                return {"UnprocessedItems": {table: todo[1:]} if todo[1:] else {}}

            return batch_write_item if name == "batch_write_item" else given

    opened = opens(an_incident())
    store.commit_many([opened, follows(after(opened)), follows(after(follows(after(opened))))])
    stingy = a_patient_store(Stingy(moto, lambda number, name, call: call()), table)
    stingy.remove(stingy.incident("INC-1001"))
    assert list(store.timeline("INC-1001")) == []


def interrupted(moto, table, incident):
    """Begin to remove an incident, and get no further than the mark."""
    with pytest.raises(StoreError):
        a_patient_store(failing(moto, 3, throttled, for_good=True), table).remove(incident)


def test_a_removal_that_was_interrupted_is_gone_on_with(moto, table, store):
    """Once it is marked the incident is gone for every reader; the first removal of the next process finishes it."""
    opened = opens(an_incident())
    store.commit_many([opened, opens(an_incident(1002))])
    interrupted(moto, table, after(opened))
    assert store.incident("INC-1001") is None
    assert [one.id for one in store.find(IncidentFilter()).incidents] == ["INC-1002"]
    with pytest.raises(Conflict, match="INC-1001 does not exist any more"):
        store.remove(an_incident(version=7))
    assert list(store.timeline("INC-1001")) == []


def test_who_writes_to_what_is_being_removed_learns_that_it_is_gone(moto, table, store):
    """The next version of an incident whose removal was interrupted conflicts, and the removal is finished."""
    opened = opens(an_incident())
    store.commit(opened)
    interrupted(moto, table, after(opened))
    with pytest.raises(Conflict, match="INC-1001 does not exist any more"):
        store.commit(follows(after(opened)))
    assert list(store.timeline("INC-1001")) == []


def test_who_removes_what_is_being_removed_goes_on_with_it(moto, table, store):
    """A removal whose caller asks again, after a crash or a lost answer, comes to its end."""
    opened = opens(an_incident())
    store.commit(opened)
    store.draw_numbers(1)
    other = a_patient_store(moto, table)
    another = opens(an_incident(1002))
    other.commit(another)
    other.remove(after(another))
    interrupted(moto, table, after(opened))
    other.remove(after(opened))
    assert list(other.timeline("INC-1001")) == []
    with pytest.raises(Conflict):
        other.remove(after(opened))


def test_an_id_whose_removal_was_interrupted_can_be_used_again(moto, table, store):
    """Whoever opens an incident under it finishes the removal first: nothing of the old one is seen."""
    opened = opens(an_incident())
    store.commit_many([opened, follows(after(opened))])
    interrupted(moto, table, store.incident("INC-1001"))
    store.commit(opens(an_incident(title="again"), change_id="again"))
    assert store.incident("INC-1001").title == "again"
    assert [event.change_id for event in store.timeline("INC-1001")] == ["again"]


def test_a_client_is_set_up_for_the_store():
    """Short time-outs, no tries of its own beside ours, and connections for every thread, the local server's too."""
    client = connect("eu-central-1", "http://127.0.0.1:9", parallel=20)
    config = client.meta.config
    assert (config.connect_timeout, config.read_timeout) == (CONNECT_TIMEOUT, READ_TIMEOUT)
    assert config.retries["total_max_attempts"] == 1
    assert config.max_pool_connections >= 20 + THREADS
    assert connect("eu-central-1").meta.endpoint_url == "https://dynamodb.eu-central-1.amazonaws.com"
    assert connect("eu-central-1").meta.config.max_pool_connections >= PARALLEL
