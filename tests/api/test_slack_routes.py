"""Buttons of Slack: signed, by somebody who is known here, and no later cycle than the message told of."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

import pytest

from tests.api.client import V1, Client
from tests.fakes import MemoryStore
from tests.reach import BOSS
from tocsin.domain.access import UserRole
from tocsin.domain.user import UserEdit
from tocsin.services.due import SLACK_REPLY

ACTIONS = f"{V1}/slack/actions"
HOOK = "https://hooks.slack.com/actions/T1/2/swordfish"


class Workspace:
    """A workspace of Slack, in which somebody presses buttons."""

    def __init__(self):
        self.client = Client(MemoryStore())
        self.ann = self.client.user("ann@example.com", UserRole.RESPONDER)
        self.client.opened()

    def link(self, name="T1:U1", who="ann@example.com"):
        return self.client("PUT", f"{V1}/users/{who}/slack/{name}")

    def press(self, action="acknowledge", value="INC-1001:1", *, secret="slack-secret", ago=0, payload=None, **more):
        said = {
            "type": "block_actions",
            "user": {"id": "U1", "team_id": "T1"},
            "team": {"id": "T1"},
            "response_url": HOOK,
            "actions": [{"action_id": action, "value": value, "action_ts": "1.2"}],
        }
        body = urlencode({"payload": json.dumps({**said, **more} if payload is None else payload)}).encode()
        return self.send(body, secret=secret, ago=ago)

    def send(self, body, *, secret="slack-secret", ago=0, signed=None):
        timestamp = str(int(self.client.now.timestamp()) - ago)
        digest = hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + (signed or body), hashlib.sha256).hexdigest()
        headers = {"x_slack_request_timestamp": timestamp, "x_slack_signature": f"v0={digest}"}
        media = "application/x-www-form-urlencoded"
        return self.client("POST", ACTIONS, raw=body, token="", content_type=media, **headers)

    @property
    def incident(self):
        return self.client.store.incident("INC-1001")

    @property
    def told(self):
        return [one.body for one in self.client.store.records(SLACK_REPLY, limit=100)]


@pytest.fixture
def workspace():
    """Return a workspace."""
    return Workspace()


def test_a_button_acknowledges_as_whoever_pressed_it(workspace):
    """They alone are told; the same once more changes nothing."""
    workspace.link()
    for _ in range(2):
        reply = workspace.press()
        assert reply.status == 200
        assert reply.json == {
            "response_type": "ephemeral",
            "replace_original": False,
            "text": "INC-1001 is acknowledged.",
        }
    assert (workspace.incident.status, workspace.incident.acknowledged_by) == ("acknowledged", "ann@example.com")
    assert len([one for one in workspace.client.store.timeline("INC-1001") if one.kind == "acknowledged"]) == 1
    assert workspace.told == [{"url": HOOK, "text": "INC-1001 is acknowledged."}]


def test_the_other_one_resolves(workspace):
    """Twice is no error."""
    workspace.link()
    assert [workspace.press("resolve").json["text"] for _ in range(2)] == ["INC-1001 is resolved."] * 2
    assert (workspace.incident.status, workspace.incident.resolved_by) == ("resolved", "ann@example.com")
    assert workspace.press().json["text"].startswith("INC-1001 is not acknowledged: INC-1001 is resolved")


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_the_buttons_of_an_old_message_do_nothing_to_what_it_did_not_tell_of(workspace, action):
    """Whoever pressed them is told why."""
    workspace.link()
    workspace.client.post(f"{V1}/escalate", {"incident_id": "INC-1001"})
    before = workspace.incident
    assert "has got worse since this page" in workspace.press(action).json["text"]
    assert workspace.incident == before
    assert "INC-1001 is" in workspace.press(action, "INC-1001:2").json["text"]


def test_who_is_nobody_here_is_told_how_to_become_somebody(workspace):
    """And nothing is done."""
    before = workspace.incident
    text = workspace.press().json["text"]
    assert "You are T1:U1 in Slack, and nobody here yet" in text
    assert "user slack YOUR-ADDRESS T1:U1" in text
    assert workspace.incident == before
    workspace.link()
    # Somebody of the same number in another workspace is somebody else.
    assert "You are T2:U1" in workspace.press(user={"id": "U1", "team_id": "T2"}).json["text"]
    assert workspace.incident == before


@pytest.mark.parametrize("edit", [UserEdit(role=UserRole.VIEWER), UserEdit(active=False)])
def test_our_own_role_counts(workspace, edit):
    """At the moment of the press."""
    workspace.link()
    workspace.client.users.edit(workspace.ann.id, edit, actor=BOSS)
    assert "may not acknowledge any more" in workspace.press().json["text"]
    assert workspace.incident.status == "detected"


def test_what_slack_did_not_sign_lately_is_refused(workspace):
    """Before anything of it is read."""
    workspace.link()
    body = urlencode({"payload": "{}"}).encode()
    replies = [
        workspace.press(secret="another"),
        workspace.press(ago=301),
        workspace.press(ago=-301),
        workspace.send(body, signed=body + b" "),
        workspace.client.post(ACTIONS, {"payload": "{}"}, token=""),
    ]
    assert {(one.status, one.problem) for one in replies} == {(401, "sign-in-refused")}
    assert workspace.incident.status == "detected"
    assert workspace.told == []


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"actions": 1},
        {"actions": [1, None, {}, {"action_id": "other", "value": "INC-1001:1"}]},
        {"type": "view_submission", "user": None, "team": 3},
    ],
)
def test_what_is_none_of_our_buttons_is_taken_and_passed_over(workspace, payload):
    """Slack would otherwise show that something failed."""
    reply = workspace.press(payload=payload)
    assert (reply.status, reply.json) == (200, {})


@pytest.mark.parametrize("value", ["", "INC-1001", "INC-1001:x", "INC-1001:1:1", 7, None, "a/b:1"])
def test_a_button_with_another_value_is_none_of_ours(workspace, value):
    """Whatever it is called."""
    workspace.link()
    assert workspace.press(value=value).json["text"] == "This button is none of ours."


@pytest.mark.parametrize("body", [b"", b"payload=", b"payload=%7B", b"payload=%5B%5D", b"\xff", b"&" * 100])
def test_what_is_no_payload_is_refused(workspace, body):
    """Though Slack signed it."""
    assert (workspace.send(body).status, workspace.send(body).problem) == (422, "invalid-input")


@pytest.mark.parametrize("url", ["", "http://hooks.slack.com/x", "https://hooks.slack.com.example.com/", 5])
def test_nobody_is_told_anywhere_but_at_slack(workspace, url):
    """Whatever address came with the press."""
    workspace.link()
    assert workspace.press(response_url=url).json["text"] == "INC-1001 is acknowledged."
    assert workspace.told == []


def test_an_administrator_says_who_is_who(workspace):
    """One user of Slack is one person; it is on record, and can be taken back."""
    client, theirs = workspace.client, f"{V1}/users/ann@example.com/slack"
    assert workspace.link("t1:u1").json == {"slack_users": ["T1:U1"]}
    assert workspace.link().json == workspace.link("T2:U1").json | {"slack_users": ["T1:U1"]}
    assert client.get(theirs).json == {"slack_users": ["T1:U1", "T2:U1"]}
    client.user("bo@example.com")
    assert (workspace.link(who="bo@example.com").status, workspace.link(who="bo@example.com").problem) == (
        409,
        "already-there",
    )
    for wrong in ("U1", "T1:X1", "T1:U1:U2", "T-1:U1", "T1:" + "U" * 99):
        assert (workspace.link(wrong).status, workspace.link(wrong).problem) == (422, "invalid-input")
    assert client("DELETE", f"{V1}/users/bo@example.com/slack/T1:U1").status == 204  # is not theirs: nothing happens
    assert [client("DELETE", f"{theirs}/T1:U1").status for _ in range(2)] == [204, 204]
    assert client.get(theirs).json == {"slack_users": ["T2:U1"]}
    deeds = [(one.action, one.target, one.details) for one in client.audit.entries() if "slack" in one.action]
    assert deeds == [
        ("slack_linked", "user:ann@example.com", {"slack": "T1:U1"}),
        ("slack_linked", "user:ann@example.com", {"slack": "T2:U1"}),
        ("slack_unlinked", "user:ann@example.com", {"slack": "T1:U1"}),
    ]
