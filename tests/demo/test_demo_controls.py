"""The controls under /demo/: a person moves the world and plans faults with curl."""

import pytest

from tests.demo.calls import MONITORS
from tocsin.demo import control
from tocsin.demo.faults import KINDS


@pytest.fixture
def monitor(world):
    """Return a monitor of two hosts."""
    return world.create("hosts", groups=("host:a", "host:b"), tags=["a:b"])


@pytest.fixture
def act(ask, monitor):
    """Return a function that posts an action on that monitor, without any keys."""

    def post(action, **body):
        return ask(f"/demo/monitors/{monitor.id}/{action}", "POST", headers={}, body=body or None)

    return post


def test_the_front_page_documents_every_control(ask):
    """GET /demo/ (or /demo) is the text in which each action is named."""
    for path in ("/demo", "/demo/"):
        page = ask(path, headers={})
        assert (page.status, page.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    text = page.body.decode()
    for action in [*control._ACTIONS, "delete"]:
        assert action in text


def test_monitors_are_listed_shortly(world, monitor, ask):
    """id, name, state, groups: what one needs to pick one."""
    world.trigger(monitor, "host:a")
    assert ask("/demo/monitors", headers={}).json == [
        {
            "id": monitor.id,
            "name": "hosts",
            "state": "Alert",
            "priority": None,
            "draft": False,
            "muted": False,
            "groups": {"host:a": "Alert", "host:b": "OK"},
        }
    ]


def test_states_are_moved(act):
    """trigger, recover, no_data and set_status move one group, or all."""
    assert act("trigger", group="host:a", status="Warn").json["groups"] == {"host:a": "Warn", "host:b": "OK"}
    assert act("trigger").json["groups"] == {"host:a": "Alert", "host:b": "Alert"}
    assert act("recover", group="host:b").json["groups"] == {"host:a": "Alert", "host:b": "OK"}
    assert act("no_data", group="host:a").json["state"] == "No Data"
    assert act("set_status", group="host:a", status="Skipped").json["state"] == "Skipped"


def test_mutes_come_and_go(world, monitor, clock, act, ask):
    """Mutes last for minutes or for ever, by scope and by way, until unmuted."""
    assert act("mute", scope="host:a", minutes=30, via="silenced").json["muted"] is True
    assert monitor.silenced == {"host:a": int(clock().timestamp()) + 1800}
    assert world.downtimes(monitor) == []
    assert act("unmute", scope="host:a").json["muted"] is False
    act("mute")
    assert monitor.silenced == {"*": None}
    assert act("unmute").json["muted"] is False


def test_monitors_are_edited(monitor, act):
    """draft, publish, priority, edit, regroup and remove_group."""
    assert act("draft").json["draft"] is True
    assert act("publish").json["draft"] is False
    assert act("priority", priority=2).json["priority"] == 2
    assert act("priority", priority=None).json["priority"] is None
    assert act("edit", name="new name", tags=["c:d"]).json["name"] == "new name"
    assert monitor.tags == ["c:d"]
    assert list(act("regroup", groups=["host:c"], leave_stale=True).json["groups"]) == ["host:a", "host:b", "host:c"]
    assert list(act("remove_group", group="host:a").json["groups"]) == ["host:b", "host:c"]
    assert list(act("regroup").json["groups"]) == ["*"]


def test_monitors_are_made_and_deleted(monitor, act, ask):
    """A new monitor is in the list at once, a deleted one is not."""
    made = ask("/demo/monitors", "POST", headers={}, body={"name": "made by hand", "groups": ["host:z"]})
    assert (made.status, made.json["groups"]) == (201, {"host:z": "OK"})
    assert act("delete").json == {"deleted_monitor_id": monitor.id}
    assert [item["id"] for item in ask(MONITORS).json] == [made.json["id"]]
    assert act("trigger").status == 404


@pytest.mark.parametrize(
    "action, body, says",
    [
        ("triger", {}, "No action 'triger'"),
        ("trigger", {"status": "Bad"}, "Alert, Warn"),
        ("trigger", {"group": 5}, "'group' must be a text"),
        ("mute", {"minutes": "ten"}, "'minutes' must be a number"),
        ("mute", {"minutes": True}, "'minutes' must be a number"),
        ("mute", {"via": "magic"}, "silenced, downtime, both"),
        ("priority", {"priority": 9}, "'priority' must be"),
        ("priority", {"priority": "P1"}, "'priority' must be"),
        ("regroup", {"groups": "host:a"}, "'groups' must be a list"),
    ],
)
def test_a_control_that_makes_no_sense_says_why(act, action, body, says):
    """400 with what is allowed."""
    reply = act(action, **body)
    assert reply.status == 400
    assert says in reply.json["errors"][0]


@pytest.mark.parametrize("body, says", [(b"{", "not JSON"), (b"[]", "must be a JSON object")])
def test_a_body_that_is_no_object_is_refused(ask, body, says):
    """The error says so."""
    reply = ask("/demo/faults", "POST", headers={}, body=body)
    assert reply.status == 400
    assert says in reply.json["errors"][0]


@pytest.mark.parametrize("path", ["/demo/nothing", "/demo/monitors/1/trigger/now", "/demo/monitors/abc/trigger"])
def test_an_unknown_control_is_a_404_that_helps(ask, path):
    """It says where to look."""
    reply = ask(path, "POST", headers={})
    assert reply.status == 404
    assert "GET /demo/" in reply.json["errors"][0]


def test_faults_are_planned_over_http(ask):
    """POST plans by kind and parameters, GET lists, DELETE clears."""
    planned = ask(
        "/demo/faults",
        "POST",
        headers={},
        body={"kind": "rate_limited", "reset": 3, "endpoint": "list", "after": 1, "count": None, "where": {}},
    )
    assert planned.status == 201
    assert planned.json["planned"] == [
        {"kind": "rate_limited", "endpoint": "list", "count": None, "after": 1, "where": {}}
    ]
    assert [ask(MONITORS).status for _ in range(3)] == [200, 429, 429]
    assert ask("/demo/faults", headers={}).json["kinds"]["rate_limited"] == ["reset"]
    assert ask("/demo/faults", "DELETE", headers={}).json["planned"] == []
    assert ask(MONITORS).status == 200


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_can_be_planned_by_its_name(server, ask, kind):
    """Every kind has parameters that may be left out."""
    assert ask("/demo/faults", "POST", headers={}, body={"kind": kind}).status == 201
    assert [rule.fault for rule in server.faults.pending()] == [KINDS[kind]()]


@pytest.mark.parametrize(
    "body, says",
    [
        ({}, "'kind' must be one of"),
        ({"kind": "earthquake"}, "'kind' must be one of"),
        ({"kind": "slow", "seconds": "long"}, "'seconds' must be of type float"),
        ({"kind": "slow", "seconds": True}, "'seconds' must be of type float"),
        ({"kind": "slow", "speed": 1}, "No parameter 'speed'"),
        ({"kind": "page_missing", "speed": 1}, "there are none"),
        ({"kind": "slow", "count": "many"}, "'count' must be of type int | None"),
        ({"kind": "slow", "endpoint": "lists"}, "lists"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(server, ask, body, says):
    """400 when it is planned, not a surprise when it strikes."""
    reply = ask("/demo/faults", "POST", headers={}, body=body)
    assert reply.status == 400
    assert says in reply.json["errors"][0]
    assert server.faults.pending() == []


def test_controls_are_no_datadog_requests(server, ask):
    """They appear in no log, take no fault and use up no limit."""
    ask("/demo/faults", "POST", headers={}, body={"kind": "server_error"})
    assert ask("/demo/monitors", headers={}).status == 200
    assert server.requests == []
    assert ask(MONITORS).status == 503
