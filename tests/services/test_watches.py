"""Heartbeats that are watched, on every backend: called, missed, back again; whoever is first, and whoever dies when."""

import contextlib
import itertools
import threading

import pytest

from tests.desk import NOON, at, fires
from tests.services.test_ingest_killed import Killed, Mortal
from tests.services.test_losing_races import Between
from tests.services.ward import ANA, KEY, RULES, SECRET, Ward
from tocsin.domain.alert import Source
from tocsin.domain.rules import Rules, Selection
from tocsin.domain.severity import Severity
from tocsin.errors import NotFound
from tocsin.services.due import WATCH
from tocsin.services.watches import WatchEdit
from tocsin.services.watching import Watching
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def ward(any_store):
    return Ward(any_store)


def test_who_calls_in_time_is_never_missed(ward):
    """However long it goes on."""
    ward.watched()
    for minute in range(0, 60, 10):
        assert ward.call(minute).last_at == at(minute)
        assert ward.tick(minute + 9) == []
    assert ward.tick(61.9) == []
    assert ward.tick(62) == [("INC-1001", False)]


def test_who_stays_out_opens_an_incident_by_the_way_of_every_alert(ward):
    """With what is known of it; once, and in whatever incident its service has."""
    ward.watched()
    assert ward.tick(11.9) == []
    assert ward.tick(12) == [("INC-1001", False)]
    incident = ward.desk.only()
    assert (incident.title, incident.severity) == ("The heartbeat backup is missing", Severity.CRITICAL)
    assert (incident.service, incident.environment, incident.team) == ("db", "prod", "data")
    assert incident.tags == ("heartbeat:backup",)
    assert incident.correlation_key.startswith("pushed:")
    assert [ward.tick(minute) for minute in (12, 13, 500)] == [[("INC-1001", False)]] * 3
    assert (ward.row.firing, ward.row.count) == (True, 1)


def test_who_comes_back_ends_it_as_of_the_call(ward):
    """And the next time it stays out is another episode."""
    ward.watched()
    ward.tick(12)
    assert ward.call(20).back
    assert ward.row.firing
    ward.tick(21)
    assert not ward.row.firing
    assert ward.desk.only().recovered_at == at(20)
    assert ward.tick(25) == [("INC-1001", True)]
    assert ward.tick(31.9) == [("INC-1001", True)]
    assert ward.tick(32) == [("INC-1001", True), ("INC-1002", False)]


def test_what_a_person_resolved_is_not_opened_again_until_it_called(ward):
    """They know."""
    ward.watched()
    ward.tick(12)
    ward.desk.service.resolve("INC-1001", by="bo")
    assert ward.tick(120) == [("INC-1001", True)]
    ward.call(130)
    assert ward.tick(131) == [("INC-1001", True)]
    assert ward.tick(142) == [("INC-1001", True), ("INC-1002", False)]


def test_no_selection_and_no_expiry_is_in_its_way(any_store):
    """Somebody asked for it by name, and it lasts until it calls; a severity rule counts."""
    from datetime import timedelta

    rules = Rules(selection=Selection(include_tags=("team:x",)), expires_in=timedelta(minutes=5))
    ward = Ward(any_store, rules=rules)
    ward.watched()
    ward.tick(12)
    assert ward.tick(60) == [("INC-1001", False)]
    assert ward.row.firing


def test_a_call_that_is_quicker_than_the_tick_opens_nothing(ward):
    """The tick had read that it is late, and was about to say so: what it decided goes with what it read."""
    ward.watched()
    ward.desk.minute(12)
    late = Ward(Between(ward.store, ward.call), name="late")
    assert late.tick(12) == []
    assert ward.store.alerts_named(Source.GENERIC, [KEY]) == {}
    assert ward.watches.named("backup").late_at is None
    assert ward.tick(23.9) == []
    assert ward.tick(24) != []


def test_a_call_that_comes_while_an_incident_is_open_for_others_changes_nothing_there(ward):
    """Nothing of what the tick decided is written, though there was an incident to join."""
    ward.watched()
    ward.desk.minute(11)
    ward.desk.push(fires("x", 11, service="db", severity_word="critical"))
    before = ward.desk.only()
    late = Ward(Between(ward.store, ward.call), name="late")
    late.tick(12)
    assert ward.desk.only() == before


def test_a_tick_that_is_quicker_than_a_call_has_its_incident_ended_by_it(ward):
    """It was late, and came."""
    ward.watched()
    ward.desk.minute(12)
    late = Ward(Between(ward.store, lambda: ward.tick(12)), name="late")
    late.desk.minute(12)
    assert late.call().back
    ward.tick(12)
    assert not ward.row.firing
    assert ward.tick(18) == [("INC-1001", True)]


def test_of_two_ticks_at_once_one_opens_it(ward):
    """The other finds nothing to do."""
    ward.watched()
    ward.desk.minute(12)
    late = Ward(Between(ward.store, lambda: ward.tick(12)), name="late")
    late.tick(12)
    assert ward.desk.only().alerts.total == 1


def test_of_an_end_and_another_call_neither_is_lost(ward):
    """The later call is the last one."""
    ward.watched()
    ward.tick(12)
    ward.call(20)
    late = Ward(Between(ward.store, lambda: ward.call(20.5)), name="late")
    late.tick(20.5)
    found = ward.watches.named("backup")
    assert (found.last_at, found.late_at) == (at(20.5), None)
    assert not ward.row.firing


def test_who_joins_an_incident_that_others_write_to_is_decided_on_again(ward):
    """The watch was not called: only the incident was another by then."""
    ward.watched()
    ward.desk.minute(11)
    ward.desk.push(fires("x", 11, service="db", severity_word="critical"))
    late = Ward(Between(ward.store, lambda: ward.desk.service.note("INC-1001", "hm", by="bo")), name="late")
    late.tick(12)
    assert ward.desk.only().alerts.total == 2
    assert ward.watches.named("backup").late_at == at(12)


@pytest.mark.large
def test_an_incident_that_others_never_cease_to_write_to_is_left_to_the_next_tick(ward):
    """The heartbeat is due still."""
    ward.watched()
    ward.desk.minute(11)
    ward.desk.push(fires("x", 11, service="db", severity_word="critical"))
    note = lambda: ward.desk.service.note("INC-1001", "hm", by="bo")
    late = Ward(Between(ward.store, *[note] * 99), name="late")
    act = Watching(late.store, RULES, clock=late.clock, new_id=late.new_id)
    late.desk.minute(12)
    assert not act(ward.store.record(WATCH, "backup"))
    ward.tick(12)
    assert ward.desk.only().alerts.total == 2


def test_who_calls_without_end_is_there(ward):
    """The tick gives up, and opens nothing."""
    ward.watched()
    ward.desk.minute(12)
    seconds = itertools.count(1)
    poke = lambda: ward.watches.edit("backup", WatchEdit(service=f"s{next(seconds)}"), actor=ANA)
    late = Ward(Between(ward.store, *[poke] * 99), name="late")
    assert late.tick(12) == []


def test_a_call_at_any_moment_of_a_tick_in_threads_leaves_no_alert(any_store):
    """As in servers: whichever is first, what is true in the end is that it called."""
    start = threading.Barrier(2, timeout=30)
    ward, other = Ward(any_store), Ward(any_store, name="other")
    ward.watched()
    ward.desk.minute(12)
    other.desk.minute(12)

    def call():
        start.wait()
        other.call()

    thread = threading.Thread(target=call)
    thread.start()
    start.wait()
    ward.tick(12)
    thread.join()
    ward.tick(12)
    found = ward.watches.named("backup")
    assert (found.last_at, found.late_at) == (at(12), None)
    assert not any(row.firing for row in any_store.alerts(Source.GENERIC))


@pytest.mark.parametrize("after", [False, True], ids=["before a call", "after a call"])
@pytest.mark.parametrize("back", [False, True], ids=["late", "back"])
def test_whenever_the_process_dies_it_is_opened_and_ended_once(tmp_path, after, back):
    """Every call in turn."""
    for call in itertools.count(1):
        path = tmp_path / f"{call}.json"
        ward = Ward(JsonStore(path))
        ward.watched()
        if back:
            ward.tick(12)
            ward.call(13)
        among = frozenset(
            {"record", "touch", "alerts_named", "claims", "incidents", "draw_numbers", "commit", "commit_many"}
        )
        mortal = Mortal(JsonStore(path), call, after=after, among=among)
        with contextlib.suppress(Killed):
            Ward(mortal, name="dying").tick(14)
        again = Ward(JsonStore(path), name="again")
        again.tick(14)
        assert (again.desk.only().alerts.total, again.row.firing) == (1, not back), call
        assert again.watches.named("backup").late_at == (None if back else at(14))
        if mortal.calls < call:
            break
    assert call > 3


def test_a_call_costs_one_read_and_one_write(ward):
    """Its sender is answered at once, whatever else goes on."""
    from tests.people import Counted

    ward.watched()
    ward.tick(12)
    counted = Counted(ward.store)
    Ward(counted, name="c").watches.call("backup")
    assert counted.calls == ["record", "commit"]


def test_a_secret_lets_its_own_heartbeat_call(ward):
    """And says nothing of others; none is kept."""
    ward.watched()
    assert ward.call(1, secret=SECRET).last_at == at(1)
    for wrong in ("", "x" * 43, ward.watches.named("backup").digest, "\ud800"):
        with pytest.raises(NotFound, match="there is no heartbeat backup"):
            ward.call(2, secret=wrong)
    assert SECRET not in str(ward.store.record(WATCH, "backup"))
    assert SECRET not in str([one.document() for one in ward.audit.entries()])


def test_of_two_calls_the_later_counts(ward):
    """Whichever is written first."""
    ward.watched()
    ward.desk.minute(5)
    early = Ward(Between(ward.store, lambda: ward.call(6)), name="early")
    early.desk.minute(5)
    assert early.call().last_at == at(6)


def test_a_record_that_is_not_due_is_left_alone(ward):
    """Somebody else was quicker."""
    ward.watched()
    stale = ward.store.record(WATCH, "backup")
    act = Watching(ward.store, RULES, clock=ward.clock, new_id=ward.new_id)
    assert act(stale)
    assert act(stale.model_copy(update={"id": "gone"}))
    assert ward.desk.incidents() == []
    assert stale.due_at > NOON
