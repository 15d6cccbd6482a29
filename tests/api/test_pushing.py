"""Alerts that are sent: taken item by item, durable when answered, and answered the same however often they come."""

from ipaddress import ip_network

import pytest

from tests.api.client import V1, Client, incident
from tests.fakes import MemoryStore
from tocsin.api.options import Options
from tocsin.domain.access import Scope
from tocsin.errors import StoreBusy, StoreUnreachable
from tocsin.storage.json_store import JsonStore

ALERTS = f"{V1}/alerts"


HOOKS = f"{V1}/webhooks"


DOWN = {"service": "checkout", "severity": "critical", "message": "Checkout is down", "key": "health"}


def incidents(client):
    return client.get(f"{V1}/incidents").json["incidents"]


def listed(client, **query):
    return client.get(ALERTS, query=query).json["alerts"]


def test_an_alert_opens_an_incident(client, sender):
    """Which is answered, with the alert's own address."""
    reply = client.post(ALERTS, DOWN, token=sender)
    assert reply.status == 200
    (taken,) = reply.json["taken"]
    assert (taken["index"], taken["incident"], taken["why"]) == (0, "INC-1001", "")
    assert reply.json["refused"] == []
    shown = client.get(f"{ALERTS}/{taken['alert']}").json
    assert (shown["title"], shown["severity"], shown["incident_id"]) == ("Checkout is down", "critical", "INC-1001")
    (opened,) = incidents(client)
    assert (opened["id"], opened["source"], opened["service"]) == ("INC-1001", "generic", "checkout")


def test_the_same_again_is_counted_and_answered_the_same(client, sender):
    """Word for word, so that a sender cannot tell; the alert says how often and when it was seen."""
    first = client.post(ALERTS, DOWN, token=sender)
    client.minutes(3)
    again = client.post(ALERTS, DOWN, token=sender)
    assert again.body == first.body
    (alert,) = listed(client)
    assert (alert["count"], alert["first_seen_at"], alert["last_seen_at"]) == (
        2,
        "2026-03-02T12:00:00Z",
        "2026-03-02T12:03:00Z",
    )
    assert len(incidents(client)) == 1


def test_an_alert_is_over_when_its_sender_says_so(client, sender):
    """And answered the same again."""
    client.post(ALERTS, DOWN, token=sender)
    client.minutes(1)
    over = client.post(ALERTS, {"key": "health", "state": "resolved"}, token=sender)
    assert over.json["taken"][0]["incident"] == "INC-1001"
    assert client.post(ALERTS, {"key": "health", "state": "resolved"}, token=sender).body == over.body
    assert [one["firing"] for one in listed(client)] == [False]
    assert client.get(incident("INC-1001")).json["recovered_at"] == "2026-03-02T12:01:00Z"


def test_an_alert_that_opens_nothing_says_why(client, sender):
    """Such as the end of something that is not known."""
    reply = client.post(ALERTS, {"key": "nothing", "state": "resolved"}, token=sender)
    (taken,) = reply.json["taken"]
    assert taken["incident"] == ""
    assert taken["why"]


@pytest.mark.parametrize(
    "path, body",
    [
        (ALERTS, DOWN),
        (f"{HOOKS}/datadog", {"alert_id": "4711", "alert_scope": "host:a", "alert_transition": "Triggered"}),
    ],
)
def test_the_timeline_names_the_key_that_sent_it(client, sender, path, body):
    """As it names whoever moves an incident by hand; and on whose behalf, if that was said."""
    client.post(path, body, token=sender)
    client.post(path, body | {"key": "other", "alert_scope": "host:b"}, token=sender, x_tocsin_by="ann")
    events = client.get(incident("INC-1001", "timeline")).json["events"]
    assert [(one["kind"], one["by"]) for one in events] == [
        ("opened", "key:sender"),
        ("alerts_joined", "ann (key:sender)"),
    ]


def test_two_senders_speak_of_two_alerts(client, sender):
    """Each in the name space of its key: none can end the other's."""
    other = client.key("other", Scope.ALERTS_WRITE)
    client.post(ALERTS, DOWN, token=sender)
    client.post(ALERTS, {"key": "health", "state": "resolved"}, token=other)
    assert [one["firing"] for one in listed(client, state="firing")] == [True]


def test_two_keys_of_one_source_speak_of_the_same_alerts(client, sender):
    """So that a key can be replaced by another."""
    replacement = client.key("sender-2", Scope.ALERTS_WRITE, source="sender")
    first = client.post(ALERTS, DOWN, token=sender)
    assert client.post(ALERTS, DOWN, token=replacement).body == first.body


def test_a_list_is_applied_item_by_item(client, sender):
    """What cannot be used is named, with its place and field, and holds up nothing."""
    reply = client.post(ALERTS, [DOWN, {"state": "on fire", "message": "x"}, {"message": "Slow"}, 7], token=sender)
    assert reply.status == 200
    assert [(one["index"], one["incident"]) for one in reply.json["taken"]] == [(0, "INC-1001"), (2, "INC-1002")]
    assert [(one["index"], one["field"]) for one in reply.json["refused"]] == [(1, "state"), (3, "")]


def test_an_empty_list_is_nothing_to_do(client, sender):
    """And no error."""
    assert client.post(ALERTS, [], token=sender).json == {"taken": [], "refused": [], "truncated": 0}


def test_a_delivery_of_which_nothing_can_be_used_is_refused(client, sender):
    """Or its sender would never know."""
    alone = client.post(ALERTS, {"state": "on fire", "message": "x"}, token=sender)
    assert (alone.status, alone.problem) == (422, "invalid-input")
    assert [(one["in"], one["field"]) for one in alone.json["errors"]] == [("body", "state")]
    several = client.post(ALERTS, [{}, {"expires_in": 1, "message": "x"}], token=sender)
    assert [one["field"] for one in several.json["errors"]] == ["[0].message", "[1].expires_in"]


def test_more_than_500_at_once_are_refused(client, sender):
    """501 with the number that is taken; 500 are."""
    many = [{"message": f"m{number}", "key": f"{number}", "service": "x"} for number in range(501)]
    refused = client.post(ALERTS, many, token=sender)
    assert (refused.status, refused.problem) == (422, "invalid-input")
    assert "500" in refused.json["detail"]
    assert len(client.post(ALERTS, many[:500], token=sender).json["taken"]) == 500


@pytest.mark.parametrize("path", [ALERTS, *(f"{HOOKS}/{name}" for name in ("alertmanager", "datadog", "elastic"))])
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"text"',
        b"\xff\xfe\x00",
        b'{"message": "\xc3\x28"}',
        b"[" * 5_000,
        b'{"message": NaN}',
        b'{"message": ' + b"9" * 5_000 + b"}",
        b'{"message": "x", "message": "y"}',
        b'{"alerts": 7}',
        b'{"alerts": {"status": "firing"}}',
    ],
    ids=range(13),
)
def test_what_cannot_be_read_is_a_clear_refusal(client, sender, path, raw):
    """400 or 422, naming what is wrong; never a fault of ours."""
    reply = client.post(path, raw=raw, token=sender)
    assert reply.status in (400, 422), reply.body
    assert reply.problem in ("malformed-body", "invalid-input")
    assert reply.json["detail"]


@pytest.mark.parametrize(
    "given",
    [
        {"message": "NUL \x00 and \x1b[31m"},
        {"message": "x" * 300_000},
        {"message": "x", "timestamp": "0001-01-01T00:00:00Z"},
        {"message": "x", "timestamp": "9999-12-31T23:59:59Z"},
        {"message": "x", "timestamp": 1e300},
        {"message": "x", "labels": {f"l{number}": "v" for number in range(2_000)}},
        {"message": "x", "key": "k" * 10_000},
        {"message": "\U0001f525 é \u202e", "service": "\u0000"},
        {"message": "x", "url": "javascript:alert(1)"},
        {"message": "x", "severity": "whatever"},
        {"message": "x", "unknown": {"deep": [[[]]]}},
    ],
    ids=range(11),
)
def test_what_is_odd_is_taken_or_clearly_refused(client, sender, given):
    """Never a fault of ours; what is taken can be shown."""
    reply = client.post(ALERTS, given, token=sender)
    assert reply.status in (200, 422), reply.body
    if reply.status == 200:
        assert client.get(f"{ALERTS}/{reply.json['taken'][0]['alert']}").status == 200
        assert client.get(incident(reply.json["taken"][0]["incident"])).status == 200


def test_a_failure_of_ours_on_any_item_is_a_5xx_for_the_delivery(client, sender):
    """So that its sender sends it again, and what was done is recognised."""
    commit_many, calls = client.store.commit_many, []

    def failing(changes):
        calls.append(len(changes))
        if len(calls) == 1:
            commit_many(changes[:1])
            raise StoreUnreachable("no answer")
        return commit_many(changes)

    client.store.commit_many = failing
    sent = [DOWN, {"service": "search", "message": "Search is slow", "key": "latency"}]
    first = client.post(ALERTS, sent, token=sender)
    assert (first.status, first.headers["Retry-After"]) == (503, "2")
    again = client.post(ALERTS, sent, token=sender)
    assert [one["incident"] for one in again.json["taken"]] == sorted(one["id"] for one in incidents(client))
    assert len(incidents(client)) == 2


def test_a_store_that_is_busy_is_told_as_such(client, sender):
    """With when to send it again."""

    def busy(_touches):
        raise StoreBusy("others kept writing")

    client.store.touch = busy
    reply = client.post(ALERTS, DOWN, token=sender)
    assert (reply.status, reply.problem, reply.headers["Retry-After"]) == (503, "store-busy", "2")


def test_what_was_answered_is_there_after_a_crash(tmp_path):
    """In a file: durable before it was answered."""
    client = Client(JsonStore(tmp_path / "incidents.json"))
    first = client.post(ALERTS, DOWN)
    client = client.again(JsonStore(tmp_path / "incidents.json"))
    assert [one["id"] for one in incidents(client)] == [first.json["taken"][0]["incident"]]
    assert client.post(ALERTS, DOWN).body == first.body


def test_an_idempotency_key_gives_the_first_answer_again(client, sender):
    """Also when the alert has ended since; the delivery is not applied a second time."""
    first = client.post(ALERTS, DOWN, token=sender, idempotency_key="d1")
    client.minutes(1)
    client.post(ALERTS, {"key": "health", "state": "resolved"}, token=sender)
    client.minutes(1)
    again = client.post(ALERTS, DOWN, token=sender, idempotency_key="d1")
    assert (again.body, again.headers["Idempotent-Replayed"]) == (first.body, "true")
    assert [one["firing"] for one in listed(client)] == [False]
    assert client.post(ALERTS, {"message": "other"}, token=sender, idempotency_key="d1").problem == "key-reused"


def test_sending_needs_a_key_that_may(client):
    """Looking at incidents is not enough."""
    reader = client.key("reader", Scope.INCIDENTS_WRITE)
    assert client.post(ALERTS, DOWN, token=reader).status == 403
    assert client.post(ALERTS, DOWN, token="").status == 401


def test_a_source_may_send_from_its_own_networks_only():
    """Whoever asks from elsewhere is refused, key or not."""
    options = Options(requests_per_second=0, networks={"generic": (ip_network("10.0.0.0/8"),)})
    client = Client(MemoryStore(), options=options)
    assert client.post(ALERTS, DOWN, address="10.1.2.3").status == 200
    refused = client.post(ALERTS, DOWN, address="192.0.2.1")
    assert (refused.status, refused.problem) == (403, "forbidden")
    assert client.post(ALERTS, DOWN, address="192.0.2.1", token="").status == 403
    assert client.get(ALERTS, address="192.0.2.1").status == 200
    assert client.post(f"{HOOKS}/elastic", {}, address="192.0.2.1").status == 422
