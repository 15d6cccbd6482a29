"""Heartbeats over the API: who calls with a key or a token is there, and who does not is missed."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import Scope, UserRole

HEARTBEATS = f"{V1}/heartbeats"
BACKUP = f"{HEARTBEATS}/backup"


@pytest.fixture
def backup(client):
    return client.post(HEARTBEATS, {"name": "backup", "every_minutes": 10, "service": "db"})


def tick(client, minutes):
    client.minutes(minutes)
    assert client.post(f"{V1}/tick").status == 200
    return [one["title"] for one in client.get(f"{V1}/incidents").json["incidents"]]


def test_a_heartbeat_is_watched_and_its_token_shown_once(client, backup):
    """By its name in any letter case."""
    assert (backup.status, backup.json["grace_minutes"], backup.json["severity"]) == (201, 1, "high")
    assert len(backup.json["token"]) == 43
    shown = client.get(backup.headers["Location"])
    assert shown.json == {name: said for name, said in backup.json.items() if name != "token"}
    assert client.get(f"{HEARTBEATS}/BACKUP").json == shown.json
    assert client.post(HEARTBEATS, {"name": "Backup", "every_minutes": 5}).problem == "already-there"
    assert client.get(f"{HEARTBEATS}/nobody").problem == "not-found"


@pytest.mark.parametrize(
    "more",
    [{"name": "a/b"}, {"name": ""}, {"every_minutes": 0}, {"every_minutes": 10_081}, {"grace_minutes": -1}, {"x": 1}],
)
def test_what_cannot_be_watched_is_refused(client, more):
    """With the field that is at fault."""
    assert client.post(HEARTBEATS, {"name": "x", "every_minutes": 5} | more).problem == "invalid-input"


def test_who_calls_is_there_and_who_stays_out_is_missed(client, backup):
    """With a key that sends alerts, or with the token and no key."""
    sender = client.key("sender", Scope.ALERTS_WRITE)
    reply = client.post(BACKUP, token=sender)
    assert (reply.status, reply.body) == (202, b"")
    assert tick(client, 10) == []
    by_token = {"token": "", "query": {"token": backup.json["token"]}}
    assert client.post(f"{BACKUP}/call", **by_token).status == 202
    assert tick(client, 10) == []
    assert tick(client, 1) == ["The heartbeat backup is missing"]
    late = client.get(BACKUP).json
    assert (late["late_at"], late["deadline"]) == ("2026-03-02T12:21:00Z", None)
    assert [one["name"] for one in client.get(HEARTBEATS, query={"late": "true"}).json["heartbeats"]] == ["backup"]
    assert client.post(BACKUP, raw=b"all is well").status == 202
    tick(client, 1)
    assert client.get(BACKUP).json["late_at"] is None
    assert client.get(f"{V1}/alerts", query={"state": "firing"}).json["alerts"] == []


def test_a_token_that_is_wrong_tells_nothing(client, backup):
    """Whether the heartbeat is there, say."""
    for name in ("backup", "nobody"):
        reply = client.post(f"{HEARTBEATS}/{name}/call", token="", query={"token": "x" * 43})
        assert (reply.problem, reply.json["detail"]) == ("not-found", f"there is no heartbeat {name}")
    assert client.post(f"{BACKUP}/call", token="").problem == "invalid-input"
    assert client.get(BACKUP).json["last_at"] is None


def test_a_heartbeat_is_changed_paused_and_deleted(client, backup):
    """What is not named stays."""
    assert tick(client, 11) != []
    edited = client("PATCH", BACKUP, {"every_minutes": 60, "severity": "low"}).json
    assert (edited["every_minutes"], edited["severity"], edited["service"]) == (60, "low", "db")
    paused = client("PATCH", BACKUP, {"paused": True}).json
    assert (paused["paused"], paused["late_at"], paused["deadline"]) == (True, None, None)
    assert client.get(f"{V1}/alerts", query={"state": "firing"}).json["alerts"] == []
    assert client("PATCH", BACKUP, {"name": "x"}).problem == "invalid-input"
    assert client("DELETE", BACKUP).status == 204
    assert client.post(BACKUP).status == 404


def test_of_two_who_edit_a_heartbeat_the_second_looks_again(client, backup):
    """A call is nobody."""
    seen = client.get(BACKUP).headers["ETag"]
    client.post(BACKUP)
    assert client("PATCH", BACKUP, {"service": "x"}, if_match=seen).status == 200
    for method, said in (("PATCH", {"service": "y"}), ("DELETE", None)):
        assert client(method, BACKUP, said, if_match=seen).problem == "precondition-failed"


def test_heartbeats_are_listed_by_name(client, backup):
    """Page by page."""
    client.post(HEARTBEATS, {"name": "a.b_c", "every_minutes": 5})
    first = client.get(HEARTBEATS, query={"limit": 1}).json
    rest = client.get(HEARTBEATS, query={"limit": 1, "cursor": first["cursor"]}).json
    assert [one["name"] for one in [*first["heartbeats"], *rest["heartbeats"]]] == ["a.b_c", "backup"]
    assert client.get(HEARTBEATS, query={"late": "true"}).json["heartbeats"] == []


def test_its_token_is_in_no_log_and_no_audit_log(client, backup):
    """Though it came in an address."""
    token = backup.json["token"]
    client.post(f"{BACKUP}/call", token="", query={"token": token})
    client("DELETE", BACKUP)
    assert token not in str(client.log.said)
    assert token not in str(vars(client.store))


def test_no_key_sends_alerts_in_the_name_of_a_heartbeat(client, backup):
    """Their name space is kept."""
    made = client.post(f"{V1}/keys", {"name": "heartbeat", "scopes": ["alerts:write"]})
    assert (made.problem, "no sender" in made.json["detail"]) == ("invalid-input", True)


def test_responders_watch_and_senders_call(client, backup):
    """People by role, keys by scope."""
    shown = [client.person(client.user(f"{role}@example.com", role)) for role in UserRole]
    shown += [client.key(f"key-{number}", scope) for number, scope in enumerate(Scope)]
    assert [client.get(BACKUP, token=one).status for one in shown] == [200, 200, 200, 403, 200, 200, 200]
    assert [client.post(BACKUP, token=one).status for one in shown] == [403, 202, 202, 202, 403, 403, 202]
    assert [client("PATCH", BACKUP, {}, token=one).status for one in shown] == [403, 200, 200, 403, 403, 200, 200]
