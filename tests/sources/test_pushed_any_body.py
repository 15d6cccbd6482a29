"""Whatever is posted, what comes out is a push or a refusal; every problem in it names a field."""

import copy
import json
import re

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.bodies import ARRIVED, datadog_notification, delivery, kibana_alert, prometheus_alert
from tests.sources.test_datadog_any_item import ABSENT, places, put
from tocsin.domain.alert import AlertState, Observation, Problem, Push
from tocsin.errors import InvalidInput
from tocsin.sources import alertmanager, datadog_webhook, elastic, generic
from tocsin.sources.times import AHEAD

PARSERS = [generic.parse, alertmanager.parse, elastic.parse, datadog_webhook.parse]
NAMES = ["generic", "alertmanager", "elastic", "datadog"]
NAMES_A_FIELD = re.compile(r"^[@\w-]+(\..*)?: \S")

WORDS = st.sampled_from(
    ["alerts", "alert", "rule", "id", "labels", "annotations", "status", "state", "firing", "resolved", "startsAt",
     "endsAt", "fingerprint", "version", "4", "key", "message", "title", "timestamp", "expires_in", "actionGroup",
     "recovered", "date", "alert_id", "101", "alert_transition", "Triggered", "Recovered", "tags", "body",
     "[Monitor Status](https://app.datadoghq.com/monitors/7?group=", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
     "$ALERT_ID", "{{rule.id}}", "null"]
)  # fmt: skip
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0, -1, 2**63, 10**400])
TEXTS = (
    WORDS | st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from(["\0", "\ud800", "x" * 20_000])
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=6),
    max_leaves=20,
)

VALID = [
    [
        {
            "title": "T",
            "message": "M",
            "labels": {"a": "b"},
            "key": "k",
            "state": "resolved",
            "timestamp": 1_772_452_200,
            "expires_in": 60,
            "url": "https://a/",
        }
    ],
    json.loads(delivery(prometheus_alert(), prometheus_alert(status="resolved"))),
    kibana_alert(),
    datadog_notification(),
]


def read(parse, body: bytes) -> Push | str:
    """Return what comes out, or what is said in its place."""
    try:
        return parse(body, received_at=ARRIVED)
    except InvalidInput as error:
        return str(error)


def is_sound(parse, body: bytes) -> bool:
    """Say whether what comes out can be kept, or is a refusal in one short line."""
    push = read(parse, body)
    if isinstance(push, str):
        return len(push) < 200 and push.isprintable()
    assert isinstance(push, Push)
    assert push.truncated >= 0
    for item in push.items:
        if isinstance(item, Problem):
            assert NAMES_A_FIELD.match(item.why), item.why
            assert len(item.why) < 300
            assert item.why.isprintable()
            assert orjson.loads(item.model_dump_json())
            continue
        assert isinstance(item, Observation)
        assert orjson.loads(item.model_dump_json())
        assert 0 < len(item.key.encode()) <= 512
        assert item.observed_at - ARRIVED <= AHEAD
        assert item.sent_at == ARRIVED
        assert item.title
        assert (item.resolved_at is None) is (item.state is not AlertState.OK)
        assert len(item.origin) <= 200
        assert "\0" not in item.model_dump_json()
    return True


@pytest.mark.parametrize("parse", PARSERS, ids=NAMES)
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_a_push_or_a_refusal(parse, body):
    """Bytes, and JSON of any shape."""
    assert is_sound(parse, body)


@pytest.mark.parametrize("which", range(4), ids=NAMES)
@given(data=st.data())
def test_any_bent_body_is_a_push_or_a_refusal(which, data):
    """A good one with one to three of its values replaced or taken out."""
    body = copy.deepcopy(VALID[which])
    where = st.sampled_from(sorted(places(body), key=str))
    for path, value in data.draw(st.lists(st.tuples(where, JSON | st.just(ABSENT)), min_size=1, max_size=3)):
        try:
            body = put(body, path, value)
        except (LookupError, TypeError):
            continue
    assert is_sound(PARSERS[which], json.dumps(None if body is ABSENT else body).encode())


@pytest.mark.parametrize("which", range(4), ids=NAMES)
@given(first=JSON)
def test_the_same_body_is_the_same_push(which, first):
    """Read twice, it says the same: a repeated delivery can be told."""
    body = json.dumps(
        [VALID[which], first] if which == 0 else {**VALID[which], "alerts": [prometheus_alert(), first]}
    ).encode()
    assert read(PARSERS[which], body) == read(PARSERS[which], body)
