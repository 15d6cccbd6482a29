"""What an observation carries besides its state."""

from datetime import UTC, datetime

import pytest

from tests.sources.monitors import ABSENT, EPOCH, NOW, WEB, group, monitor, one
from tocsin.domain.alert import AlertState, Source
from tocsin.sources.datadog_monitor import Monitor, Naming
from tocsin.sources.kept import LONGEST_MESSAGE


def firing(**changes):
    return one(monitor(101, "Alert", {"host:a,env:stage": "Alert"}, **changes))


def at(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def test_an_episode_begins_when_the_group_says_so():
    """The group's own trigger and recovery are kept; the monitor's last change is no start of an episode."""
    seen = one(monitor(101, "Alert", {"host:a": group(triggered=EPOCH - 7200, resolved=EPOCH - 9000)}))
    assert (seen.triggered_at, seen.resolved_at) == (at(EPOCH - 7200), at(EPOCH - 9000))
    assert seen.observed_at == NOW


def test_no_data_began_when_data_stopped():
    """For No Data the time of the last missing data counts, not of the last trigger."""
    entry = group("No Data", triggered=EPOCH - 9000, last_nodata_ts=EPOCH - 300)
    assert one(monitor(101, "No Data", {"*": entry}, options={"notify_no_data": True})).triggered_at == at(EPOCH - 300)


@pytest.mark.parametrize("stamp", [None, 0, -5, "", "soon", [], {}, True, 10**40, 1e300, EPOCH + 90_000, "9" * 50])
def test_a_time_that_cannot_be_is_no_time(stamp):
    """Never, nonsense and the far future all read as unknown."""
    assert one(monitor(101, "Alert", {"*": group(triggered=stamp, resolved=stamp)})).triggered_at is None


@pytest.mark.parametrize("stamp", [EPOCH - 60, float(EPOCH - 60), str(EPOCH - 60), (EPOCH - 60) * 1000])
def test_a_time_is_read_however_it_is_written(stamp):
    """Seconds, milliseconds, and digits in quotes are all the same moment."""
    assert one(monitor(101, "Alert", {"*": group(triggered=stamp)})).triggered_at == at(EPOCH - 60)


def test_the_clocks_of_two_servers_may_differ_a_little():
    """A trigger a few seconds after the answer's own time is kept."""
    assert one(monitor(101, "Alert", {"*": group(triggered=EPOCH + 3)})).triggered_at == at(EPOCH + 3)


def test_what_a_monitor_says_of_itself_is_kept():
    """Title, message with its template text, query, priority and source go along."""
    seen = firing()
    assert seen.source is Source.DATADOG
    assert (seen.origin, seen.title, seen.priority) == ("101", "Shop: orders take too long", 2)
    assert seen.message == "Orders take {{value}} s. @slack-shop"
    assert seen.query.startswith("avg(last_5m)")
    assert seen.value is None
    assert not seen.draft


@pytest.mark.parametrize("priority", [None, 0, 6, -1, 1.5, "6", "P1", "", "1" * 5_000, float("inf"), True, []])
def test_only_one_to_five_is_a_priority(priority):
    """Anything else is none, which is what most monitors have."""
    assert firing(priority=priority).priority is None


@pytest.mark.parametrize("priority", [1, 1.0, "1"])
def test_a_priority_is_read_however_it_is_written(priority):
    """A P1 must not become less urgent because its number came with a point or in quotes."""
    assert firing(priority=priority).priority == 1


@pytest.mark.parametrize("name", [None, "", "   ", 5, [], ABSENT])
def test_a_monitor_without_a_name_is_called_by_its_number(name):
    """A title is never empty."""
    assert firing(name=name).title == "Monitor 101"


def test_a_draft_says_so():
    """Only ``draft`` is a draft."""
    assert firing(draft_status="draft").draft
    assert not firing(draft_status=None).draft


def test_the_groups_tags_go_before_the_monitors():
    """A host in staging under a monitor tagged prod is in staging; service and team are the monitor's."""
    seen = firing()
    assert (seen.service, seen.environment, seen.team) == ("shop", "stage", "web")


def test_environment_may_be_written_out():
    """The tag ``environment`` counts where there is no ``env``."""
    assert firing(tags=["environment:test"]).environment == "stage"
    assert one(monitor(1, "Alert", {"*": "Alert"}, tags=["environment:test"])).environment == "test"
    assert one(monitor(1, "Alert", {"*": "Alert"}, tags=["environment:test", "ENV:prod"])).environment == "prod"


def test_the_tags_that_name_service_environment_and_team_can_be_set():
    """Other words for the same thing."""
    naming = Naming(WEB, service=("app",), environment=("stage",), team=("squad",))
    item = monitor(1, tags=["app:pay", "stage:live", "squad:blue", "service:no", "env:no", "team:no"])
    seen = Monitor(item, "1", naming, NOW).observation("*", AlertState.ALERT, group())
    assert (seen.service, seen.environment, seen.team) == ("pay", "live", "blue")


def test_tags_are_the_monitors_and_the_groups_each_once():
    """Texts only; what is no text or empty is left out."""
    seen = one(monitor(1, "Alert", {"env:prod,host:a": "Alert"}, tags=["env:prod", None, 3, ["x"], "", " b ", "b"]))
    assert seen.tags == ("env:prod", "b", "host:a")


@pytest.mark.parametrize("tags", [None, "service:shop", {"service": "shop"}, 5, ABSENT])
def test_tags_that_are_no_list_are_none(tags):
    """The group's own remain."""
    assert firing(tags=tags).tags == ("host:a", "env:stage")


def test_the_threshold_is_that_of_the_state():
    """Warn goes by the warning threshold, Alert by the critical one; what is no finite number is none."""
    assert one(monitor(1, "Alert", {"*": "Alert"})).threshold == 3.0
    assert one(monitor(1, "Warn", {"*": "Warn"})).threshold == 2.0
    for thresholds in (
        None,
        [],
        {},
        {"critical": "3"},
        {"critical": None},
        {"critical": float("nan")},
        {"critical": 10**400},
    ):
        assert firing(options={"thresholds": thresholds}).threshold is None


@pytest.mark.parametrize(
    "extra, value",
    [
        ({"triggering_value": {"from_ts": EPOCH - 660, "to_ts": EPOCH - 600, "value": 4.5}}, 4.5),
        ({"triggering_value": {"from_ts": EPOCH - 660, "to_ts": EPOCH - 600, "value": 1000}}, 1000.0),
        ({"triggering_value": {"value": None}}, None),
        ({"triggering_value": {"value": float("nan")}}, None),
        ({"triggering_value": None}, None),
        ({"triggering_value": 4.5}, None),
        ({}, None),
    ],
)
def test_what_was_measured_is_kept_where_datadog_says_it(extra, value):
    """Some answers carry the value that triggered a group; most do not."""
    assert one(monitor(1, "Alert", {"host:a": group(**extra)})).value == value


def test_links_lead_to_the_monitor_and_to_the_group():
    """The group is quoted; a monitor as a whole has no link of a group."""
    assert firing().links.monitor == f"{WEB}/monitors/101"
    assert firing().links.group == f"{WEB}/monitors/101?group=host%3Aa%2Cenv%3Astage"
    assert one(monitor(1, "Alert", {"*": "Alert"})).links.group == ""


@pytest.mark.parametrize(
    "message, link",
    [
        ("Runbook: https://wiki.example.com/disk", "https://wiki.example.com/disk"),
        ("runbook - http://wiki.example.com/disk.", "http://wiki.example.com/disk"),
        ("**Runbook:** https://wiki.example.com/disk\n@team", "https://wiki.example.com/disk"),
        ("The run book is https://wiki.example.com/disk, read it", "https://wiki.example.com/disk"),
        ("Runbook\nhttps://wiki.example.com/disk", "https://wiki.example.com/disk"),
        ("See (runbook https://wiki.example.com/disk)", "https://wiki.example.com/disk"),
        ("[Runbook](https://wiki.example.com/disk)", "https://wiki.example.com/disk"),
        ("[our runbook for disks]( https://wiki.example.com/a_(b) )", "https://wiki.example.com/a_(b)"),
        ("<https://wiki.example.com/disk|Runbook>", "https://wiki.example.com/disk"),
        ("[Dash](https://dash.example.com) [Runbook](https://wiki.example.com/disk)", "https://wiki.example.com/disk"),
        ("[Runbook](https://one.example.com) Runbook: https://two.example.com", "https://one.example.com"),
        ("Runbook: https://two.example.com [Runbook](https://one.example.com)", "https://two.example.com"),
        ("Runbook: javascript:alert(1)", ""),
        ("[Runbook](file:///etc/passwd)", ""),
        ("Runbook: https://[broken", ""),
        ("See https://wiki.example.com", ""),
        ("Runbook: tomorrow", ""),
        ("", ""),
        (None, ""),
        (["Runbook: https://wiki.example.com"], ""),
    ],
)
def test_the_runbook_is_the_first_link_so_named(message, link):
    """Markdown, chat markup and plain text are understood; only http(s) is a link."""
    assert firing(message=message).links.runbook == link


def test_a_runbook_tag_goes_before_the_message():
    """Unless it is no address."""
    message = "Runbook: https://wiki.example.com/message"
    assert firing(message=message, tags=["runbook:https://wiki.example.com/tag"]).links.runbook.endswith("/tag")
    assert firing(message=message, tags=["runbook:ask Bob"]).links.runbook.endswith("/message")


@pytest.mark.parametrize(
    "unit",
    ["[runbook", "[runbook](https://a", "<https://a|", "runbook runbook ", "runbook https://(", "[" * 9, "(" * 9],
)
def test_no_message_makes_the_search_for_a_runbook_slow(unit):
    """A megabyte of almost-links is read like any other message."""
    assert isinstance(firing(message=unit * (1_000_000 // len(unit))).links.runbook, str)


def test_a_long_message_is_cut_with_a_mark():
    """So are other texts; NULs and unpaired surrogates go."""
    seen = firing(message="x" * 70_000, name="n" * 70_000, query="q" * 70_000, tags=["t" * 70_000])
    assert len(seen.message) == LONGEST_MESSAGE
    assert seen.message.endswith("… (cut)")
    assert len(seen.title) == 1_000
    assert len(seen.query) == 4_000
    assert len(seen.tags[0]) == 250
    odd = firing(message="a\0b\ud800c", name="\0", query="q\0", tags=["ta\0g"])
    assert (odd.message, odd.title, odd.query, odd.tags[0]) == ("ab?c", "Monitor 101", "q", "tag")


def test_a_group_name_may_hold_anything():
    """Names are made of tag values, which applications write."""
    for name in ("", ",", "host:ä\u202e,x", "a\0b", "\ud800", "&?#=% /", "host"):
        seen = one(monitor(101, "Alert", {name: "Alert", "other": "OK"}))
        assert "\0" not in seen.key
        assert seen.links.group.startswith(f"{WEB}/monitors/101?group=")
        assert seen.model_dump_json()
