"""What every store promises of rows and records that are read by key, and in order, page by page."""

import pytest

from tests.builders import a_record, an_alert, at, drops, of_alerts, of_records, puts
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.errors import InvalidInput

KEYS = ("7:a", "7:host:b", "77:a", "7", "8:*", "10:é", "7:", "~:z")


def put(store, *names, source=Source.DATADOG):
    writes = (AlertWrite(alert=an_alert(key, source=source)) for key in names)
    store.commit(of_alerts(*writes, change_id=f"{source.value} {names}"))


def keys(rows):
    return [row.key for row in rows]


def test_rows_are_read_by_key(any_store):
    """Those that exist are returned under their keys; a key that comes twice is one; another source has its own."""
    put(any_store, *KEYS)
    put(any_store, "9:x", source=Source.GENERIC)
    found = any_store.alerts_named(Source.DATADOG, ["7:a", "9:x", "7:a", "8:*"])
    assert {key: row.key for key, row in found.items()} == {"7:a": "7:a", "8:*": "8:*"}
    assert any_store.alerts_named(Source.DATADOG, []) == {}


def test_the_rows_of_one_monitor_are_those_behind_its_colon(any_store):
    """No other monitor whose number begins alike is among them."""
    put(any_store, *KEYS)
    assert sorted(keys(any_store.alerts_from(Source.DATADOG, "7"))) == ["7:", "7:a", "7:host:b"]
    assert keys(any_store.alerts_from(Source.DATADOG, "6")) == []
    assert keys(any_store.alerts_from(Source.GENERIC, "7")) == []


def test_pages_of_rows_follow_each_other_in_the_order_of_their_keys(any_store):
    """Each goes on behind the last key of the one before, whether that is still there or not."""
    put(any_store, *KEYS)
    put(any_store, "0:0", source=Source.GENERIC)
    ordered, after = [], ""
    while page := any_store.alerts_page(Source.DATADOG, after=after, limit=3):
        assert len(page) == min(3, len(KEYS) - len(ordered))
        ordered += keys(page)
        after = ordered[-1]
    assert ordered == sorted(KEYS)
    assert keys(any_store.alerts_page(Source.DATADOG, after="7:aa", limit=1)) == ["7:host:b"]
    assert list(any_store.alerts_page(Source.ELASTIC, limit=3)) == []


def test_a_page_shows_what_came_since_the_last(any_store):
    """Rows that are new, and rows that were rewritten, stand where they belong."""
    put(any_store, "7:b", "7:d")
    assert keys(any_store.alerts_page(Source.DATADOG, limit=9)) == ["7:b", "7:d"]
    put(any_store, "7:a", "7:c", "7:e")
    any_store.commit(of_alerts(AlertWrite(alert=an_alert("7:b", version=1), expected=0), change_id="b again"))
    assert keys(any_store.alerts_page(Source.DATADOG, limit=9)) == ["7:a", "7:b", "7:c", "7:d", "7:e"]


def test_records_of_a_kind_come_in_the_order_of_their_ids(any_store):
    """Page by page; those of other kinds are not among them, and those that went are gone."""
    ids = ["b", "a", "10", "9", "é"]
    any_store.commit(of_records(*(puts(a_record(one, kind="key", due_at=at(1))) for one in ids), change_id="1"))
    any_store.commit(of_records(puts(a_record("b", kind="keys")), change_id="2"))
    assert [one.id for one in any_store.records("key", limit=9)] == sorted(ids)
    assert [one.id for one in any_store.records("key", after="10", limit=2)] == ["9", "a"]
    any_store.commit(of_records(drops(a_record("9", kind="key")), puts(a_record("A", kind="key")), change_id="3"))
    assert [one.id for one in any_store.records("key", limit=3)] == ["10", "A", "a"]
    assert any_store.records("key", after="b", limit=1)[0] == a_record("é", kind="key", due_at=at(1))
    assert list(any_store.records("no such kind", limit=1)) == []


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_of_less_than_one_is_refused(any_store, limit):
    """A limit below one raises InvalidInput."""
    with pytest.raises(InvalidInput):
        any_store.alerts_page(Source.DATADOG, limit=limit)
    with pytest.raises(InvalidInput):
        any_store.records("key", limit=limit)
