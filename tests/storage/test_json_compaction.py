"""Writing the file anew: what stays, what goes, and what it costs."""

import orjson

from tests.builders import (
    a_record,
    after,
    an_alert,
    an_incident,
    at,
    claims,
    follows,
    of_alerts,
    of_records,
    opens,
    puts,
)
from tests.storage.disks import CountingDisk, QuickDisk
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.incident import Status
from tocsin.domain.search import ACTIVE, IncidentFilter
from tocsin.storage.json_store import JsonStore
from tocsin.storage.line import VERSION, Format, sealed

EVERYTHING = IncidentFilter()
PARSED = Format(version=VERSION + 1, upgrades={VERSION: lambda line: line})
"""A reader with this format parses every line of a file."""


def quick(path, **options):
    return JsonStore(path, disk=options.pop("disk", None) or QuickDisk(), **options)


def all_of(store):
    """Return everything that the store can be asked for."""
    incidents = store.find(EVERYTHING, limit=1000).incidents
    return {
        "incidents": incidents,
        "active": store.find(IncidentFilter(statuses=ACTIVE), limit=1000).incidents,
        "timelines": {one.id: store.timeline(one.id) for one in incidents},
        "episodes": {one: store.alerts_of(one) for one in [*(incident.id for incident in incidents), "INC-0"]},
        "alerts": sorted(store.alerts(Source.DATADOG), key=lambda alert: alert.key),
        "claims": store.claims(f"datadog:{number}" for number in range(20)),
        "due": store.due(at(10_000), limit=1000),
    }


def lively(path):
    """Return a store in which a good deal has happened."""
    store = quick(path)
    for number in range(12):
        incident = an_incident(1000 + number, opened_at=at(number % 7), title=f'"],"incidents":[ {number}')
        key = f"{number}:*"
        alert = an_alert(key, incident)
        more = {
            "alerts": [AlertWrite(alert=alert)],
            "claims": [claims(f"datadog:{number}", incident)],
            "records": [puts(a_record(key, due_at=at(number)))],
        }
        opened = opens(incident, **more)
        store.commit(opened)
        if number % 2:
            store.commit(follows(incident, status=Status.RESOLVED))
            ended = alert.model_copy(update={"ended_at": at(20), "version": 1})
            store.commit(of_alerts(AlertWrite(alert=ended, expected=0, archive=ended), change_id=f"ends {number}"))
    store.remove(store.incident("INC-1004"))
    # What is left behind by an incident that is gone.
    orphan = AlertWrite(alert=an_alert("99:*", "INC-1001", episode=2), archive=an_alert("99:*", "INC-0"))
    store.commit(of_alerts(orphan, change_id="orphan"))
    return store


def test_everything_that_lives_is_still_there(path):
    """What a store answers is the same before and after, for it and for whoever opens the file, and a second time."""
    store = lively(path)
    before, drawn = all_of(store), store.draw_numbers(1)
    assert len(before["incidents"]) == 11
    for _ in range(2):
        store.compact()
        for one in (store, quick(path)):
            assert all_of(one) == before
            following = one.draw_numbers(1)
            assert following[0] == drawn[0] + 1
            drawn = following


def test_a_line_read_by_its_index_says_what_the_line_says(path):
    """Whoever parses the lines of a compacted file finds what those find who go by its index."""
    store = lively(path)
    store.compact()
    assert b'"dossier":' in path.read_bytes()
    assert all_of(quick(path, file_format=PARSED)) == all_of(quick(path)) == all_of(store)


def test_a_compacted_file_takes_changes_as_before(path):
    """Conditions, claims and recognition of changes work on what was read from a compacted file."""
    opened = opens(an_incident(), claims=[claims("k", "INC-1001")])
    store = quick(path)
    store.commit(opened)
    store.compact()
    for one in (store, quick(path)):
        one.commit(opened)
        assert one.commit_many([opens(an_incident(), change_id="other")]) != [None]
        assert one.commit_many([opens(an_incident(7), claims=[claims("k", "INC-7")])]) != [None]
    quick(path).commit(follows(after(opened), title="next"))
    assert store.incident("INC-1001").title == "next"
    assert [event.version for event in store.timeline("INC-1001")] == [0, 1]


def test_an_incident_without_a_timeline_stays_one(path):
    """An incident of which a recovery saved the row alone is kept, and can be gone on with."""
    store = quick(path)
    store.commit(opens(an_incident(1002)))
    with path.open("ab") as file:
        file.write(sealed(3, orjson.dumps({"incidents": [an_incident(1001).model_dump(mode="json")]})))
    store.compact()
    for one in (store, quick(path)):
        assert one.incident("INC-1001") == an_incident(1001)
        assert list(one.timeline("INC-1001")) == []
    quick(path).commit(follows(an_incident(1001)))
    assert [event.version for event in store.timeline("INC-1001")] == [1]


def test_what_has_expired_goes(path):
    """Tombstones and records whose time was over at the latest change are dropped; those of one second later stay."""
    store = quick(path)
    alive = AlertWrite(alert=an_alert("7:alive"))
    over = AlertWrite(alert=an_alert("7:over", expires_at=at(60)))
    later = AlertWrite(alert=an_alert("7:later", expires_at=at(60.1)))
    store.commit(of_alerts(alive, over, later))
    records = [a_record("over", expires_at=at(60), due_at=at(1)), a_record("later", expires_at=at(61))]
    store.commit(of_records(*(puts(record) for record in records), when=at(59)))
    store.compact()
    assert len(store.alerts(Source.DATADOG)) == 3
    store.commit(of_records(puts(a_record("now")), change_id="now", when=at(60)))
    store.commit(of_records(puts(a_record("before")), change_id="before", when=at(30)))
    store.compact()
    for one in (store, quick(path)):
        assert [alert.key for alert in one.alerts(Source.DATADOG)] == ["7:alive", "7:later"]
        assert one.record("timer", "over") is None
        assert one.record("timer", "later") is not None
        assert list(one.due(at(100))) == []
        assert [alert.key for alert in one.alerts_of("INC-1001")] == ["7:alive", "7:later"]
    store.commit(of_alerts(AlertWrite(alert=an_alert("7:over")), change_id="again"))
    assert "expires_at" not in path.read_text().splitlines()[-1]


def test_compacting_nothing_makes_no_file(path):
    """A store that was never written to has nothing to compact."""
    quick(path).compact()
    assert not path.exists()


def test_the_file_stays_within_a_small_factor_of_what_lives_in_it(path):
    """However often incidents change, the file is at most twice its live content and the slack that was allowed."""
    slack = 5_000
    store = quick(path, slack=slack)
    store.commit_many([opens(an_incident(number, description="x" * 2000)) for number in range(10)])
    largest = 0
    for number in range(400):
        store.commit(follows(store.incident(f"INC-{number % 10}"), flaps=number))
        largest = max(largest, path.stat().st_size)
    store.compact()
    compacted = path.stat().st_size
    assert largest < 2 * (compacted + len("an event of each") * 400) + slack
    assert compacted < 3 * sum(len(str(row)) for row in store.find(EVERYTHING).incidents) + 400 * 200


def test_a_file_of_what_is_gone_shrinks(path):
    """After most incidents were removed, the file soon is small again by itself."""
    store = quick(path, slack=5_000)
    incidents = [an_incident(number, description="x" * 2000) for number in range(50)]
    store.commit_many([opens(incident) for incident in incidents])
    assert path.stat().st_size > 100_000
    for incident in incidents[1:]:
        store.remove(incident)
    assert path.stat().st_size < 20_000
    assert [one.id for one in quick(path).find(EVERYTHING).incidents] == ["INC-0"]


def test_a_file_of_what_has_expired_shrinks(path):
    """What expires does not live, though nothing took its place: the file soon is small again by itself."""
    slack = 5_000
    store = quick(path, slack=slack)
    largest = 0
    for minute in range(500):
        alert = AlertWrite(alert=an_alert(f"{minute}:*", expires_at=at(minute + 10)))
        record = puts(a_record(f"{minute}", expires_at=at(minute + 9)))
        both = of_alerts(alert, change_id=f"{minute}", when=at(minute)).model_copy(update={"records": (record,)})
        store.commit(both)
        largest = max(largest, path.stat().st_size)
    store.compact()
    assert largest < 3 * path.stat().st_size + slack
    assert len(store.alerts(Source.DATADOG)) == 10


def test_what_expired_and_what_was_replaced_are_counted_once(path):
    """Rows that are written again, before and after their time, leave no trace in what the file is thought to hold."""
    disk = CountingDisk()
    store = quick(path, disk=disk, slack=2_000)
    for turn in range(300):
        alert = an_alert(expires_at=at(turn + (turn % 3) - 1), version=turn)
        write = AlertWrite(alert=alert, expected=turn - 1 if store.alerts(Source.DATADOG) else None)
        store.commit(of_alerts(write, change_id=f"{turn}", when=at(turn)))
        assert path.stat().st_size < 12_000
    assert disk.created < 100


def test_a_file_of_changes_that_are_remembered_no_more_stays_small(path):
    """However many changes without an incident there were, the ids of the latest thousand are all that lives of them."""
    store = quick(path, slack=0)
    for block in range(40):
        names = [f"{'a change of a timer':50} {block} {number}" for number in range(200)]
        store.commit_many([of_records(puts(a_record()), change_id=name) for name in names])
    store.compact()
    compacted = path.stat().st_size
    store.commit_many([of_records(puts(a_record()), change_id=f"{number:60}") for number in range(1000)])
    assert path.stat().st_size < 2 * compacted


def test_a_file_just_written_is_not_written_again(path):
    """What a compacted file holds beside the documents never makes it look worth compacting, whatever it holds."""
    store = lively(path)
    store.compact()
    many = [puts(a_record(str(number))) for number in range(500)]
    store.commit(of_records(*many, change_id="many"))
    store.commit_many([of_records(puts(a_record("0", version=2)), change_id=f"{number}") for number in range(300)])
    store.compact()
    header = path.read_text().splitlines()[0]
    hurried = quick(path, slack=500)
    for number in range(5):
        hurried.commit(of_records(puts(a_record("x", version=number + 1)), change_id=f"x{number}"))
    assert path.read_text().splitlines()[0] == header


def test_a_file_that_only_grows_is_not_written_anew(path):
    """Where nothing is replaced, nothing is gained by compacting, and nothing is spent on it."""
    disk = CountingDisk()
    store = quick(path, disk=disk, slack=0)
    store.commit(opens(an_incident(0)))
    for number in range(1, 200):
        store.commit(opens(an_incident(number, description="x" * 2000)))
    assert disk.written < 1.01 * path.stat().st_size + 2_000


def test_a_change_costs_the_same_among_many_incidents(path, tmp_path):
    """Bytes written for a change, compaction included: at ten times the incidents, at most twice as many."""
    costs = []
    for incidents in (50, 500):
        disk = CountingDisk()
        store = quick(tmp_path / f"{incidents}.json", disk=disk, slack=20_000)
        store.commit_many([opens(an_incident(number, description="x" * 500)) for number in range(incidents)])
        before = disk.written
        turns = 10 * incidents
        for turn in range(turns):
            store.commit(follows(store.incident(f"INC-{turn * 7 % incidents}"), flaps=turn))
        costs.append((disk.written - before) / turns)
        assert disk.created > 2
    assert costs[1] < 2 * costs[0]


def one_by_one(store):
    """Yield all incidents, a page for each."""
    page = store.find(EVERYTHING, limit=1)
    yield from page.incidents
    while page.cursor:
        page = store.find(EVERYTHING, limit=1, cursor=page.cursor)
        yield from page.incidents


def test_incident_ids_of_any_kind_are_kept(path):
    """An id may hold what looks like a part of the line, a very long number, or none."""
    names = ["INC-1", "", "no number", '"],"incidents":[', 'x"dossier":[', "INC-" + "9" * 5000, "\u0665-\u0665", "a\\"]
    store = quick(path)
    store.commit_many([opens(an_incident(id=name, opened_at=at(0)), change_id=f"opens {name}") for name in names])
    expected = [incident.id for incident in store.find(EVERYTHING).incidents]
    assert sorted(expected) == sorted(names)
    store.compact()
    for one in (store, quick(path), quick(path, file_format=PARSED)):
        assert [incident.id for incident in one.find(EVERYTHING).incidents] == expected
        assert all(one.incident(name).id == name for name in names)
        assert [incident.id for incident in one_by_one(one)] == expected
