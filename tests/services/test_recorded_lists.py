"""The recorded lists of real organisations, from their bytes to the incidents that they must become."""

from collections import Counter

import orjson
import pytest

from tests.desk import Desk
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.sources.datadog import DatadogSource

LONG = "datadogpy/list_unpaginated_21_mostly_alert.json"
MIXED = "datadog_sync_cli/list_page0_size1000_13_incl_composite.json"


def synced(desk: Desk, monitors: list, **how: bool):
    """Sync with a Datadog that lists these monitors."""
    http = ScriptedHttp([reply(monitors), reply(())], Time())
    return desk.service.sync(DatadogSource(API, APP, http=http), **how)


def load(recordings, name):
    found = orjson.loads((recordings / "datadog" / name).read_bytes())
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize(
    "name, severities",
    [
        (LONG, {"high": 17, "low": 1}),  # one asks to be told of missing data, and its mute is long over
        (MIXED, {"high": 2}),
        ("datadog_sync_cli/list_empty.json", {}),
        ("datadog_sync_cli/list_with_matching_downtimes.json", {}),
        ("client_python/list_page0_size2.json", {}),
        ("client_python/list_page1_size2_last.json", {}),
        ("client_go/list_id_offset.json", {}),
        ("synthetic_edge/multi_500_groups.json", {"high": 1}),
        ("synthetic_edge/state_warn.json", {"medium": 1}),
        ("synthetic_edge/state_future.json", {}),
        ("synthetic_edge/poison_month_starts_15.json", {"high": 1}),
        ("terraform_provider/query_alert_no_data_draft.json", {}),
    ],
)
def test_a_recorded_list_becomes_its_incidents_once(desk, recordings, name, severities):
    """One incident an alerting monitor, of the default severity; the same list again changes nothing."""
    monitors = load(recordings, name)
    # The poison is in an option that the typed client refuses; its state is what we make it.
    if "poison" in name:
        monitors = [monitor | {"overall_state": "Alert"} for monitor in monitors]
    report = synced(desk, monitors)
    assert report.complete
    assert Counter(one.severity.value for one in desk.incidents()) == severities
    assert not synced(desk, monitors).changed
    assert len(desk.incidents()) == sum(severities.values())


def test_every_incident_of_a_recording_says_where_it_comes_from(desk, recordings):
    """The monitor's name, link and tags."""
    monitors = {str(one["id"]): one for one in load(recordings, LONG)}
    synced(desk, list(monitors.values()))
    for incident in desk.incidents():
        monitor = monitors[incident.correlation_key.removeprefix("datadog:")]
        assert incident.title == monitor["name"]
        assert incident.links.monitor.endswith(f"/monitors/{monitor['id']}")
        assert incident.tags == tuple(monitor["tags"])


def test_the_groups_of_a_recording_are_the_alerts_of_one_incident(desk, recordings):
    """125 alert, 125 warn; those without data ask nobody, and 125 are well."""
    synced(desk, load(recordings, "synthetic_edge/multi_500_groups.json"))
    assert desk.only().alerts.firing == {"high": 125, "medium": 125}


def test_a_recording_that_recovers_resolves_everything(desk, recordings):
    """The same monitors, all OK."""
    monitors = load(recordings, LONG)
    synced(desk, monitors)
    desk.minute(1)
    synced(desk, [monitor | {"overall_state": "OK"} for monitor in monitors])
    desk.minute(60).service.tick()
    assert not any(one.active for one in desk.incidents())
