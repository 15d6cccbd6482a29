"""A move copies everything, can be broken off anywhere, and never overwrites what went on without it."""

import itertools
from collections import Counter
from datetime import timedelta

import pytest

from tests import tables
from tests.desk import NOON, Desk, says
from tests.fakes import MemoryStore
from tests.services.test_teams import teams_of
from tests.services.test_users import BOSS, OFF, people
from tests.storage.transports import a_patient_store
from tocsin.domain.access import UserRole
from tocsin.domain.alert import Source
from tocsin.domain.audit import Actor
from tocsin.domain.change import MOST_ALERTS, Change, Claim, ClaimWrite, Record, RecordWrite
from tocsin.errors import AlreadyThere, Conflict, StoreError
from tocsin.ids import random_id
from tocsin.services.api_keys import ApiKeys
from tocsin.services.moving import move
from tocsin.services.users import ADMINISTRATORS
from tocsin.storage.json_store import JsonStore


@pytest.fixture
def source(tmp_path):
    """Return a file in which much has happened: flaps, a long outage, people at work, what was forgotten."""
    store = JsonStore(tmp_path / "source.json")
    desk = Desk(store)
    hosts = [says(1, group=f"host:{number}", since=0) for number in range(MOST_ALERTS + 5)]
    desk.sweep(*hosts, says(2, since=0), says(3, "Warn", since=0))
    desk.service.acknowledge("INC-1001", by="amira")
    desk.minute(1).sweep(*hosts, says(2, "OK", resolved=1), says(3, since=0))
    desk.minute(2).sweep(*hosts[1:], says(1, "OK", group="host:0", resolved=2), says(2, since=2), says(3, since=0))
    desk.minute(3).sweep(*hosts[1:], says(2, "OK", resolved=3), says(3, since=0), quiet=[1])
    desk.minute(20).sweep(*hosts[1:], says(3, since=0), quiet=[1, 2])
    desk.minute(21).sweep(*hosts[1:], says(2, since=21), says(3, since=0), quiet=[1])
    desk.service.note("INC-1003", "looks like the network", by="bo")
    desk.service.open("By hand", by="bo", description="long\nstory", tags=["a:b"], logs=["one", "two"])
    gone = desk.service.open("Forgotten", by="bo")
    desk.service.resolve(gone.id, by="bo")
    desk.service.close(gone.id, by="bo")
    desk.minute(22).service.prune(closed_before=desk.now)
    yield store
    store.close()


def moved(source, target, now=NOON + timedelta(minutes=30)):
    """Move, with ids that no other move has."""
    return move(source, target, now=now, new_id=random_id)


def desk_at(store, first_id):
    """Return a desk whose changes have ids that no other desk of the test has."""
    desk = Desk(store)
    desk._ids = itertools.count(first_id)
    return desk


class Breaking:
    """A store that breaks off at its n-th write."""

    def __init__(self, store, after):
        self._store = store
        self.left = after

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit_many(self, changes):
        self.left -= 1
        if self.left < 0:
            self._store.commit_many(changes[: len(changes) // 2])
            raise StoreError("the line is dead")
        return self._store.commit_many(changes)


class Partitions:
    """A client that counts how often each partition is queried."""

    def __init__(self, client):
        self._client = client
        self.queried = Counter()

    def __getattr__(self, name):
        return getattr(self._client, name)

    def query(self, **options):
        values = options["ExpressionAttributeValues"]
        self.queried[values.get(":pk", values.get(":part"))["S"]] += 1
        return self._client.query(**options)


def held(store):
    """Return everything that a store gives out."""
    incidents = {one.id: one for one in Desk(store).incidents()}
    return {
        "incidents": incidents,
        "timelines": {one: list(store.timeline(one)) for one in incidents},
        "alerts": sorted(store.alerts(Source.DATADOG), key=lambda one: one.key),
        "episodes": {one: list(store.alerts_of(one)) for one in incidents},
        "claims": dict(store.claims([one.correlation_key for one in incidents.values()])),
        "due": list(store.due(NOON + timedelta(days=9))),
        "heartbeat": store.record("heartbeat", "sweep:datadog"),
    }


def test_everything_arrives_as_it_was(source, quick_store):
    """Incidents with every event and episode, current alerts, claims, timers, heartbeat; proven by digest."""
    report = moved(source, quick_store)
    assert (report.verified, report.newer, report.already_there) == (True, (), 0)
    counts = {part.what: part.target_count for part in report.parts}
    assert counts["incidents"] == 5
    assert counts["ended alerts"] == 3
    assert held(quick_store) == held(source)


def test_life_goes_on_in_the_new_store(source, quick_store):
    """The next sync finds nothing new, the next incident gets the next number, and what is due is due."""
    moved(source, quick_store)
    desk = desk_at(quick_store, 50_000).minute(23)
    hosts = [says(1, group=f"host:{number}", since=0) for number in range(1, MOST_ALERTS + 5)]
    assert not desk.sweep(*hosts, says(2, since=21), says(3, since=0), quiet=[1]).changed
    assert int(desk.service.open("Next", by="bo").id.removeprefix("INC-")) > 1006
    quiet = [says(2, "OK", resolved=24)]
    desk.minute(24).sweep(*hosts, *quiet, says(3, since=0), quiet=[1])
    assert len(desk.minute(40).service.tick().resolved) == 1


def test_a_second_move_writes_nothing(source, quick_store):
    """Everything is recognised."""
    moved(source, quick_store)
    again = moved(source, quick_store)
    assert (again.verified, again.written, again.newer) == (True, 0, ())


@pytest.mark.parametrize("after", range(6))
def test_a_move_that_broke_off_goes_on(source, tmp_path, after):
    """Wherever that was, in the middle of a batch too."""
    with_holes = JsonStore(tmp_path / "target.json")
    with pytest.raises(StoreError):
        moved(source, Breaking(with_holes, after))
    report = moved(source, with_holes)
    assert (report.verified, report.newer) == (True, ())
    assert held(with_holes) == held(source)


def test_what_is_newer_there_is_left(source, quick_store):
    """Somebody works with the new store already, and moves once more."""
    moved(source, quick_store)
    there = desk_at(quick_store, 50_000).minute(25)
    there.service.note("INC-1002", "we moved", by="cy")
    there.sweep(says(3, "OK", resolved=25), quiet=[1, 2])
    report = moved(source, quick_store)
    assert "INC-1002" in report.newer
    assert "heartbeat sweep:datadog" in report.newer
    assert report.verified
    assert there.service.timeline("INC-1002")[-1].text == "we moved"


def test_what_went_another_way_there_is_left(source, quick_store):
    """A later version here does not overwrite a different one there."""
    moved(source, quick_store)
    desk_at(quick_store, 50_000).service.note("INC-1004", "from there", by="cy")
    here = desk_at(source, 60_000)
    here.service.note("INC-1004", "from here", by="bo")
    here.service.note("INC-1004", "and once more", by="bo")
    report = moved(source, quick_store)
    assert report.newer == ("INC-1004",)
    assert [one.text for one in quick_store.timeline("INC-1004")][-1] == "from there"


def test_what_happened_here_since_the_last_move_follows(source, quick_store):
    """That is how one moves without a gap: once while all goes on, and once more after stopping."""
    moved(source, quick_store)
    desk = desk_at(source, 60_000).minute(26)
    desk.service.note("INC-1001", "later", by="bo")
    desk.service.open("Newest", by="bo")
    report = moved(source, quick_store)
    assert (report.written, report.newer, report.verified) == (3, (), True)


def test_a_store_with_other_incidents_is_refused_before_anything_is_written(source, quick_store):
    """Numbers are given anew in every store: INC-1001 there is another problem."""
    Desk(quick_store).service.open("Somebody else's", by="dee")
    with pytest.raises(Conflict, match=r"^INC-1001 is another incident in the target: \"Somebody else's\"$") as refused:
        moved(source, quick_store)
    assert refused.value.hint == "nothing was written: move into an empty store"
    assert len(Desk(quick_store).incidents()) == 1


def test_what_has_expired_stays_behind(source, quick_store):
    """Records that are over; a tombstone that is over counts for nothing."""
    probe = Record(kind="probe", id="1", expires_at=NOON)
    kept = Record(kind="note", id="1", body={"a": 1})
    for record in (probe, kept):
        write = RecordWrite(kind=record.kind, id=record.id, record=record)
        source.commit(Change(id=f"r-{record.kind}", at=NOON, records=(write,)))
    report = moved(source, quick_store, now=NOON + timedelta(days=3))
    assert report.verified
    assert (quick_store.record("probe", "1"), quick_store.record("note", "1")) == (None, kept)


def test_an_ended_episode_survives_the_tombstone_that_the_source_forgot(source, quick_store):
    """A compaction drops tombstones after a day; the episodes are in the incident for ever."""
    late = Change(id="late", at=NOON + timedelta(days=3))
    source.commit(late)
    source.compact()
    assert moved(source, quick_store, now=NOON + timedelta(days=3)).verified
    assert moved(source, quick_store, now=NOON + timedelta(days=3)).written == 0
    ended = [one for one in quick_store.alerts_of("INC-1002") if not one.firing]
    assert [one.episode for one in ended] == [1, 2]


def test_a_table_or_any_other_store_can_be_moved_too(source, tmp_path):
    """There, the keys of claims and records are found by what the store holds."""
    middle = MemoryStore()
    moved(source, middle)
    target = JsonStore(tmp_path / "target.json")
    report = moved(middle, target)
    assert report.verified
    assert held(target) == held(source)


def test_people_and_teams_move_too(tmp_path):
    """With all that keeps their names; also out of a store that cannot list what it holds."""
    store, target = MemoryStore(), JsonStore(tmp_path / "target.json")
    users, teams = people(store), teams_of(store)
    ana, bob = (users.add(f"{name}@example.com", name, UserRole.ADMIN, actor=BOSS, subject=name) for name in "ab")
    users.edit(bob.id, OFF, actor=BOSS)
    teams.add("Shop", services=["checkout"], actor=BOSS)
    shop = teams.put_member("Shop", ana, actor=BOSS)
    assert moved(store, target).verified
    assert people(target).by_email("a@example.com") == people(target).by_subject("a") == ana
    assert teams_of(target).owning("checkout") == teams_of(target).named("shop") == shop
    assert target.record(ADMINISTRATORS, ADMINISTRATORS) == store.record(ADMINISTRATORS, ADMINISTRATORS)


def test_api_keys_are_moved_too(any_store):
    """From a store that cannot list what it holds: they open there, their names are taken, and no first one is made."""
    ids = itertools.count(1)
    here, there = (
        ApiKeys(one, clock=lambda: NOON, new_id=lambda: f"key-{next(ids)}") for one in (MemoryStore(), any_store)
    )
    token = here.create_first("first", secret="s" * 43, actor=Actor("ann"))
    report = moved(here._store, any_store)
    assert (report.verified, {part.what: part.source_count for part in report.parts}["records"]) == (True, 5)
    assert there.check(token).name == "first"
    assert there.create_first("second", secret="t" * 43, actor=Actor("ann")) is None
    with pytest.raises(AlreadyThere):
        there.create("first", ["admin"], secret="t" * 43, actor=Actor("ann"))


def test_a_claim_that_went_to_another_incident_there_is_left(source, quick_store):
    """One joinable incident per key, there too."""
    moved(source, quick_store)
    taken = ClaimWrite(claim=Claim(key="datadog:1", incident_id="INC-9999"), held_by="INC-1001")
    quick_store.commit(Change(id="taken", at=NOON, claims=(taken,)))
    report = moved(source, quick_store)
    assert (report.newer, report.verified) == (("datadog:1",), True)


def test_an_empty_store_moves_to_an_empty_store(tmp_path):
    """Nothing to do is no error."""
    source, target = JsonStore(tmp_path / "a.json"), JsonStore(tmp_path / "b.json")
    report = moved(source, target)
    assert (report.verified, report.written) == (True, 0)
    assert not (tmp_path / "b.json").exists()


def test_a_timeline_with_a_gap_is_named(source, quick_store):
    """A damaged history is not moved as if it were whole."""

    class Gapped:
        def __getattr__(self, name):
            return getattr(source, name)

        def timeline(self, incident_id):
            return [one for one in source.timeline(incident_id) if one.version != 1]

    with pytest.raises(StoreError, match=r"the timeline of INC-100\d has a gap"):
        moved(Gapped(), quick_store)


@pytest.mark.parametrize("incidents", [2, 5])
def test_what_fires_is_read_as_often_however_many_incidents_there_are(moto, incidents):
    """Once to move it and once to compare it, on either side: asked for with each incident it would be squared."""
    source, target = Partitions(moto), Partitions(moto)
    here, there = (a_patient_store(one, tables.a_table(moto)) for one in (source, target))
    desk = Desk(here)
    desk.sweep(*(says(monitor, group=group, since=0) for monitor in range(incidents) for group in ("a", "b")))
    desk.minute(1).sweep(
        *(says(monitor, group="a", since=0) for monitor in range(incidents)),
        *(says(monitor, "OK", group="b", resolved=1) for monitor in range(incidents)),
    )
    source.queried.clear()
    report = moved(here, there)
    assert report.verified
    counts = {part.what: part.source_count for part in report.parts}
    assert (counts["incidents"], counts["ended alerts"]) == (incidents, incidents)
    assert [one.queried["ALERT#datadog"] for one in (source, target)] == [2, 2]
