"""The two search endpoints: what they find, count and page."""

import pytest

from tests.demo.calls import MONITORS

SEARCH, GROUPS = f"{MONITORS}/search", f"{MONITORS}/groups/search"


@pytest.fixture
def found(world):
    """Return a world of four monitors in different states."""
    cpu = world.create("CPU on hosts", tags=["env:prod", "team:web"], priority=1, groups=("host:a", "host:b"))
    world.trigger(cpu, "host:a")
    world.mute(cpu, "host:b")
    queue = world.create(
        "Queue",
        tags=["env:prod", "service:orders"],
        query="avg(last_5m):avg:aws.sqs.messages{*} > 1",
        message="Look! @pagerduty @slack-orders mail@example.com",
    )
    world.mute(queue)
    world.no_data(world.create("Backup", type="service check", query='"backup.ok".over("*").last(2).count_by_status()'))
    world.create("Odd CPU", query="avg(last_4h):anomalies(avg:cpu{role:web}, 'agile', 3) >= 1", priority=5)
    return world


def names(ask, query, path=SEARCH):
    reply = ask(path, query=query)
    assert reply.status == 200
    rows = reply.json["monitors" if path == SEARCH else "groups"]
    return [row["name"] if path == SEARCH else row["group"] for row in rows]


@pytest.mark.parametrize(
    "query, expected",
    [
        ("", ["CPU on hosts", "Queue", "Backup", "Odd CPU"]),
        ("cpu", ["CPU on hosts", "Odd CPU"]),
        ("status:alert", ["CPU on hosts"]),
        ('status:"No Data"', ["Backup"]),
        ("muted:true", ["Queue"]),
        ("muted:false status:ok", ["Odd CPU"]),
        ("tag:env:prod", ["CPU on hosts", "Queue"]),
        ('tag:"team:web"', ["CPU on hosts"]),
        ("service:orders", ["Queue"]),
        ("priority:p1", ["CPU on hosts"]),
        ("type:custom", ["Backup"]),
        ("type:anomaly", ["Odd CPU"]),
        ("env:prod type:integration", ["Queue"]),
        ("no:such:field", []),
    ],
)
def test_a_query_finds_monitors(found, ask, query, expected):
    """Words and fields, joined by a space, must all hold."""
    assert names(ask, query) == expected


def test_a_query_finds_by_id(found, ask):
    """id: is the whole id."""
    assert names(ask, f"id:{found.monitors()[1].id}") == ["Queue"]


def test_a_query_finds_groups(found, ask):
    """A group row has a state, tags and a mute of its own; `*` is called total."""
    assert names(ask, "", GROUPS) == ["host:a", "host:b", "total", "total"]
    assert names(ask, "status:alert", GROUPS) == ["host:a"]
    assert names(ask, "muted:true", GROUPS) == ["host:b", "total"]
    assert names(ask, "tag:host:b", GROUPS) == ["host:b"]


def test_a_muted_group_says_how_long(found, clock, ask):
    """muted_until_ts and muted_remaining agree; for ever is null; its downtimes are named."""
    until = clock.advance(minutes=0).replace(minute=30)
    monitor = found.create("Muted for a while")
    found.mute(monitor, until=until)
    row = ask(GROUPS, query="while").json["groups"][0]
    assert (row["muted"], row["muted_until_ts"], row["muted_remaining"]) == (True, int(until.timestamp()), 1800)
    assert row["downtimes"] == [found.downtimes(monitor)[0].id]
    for_ever = ask(GROUPS, query="Queue").json["groups"][0]
    assert (for_ever["muted"], for_ever["muted_until_ts"], for_ever["muted_remaining"]) == (True, None, None)


@pytest.mark.parametrize("path", [SEARCH, GROUPS])
@pytest.mark.parametrize("query", ["status:notastatus", 'name "unbalanced'])
def test_a_query_that_cannot_be_read_is_a_400(found, ask, path, query):
    """The error begins as Datadog's does."""
    reply = ask(path, query=query)
    assert reply.status == 400
    assert reply.json["errors"][0].startswith("Query parsing error: ")


def test_counts_are_of_everything_found(found, ask):
    """Counts cover all pages, most frequent first, and agree with the rows."""
    page = ask(SEARCH, per_page=1).json
    assert page["counts"]["status"] == [
        {"count": 2, "name": "OK"},
        {"count": 1, "name": "Alert"},
        {"count": 1, "name": "No Data"},
    ]
    assert page["counts"]["muted"] == [{"count": 3, "name": False}, {"count": 1, "name": True}]
    assert page["counts"]["tag"][0] == {"count": 2, "name": "env:prod"}
    assert {row["name"] for row in page["counts"]["type"]} == {"metric", "integration", "custom", "anomaly"}


def test_search_pages_by_offset(found, ask):
    """The parameters page and per_page slice; metadata says how many there are."""
    second = ask(SEARCH, page=1, per_page=3).json
    assert [row["name"] for row in second["monitors"]] == ["Odd CPU"]
    assert second["metadata"] == {"total_count": 4, "page_count": 2, "page": 1, "per_page": 3}
    assert ask(SEARCH, page="x").status == 400


def test_search_sorts(found, ask):
    """By name or status, up or down; an unknown field leaves the order of ids."""
    in_order = [row["name"] for row in ask(SEARCH, sort="name,desc").json["monitors"]]
    assert in_order == ["Queue", "Odd CPU", "CPU on hosts", "Backup"]
    assert ask(SEARCH, sort="status,asc").json["monitors"][0]["status"] == "Alert"
    assert ask(SEARCH, sort="shoe size").json == ask(SEARCH).json


def test_a_row_tells_what_the_query_and_the_message_hold(found, ask):
    """Metrics and scopes come from the query, handles from the message (an address is none)."""
    rows = {row["name"]: row for row in ask(SEARCH).json["monitors"]}
    assert (rows["Queue"]["metrics"], rows["Queue"]["scopes"]) == (["aws.sqs.messages"], ["*"])
    assert (rows["Backup"]["metrics"], rows["Backup"]["scopes"]) == (["backup.ok"], ["*"])
    assert rows["Odd CPU"]["scopes"] == ["role:web"]
    assert rows["Queue"]["notifications"] == [
        {"handle": "pagerduty", "name": "Pagerduty"},
        {"handle": "slack-orders", "name": "slack-orders"},
    ]
    assert rows["CPU on hosts"]["last_triggered_ts"] == found.now()
    assert rows["Queue"]["last_triggered_ts"] is None
