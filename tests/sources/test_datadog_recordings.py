"""Recorded answers of Datadog: each is read or set aside with a reason, and the lists mean what they mean.

The recordings lie outside the repository; where they are absent these tests are skipped. The same rules are tested
on examples of our own beside this file.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from tests.sources.monitors import NAMING, known
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.domain.alert import AlertState
from tocsin.domain.decision import Reason
from tocsin.errors import KeysRefused, Nonsense, WrongSite
from tocsin.sources.datadog import DatadogSource
from tocsin.sources.datadog_wire import Reading

_HERE = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("TOCSIN_SHARED_DATA", _HERE.parent / "shared" / "data")) / "datadog"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.glob("*/*.json"))
NO_MONITORS = (
    "webhooks/",
    "client_python/error",
    "client_python/search",
    "client_python/groups_search",
    "client_go/error",
)

pytestmark = pytest.mark.skipif(not FILES, reason=f"no recorded data at {FOLDER}: set TOCSIN_SHARED_DATA")


def load(name: str):
    return orjson.loads((FOLDER / name).read_bytes())


def read(name: str, *, epoch: int = 1_790_000_000, knowing=(), every_no_data: bool = False) -> Reading:
    found = load(name)
    reading = Reading(NAMING, knowing, every_no_data=every_no_data)
    reading.take(found if isinstance(found, list) else [found], datetime.fromtimestamp(epoch, UTC))
    return reading


def states(reading: Reading) -> Counter[AlertState]:
    return Counter(seen.state for seen in reading.observations)


@pytest.mark.parametrize("name", FILES)
def test_every_recording_is_read_or_set_aside_with_a_reason(name):
    """Monitors are read without a problem; whatever is no monitor is one problem that says why."""
    found = load(name)
    items = found if isinstance(found, list) else [found]
    reading = read(name, every_no_data=True)
    if name.startswith(NO_MONITORS):
        assert len(reading.problems) == len(items)
        assert all(problem.why for problem in reading.problems)
        assert reading.observations == []
        return
    assert reading.problems == []
    assert reading.seen == {str(item["id"]) for item in items}
    for seen in reading.observations:
        assert seen.title
        assert seen.links.monitor.endswith(f"/{seen.origin}")
        assert seen.model_dump_json()


@pytest.mark.parametrize("name", FILES)
def test_every_recording_goes_through_a_sweep(name):
    """A list is a complete sweep, and a single monitor a list of one; an error body is an error."""
    found = load(name)
    time = Time()
    if not isinstance(found, list) and "id" not in found:
        with pytest.raises(Nonsense):
            sweep(reply(found), time)
        return
    done = sweep(reply(found if isinstance(found, list) else [found]), time)
    assert done.complete is not name.startswith("webhooks/")
    assert bool(done.problems) is name.startswith("webhooks/")


def sweep(first, time: Time, *alerts):
    http = ScriptedHttp([first, reply(())] if isinstance(orjson.loads(first.body), list) else [first], time)
    return DatadogSource(API, APP, http=http, sleep=time.sleep, monotonic=time.monotonic).sweep(alerts)


def test_recorded_refusals_are_told_apart():
    """403, 404 and 400 bodies under their statuses."""
    for name, status, kind in (
        ("client_go/error_403.json", 403, KeysRefused),
        ("client_python/error_404_get.json", 404, WrongSite),
        ("client_python/error_400_group_states.json", 400, Nonsense),
    ):
        with pytest.raises(kind) as caught:
            sweep(reply(load(name), status), Time())
        assert "Invalid" not in str(caught.value)


def test_a_recorded_404_of_one_monitor_proves_that_it_is_gone():
    """As answered to a GET by id."""
    gone = reply(load("client_python/error_404_get.json"), 404)
    http = ScriptedHttp([reply(load("client_go/list_id_offset.json")), reply(()), gone], Time())
    assert DatadogSource(API, APP, http=http).sweep([known(5)]).gone == {"5"}


def test_the_long_list_has_seventeen_alerting_monitors():
    """And three without data, one of which asks to be told and is muted until a few minutes later."""
    reading = read("datadogpy/list_unpaginated_21_mostly_alert.json", epoch=1_580_750_000)
    assert states(reading) == {AlertState.ALERT: 17, AlertState.NO_DATA: 1}
    assert reading.passed_over == {Reason.NO_DATA_NOT_ASKED: 2}
    assert len(reading.seen) == 21
    assert {seen.group for seen in reading.observations} == {"*"}
    assert all(seen.triggered_at is None for seen in reading.observations)
    (silent,) = (seen for seen in reading.observations if seen.state is AlertState.NO_DATA)
    assert (silent.origin, silent.muted, silent.asks_no_data) == ("15635959", True, True)
    later = read("datadogpy/list_unpaginated_21_mostly_alert.json", epoch=1_580_750_426)
    assert not any(seen.muted for seen in later.observations)


def test_the_mixed_list_has_two_alerting_monitors():
    """Ten have no data, and none of them asks to be told."""
    reading = read("datadog_sync_cli/list_page0_size1000_13_incl_composite.json")
    assert {seen.origin: seen.state for seen in reading.observations} == {
        "20125249": AlertState.ALERT,
        "91726712": AlertState.ALERT,
    }
    assert reading.passed_over == {Reason.NO_DATA_NOT_ASKED: 10}
    assert len(reading.seen) == 13


@pytest.mark.parametrize(
    "name, count",
    [
        ("client_python/list_page0_size2.json", 2),
        ("client_python/list_page1_size2_last.json", 1),
        ("client_go/list_id_offset.json", 1),
        ("datadog_sync_cli/list_with_matching_downtimes.json", 1),
        ("datadog_sync_cli/list_empty.json", 0),
    ],
)
def test_the_other_lists_only_have_monitors_at_rest(name, count):
    """No Data that nobody asked for."""
    reading = read(name)
    assert reading.observations == []
    assert sum(reading.passed_over.values()) == len(reading.seen) == count


@pytest.mark.parametrize(
    "name, epoch, muted",
    [
        ("client_python/get_muted_with_downtime.json", 1_684_790_200, True),
        ("client_python/get_muted_with_downtime.json", 1_685_394_919, False),
        ("datadogpy/muted_forever.json", 1_580_750_000, True),
        ("datadogpy/silenced_until.json", 1_580_750_000, True),
        ("datadogpy/silenced_until.json", 1_580_750_429, False),
        ("terraform_provider/metric_alert_no_data_silenced.json", 1_776_330_000, True),
        ("terraform_provider/metric_alert_no_data_silenced.json", 1_776_340_000, False),
        ("datadog_sync_cli/list_with_matching_downtimes.json", 1_790_000_000, True),
        ("datadog_sync_cli/list_with_matching_downtimes.json", 1_777_000_000, False),
        ("client_python/get_with_downtimes_empty.json", 1_790_000_000, False),
        ("public_exports/warn_multi_groups_muted_2019.json", 1_554_659_100, True),
        ("public_exports/warn_multi_groups_muted_2019.json", 1_554_793_300, False),
    ],
)
def test_recorded_mutes_hold_while_they_last(name, epoch, muted):
    """Both kinds, for ever and until a time, before their start and after their end."""
    (seen,) = read(name, epoch=epoch, every_no_data=True).observations
    assert seen.muted is muted


def test_the_export_with_a_stale_star_warns_for_its_one_real_group():
    """Its episode began at the group's own time."""
    (seen,) = read("public_exports/warn_multi_groups_muted_2019.json", epoch=1_554_659_100).observations
    assert (seen.group, seen.state, seen.threshold) == ("host:jaime,host:precise64", AlertState.WARN, 500.0)
    assert seen.triggered_at == datetime.fromtimestamp(1_554_659_023, UTC)
    assert seen.resolved_at == datetime.fromtimestamp(1_554_658_723, UTC)


def test_recorded_drafts_are_drafts():
    """The one without data asks to be told, as its severity rule may want to know."""
    (seen,) = read("terraform_provider/query_alert_no_data_draft.json").observations
    assert (seen.draft, seen.asks_no_data, seen.priority) == (True, True, 1)
    assert read("terraform_provider/query_alert_ok_draft.json").observations == []


def test_on_missing_data_goes_before_notify_no_data():
    """As recorded: the newer option asks while the older one says false."""
    for name in ("client_python/get_with_downtimes_empty.json", "client_python/get_muted_with_downtime.json"):
        assert [seen.asks_no_data for seen in read(name).observations] == [True]
    assert read("terraform_provider/metric_alert_no_data_custom_schedule.json").observations == []


@pytest.mark.parametrize(
    "name, observed, passed",
    [
        ("state_alert", {AlertState.ALERT: 1}, {}),
        ("state_warn", {AlertState.WARN: 1}, {}),
        ("state_skipped", {}, {Reason.KEPT_UNKNOWN_STATE: 1}),
        ("state_future", {}, {Reason.KEPT_UNKNOWN_STATE: 1}),
        ("nulls", {}, {Reason.KEPT_UNKNOWN_STATE: 1}),
        ("poison_month_starts_15", {}, {Reason.NO_DATA_NOT_ASKED: 1}),
        ("multi_500_groups", {AlertState.ALERT: 125, AlertState.WARN: 125}, {Reason.NO_DATA_NOT_ASKED: 125}),
    ],
)
def test_the_made_up_edges(name, observed, passed):
    """States of today and tomorrow, nulls everywhere, what the official client chokes on, and 500 groups."""
    reading = read(f"synthetic_edge/{name}.json")
    assert (states(reading), reading.passed_over) == (observed, passed)
    assert reading.problems == []


@pytest.mark.parametrize("name", ["state_alert", "state_skipped", "state_future", "nulls", "poison_month_starts_15"])
def test_the_made_up_edges_of_a_known_alert_are_all_observed(name):
    """Whatever the state, known or not."""
    (seen,) = read(f"synthetic_edge/{name}.json", knowing=[known(34_822_915)]).observations
    assert seen.key == "34822915:*"


def test_five_hundred_groups_keep_their_own_tags_and_times():
    """Environment from the group, team from the monitor."""
    first = read("synthetic_edge/multi_500_groups.json").observations[0]
    assert (first.group, first.environment, first.team) == ("host:i-0000,env:prod", "prod", "developer_insights")
    assert first.triggered_at == datetime.fromtimestamp(1_780_000_000, UTC)
