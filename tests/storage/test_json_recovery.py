"""What can be read of a damaged file goes to a new one; the damaged one stays as it is."""

import errno
import json
import os

import pytest

from tests.builders import after, an_alert, an_incident, claims, follows, of_alerts, opens
from tests.storage.disks import FailingDisk
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.search import IncidentFilter
from tocsin.errors import DamagedFile, NewerFormat, NotFound, NotOurFile, StoreError
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import VERSION, sealed
from tocsin.storage.recovery import recover

EVERYTHING = IncidentFilter()


@pytest.fixture
def path(tmp_path):
    """Return a file of a header and the lines 2 to 8: three openings, a move, alerts, a removal, drawn numbers."""
    path = tmp_path / "incidents.json"
    store = JsonStore(path)
    first = opens(an_incident(1001), claims=[claims("k", "INC-1001")])
    store.commit(first)
    store.commit(opens(an_incident(1002)))
    store.commit(opens(an_incident(1007)))
    store.commit(follows(after(first), title="moved"))
    store.commit(of_alerts(AlertWrite(alert=an_alert("7:a"), archive=an_alert("7:b"))))
    store.remove(an_incident(1002))
    store.draw_numbers(5)
    return path


def spoiled(path, spoil):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(spoil(lines)))
    return path.read_bytes()


def ids(store):
    return sorted(incident.id for incident in store.find(EVERYTHING).incidents)


def test_an_undamaged_file_is_saved_whole(path):
    """Nothing is lost of a file that has nothing wrong with it."""
    before = path.read_bytes()
    report = recover(path)
    assert report == (path, path.with_name("incidents.json.recovered"), 7, 2, ())
    assert path.read_bytes() == before
    store = JsonStore(report.target)
    assert ids(store) == ["INC-1001", "INC-1007"]
    assert store.incident("INC-1001").title == "moved"
    assert len(store.timeline("INC-1001")) == 2
    assert [alert.key for alert in store.alerts_of("INC-1001")] == ["7:a", "7:b"]
    assert store.claims(["k"])["k"].incident_id == "INC-1001"
    assert store.draw_numbers(1) == range(1008, 1009)
    assert report.target.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "spoil, lost, found",
    [
        (lambda lines: [*lines[:4], b"rubbish\n", *lines[5:]], [(5, 5, "is not what was written")], ["INC-1001", "INC-1007"]),
        (lambda lines: [*lines[:4], b'{"crc":"00000000",\n', *lines[5:]], [(5, 5, "is not what was written")], ["INC-1001", "INC-1007"]),
        (lambda lines: [*lines[:2], *lines[4:]], [(3, 4, "is missing")], ["INC-1001"]),
        (lambda lines: [*lines[:2], b"a" + lines[2] + b"b\n", *lines[4:]], [(3, 4, "is not what was written")], ["INC-1001"]),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], [], ["INC-1001", "INC-1007"]),
        (lambda lines: [*lines[:-1], lines[-1][:-3]], [(8, 8, "was cut off while it was written, and never committed")], ["INC-1001", "INC-1007"]),
        (lambda lines: [*lines[:6], b"x\n", b"y\n"], [(7, 8, "is not what was written")], ["INC-1001", "INC-1002", "INC-1007"]),
        (lambda lines: [b"no header\n", *lines[1:]], [(1, 1, "is not the header that a file begins with")], ["INC-1001", "INC-1007"]),
        (lambda lines: lines[2:], [(1, 1, "is not the header that a file begins with"), (2, 2, "is missing")], ["INC-1001", "INC-1007"]),
        (lambda lines: [*lines[:3], sealed(4, b'["no line"]'), *lines[4:]], [(4, 4, "cannot be understood")], ["INC-1001"]),
        (lambda lines: [*lines[:3], sealed(4, b'{"incidents":[{"id":"INC-1"}]}'), *lines[4:]], [(4, 4, "cannot be understood")], ["INC-1001"]),
        (lambda lines: [lines[0], *(b"?\n" for _ in lines[1:])], [(2, 8, "is not what was written")], []),
    ],
)  # fmt: skip
def test_what_can_be_read_is_saved_and_what_cannot_is_named(path, spoil, lost, found):
    """Every whole line is kept, each loss is reported with its lines and why, and the original is untouched."""
    before = spoiled(path, spoil)
    report = recover(path)
    assert sorted(report.lost) == lost
    assert report.kept == 7 - sum(last - first + 1 for first, last, _ in lost if first > 1)
    assert path.read_bytes() == before
    store = JsonStore(report.target)
    assert ids(store) == found
    assert report.incidents == len(found)


def test_the_command_in_the_refusal_is_what_helps(path):
    """A damaged file is refused; recovered and put in its place, it is a store again that goes on."""
    spoiled(path, lambda lines: [*lines[:3], b"rubbish\n", *lines[4:]])
    with pytest.raises(DamagedFile):
        JsonStore(path).find(EVERYTHING)
    recover(path).target.replace(path)
    store = JsonStore(path)
    assert ids(store) == ["INC-1001"]
    store.commit(opens(an_incident(1003)))
    assert [alert.key for alert in store.alerts(Source.DATADOG)] == ["7:a"]


def test_no_number_of_an_incident_that_is_there_is_drawn_again(path):
    """If the line that says which numbers were drawn is lost, the incidents themselves tell."""
    spoiled(path, lambda lines: lines[:-1])
    assert JsonStore(recover(path).target).draw_numbers(1) == range(1008, 1009)


def test_every_single_damaged_byte_costs_one_line_at_most(path):
    """Whatever byte of a line changes, the lines before and behind it are saved."""
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    start = len(b"".join(lines[:3]))
    for offset in range(start, start + len(lines[3]) - 1, 7):
        bad = bytearray(content)
        bad[offset] ^= 4
        path.write_bytes(bad)
        report = recover(path)
        assert [(loss.first, loss.last) for loss in report.lost] == [(4, 4)]
        report.target.unlink()


def test_a_recovered_file_is_not_written_over(path):
    """What an earlier recovery saved is kept: the next one asks for it to be moved away."""
    target = recover(path).target
    before = target.read_bytes()
    with pytest.raises(StoreError, match="there already"):
        recover(path)
    assert target.read_bytes() == before


def test_a_file_that_does_not_exist_cannot_be_recovered(tmp_path):
    """A missing file raises NotFound."""
    with pytest.raises(NotFound, match="there is no file"):
        recover(tmp_path / "nothing.json")


@pytest.mark.parametrize("make", [lambda path: path.mkdir(), os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_cannot_be_recovered(tmp_path, make):
    """A folder or a pipe is refused, and nobody waits for it."""
    make(tmp_path / "other")
    with pytest.raises(NotOurFile):
        recover(tmp_path / "other")


def test_what_cannot_be_read_or_written_is_said(tmp_path, path):
    """A name that the system refuses, for the file or for what is saved of it, is said in one line."""
    with pytest.raises(StoreError, match="could not be read: File name too long"):
        recover(tmp_path / ("x" * 300))
    long = path.rename(tmp_path / ("x" * 250))
    with pytest.raises(StoreError, match="could not be written: File name too long"):
        recover(long)


@pytest.mark.parametrize("content", [b"", b"hello\n", b'{"a": 1}\n' * 3, bytes(range(256))])
def test_a_file_of_something_else_is_not_recovered(tmp_path, content):
    """A file without a single line of ours raises NotOurFile, and nothing is written beside it."""
    path = tmp_path / "other.json"
    path.write_bytes(content)
    with pytest.raises(NotOurFile):
        recover(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_newer_file_is_not_recovered(path):
    """A newer program's file raises NewerFormat: it may be whole."""
    spoiled(
        path, lambda lines: [json.dumps(json.loads(lines[0]) | {"version": VERSION + 1}).encode() + b"\n", *lines[1:]]
    )
    with pytest.raises(NewerFormat):
        recover(path)


def test_a_full_disk_leaves_no_half_of_a_recovered_file(path):
    """If the new file cannot be written, there is none, and the damaged one is as it was."""
    before = path.read_bytes()
    for step in range(1, 8):
        with pytest.raises(StoreError, match="No space left"):
            recover(path, disk=FailingDisk(step, error=errno.ENOSPC))
        assert sorted(one.name for one in path.parent.iterdir()) == ["incidents.json", "incidents.json.lock"]
    assert path.read_bytes() == before
