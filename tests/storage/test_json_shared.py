"""A file that several stores have open: who sees what, who waits, and what a reader forgets again."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from filelock import FileLock

from tests.builders import an_incident, at, opens
from tocsin.domain.alert import Source
from tocsin.domain.search import IncidentFilter
from tocsin.errors import DamagedFile, StoreBusy, StoreError
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import sealed

EVERYTHING = IncidentFilter()


def test_a_lock_that_is_never_freed_is_reported(written):
    """A write gives up after the time-out and says that it may be tried again; reads do not wait."""
    store = JsonStore(written, lock_timeout=0.05)
    with FileLock(f"{written}.lock"):
        assert store.incident("INC-1001") is not None
        with pytest.raises(StoreBusy, match=r"locked for 0\.05 s") as caught:
            store.commit(opens(an_incident(1002)))
    assert caught.value.retryable
    store.commit(opens(an_incident(1002)))


def test_a_lock_that_cannot_be_made_is_reported(path):
    """Where there can be no lock, nothing is written."""
    path.with_name("incidents.json.lock").mkdir()
    with pytest.raises(StoreError, match="could not be written"):
        JsonStore(path).commit(opens(an_incident()))
    assert not path.exists()


def test_a_store_sees_what_another_one_commits(written):
    """Two stores on one file see each other's changes at the next read, also when one has written the file anew."""
    one, other = JsonStore(written), JsonStore(written)
    for number in range(2000, 2006):
        one.commit(opens(an_incident(number, opened_at=at(number))))
        assert other.find(EVERYTHING).incidents[0].id == f"INC-{number}"
        if number % 2:
            other.compact()
        one, other = other, one
    assert one.draw_numbers(1)[0] + 1 == other.draw_numbers(1)[0]


def test_a_file_that_was_deleted_is_an_empty_store(written):
    """A store whose file goes away starts anew."""
    store = JsonStore(written)
    assert store.incident("INC-1001") is not None
    written.unlink()
    assert store.incident("INC-1001") is None
    store.commit(opens(an_incident()))
    assert store.incident("INC-1001").version == 0


def test_a_reader_waits_for_the_end_of_the_line(written):
    """A line that is still being written is not there yet; once its newline is, it is."""
    reader = JsonStore(written)
    number = len(written.read_bytes().splitlines()) + 1
    line = sealed(number, b'{"records":[{"kind":"timer","id":"late"}]}')
    with written.open("ab", buffering=0) as file:
        for cut in range(len(line)):
            assert reader.record("timer", "late") is None
            file.write(line[cut : cut + 1])
    assert reader.record("timer", "late") is not None


@pytest.mark.parametrize("other", [b"", b"a", b"b", b"something much longer"])
def test_a_reader_forgets_a_line_that_was_taken_back(written, other):
    """What a writer cut off again is forgotten by whoever had seen it, also where the clock of the files stands still."""
    reader = JsonStore(written)
    content = written.read_bytes()
    number = len(content.splitlines()) + 1
    written.write_bytes(content + sealed(number, b'{"records":[{"kind":"timer","id":"x"}]}'))
    assert reader.record("timer", "x") is not None
    seen = written.stat()
    instead = sealed(number, b'{"records":[{"kind":"timer","id":"%b"}]}' % other) if other else b""
    written.write_bytes(content + instead)
    os.utime(written, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert reader.record("timer", "x") is None
    assert (reader.record("timer", other.decode()) is not None) == bool(other)


def test_a_reader_forgets_a_line_that_was_cut_behind_its_back(written):
    """A last line that lost its end is not there any more, though all before its end is as it was read."""
    store = JsonStore(written)
    assert store.incident("INC-1001").title == "second"
    os.truncate(written, written.stat().st_size - 1)
    assert store.draw_numbers(1) == range(1001, 1002)
    assert len(written.read_bytes().splitlines()) == 5


def test_a_reader_forgets_a_line_that_it_did_not_understand(written):
    """What a line said before the word that nobody understands is not kept when that line goes."""
    store = JsonStore(written)
    timeline = list(store.timeline("INC-1001"))
    content = written.read_bytes()
    line = {"events": [timeline[0].model_dump(mode="json")], "alerts": [1]}
    written.write_bytes(content + sealed(6, json.dumps(line).encode()))
    with pytest.raises(DamagedFile):
        store.timeline("INC-1001")
    written.write_bytes(content)
    assert list(store.timeline("INC-1001")) == timeline


def test_a_file_written_anew_is_known_by_its_generation(written):
    """A reader reads it from its beginning, however much its end looks like that of the file before."""
    store = JsonStore(written)
    assert store.incident("INC-1001").title == "second"
    lines = written.read_bytes().splitlines(keepends=True)
    generation = json.loads(lines[0])["generation"].encode()
    fourth = b"{" + lines[3].partition(b'"n":4,')[2].replace(b"second", b"fourth").rstrip(b"\n")
    written.write_bytes(
        b"".join([lines[0].replace(generation, generation[::-1]), *lines[1:3], sealed(4, fourth), lines[4]])
    )
    assert store.incident("INC-1001").title == "fourth"


def test_what_looks_damaged_while_a_writer_cuts_a_tail_off_is_looked_at_again(written):
    """A reader that meets nonsense waits for the writer at work, and only then calls it damage."""
    content = written.read_bytes()
    reader = JsonStore(written)
    reader.find(EVERYTHING)
    lock = FileLock(f"{written}.lock", thread_local=False)
    with ThreadPoolExecutor(1) as pool:
        with lock:
            written.write_bytes(content + b"half a line, and then\n")
            answer = pool.submit(reader.incident, "INC-1001")
            time.sleep(0.05)
            assert not answer.done()
            written.write_bytes(content)
        assert answer.result().title == "second"


def test_damage_is_reported_even_if_the_lock_is_not_to_be_had(written):
    """A reader that cannot wait for the writer any longer reports what it saw."""
    written.write_bytes(written.read_bytes() + b"nonsense\n")
    with FileLock(f"{written}.lock"), pytest.raises(DamagedFile):
        JsonStore(written, lock_timeout=0.05).find(EVERYTHING)


def test_a_closed_store_opens_again(written):
    """Closing lets go of memory; the next call reads the file again."""
    store = JsonStore(written)
    store.close()
    assert store.incident("INC-1001").title == "second"
    store.close()
    store.commit(opens(an_incident(1002)))
    assert [alert.key for alert in store.alerts(Source.DATADOG)] == ["7:a"]
