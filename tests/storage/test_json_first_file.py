"""A file as version 1 of the format was first written. It must read the same for ever.

Fields that have their default are not in the file. If a test here fails because a default was changed: that is a new
format version, with an upgrade that writes the old default into every document that lacks the field.
"""

import pytest

from tocsin.domain.alert import Source
from tocsin.storage.json_store import JsonStore

FILE = b"""\
{"format":"tocsin-incidents","version":1,"generation":"0123456789abcdef"}
{"crc":"08c8d3f8","n":2,"change":"c1","at":"2026-03-02T12:00:00+00:00","incidents":[{"id":"INC-1001","title":"Error \
rate is high","severity":"high","source":"datadog","opened_at":"2026-03-02T12:00:00Z"}],"events":[{"incident_id":"IN\
C-1001","version":0,"ordinal":0,"at":"2026-03-02T12:00:00Z","kind":"opened","reason":"opened","change_id":"c1"}],"al\
erts":[{"source":"datadog","origin":"7","key":"7:*","correlation_key":"datadog:7","incident_id":"INC-1001","severity\
":"high","word":"Alert","triggered_at":"2026-03-02T12:00:00Z","observed_at":"2026-03-02T12:00:00Z"}],"claims":[{"key\
":"datadog:7","incident_id":"INC-1001"}],"records":[{"kind":"timer","id":"settle:INC-1001"}]}
{"crc":"2e08e013","n":3,"numbers":1002}
"""

INCIDENT = {
    "id": "INC-1001",
    "title": "Error rate is high",
    "description": "",
    "logs": [],
    "status": "detected",
    "severity": "high",
    "severity_pinned": False,
    "service": "",
    "environment": "",
    "team": "",
    "source": "datadog",
    "correlation_key": "",
    "assignees": [],
    "acknowledged_by": "",
    "acknowledged_severity": None,
    "root_cause": "",
    "resolution_steps": [],
    "tags": [],
    "links": {"runbook": "", "monitor": "", "group": ""},
    "alerts": {"total": 0, "firing": {}, "muted": {}},
    "flaps": 0,
    "cycles": 1,
    "acknowledged_cycles": 0,
    "cycle_restarted_at": None,
    "cycle_due_at": None,
    "triggered_at": None,
    "opened_at": "2026-03-02T12:00:00Z",
    "acknowledged_at": None,
    "started_at": None,
    "recovered_at": None,
    "resolved_at": None,
    "resolved_by": "",
    "closed_at": None,
    "previous_incident": "",
    "version": 0,
    "revision": 0,
}
ALERT = {
    "key": "7:*",
    "group": "*",
    "episode": 1,
    "muted": False,
    "title": "",
    "query": "",
    "threshold": None,
    "value": None,
    "link": "",
    "triggered_at": "2026-03-02T12:00:00Z",
    "resolved_before": None,
    "missing_since": None,
    "ended_at": None,
    "ended_by": None,
    "expires_at": None,
    "version": 0,
}
EVENT = {"kind": "opened", "by": "tocsin", "text": "", "alerts": [], "changes": {}, "change_id": "c1"}
CLAIM = {"key": "datadog:7", "incident_id": "INC-1001", "joinable_until": None}
RECORD = {"body": {}, "due_at": None, "expires_at": None, "version": 1}


@pytest.fixture
def store(tmp_path):
    path = tmp_path / "incidents.json"
    path.write_bytes(FILE)
    return JsonStore(path)


@pytest.mark.parametrize(
    "read, expected",
    [
        (lambda store: store.incident("INC-1001"), INCIDENT),
        (lambda store: store.alerts(Source.DATADOG)[0], ALERT),
        (lambda store: store.timeline("INC-1001")[0], EVENT),
        (lambda store: store.claims(["datadog:7"])["datadog:7"], CLAIM),
        (lambda store: store.record("timer", "settle:INC-1001"), RECORD),
    ],
    ids=["incident", "alert", "event", "claim", "record"],
)
def test_a_document_reads_as_it_was_meant(store, read, expected):
    """Every field that the first release knew has the value that it had then, written or not."""
    found = read(store).model_dump(mode="json")
    assert {name: found[name] for name in expected} == expected


def test_numbers_go_on_where_they_stopped(store):
    """The next number to draw is read from the file."""
    assert store.draw_numbers(1) == range(1002, 1003)
