"""The shapes on the wire, written down here and compared with the recordings where those are at hand."""

import orjson
import pytest

from tests.demo.calls import MONITORS

LIST_ITEM = [
    *("id", "org_id", "type", "name", "message", "tags", "query", "options", "multi", "created_at", "created"),
    *("modified", "deleted", "priority", "restricted_roles", "draft_status", "overall_state_modified"),
    *("overall_state", "creator", "matching_downtimes"),
]
ONE = LIST_ITEM[:-1]
GROUP = ["name", "status", "last_triggered_ts", "last_resolved_ts", "last_notified_ts", "last_nodata_ts"]
DOWNTIME = ["id", "active", "monitor_id", "start", "end", "scope", "groups"]
SEARCH_ROW = [
    *("status", "scopes", "classification", "creator", "metrics", "notifications", "muted_until_ts", "query", "id"),
    *("last_triggered_ts", "name", "tags", "org_id", "priority", "overall_state_modified", "restricted_roles", "type"),
]
GROUP_ROW = [
    *("status", "last_nodata_ts", "env_tags", "muted_remaining", "muted_until_ts", "all_tags", "monitor_name"),
    *("team_tags", "last_triggered_ts", "group", "downtimes", "monitor_id", "priority", "muted", "group_tags"),
]
COUNTS = ["status", "muted", "tag", "type"]
METADATA = ["total_count", "page_count", "page", "per_page"]


def types(value, path="", found=None):
    """Return every path of a JSON value with the types seen there; keys of free maps count as one."""
    found = {} if found is None else found
    found.setdefault(path, set()).add(type(value).__name__)
    if isinstance(value, dict):
        free = path.endswith((".silenced", ".groups"))
        for key, inner in value.items():
            types(inner, f"{path}.{'*' if free else key}", found)
    elif isinstance(value, list):
        for inner in value:
            types(inner, f"{path}[]", found)
    return found


def agree(ours, theirs, *, without=()):
    """Assert that paths which both have agree in their types; null stands for any type."""
    mine, recorded = types(ours), types(theirs)
    for path in mine.keys() & recorded.keys():
        if path.startswith(tuple(without)) and without:
            continue
        extra = mine[path] - recorded[path] - {"NoneType"}
        numbers = mine[path] | recorded[path] <= {"int", "float", "NoneType"}
        assert not extra or recorded[path] == {"NoneType"} or numbers, (path, mine[path], recorded[path])


@pytest.fixture
def varied(world):
    """Return a world with every kind of monitor that the recordings have, in every state."""
    muted = world.create(
        "some monitor",
        type="log alert",
        query='logs("service:foo AND type:error").index("main").rollup("count").by("source").last("5m") > 2',
        message="some message Notify: @hipchat-channel",
        tags=["env:ci", "test:a"],
        priority=3,
        options={"thresholds": {"critical": 2.0, "warning": 1.0}, "on_missing_data": "show_and_notify_no_data"},
    )
    world.mute(muted)
    world.no_data(muted)
    test = world.create(
        "[Synthetics] a test",
        type="synthetics alert",
        query="no_query",
        tags=["testing:api", "check_type:api"],
        priority=5,
        groups=("total", "aws:us-east-2", "@SYNTHETICS_OVERALL@"),
    )
    world.trigger(test)
    hosts = world.create(
        "cpu",
        query="avg(last_5m):avg:aws.ec2.cpu{environment:foo,host:foo} by {host} > 2",
        tags=["env:ci", "team:web"],
        groups=("host:a", "host:b,env:ci"),
        assets=[
            {"name": "Runbook", "category": "runbook", "url": "/notebook/1", "template_variables": {}, "options": {}}
        ],
    )
    world.trigger(hosts, "host:a", "Warn")
    world.schedule_downtime()
    world.create("new", query='"ntp.in_sync".over("*").last(2).count_by_status()', type="service check", groups=())
    return world


def test_a_list_item_has_these_keys(varied, ask):
    """The list shows 20 keys in the recorded order, downtimes among them though nobody asked; no state, no assets."""
    for item in ask(MONITORS).json:
        assert list(item) == LIST_ITEM


def test_state_comes_only_with_group_states(varied, ask):
    """With group_states each item gets `state.groups`, each group six keys; never is null."""
    for item in ask(MONITORS, group_states="all").json:
        assert list(item) == [*LIST_ITEM, "state"]
        for name, group in item["state"]["groups"].items():
            assert (list(group), group["name"]) == (GROUP, name)


def test_extra_keys_of_a_group_reach_the_wire(varied, ask):
    """A test may add keys to a group, as Datadog does now and then."""
    hosts = varied.monitors()[2]
    hosts.groups["host:a"].extras["triggering_value"] = {"value": 3.5}
    shown = ask(f"{MONITORS}/{hosts.id}", group_states="all").json
    assert shown["state"]["groups"]["host:a"]["triggering_value"] == {"value": 3.5}


def test_one_monitor_has_these_keys(varied, ask):
    """Get-one leaves out matching_downtimes, assets and state unless it is asked for them."""
    path = f"{MONITORS}/{varied.monitors()[2].id}"
    assert list(ask(path).json) == ONE
    everything = ask(path, with_downtimes="true", with_assets="true", group_states="all").json
    assert set(everything) == {*ONE, "assets", "matching_downtimes", "state"}
    assert everything["assets"][0]["category"] == "runbook"


def test_a_downtime_has_these_keys(varied, ask):
    """A monitor's own downtime names it and its groups; an organisation-wide one names neither."""
    everywhere, own = ask(MONITORS).json[0]["matching_downtimes"]
    assert list(everywhere) == list(own) == DOWNTIME
    assert (own["monitor_id"], own["groups"], own["scope"]) == (varied.monitors()[0].id, ["total"], ["*"])
    assert (everywhere["monitor_id"], everywhere["groups"], everywhere["end"]) == (None, [], None)


def test_search_rows_have_these_keys(varied, ask):
    """A row a monitor, with counts and metadata; a synthetics creator's id is an object."""
    found = ask(f"{MONITORS}/search").json
    assert list(found) == ["monitors", "counts", "metadata"]
    assert (list(found["counts"]), list(found["metadata"])) == (COUNTS, METADATA)
    for row in found["monitors"]:
        assert list(row) == SEARCH_ROW
        assert isinstance(row["creator"]["id"], dict) is (row["classification"] == "synthetics")
    assert [row["overall_state_modified"] is None for row in found["monitors"]] == [False, False, False, True]


def test_group_rows_have_these_keys(varied, ask):
    """A row a group, `*` called total, never a No Data one; zero is never."""
    found = ask(f"{MONITORS}/groups/search").json
    assert list(found) == ["groups", "counts", "metadata"]
    assert (list(found["counts"]), list(found["metadata"])) == (COUNTS, METADATA)
    for row in found["groups"]:
        assert list(row) == GROUP_ROW
        assert row["status"] != "No Data"
    assert [row["group"] for row in found["groups"]][:3] == ["total", "aws:us-east-2", "@SYNTHETICS_OVERALL@"]
    assert found["groups"][-1]["group_tags"] == ["host:b", "env:ci"]
    assert found["groups"][-1]["last_triggered_ts"] == 0


def test_validating_answers_as_recorded(ask):
    """Checking keys says valid; a monitor that would do gets an empty object."""
    assert ask("/api/v1/validate").json == {"valid": True}
    good = ask(f"{MONITORS}/validate", "POST", body={"type": "query alert", "query": "avg(last_5m):avg:x{*} > 1"})
    assert (good.status, good.json) == (200, {})


@pytest.mark.parametrize(
    "file",
    [
        "datadog_sync_cli/list_page0_size1000_13_incl_composite.json",
        "datadog_sync_cli/list_with_matching_downtimes.json",
    ],
)
def test_the_newest_recorded_lists_have_our_keys_in_our_order(datadog, varied, ask, file):
    """Key by key: the same keys, the same order, the same types."""
    recorded = orjson.loads((datadog / file).read_bytes())
    assert {tuple(item) for item in recorded} == {tuple(LIST_ITEM)}
    agree(ask(MONITORS).json, recorded)


@pytest.mark.parametrize(
    "file",
    [
        "client_python/list_page0_size2.json",
        "client_python/list_page1_size2_last.json",
        "client_go/list_id_offset.json",
        "datadogpy/list_unpaginated_21_mostly_alert.json",
    ],
)
def test_older_recorded_lists_lack_only_what_came_later(datadog, varied, ask, file):
    """draft_status and priority are younger than these recordings; everything else is there, with our types."""
    recorded = orjson.loads((datadog / file).read_bytes())
    for item in recorded:
        assert set(LIST_ITEM) - {"draft_status", "priority"} <= set(item) <= set(LIST_ITEM)
    agree(ask(MONITORS).json, recorded)


@pytest.mark.parametrize(
    "file, query",
    [
        ("client_python/get_synthetics.json", {}),
        ("client_python/get_with_downtimes_empty.json", {"with_downtimes": "true"}),
        ("client_python/get_muted_with_downtime.json", {"with_downtimes": "true"}),
        ("terraform_provider/composite_no_data.json", {"with_assets": "true"}),
        ("terraform_provider/query_alert_no_data_assets.json", {"with_assets": "true"}),
        ("terraform_provider/query_alert_no_data_eval_window.json", {}),
        ("terraform_provider/query_alert_ok_draft.json", {"with_assets": "true"}),
        ("terraform_provider/query_alert_ok_restricted.json", {"with_downtimes": "true"}),
    ],
)
def test_recorded_single_monitors_have_our_keys(datadog, varied, ask, file, query):
    """Key by key, asked with the parameters that the recording was asked with."""
    recorded = orjson.loads((datadog / file).read_bytes())
    for monitor in varied.monitors():
        ours = ask(f"{MONITORS}/{monitor.id}", **query).json
        assert set(recorded) <= set(ours) <= set(recorded) | {"draft_status"}
        agree(ours, recorded)


def test_the_recorded_groups_have_our_keys(datadog, varied, ask):
    """The one recorded `state`, and the hand-made one with 500 groups, have our six keys."""
    for file in ("public_exports/warn_multi_groups_muted_2019.json", "synthetic_edge/multi_500_groups.json"):
        recorded = orjson.loads((datadog / file).read_bytes())
        for group in recorded["state"]["groups"].values():
            assert set(group) == set(GROUP)
        agree(ask(MONITORS, group_states="all").json[0]["state"], recorded["state"])


def test_a_recorded_mute_is_shown_as_ours(datadog, varied, ask):
    """Muted by hand: `silenced` and a downtime that both say until when."""
    recorded = orjson.loads((datadog / "client_python/get_muted_with_downtime.json").read_bytes())
    varied.cancel_downtime(varied.downtimes(varied.monitors()[1])[0].id)
    ours = ask(f"{MONITORS}/{varied.monitors()[0].id}", with_downtimes="true").json
    assert list(recorded["options"]["silenced"]) == list(ours["options"]["silenced"]) == ["*"]
    assert set(recorded["matching_downtimes"][0]) == set(ours["matching_downtimes"][0])
    assert recorded["matching_downtimes"][0]["groups"] == ours["matching_downtimes"][0]["groups"] == ["total"]


@pytest.mark.parametrize("path, file", [("search", "search_page0"), ("groups/search", "groups_search_page0")])
def test_recorded_searches_have_our_keys(datadog, varied, ask, path, file):
    """Rows, counts and metadata, key by key; both creators among the rows."""
    recorded = orjson.loads((datadog / f"client_python/{file}.json").read_bytes())
    ours = ask(f"{MONITORS}/{path}").json
    rows = next(name for name in recorded if name not in ("counts", "metadata"))
    assert set(recorded) == set(ours)
    assert {tuple(row) for row in recorded[rows]} == {tuple(row) for row in ours[rows]}
    agree(ours, recorded)
    assert ours["metadata"].keys() == recorded["metadata"].keys()
    assert ours["metadata"]["per_page"] == recorded["metadata"]["per_page"] == 30


def test_recorded_errors_are_ours(datadog, varied, ask):
    """403, 404 and both 400s have the recorded bodies, to the letter."""
    recorded = {
        "client_go/error_403.json": ask(MONITORS, headers={}),
        "client_python/error_404_get.json": ask(f"{MONITORS}/1"),
        "client_python/error_400_group_states.json": ask(MONITORS, group_states="notagroupstate"),
        "client_python/error_400_search.json": ask(f"{MONITORS}/search", query="status:notastatus"),
    }
    for file, ours in recorded.items():
        assert ours.json == orjson.loads((datadog / file).read_bytes())
        assert ours.status == int(file.rpartition("/")[2].split("_")[1].removesuffix(".json"))
