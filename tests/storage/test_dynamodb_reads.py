"""Reads of the table: to their last page and key, and right where an index has not caught up yet."""

from itertools import pairwise

import pytest

from tests import tables
from tests.builders import (
    a_record,
    after,
    an_alert,
    an_incident,
    at,
    claims,
    drops,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tests.storage.transports import OPERATIONS, Through, a_patient_store, healthy
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.storage.store import MOST_EXAMINED

EVERYTHING = IncidentFilter()
DAY = 24 * 60


@pytest.fixture
def table(moto):
    """Return the name of an empty table in moto."""
    return tables.a_table(moto)


@pytest.fixture
def store(moto, table):
    """Return a store on it."""
    return a_patient_store(moto, table)


def ids(page):
    return [incident.id for incident in page.incidents]


class Behind(Through):
    """A client to whom an index goes on answering what it first answered to the same question."""

    def __init__(self, client, index):
        super().__init__(client, lambda number, name, call: call())
        self._index = index
        self._seen = {}

    def __getattr__(self, name):
        asked = super().__getattr__(name)
        if name != "query":
            return asked

        def query(**options):
            if options.get("IndexName") != self._index:
                return asked(**options)
            question = (options["ExpressionAttributeValues"][":part"]["S"], str(options.get("ExclusiveStartKey")))
            if question not in self._seen:
                self._seen[question] = asked(**options)
            return self._seen[question]

        return query


def in_pages(client, rows):
    """Return a client whose queries answer so many rows at once, whatever was asked for."""

    def on_call(number, name, call):
        return call(Limit=rows) if name == "query" else call()

    return Through(client, on_call)


def test_whatever_is_read_is_read_to_its_last_page(moto, table):
    """Timelines, alerts, episodes, due records and removals follow what an answer leaves off."""
    store = a_patient_store(in_pages(moto, 2), table)
    change = opens(an_incident(), alerts=[AlertWrite(alert=an_alert(f"7:{number}")) for number in range(5)])
    store.commit(change)
    archive = [
        AlertWrite(alert=an_alert(f"8:{number}", "INC-1002"), archive=an_alert(f"8:{number}", episode=2))
        for number in range(5)
    ]
    store.commit(of_alerts(*archive))
    links = [change]
    for number in range(6):
        links.append(follows(after(links[-1]), title=str(number)))
        store.commit(links[-1])
    assert [event.version for event in store.timeline("INC-1001")] == list(range(7))
    assert len(store.alerts(Source.DATADOG)) == 10
    assert len(store.alerts_of("INC-1001")) == 10
    for number in range(20):
        store.commit(of_records(puts(a_record(f"timer {number}", due_at=at(number))), change_id=f"timer {number}"))
    assert [record.id for record in store.due(at(99))] == [f"timer {number}" for number in range(20)]
    store.remove(after(links[-1]))
    assert list(store.timeline("INC-1001")) == []
    assert len(store.alerts_of("INC-1001")) == 5


def test_answers_of_a_megabyte_are_followed_by_the_next(ministack):
    """A partition that is larger than one answer is read whole."""
    counting = healthy(ministack)
    store = a_patient_store(counting, tables.a_table(ministack))
    for number in range(6):
        query = "".join(chr(33 + (number * 7 + at * at) % 90) for at in range(300_000))
        store.commit(of_alerts(AlertWrite(alert=an_alert(f"7:{number}", query=query)), change_id=str(number)))
    counting.names.clear()
    assert len(store.alerts(Source.DATADOG)) == 6


def test_keys_that_were_left_unread_are_asked_for_again(moto, table):
    """BatchGetItem may leave keys unprocessed: they are asked for until all are read, a hundred at a time."""
    asked = []

    class Stingy(Through):
        def __getattr__(self, name):
            given = super().__getattr__(name)

            def batch_get_item(**options):
                wanted = options["RequestItems"][table]
                keys = wanted["Keys"]
                asked.append(len(keys))
                answer = given(RequestItems={table: {**wanted, "Keys": keys[:30]}})
                left = {table: {**wanted, "Keys": keys[30:]}} if keys[30:] else {}
                return {**answer, "UnprocessedKeys": left}

            return batch_get_item if name == "batch_get_item" else given

    store = a_patient_store(Stingy(moto, lambda number, name, call: call()), table)
    held = {f"key {number}" for number in (3, 77, 249)}
    store.commit(opens(an_incident(), claims=[claims(key, "INC-1001") for key in held]))
    assert set(store.claims(f"key {number}" for number in range(250))) == held
    assert max(asked) == 100
    assert sum(asked) > 250


def test_the_same_key_twice_is_asked_for_once(moto, store):
    """BatchGetItem refuses a key that comes twice; whoever asks may name it twice."""
    store.commit(opens(an_incident(), claims=[claims("k", "INC-1001")]))
    assert set(store.incidents(["INC-1001", "INC-1001", "INC-1"])) == {"INC-1001"}
    assert set(store.claims(["k", "k", "l"])) == {"k"}
    assert store.claims([]) == {}


def test_a_record_that_the_index_still_shows_as_due_is_read_again(moto, table):
    """Done, put off or changed since: what is returned as due is as last committed, and nothing is due twice."""
    store = a_patient_store(Behind(moto, "due"), table)
    names = ("done", "put off", "changed", "same")
    store.commit(of_records(*(puts(a_record(name, due_at=at(1))) for name in names), change_id="1"))
    assert len(store.due(at(2))) == 4
    store.commit(
        of_records(
            drops(a_record("done")),
            puts(a_record("put off", due_at=at(9))),
            puts(a_record("changed", due_at=at(1), version=2)),
            change_id="2",
        )
    )
    assert [(record.id, record.version) for record in store.due(at(2))] == [("changed", 2), ("same", 1)]
    store.commit(of_records(puts(a_record("same")), change_id="3"))
    assert [record.id for record in store.due(at(2))] == ["changed"]


def test_no_more_is_read_of_what_is_due_than_was_asked_for(moto, table, store):
    """Of every shard as many keys as the limit says, and as many records in all."""
    store.commit(of_records(*(puts(a_record(str(number), due_at=at(number))) for number in range(40))))
    counting = healthy(moto)
    assert [one.id for one in a_patient_store(counting, table).due(at(99), limit=3)] == ["0", "1", "2"]
    assert counting.names == {"query": 4, "batch_get_item": 1}


def test_an_incident_on_its_way_out_of_the_active_ones_is_listed_once(moto, table):
    """While the index still shows it as active and already as resolved, the later version counts."""
    store = a_patient_store(Behind(moto, "list"), table)
    opened = opens(an_incident())
    store.commit_many([opened, opens(an_incident(1000))])
    assert ids(store.find(IncidentFilter(statuses=ACTIVE))) == ["INC-1001", "INC-1000"]
    store.commit(follows(after(opened), status=Status.RESOLVED))
    found = store.find(EVERYTHING).incidents
    assert [(one.id, one.status) for one in found] == [("INC-1001", Status.RESOLVED), ("INC-1000", Status.DETECTED)]


def over_the_years(store):
    """Open incidents years apart, some of them closed; return their ids, newest first."""
    openings = [(1, -3000), (2, -400), (3, -399), (4, -31), (5, -30), (6, -1), (7, 0)]
    for number, days in openings:
        status = Status.DETECTED if number in (2, 6) else Status.CLOSED
        store.commit(opens(an_incident(number, opened_at=at(days * DAY), status=status)))
    return [f"INC-{number}" for number, _ in reversed(openings)]


def test_months_that_lie_years_apart_make_one_list(store):
    """Active and closed ones of any month are one list, newest first, in pages of any size."""
    expected = over_the_years(store)
    assert ids(store.find(EVERYTHING)) == expected
    for limit in (1, 2, 3):
        pages, cursor = [], ""
        while True:
            page = store.find(EVERYTHING, limit=limit, cursor=cursor)
            pages += ids(page)
            cursor = page.cursor
            if not cursor:
                break
        assert pages == expected


@pytest.mark.parametrize("since, until", [(-31, -1), (-400, -30), (None, -31), (-30, None), (-398, -32), (1, None)])
def test_a_list_looks_only_at_the_months_it_is_about(moto, table, store, since, until):
    """Bounds on the opening bound what is read: no month outside is asked for."""
    numbers = {2: -400, 3: -399, 4: -31, 5: -30, 6: -1, 7: 0, 1: -3000}
    over_the_years(store)
    bounds = {"since": since, "until": until}
    wanted = IncidentFilter(**{name: at(days * DAY) for name, days in bounds.items() if days is not None})
    inside = [n for n, day in numbers.items() if (since is None or day >= since) and (until is None or day < until)]
    counting = healthy(moto)
    found = ids(a_patient_store(counting, table).find(wanted))
    assert sorted(found) == sorted(f"INC-{number}" for number in inside)
    assert counting.names["query"] <= 1 + len(inside) + 2


def test_lists_of_one_kind_do_not_read_the_other(moto, table, store):
    """Active ones are one query; what is resolved or closed does not touch the active ones."""
    over_the_years(store)
    counting = healthy(moto)
    store = a_patient_store(counting, table)
    assert ids(store.find(IncidentFilter(statuses=ACTIVE))) == ["INC-6", "INC-2"]
    assert counting.names == {"query": 1}
    counting.names.clear()
    assert len(store.find(IncidentFilter(statuses={Status.CLOSED})).incidents) == 5
    assert counting.names["get_item"] == 1
    assert counting.names["query"] == 4  # two of the five are of the same month
    counting.names.clear()
    assert store.find(IncidentFilter(since=at(5), until=at(5))).incidents == []
    assert not counting.names


def test_a_list_asks_for_few_rows_first_and_for_more_if_they_do_not_fit(moto, table, store):
    """A page is read in portions that grow, so that a first page is quick and a narrow filter not slow."""
    store.commit_many([opens(an_incident(1000 + number, opened_at=at(number))) for number in range(30)])
    store.commit(opens(an_incident(1, opened_at=at(-1), service="rare")))
    asked = []

    def on_call(number, name, call):
        answer = call()
        asked.append(len(answer.get("Items", [])))
        return answer

    store = a_patient_store(Through(moto, on_call), table)
    assert len(store.find(IncidentFilter(statuses=ACTIVE), limit=5).incidents) == 5
    assert asked == [7]
    asked.clear()
    assert ids(store.find(IncidentFilter(statuses=ACTIVE, service="rare"), limit=1)) == ["INC-1"]
    assert asked == [3, 12, 16]
    assert all(one <= MOST_EXAMINED + 2 for one in asked)


def test_nothing_is_ever_scanned(moto, table):
    """All that the store asks of DynamoDB are these operations; none of them is a Scan."""
    counting = healthy(moto)
    store = a_patient_store(counting, table)
    change = opens(an_incident(), alerts=[AlertWrite(alert=an_alert())])
    store.commit(change)
    store.draw_numbers(1)
    store.commit(follows(after(change), status=Status.RESOLVED))
    store.find(EVERYTHING)
    store.due(at(1))
    store.alerts_of("INC-1001")
    store.timeline("INC-1001")
    store.claims(["k"])
    store.record("timer", "one")
    store.remove(store.incident("INC-1001"))
    assert set(counting.names) == OPERATIONS


def test_months_are_noted_before_anything_of_them_is_closed_and_only_once(moto, table):
    """A month that the list must look into is known before the change; other processes learn it by reading."""
    first, second = healthy(moto), healthy(moto)
    one, other = a_patient_store(first, table), a_patient_store(second, table)
    for number in range(3):
        one.commit(opens(an_incident(1000 + number, status=Status.CLOSED)))
    assert first.names == {"transact_write_items": 3, "get_item": 1, "update_item": 1}
    other.commit(opens(an_incident(2000, status=Status.CLOSED)))
    other.commit(opens(an_incident(2001, status=Status.CLOSED, opened_at=at(-60 * DAY))))
    assert second.names == {"transact_write_items": 2, "get_item": 2, "update_item": 1}
    assert len(one.find(EVERYTHING).incidents) == 5


def test_of_two_that_note_a_month_at_once_neither_fails(moto, table):
    """The other one wrote it down, and told this store's other threads, while this one read that nobody had."""
    meanwhile = iter([opens(an_incident(1001, status=Status.CLOSED))])

    def on_call(_number, name, call):
        answer = call()
        for change in meanwhile if name == "get_item" else ():
            store.commit(change)
        return answer

    store = a_patient_store(Through(moto, on_call), table)
    store.commit(opens(an_incident(1002, status=Status.CLOSED)))
    assert ids(store.find(EVERYTHING)) == ["INC-1002", "INC-1001"]


def test_order_holds_beyond_nine_versions(store):
    """Numbers in keys are padded, so that ten comes after nine."""
    links = [opens(an_incident())]
    for number in range(11):
        links.append(follows(after(links[-1]), title=str(number)))
    store.commit_many(links)
    versions = [event.version for event in store.timeline("INC-1001")]
    assert all(one < other for one, other in pairwise(versions))
    assert len(versions) == 12
