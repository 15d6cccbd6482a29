"""A disk that is full, fails or loses power at any call: what was committed stays, and the store can go on."""

import errno
import logging
import os
import stat
from itertools import count

import pytest

from tests.builders import a_record, after, an_incident, follows, of_records, opens, puts
from tests.storage.disks import CountingDisk, FailingDisk, ForgetfulDisk, PowerCut, QuickDisk, SlowEater, Stuffed
from tocsin.domain.search import IncidentFilter
from tocsin.errors import Conflict, StoreError
from tocsin.storage.disk import Disk
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import VERSION, Format

FIRST = opens(an_incident(1, description="x" * 500))
SECOND = opens(an_incident(2))
NEXT = [follows(after(FIRST)), follows(after(SECOND)), opens(an_incident(3))]
NEWER = Format(version=VERSION + 1, upgrades={VERSION: lambda line: line})


def commits_first(store):
    store.commit(FIRST)


def commits_many(store):
    assert list(store.commit_many(NEXT)) == [None] * 3


def removes(store):
    if store.incident("INC-2") is not None:
        store.remove(after(SECOND))


def compacts(store):
    store.compact()


def shape(store):
    """Return the version of every incident, followed by those of its events."""
    return {
        incident.id: (incident.version, *[event.version for event in store.timeline(incident.id)])
        for incident in store.find(IncidentFilter()).incidents
    }


BEFORE = {"INC-1": (0, 0), "INC-2": (0, 0)}
MOVED = {"INC-1": (1, 0, 1), "INC-2": (1, 0, 1), "INC-3": (0, 0)}

JOBS = {
    "the first commit": (commits_first, {}, {"INC-1": (0, 0)}, {}),
    "a commit": (commits_many, BEFORE, MOVED, {}),
    "a commit that compacts": (commits_many, BEFORE, MOVED, {"slack": -100_000}),
    "a commit that upgrades": (commits_many, BEFORE, MOVED, {"file_format": NEWER}),
    "a removal": (removes, BEFORE, {"INC-1": (0, 0)}, {}),
    "a compaction": (compacts, BEFORE, BEFORE, {}),
}


def prepared(path, before):
    if before:
        JsonStore(path, disk=QuickDisk()).commit_many([FIRST, SECOND])
        path.with_name(f"{path.name}.new").write_bytes(b"left behind by somebody who was killed")


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "until there is room"])
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO], ids=["full", "broken"])
@pytest.mark.parametrize("job", JOBS)
def test_whatever_call_fails_nothing_committed_is_lost(tmp_path, job, error, lasting):
    """Every call to the disk fails in turn: each change is whole or not there, and the same store can go on."""
    work, before, result, options = JOBS[job]
    failures = set()
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = folder / "incidents.json"
        prepared(path, before)
        disk = FailingDisk(at, lasting=lasting, error=error)
        store = JsonStore(path, disk=disk, **options)
        told = ""
        try:
            work(store)
        except StoreError as refusal:
            told = str(refusal)
            assert "nothing that was committed is lost" in told
            assert "\n" not in told
        if not disk.failed_at:
            break
        failures.add(disk.failed_at)
        found = shape(JsonStore(path, file_format=options.get("file_format", Format())))
        one_by_one = {key: {before.get(key), result.get(key)} for key in before.keys() | result.keys()}
        assert all(found.get(key) in allowed for key, allowed in one_by_one.items()), (at, disk.failed_at)
        assert told or found == result, (at, disk.failed_at)
        assert shape(store) == found
        disk.mended = True
        work(store)
        assert shape(store) == shape(JsonStore(path, file_format=options.get("file_format", Format()))) == result
        kept = {f"incidents.json.v{VERSION}.bak"} if job == "a commit that upgrades" else set()
        assert {one.name for one in folder.iterdir()} == {"incidents.json", "incidents.json.lock"} | kept
    steps = {"before write", "half write", "after write", "before sync", "after sync", "before sync_directory"}
    assert failures >= steps


FILES = {"incidents.json", "incidents.json.new", f"incidents.json.v{VERSION}.bak"}


@pytest.mark.parametrize(
    "kept", [FILES, {"incidents.json"}, set()], ids=["names kept", "one name kept", "names forgotten"]
)
@pytest.mark.parametrize("job", JOBS)
def test_whenever_the_power_goes_nothing_committed_is_lost(tmp_path, job, kept):
    """At every call the disk keeps only what was synced: each change is whole or not there, and whole once answered."""
    work, before, result, options = JOBS[job]
    answered = False
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = folder / "incidents.json"
        prepared(path, before)
        disk = ForgetfulDisk(at, folder)
        store = JsonStore(path, disk=disk, **options)
        try:
            work(store)
            answered = True
        except PowerCut:
            pass
        store.close()
        disk.restart(kept=kept)
        found = shape(JsonStore(path, file_format=options.get("file_format", Format())))
        one_by_one = {key: {before.get(key), result.get(key)} for key in before.keys() | result.keys()}
        assert all(found.get(key) in allowed for key, allowed in one_by_one.items()), at
        assert not answered or found == result, at
        if job == "a commit that upgrades" and b'"version":%d' % NEWER.version in path.read_bytes():
            assert shape(JsonStore(path.with_name(f"incidents.json.v{VERSION}.bak"))) == BEFORE
        if answered:
            break
    assert at > 5


def test_what_a_process_left_is_made_durable_before_it_is_confirmed(tmp_path):
    """A writer dies at any call, another commits the same change, and after a power cut that is there."""
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = folder / "incidents.json"
        prepared(path, BEFORE)
        disk = ForgetfulDisk(at, folder)
        try:
            JsonStore(path, disk=disk, file_format=NEWER).commit(NEXT[0])
            break
        except PowerCut:
            disk.goes_on()
        JsonStore(path, disk=disk, file_format=NEWER).commit(NEXT[0])
        disk.restart(kept=set())
        assert shape(JsonStore(path, file_format=NEWER)) == BEFORE | {"INC-1": MOVED["INC-1"]}, at
    assert at > 10


def test_a_write_that_failed_is_taken_back(tmp_path):
    """At whatever call it fails, if the disk then works again, the file is as it was."""
    path = tmp_path / "incidents.json"
    prepared(path, BEFORE)
    before = path.read_bytes()
    for at in count(1):
        disk = FailingDisk(at)
        try:
            commits_many(JsonStore(path, disk=disk))
            break
        except StoreError:
            assert path.read_bytes() == before, disk.failed_at
    assert at > 6


def test_numbers_that_were_not_given_out_are_not_lost_twice(tmp_path):
    """A draw that failed gave nothing, and the next one gives numbers that nobody has."""
    drawn = []
    for at in range(1, 12):
        store = JsonStore(tmp_path / "incidents.json", disk=FailingDisk(at))
        for _ in range(2):
            try:
                drawn += store.draw_numbers(2)
            except StoreError:
                continue
    assert len(drawn) == len(set(drawn)) > 20


def test_a_number_and_the_incident_that_it_names_take_one_sync(tmp_path):
    """What stands before a synced line is as durable as the line."""
    disk = CountingDisk()
    path = tmp_path / "incidents.json"
    prepared(path, BEFORE)
    store = JsonStore(path, disk=disk)
    store.commit(opens(an_incident(2)))  # the folder is synced once a process
    before = disk.synced
    store.commit(opens(an_incident(*store.draw_numbers(1))))
    assert disk.synced - before == 1


def test_no_power_cut_gives_the_number_of_an_incident_again(tmp_path):
    """Whenever it comes: a number that was drawn may come again, but not once an incident has it."""
    answered = False
    for at in count(1):
        folder = tmp_path / str(at)
        folder.mkdir()
        path = folder / "incidents.json"
        prepared(path, BEFORE)
        disk = ForgetfulDisk(at, folder)
        store = JsonStore(path, disk=disk)
        try:
            store.commit(opens(an_incident(*store.draw_numbers(1))))
            answered = True
        except PowerCut:
            pass
        store.close()
        disk.restart(kept=set())
        found = JsonStore(path)
        there = {incident.id for incident in found.find(IncidentFilter()).incidents}
        assert not answered or "INC-1001" in there
        assert f"INC-{found.draw_numbers(1)[0]}" not in there, at
        if answered:
            break
    assert at > 5


def test_a_disk_that_takes_a_little_at_a_time_gets_it_all(tmp_path):
    """Short writes are gone on with."""
    store = JsonStore(tmp_path / "incidents.json", disk=SlowEater())
    store.commit_many([FIRST, SECOND])
    store.commit_many(NEXT)
    assert shape(JsonStore(tmp_path / "incidents.json")) == MOVED


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_disk_that_takes_no_more_and_says_nothing_is_noticed(tmp_path, room):
    """A write that comes to nothing is a failure, and is taken back."""
    path = tmp_path / "incidents.json"
    JsonStore(path).commit_many([FIRST, SECOND])
    store = JsonStore(path, disk=Stuffed(room))
    with pytest.raises(StoreError, match="could not be written"):
        store.commit_many(NEXT)
    assert shape(JsonStore(path)) == BEFORE


def test_a_commit_stands_though_the_file_could_not_be_compacted(tmp_path, caplog):
    """A full disk stops the compaction, not the commit; it is logged, and tried again when the file has grown."""
    path = tmp_path / "incidents.json"
    JsonStore(path).commit(of_records(puts(a_record(body={"text": "x" * 3000})), change_id="first"))

    class NoRoomForAnother(QuickDisk):
        tried = 0
        mended = False

        def create(self, path):
            self.tried += 1
            if self.mended:
                return super().create(path)
            raise OSError(errno.ENOSPC, "No space left on device")

    disk = NoRoomForAnother()
    store = JsonStore(path, disk=disk, slack=0)
    tries = []
    with caplog.at_level(logging.WARNING):
        for number in range(12):
            store.commit(of_records(puts(a_record(body={"n": number})), change_id=f"c{number}"))
            tries.append(disk.tried)
    assert store.record("timer", "one").body == {"n": 11}
    assert tries[0] == 1
    assert tries[-1] < 4
    assert "No space left on device" in caplog.messages[0]
    assert path.stat().st_size > 3000
    disk.mended = True
    sizes = []
    for number in range(60):
        store.commit(of_records(puts(a_record(body={"text": "x" * 300})), change_id=f"r{number}"))
        sizes.append(path.stat().st_size)
    assert max(sizes) < 3000


def test_what_is_found_after_a_failure_is_made_durable_before_it_is_confirmed(tmp_path):
    """A change that is there although its writer was told of a failure is synced before it is recognised."""
    path = tmp_path / "incidents.json"
    JsonStore(path).commit(FIRST)
    disk = FailingDisk(1)
    with pytest.raises(StoreError, match="could not be written"):
        JsonStore(path, disk=disk).commit(FIRST)
    assert disk.failed_at == "before sync"
    JsonStore(path).commit(FIRST)


def test_an_interrupt_while_writing_leaves_a_store_that_can_be_used(tmp_path):
    """Ctrl-C at any call to the disk: the change is whole or not there, and the same store goes on."""

    class Interrupted(FailingDisk):
        def step(self, what):
            try:
                super().step(what)
            except OSError:
                raise KeyboardInterrupt from None

    for at in count(1):
        path = tmp_path / f"{at}.json"
        prepared(path, BEFORE)
        disk = Interrupted(at)
        store = JsonStore(path, disk=disk, slack=-100_000)
        try:
            commits_many(store)
        except KeyboardInterrupt:
            found = shape(store)
            assert found == shape(JsonStore(path))
            assert all(found.get(key) in (BEFORE.get(key), MOVED[key]) for key in MOVED)
        if not disk.failed_at:
            break
        commits_many(store)
        assert shape(store) == shape(JsonStore(path)) == MOVED
    assert at > 20


def test_a_stale_removal_costs_no_reading(tmp_path):
    """A conflict is no failure: what was read stays read."""
    path = tmp_path / "incidents.json"
    store = JsonStore(path)
    store.commit_many([FIRST, SECOND])
    with pytest.raises(Conflict):
        store.remove(after(NEXT[0]))
    assert shape(store) == BEFORE


class NoSuchCall(Disk):
    """A file system on which a folder cannot be synced."""

    def __init__(self, error):
        super().__init__()
        self._error = error
        self._folders = set()

    def sync(self, descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(self._error, os.strerror(self._error))
        super().sync(descriptor)


def test_a_file_system_that_cannot_sync_folders_is_good_enough(tmp_path):
    """Where syncing a folder is no valid call the store works; where it fails, it says so."""
    JsonStore(tmp_path / "a.json", disk=NoSuchCall(errno.EINVAL)).commit(FIRST)
    with pytest.raises(StoreError, match="Input/output error"):
        JsonStore(tmp_path / "b.json", disk=NoSuchCall(errno.EIO)).commit(FIRST)


def test_where_folders_cannot_be_opened_they_are_not_synced(tmp_path):
    """On Windows there is no way to sync a folder, and none is tried."""
    disk = Disk(sync_directories=False)
    disk.sync_directory(tmp_path / "nothing here")
    JsonStore(tmp_path / "a.json", disk=disk).commit(FIRST)
