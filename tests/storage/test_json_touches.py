"""Touches in the file: one line and one sync for all of them, whole or not there, and no line of an older format."""

import json
from itertools import count

import pytest

from tests.builders import an_incident, at, of_alerts, opens
from tests.storage.disks import CountingDisk, FailingDisk, ForgetfulDisk, PowerCut, QuickDisk
from tests.storage.test_json_first_file import FILE
from tests.storage.test_store_touches import a_row, a_touch, read, seen
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.errors import NewerFormat, StoreError
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import VERSION, Format, sealed
from tocsin.storage.recovery import recover

KEYS = [f"prom:{number}" for number in range(3)]


def prepared(path, **more):
    store = JsonStore(path, **more)
    rows = [AlertWrite(alert=a_row(key)) for key in KEYS]
    store.commit(opens(an_incident(), alerts=rows))
    return store


def counts(store):
    return [row.count for row in store.alerts_page(Source.GENERIC, limit=9)]


def test_all_touches_of_a_call_are_one_line_and_one_sync(path):
    """A person can read it, and who opens the file afterwards reads the counts."""
    disk = CountingDisk()
    store = prepared(path, disk=disk)
    lines, syncs = len(path.read_bytes().splitlines()), disk.synced
    store.touch([*map(a_touch, KEYS), a_touch("prom:x")])
    assert disk.synced - syncs == 1
    written = [json.loads(line) for line in path.read_bytes().splitlines()[lines:]]
    assert [one["touched"] for one in written] == [
        [["generic", key, "2026-03-02T12:01:00+00:00", "2026-03-02T12:00:00+00:00"] for key in KEYS]
    ]
    assert read(JsonStore(path), KEYS[0]) == seen(a_row(KEYS[0]), 1, 1)


def test_touches_that_find_nothing_write_nothing(path):
    """Not even a file."""
    assert not JsonStore(path).touch([a_touch()])[0].done
    assert not path.exists()
    store = prepared(path)
    before = path.read_bytes()
    store.touch([a_touch(signature="other")])
    assert path.read_bytes() == before


def test_counts_survive_a_compaction_and_are_counted_on(path):
    """What is written anew holds the rows as they are; touches grow the file no further than changes do."""
    store = prepared(path, slack=4_000, disk=QuickDisk())
    for turn in range(200):
        store.touch([a_touch(KEYS[0], turn / 100)])
    assert path.stat().st_size < 20_000
    store.compact()
    assert store.touch([a_touch(KEYS[0], 5)])[0].row == seen(a_row(KEYS[0]), 201, 5)
    assert read(JsonStore(path), KEYS[0]) == seen(a_row(KEYS[0]), 201, 5)
    assert b"touched" in path.read_bytes()


def test_pages_go_on_after_the_file_was_written_anew(path):
    """Tombstones that are over leave the order of the keys, too."""
    store = prepared(path, disk=QuickDisk())
    assert len(store.alerts_page(Source.GENERIC, limit=9)) == 3
    over = AlertWrite(alert=a_row("prom:0", version=1, ended_at=at(1), expires_at=at(2)), expected=0)
    store.commit(of_alerts(over, change_id="over", when=at(5)))
    store.compact()
    assert [row.key for row in store.alerts_page(Source.GENERIC, limit=9)] == KEYS[1:]


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "until there is room"])
def test_whatever_call_fails_touches_are_whole_or_not_there(tmp_path, lasting):
    """Every call to the disk fails in turn; whoever is told tries again, and nothing is counted twice."""
    for step in count(1):
        path = tmp_path / f"{step}.json"
        prepared(path, disk=QuickDisk()).close()
        disk = FailingDisk(step, lasting=lasting)
        store = JsonStore(path, disk=disk)
        told = False
        try:
            store.touch(list(map(a_touch, KEYS)))
        except StoreError:
            told = True
        if not disk.failed_at:
            break
        assert counts(JsonStore(path)) in ([[1] * 3, [2] * 3] if lasting else [[1] * 3])
        assert told
        disk.mended = True
        before = counts(store)[0]
        store.touch(list(map(a_touch, KEYS)))
        assert counts(store) == counts(JsonStore(path)) == [before + 1] * 3
    assert step > 5


def test_whenever_the_power_goes_what_was_answered_is_there(tmp_path):
    """Counted once it was answered; before that, all of the call or nothing of it."""
    answered = False
    for step in count(1):
        folder = tmp_path / str(step)
        folder.mkdir()
        path = folder / "incidents.json"
        prepared(path, disk=QuickDisk()).close()
        disk = ForgetfulDisk(step, folder)
        try:
            JsonStore(path, disk=disk).touch(list(map(a_touch, KEYS)))
            answered = True
        except PowerCut:
            pass
        disk.restart(kept=set())
        assert counts(JsonStore(path)) in ([[2] * 3] if answered else [[1] * 3, [2] * 3])
        if answered:
            break
    assert step > 3


def test_a_touch_of_what_a_damaged_file_lost_is_passed_over(path):
    """A recovery keeps the touches of the rows that it saved."""
    store = JsonStore(path)
    store.commit(opens(an_incident(), alerts=[AlertWrite(alert=a_row(KEYS[0]))]))
    store.commit(of_alerts(AlertWrite(alert=a_row(KEYS[1]))))
    store.touch(list(map(a_touch, KEYS[:2])))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], b"nonsense\n", *lines[3:]]))
    report = recover(path)
    assert [(loss.first, loss.last) for loss in report.lost] == [(3, 3)]
    saved = JsonStore(report.target)
    assert list(saved.alerts(Source.GENERIC)) == [seen(a_row(KEYS[0]), 1, 1)]


def test_a_line_of_touches_that_cannot_be_understood_is_lost_alone(path):
    """So with touches of a source that this program does not know."""
    prepared(path).close()
    with path.open("ab") as file:
        file.write(sealed(3, b'{"touched":[["carrier pigeon","a","2026-03-02T12:00:00Z","2026-03-02T12:00:00Z"]]}'))
    report = recover(path)
    assert [loss.first for loss in report.lost] == [3]
    assert counts(JsonStore(report.target)) == [1, 1, 1]


def test_a_file_of_the_first_version_is_upgraded_by_the_first_write(path):
    """It reads as before; a copy is kept; then a program that knows no touches refuses the file."""
    path.write_bytes(FILE)
    store = JsonStore(path)
    before = store.incident("INC-1001")
    assert path.read_bytes() == FILE
    store.commit(of_alerts(AlertWrite(alert=a_row())))
    assert store.incident("INC-1001") == JsonStore(path).incident("INC-1001") == before
    assert path.with_name("incidents.json.v1.bak").read_bytes() == FILE
    assert json.loads(path.read_bytes().splitlines()[0])["version"] == VERSION == 2
    with pytest.raises(NewerFormat):
        JsonStore(path, file_format=Format(version=1)).incident("INC-1001")
    store.touch([a_touch()])
    assert read(JsonStore(path)) == seen(a_row(), 1, 1)
