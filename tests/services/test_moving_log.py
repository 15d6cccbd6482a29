"""The audit log moves whole, goes on where it ended, and is never mixed with another."""

import pytest

from tests import tables
from tests.chains import Forger, a_deed, a_log, place
from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.services.test_moving import Breaking, moved
from tests.storage.transports import a_patient_store
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.errors import StoreError
from tocsin.ids import random_id
from tocsin.services.api_keys import ApiKeys
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

ANN = Actor("ann")


def lived(store):
    """Have somebody make keys and users; return the users."""
    users = Users(store, a_log(store), clock=lambda: NOON, new_id=random_id)
    users.add("ana@example.com", "Ana", UserRole.ADMIN, actor=ANN, subject="https://issuer|ana")
    keys = ApiKeys(store, clock=lambda: NOON, new_id=random_id)
    keys.create_first("prod", secret="s" * 43, actor=ANN)
    keys.create("old", ["admin"], secret="s" * 43, actor=ANN)
    keys.revoke("old", actor=ANN)
    Forger(store).put("deleted:INC-7", {"what": "incident deleted", "by": "root"})
    return users


@pytest.fixture
def source(moto):
    """Return a table, which cannot list what it holds."""
    return a_patient_store(moto, tables.a_table(moto))


def lines(store):
    """Return the log as it is exported, once it was verified."""
    log = a_log(store)
    assert log.verify().broken is None
    return [entry.line() for entry in log.entries()]


def test_keys_people_and_the_log_arrive_whole(source, tmp_path):
    """Also from a store that cannot list its records; the chain holds there, and goes on."""
    lived(source)
    target = JsonStore(tmp_path / "target.json")
    assert moved(source, target).verified
    assert lines(target) == lines(source) != []
    users = Users(target, a_log(target), clock=lambda: NOON, new_id=random_id)
    ana = users.by_email("ana@example.com")
    assert ana == users.by_subject("https://issuer|ana")
    keys = ApiKeys(target, clock=lambda: NOON, new_id=random_id)
    assert sorted(key.name for key in keys.every()) == ["old", "prod"]
    assert keys.create_first("another", secret="s" * 43, actor=ANN) is None
    assert keys.revoke("prod", actor=ANN).revoked_at == NOON
    assert target.record("audit", "deleted:INC-7") is not None
    assert len(lines(target)) == len(lines(source)) + 1


def test_what_was_written_here_since_the_last_move_follows(source, tmp_path):
    """Once while all goes on, and once more after stopping."""
    target = JsonStore(tmp_path / "target.json")
    lived(source)
    moved(source, target)
    a_log(source, 30)
    report = moved(source, target)
    assert (report.verified, report.newer) == (True, ())
    assert lines(target) == lines(source)
    again = moved(source, target)
    assert (again.written, again.newer, again.verified) == (0, (), True)


def test_what_was_written_there_since_is_left(source, tmp_path):
    """The target's log went on."""
    target = JsonStore(tmp_path / "target.json")
    lived(source)
    moved(source, target)
    a_log(target, 3)
    before = lines(target)
    report = moved(source, target)
    assert (report.verified, report.newer) == (True, ("audit_head audit_head",))
    assert lines(target) == before


@pytest.mark.parametrize("both", [False, True], ids=["from its beginning", "since the last move"])
def test_a_log_of_its_own_is_not_mixed_with_another(tmp_path, both):
    """What was begun there stays as it is; what was left here is named, and nothing is broken on either side."""
    source, target = MemoryStore(), JsonStore(tmp_path / "target.json")
    a_log(source, 5)
    if both:
        moved(source, target)
        a_log(source, 2)
    a_log(target, 2, now=NOON.replace(hour=13))
    before = lines(target)
    report = moved(source, target)
    assert report.verified
    assert {"audit 000000000001", "audit_head audit_head"} <= set(report.newer)
    assert lines(target) == before
    assert a_log(target).commit(a_deed(9)).number == len(before) + 1


@pytest.mark.parametrize("after", [0, 1], ids=["before the head", "behind it"])
def test_a_move_that_broke_off_leaves_a_target_that_can_be_written_to(tmp_path, after):
    """Wherever that was; the next move brings the entries that are missing."""
    source, target = JsonStore(tmp_path / "source.json"), JsonStore(tmp_path / "target.json")
    lived(source)
    a_log(source, 60)
    with pytest.raises(StoreError):
        moved(source, Breaking(target, after))
    a_log(target).commit(a_deed(99))
    assert moved(source, target).verified
    assert lines(target)[:-1] == (lines(source) if after else [])


def test_somebody_who_writes_to_the_target_in_the_middle_keeps_his_log(tmp_path):
    """The head was taken: the entries of the source stay where they are."""
    source, target = MemoryStore(), JsonStore(tmp_path / "target.json")
    a_log(source, 3)

    class Taken:
        def __getattr__(self, name):
            return getattr(target, name)

        def commit_many(self, changes):
            if target.record("audit", place(1)) is None:
                a_log(target).commit(a_deed(99))
            return target.commit_many(changes)

    report = moved(source, Taken())
    assert "audit 000000000001" in report.newer
    assert [entry.target for entry in a_log(target).entries()] == ["key:99"]
    assert a_log(target).verify().broken is None
