"""Whatever an item of the list holds, reading it never raises and never hurts its neighbours."""

import contextlib
import copy
import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.monitors import ABSENT, EPOCH, known, monitor, read
from tests.sources.scripted import API, APP, ScriptedHttp, Time, reply
from tocsin.domain.alert import Sweep
from tocsin.errors import SourceError
from tocsin.sources.datadog import DatadogSource

WORDS = st.sampled_from(
    ["id", "state", "groups", "status", "overall_state", "options", "silenced", "matching_downtimes", "scope", "*",
     "total", "tags", "name", "type", "synthetics alert", "Alert", "OK", "No Data", "last_triggered_ts", "host:a"]
)  # fmt: skip
NUMBERS = st.integers() | st.floats() | st.sampled_from([0, -1, EPOCH, EPOCH * 1000, 2**63, 10**400])
SCALARS = st.none() | st.booleans() | NUMBERS | WORDS | st.text(st.characters(exclude_categories=()), max_size=20)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | st.text(max_size=5), inner, max_size=5),
    max_leaves=15,
)

VALID = monitor(
    101,
    "Alert",
    {"host:a,env:prod": "Alert", "host:b,env:prod": "OK", "*": "Warn"},
    options={
        "thresholds": {"critical": 3.0, "warning": 2.0},
        "silenced": {"host:b": EPOCH + 60},
        "on_missing_data": "default",
        "notify_no_data": True,
    },
    matching_downtimes=[{"id": 1, "active": True, "start": 5, "end": None, "scope": ["host:a"], "groups": ["host:a"]}],
)
NEIGHBOUR = monitor(102, "Alert", {"*": "Alert"})
KNOWN = (known(101, "host:a,env:prod"), known(101), known(5))


def places(value: object, path: tuple = ()):
    """Yield the path to every value inside."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield from places(inner, (*path, name))


def put(item: object, path: tuple, value: object) -> object:
    """Return a copy with another value at a path; ABSENT takes it out."""
    if not path:
        return value
    changed = copy.copy(item)
    inner = put(changed[path[0]], path[1:], value)
    if inner is ABSENT:
        del changed[path[0]]
    else:
        changed[path[0]] = inner
    return changed


def is_sound(reading) -> bool:
    """Say whether all that was read can be kept, and the neighbour was read too."""
    assert "102:*" in {seen.key for seen in reading.observations}
    for seen in reading.observations:
        assert orjson.loads(seen.model_dump_json())
        assert len(seen.key.encode()) <= 512
        assert seen.triggered_at is None or seen.triggered_at.year < 2100
    for problem in reading.problems:
        assert problem.why
        assert problem.origin == "" or problem.origin in reading.seen
    return reading.with_groups <= reading.seen


@given(JSON)
def test_any_json_is_read_or_set_aside(item):
    """Known alerts or not."""
    assert is_sound(read(item, NEIGHBOUR))
    assert is_sound(read(NEIGHBOUR, item, knowing=KNOWN, every_no_data=True))


@given(
    st.lists(st.tuples(st.sampled_from(sorted(places(VALID), key=str)), JSON | st.just(ABSENT)), min_size=1, max_size=3)
)
def test_any_bent_monitor_is_read_or_set_aside(changes):
    """A valid monitor with one to three of its values replaced or taken out."""
    item: object = VALID
    for path, value in changes:
        try:
            item = put(item, path, value)
        except (LookupError, TypeError):
            continue
    item = None if item is ABSENT else item
    assert is_sound(read(item, NEIGHBOUR))
    assert is_sound(read(item, NEIGHBOUR, knowing=KNOWN))


@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_a_page_or_an_error(body):
    """A sweep of them, or one of our own errors; nothing else."""
    time = Time()
    http = ScriptedHttp([reply(body)], time)
    source = DatadogSource(API, APP, http=http, sleep=time.sleep, monotonic=time.monotonic)
    with contextlib.suppress(SourceError):
        assert isinstance(source.sweep([]), Sweep)
