"""Touches of the table: one update without a read, counted beside the document, and told right whatever fails."""

import pytest

from tests import tables
from tests.builders import an_alert, at, of_alerts
from tests.storage.test_dynamodb_items import at_key, noise
from tests.storage.test_store_touches import LATER, SIGNED, a_row, a_touch, read, seen
from tests.storage.transports import Metered, Through, a_patient_store, bytes_of, failing, lost_answer, throttled
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.errors import StoreBusy, StoreError

KEYS = [f"prom:{number}" for number in range(5)]


def prepared(client, *rows):
    """Return a table with these rows."""
    table = tables.a_table(client)
    a_patient_store(client, table).commit(of_alerts(*(AlertWrite(alert=row) for row in rows)))
    return table


def test_what_a_touch_needs_stands_beside_the_document(moto):
    """An alert that fires and was pushed has its signature and counts as attributes; the document stays as it was."""
    table = prepared(moto, a_row())
    before = at_key(moto, table, "ALERT#generic", "prom:a")
    assert (before["signature"], before["seen"]) == ({"S": SIGNED}, {"N": "1"})
    a_patient_store(moto, table).touch([a_touch()])
    now = at_key(moto, table, "ALERT#generic", "prom:a")
    counted = {"version": {"N": "1"}, "seen": {"N": "2"}, "seen_at": {"S": "2026-03-02T12:01:00.000000+00:00"}}
    assert now == {**before, **counted}


@pytest.mark.parametrize(
    "row",
    [a_row(signature=""), a_row(ended_at=at(1), expires_at=LATER), an_alert("prom:a", source=Source.GENERIC)],
    ids=["no signature", "ended", "polled"],
)
def test_what_cannot_be_touched_has_no_such_attributes(moto, row):
    """So the one condition on the signature says that the alert is there, fires and is as it was decided on."""
    item = at_key(moto, prepared(moto, row), "ALERT#generic", "prom:a")
    assert not {"signature", "seen", "seen_at", "observed_at"} & set(item)


def test_a_duplicate_takes_one_write_unit_and_no_read(ministack):
    """Nor do many: one unit each, side by side."""
    table = prepared(ministack, *map(a_row, KEYS))
    units = Metered(ministack)
    store = a_patient_store(units, table)
    assert all(one.done for one in store.touch(list(map(a_touch, KEYS))))
    assert (dict(units.written), units.read.total()) == ({"update_item": len(KEYS)}, 0)


def test_a_row_that_was_touched_is_no_larger_than_a_unit(ministack):
    """Long texts are deflated; what a touch writes has the room that it needs."""
    row = a_row(title="errors on web-17 " * 50, query="sum(rate(errors[5m])) by (host) > 5 " * 50, link="x" * 200)
    table = prepared(ministack, row)
    units = Metered(ministack)
    store = a_patient_store(units, table)
    for minutes in range(20):
        assert store.touch([a_touch(minutes=minutes)])[0].done
    assert units.written.total() == 20
    assert bytes_of(at_key(ministack, table, "ALERT#generic", "prom:a")) <= 1024


def test_what_no_deflating_shortens_is_touched_all_the_same(moto):
    """It costs a unit more."""
    row = a_row(title=noise(1_000), query=noise(2_000))
    store = a_patient_store(moto, prepared(moto, row))
    assert store.touch([a_touch()])[0].row == seen(row, 1, 1)


def test_a_touch_that_is_throttled_is_made_again(moto):
    """The caller does not notice."""
    table = prepared(moto, a_row())
    assert a_patient_store(failing(moto, 1, throttled), table).touch([a_touch()])[0].row == seen(a_row(), 1, 1)


def test_a_touch_whose_answer_got_lost_may_count_twice(moto):
    """It is made again: a count too high by one harms nobody, a touch that was not made might."""
    table = prepared(moto, a_row())
    assert a_patient_store(failing(moto, 1, lost_answer), table).touch([a_touch()])[0].row == seen(a_row(), 2, 1)


@pytest.mark.parametrize("parallel", [1, 4])
def test_one_that_fails_leaves_the_others_done_and_is_told(moto, parallel):
    """All are tried before the error is raised."""
    table = prepared(moto, *map(a_row, KEYS))

    class Stubborn(Through):
        def __getattr__(self, name):
            given = super().__getattr__(name)

            def call(**options):
                if options["Key"]["sk"]["S"] == KEYS[1]:
                    throttled(None)
                return given(**options)

            return call if name == "update_item" else given

    store = a_patient_store(Stubborn(moto, lambda number, name, call: call()), table, parallel=parallel)
    with pytest.raises(StoreBusy):
        store.touch(list(map(a_touch, KEYS)))
    whole = a_patient_store(moto, table)
    assert [read(whole, key).count for key in KEYS] == [2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "spoilt", [{"seen": {"S": "some"}}, {"seen_at": {"S": "soon"}}, {"seen": {"N": "1.5"}}], ids=str
)
def test_counts_that_nobody_wrote_like_that_are_named(moto, spoilt):
    """Somebody's hands were in the table: one line says which row."""
    table = prepared(moto, a_row())
    moto.put_item(TableName=table, Item={**at_key(moto, table, "ALERT#generic", "prom:a"), **spoilt})
    with pytest.raises(StoreError, match=r"^item ALERT#generic / prom:a cannot be understood[^\n]*$"):
        a_patient_store(moto, table).alerts(Source.GENERIC)
