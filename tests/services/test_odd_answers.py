"""Answers that nobody recorded, from their bytes to the incidents: each is read or set aside, and harms no other."""

import json
from email.utils import format_datetime

import pytest

from tests.desk import Desk
from tests.sources.monitors import ABSENT, EPOCH, group, monitor
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.domain.alert import Source
from tocsin.services.sync import SyncReport
from tocsin.sources.datadog import DatadogSource

ODD, NEW, WELL = 101, 102, 103
TYPES = (
    "audit alert", "ci-pipelines alert", "ci-tests alert", "composite", "cost alert", "data-jobs alert",
    "data-quality alert", "database-monitoring alert", "error-tracking alert", "event alert", "event-v2 alert",
    "integration alert", "llm-observability alert", "log alert", "metric alert", "network-path alert",
    "network-performance alert", "process alert", "query alert", "rum alert", "service check", "slo alert",
    "synthetics alert", "trace-analytics alert", "watchdog", "a type of tomorrow", "", None, 7, ABSENT,
)  # fmt: skip


def synced(desk: Desk, *items: object, asked: object = None) -> SyncReport:
    """Sync with a Datadog that lists these items and answers a question for one monitor with ``asked``."""
    date, time = format_datetime(desk.now, usegmt=True), Time()
    # The standard library writes what orjson refuses: numbers of any size, and halves of characters.
    listed = reply(json.dumps(items).encode(), date=date)
    http = ScriptedHttp([listed, reply((), date=date), reply(asked, 200 if asked else 502, date=date)], time)
    return desk.service.sync(DatadogSource(API, APP, http=http, sleep=time.sleep, monotonic=time.monotonic))


def firing(desk: Desk) -> set[str]:
    return {alert.key for alert in desk.store.alerts(Source.DATADOG) if alert.firing}


def simple(number: int, word: object = "Alert", **changes: object) -> dict:
    return monitor(number, word, {"*": group(word)}, multi=False, **changes)


def with_group(entry: object, name: str = "*", **changes: object) -> dict:
    return monitor(ODD, "Alert", state={"groups": {name: entry}}, **changes)


SAYS_NOTHING = {
    "null": None,
    "text": "monitor",
    "list": [simple(ODD)],
    "number": 101,
    "empty": {},
    "no id": simple(ODD, id=ABSENT),
    "id null": simple(ODD, id=None),
    "id in quotes": simple(ODD, id="101"),
    "id with a point": simple(ODD, id=101.0),
    "id too large": simple(ODD, id=2**64),
    "id alone": {"id": ODD},
    "wrapped": {"data": simple(ODD, "OK")},
    "all null": dict.fromkeys(simple(ODD)) | {"id": ODD},
    "search row": {"id": ODD, "status": "OK", "type": "metric alert", "last_triggered_ts": None},
    "state unknown": simple(ODD, "Unknown"),
    "state skipped": simple(ODD, "Skipped"),
    "state ignored": simple(ODD, "Ignored"),
    "state of tomorrow": simple(ODD, "Recovering"),
    "state empty": simple(ODD, ""),
    "state null": simple(ODD, None),
    "state number": simple(ODD, 0),
    "state list": simple(ODD, ["OK"]),
    "no data": simple(ODD, "No Data"),
    "no states at all": monitor(ODD, ABSENT),
    "deleted": simple(ODD, "OK", deleted="2026-03-01T00:00:00+00:00"),
    "other groups only": monitor(ODD, "OK", {"host:a": "OK"}),
}

STILL_ALERTS = {
    "no state": monitor(ODD, "Alert"),
    "state null": monitor(ODD, "Alert", state=None),
    "groups null": monitor(ODD, "Alert", state={"groups": None}),
    "groups a list": monitor(ODD, "Alert", state={"groups": [{"name": "*", "status": "Alert"}]}),
    "groups empty": monitor(ODD, "Alert", state={"groups": {}}),
    "group null": with_group(None),
    "group a text": with_group("Alert"),
    "group a list": with_group(["Alert"]),
    "called total": with_group(group(), "total"),
    "stale groups beside it": monitor(ODD, "Alert", {"*": "Alert", "host:a": "OK"}, multi=False),
    "capitals": simple(ODD, "ALERT"),
    "small letters": simple(ODD, "alert"),
    "times null": with_group(group(triggered=None, resolved=None)),
    "times zero": with_group(group(triggered=0, resolved=0)),
    "times floats": with_group(group(triggered=EPOCH - 600.5, resolved=EPOCH - 900.5)),
    "times texts": with_group(group(triggered=str(EPOCH - 600), resolved="2026-03-02T11:59:00+00:00")),
    "times in milliseconds": with_group(group(triggered=(EPOCH - 600) * 1000, resolved=(EPOCH - 900) * 1000)),
    "times in microseconds": with_group(group(triggered=EPOCH * 10**6, resolved=EPOCH * 10**6)),
    "times of the far future": with_group(group(triggered=EPOCH * 2, resolved=EPOCH * 2)),
    "times absent": with_group({"status": "Alert"}),
    "more keys": with_group(group(triggering_value={"value": 9}, last_data_ts=EPOCH, monitor_id=ODD)),
    "options absent": simple(ODD, options=ABSENT),
    "options null": simple(ODD, options=None),
    "options a list": simple(ODD, options=[]),
    "options of texts": simple(ODD, options={"thresholds": {"critical": "3"}, "silenced": None, "notify_no_data": 1}),
    "thresholds null": simple(ODD, options={"thresholds": None}),
    "mute expired": simple(ODD, options={"silenced": {"*": EPOCH - 1}}),
    "mute of another host": simple(ODD, options={"silenced": {"host:b": None}}),
    "mute unreadable": simple(ODD, options={"silenced": {"*": "for ever"}}, matching_downtimes=[None, {"scope": 1}]),
    "restricted": simple(ODD, restricted_roles=["94172442-be03-11e9-a77a-3b7612558ac1"], restricted=True),
    "priority with a point": simple(ODD, priority=2.0),
    "texts null": simple(ODD, name=None, message=None, query=None, tags=None, creator=None, type=None),
    "texts of other types": simple(ODD, name=7, message=[], query={}, tags={"a": 1}, creator="x", type=[]),
    "twice, and well the second time": None,
}


@pytest.fixture
def busy(desk):
    """Return a desk at which two monitors alert."""
    synced(desk, simple(ODD), simple(WELL))
    assert firing(desk) == {f"{ODD}:*", f"{WELL}:*"}
    return desk.minute(1)


@pytest.mark.parametrize("odd", SAYS_NOTHING.values(), ids=SAYS_NOTHING)
def test_what_says_nothing_leaves_its_alert_and_its_neighbours_are_read(busy, odd):
    """No resolve; beside it one monitor opens an incident and another recovers. Nothing is passed over in silence."""
    report = synced(busy, odd, simple(NEW), simple(WELL, "OK"))
    assert report.complete
    assert firing(busy) == {f"{ODD}:*", f"{NEW}:*"}
    assert len(busy.incidents()) == 3
    assert report.quarantined or any(decision.key == f"{ODD}:*" for decision in report.details)


@pytest.mark.parametrize("odd", STILL_ALERTS.values(), ids=STILL_ALERTS)
def test_what_still_alerts_goes_on_however_it_is_written(busy, odd):
    """Neither resolved nor opened again nor set aside."""
    items = [simple(ODD), simple(ODD, "OK")] if odd is None else [odd]
    report = synced(busy, *items, simple(NEW), simple(WELL, "OK"))
    assert (report.complete, report.quarantined) == (True, ())
    assert firing(busy) == {f"{ODD}:*", f"{NEW}:*"}
    assert len(busy.incidents()) == 3


@pytest.mark.parametrize("odd", STILL_ALERTS.values(), ids=STILL_ALERTS)
def test_what_alerts_opens_an_incident_however_it_is_written(desk, odd):
    """No open is missed for an oddity."""
    synced(desk, simple(ODD) if odd is None else odd)
    assert (firing(desk), len(desk.incidents())) == ({f"{ODD}:*"}, 1)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_of_monitor_becomes_one_incident_and_recovers(desk, kind):
    """Those of today, of tomorrow, and none; simple and split, one incident a monitor."""
    split = {"service:a,env:prod": "Alert", "service:b": "Warn", "service:c": "OK"}
    synced(desk, simple(1, type=kind), monitor(2, "Alert", split, type=kind))
    assert len(desk.incidents()) == 2
    desk.minute(1)
    synced(desk, simple(1, "OK", type=kind), monitor(2, "OK", dict.fromkeys(split, "OK"), type=kind))
    assert firing(desk) == set()
    desk.minute(60).service.tick()
    assert not any(incident.active for incident in desk.incidents())


@pytest.mark.parametrize(
    "name",
    ["", ",", "host:", ":a", "host:a,host:a", "url:http://a/?b=c,d", "host:ä\u202e", "a\0b", "\ud800", "*,host:a",
     "total,host:a", " * ", "x" * 5_000, "\n", "@SYNTHETICS"],
)  # fmt: skip
def test_a_group_of_any_name_fires_and_recovers(desk, name):
    """The name goes to the store and back unchanged in what it identifies."""
    synced(desk, monitor(1, "Alert", {name: "Alert", "host:other": "OK"}))
    assert len(firing(desk)) == 1
    assert not synced(desk.minute(1), monitor(1, "Alert", {name: "Alert", "host:other": "OK"})).changed
    synced(desk.minute(2), monitor(1, "OK", {name: "OK", "host:other": "OK"}))
    assert firing(desk) == set()


def test_a_monitor_that_is_split_and_made_whole_again_keeps_its_incident(desk):
    """Groups that linger on either side neither open nor hold anything once two sweeps have gone by."""
    synced(desk, simple(1))
    for minute in (1, 2):
        desk.minute(minute)
        synced(desk, monitor(1, "Alert", {"*": "OK", "host:a": "Alert"}))
    assert firing(desk) == {"1:host:a"}
    for minute in (3, 4):
        desk.minute(minute)
        synced(desk, monitor(1, "Alert", {"*": "Alert", "host:a": "OK"}, multi=False))
    assert firing(desk) == {"1:*"}
    assert len(desk.incidents()) == 1
