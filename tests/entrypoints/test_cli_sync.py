import io

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.pseudo_terminal import ESCAPES
from tocsin.demo import MonitorId
from tocsin.demo.faults import ConnectionReset, CutBody, Nonsense, Poison, RateLimited, ServerError, WrongSite
from tocsin.domain.decision import EXPLAINED, Reason
from tocsin.entrypoints.commands.sync import exit_status
from tocsin.entrypoints.screen import Screen
from tocsin.entrypoints.sync_summary import show_report
from tocsin.services.sync import SyncReport

NO_KEYS = (
    "tocsin: DATADOG_API_KEY and DATADOG_APP_KEY are not set: put them into the environment, or as a line NAME=KEY "
    "into .env; `tocsin demo` works without\n"
)


def test_a_sync_opens_and_says_what_and_why(shop, datadog):
    """Two monitors, two incidents, each decision counted with its reason."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    datadog.world.trigger(MonitorId.HOST_CPU)
    said = shop("sync")
    assert (said.status, said.err) == (0, "")
    assert "Datadog: 26 monitors read in 0.0 s, complete" in said.lines
    assert "Opened 2" in said.lines
    assert "  INC-1001  critical  Checkout: error rate is high" in said.lines
    assert [line.split()[:2] for line in said.lines if line.endswith(EXPLAINED[Reason.OPENED])] == [["2", "opened"]]
    opened = shop("list", "--json").json
    assert [one["correlation_key"] for one in opened] == [
        f"datadog:{number.value}" for number in (MonitorId.HOST_CPU, MonitorId.CHECKOUT_ERRORS)
    ]
    assert opened[1]["service"] == "checkout"


def test_what_fires_already_is_no_news_and_what_recovered_resolves_when_it_has_settled(shop, datadog):
    """The next syncs of the same shop, five quiet minutes later."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    assert "Opened" not in shop("sync").out
    datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    assert shop("list").lines[1].split()[4:6] == ["s", "quiet"]
    assert shop("tick").err == "Nothing to resolve, and no cycle to start.\n"
    shop.minutes(6)
    assert "Resolved 1" in shop("sync").lines
    assert shop("list", "--json").json[0]["status"] == "resolved"


def test_tick_resolves_what_has_settled_without_a_sync(shop, datadog):
    """The clock alone is enough; the second time nothing is left to do."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    shop.minutes(6)
    assert shop("tick", "--json").json == {"resolved": ["INC-1001"], "cycles_started": [], "left": 0}
    assert shop("tick").out == ""


def test_tick_names_what_it_resolved(shop, datadog):
    """By id, after the settling time that was asked for."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    datadog.world.recover(MonitorId.CHECKOUT_ERRORS)
    shop("sync", SETTLE_SECONDS="60")
    shop.minutes(2)
    assert shop("tick", SETTLE_SECONDS="60").out == "Resolved: INC-1001\n"


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(shop, datadog):
    """Not even a file: the first thing that a careful person tries."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    said = shop("sync", "--dry-run", columns=100)
    text = ESCAPES.sub("", said.out)
    assert "A dry run: nothing was written." in text
    assert "Would open 1\n  (new 1)  Checkout: error rate is high" in text
    assert "Next: `tocsin sync` does it" in text
    assert not list(shop.folder.iterdir())


def test_adopting_pages_nobody_for_what_fires_already(shop, datadog):
    """First contact with a large organisation is no alarm."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    assert "adopted" in shop("sync", "--adopt").out
    incident = shop("show", "1001", "--json").json["incident"]
    assert incident["cycles"] == incident["acknowledged_cycles"]


def test_the_json_report_has_all_of_it_and_nothing_else_is_printed(shop, datadog):
    """A script may parse standard output as it stands."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    said = shop("sync", "--json")
    report = said.json
    assert (report["complete"], report["opened"], report["monitors"], report["changed"]) == (
        True,
        ["INC-1001"],
        26,
        True,
    )
    assert report["decisions"]["opened"] == 1
    assert said.err == ""


def test_an_incomplete_sweep_exits_with_3_and_resolves_nothing(shop, datadog):
    """What is missing proves nothing, and the first line says so."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    shop("sync")
    datadog.world.delete(MonitorId.CHECKOUT_ERRORS)
    # The first page comes, the page that ends the list never does.
    datadog.faults.next(ServerError(), count=None, after=1)
    said = shop("sync")
    assert said.status == 3
    assert ", INCOMPLETE: page 2: Datadog (" in said.lines[0]
    assert said.lines[1] == "What was not seen has not recovered: nothing was concluded from what is missing."
    datadog.faults.clear()
    datadog.faults.next(ServerError(), count=None, after=1)
    assert shop("sync", "--json").json["complete"] is False
    assert shop("list", "--json").json[0]["alerts"]["firing"] == {"critical": 1}


def test_what_cannot_be_read_is_named_and_spoils_nothing_else(shop, datadog):
    """One bad monitor is quarantined; the others open what they must."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    datadog.faults.next(Poison())
    said = shop("sync")
    assert said.status == 0
    assert "Quarantined: 1" in said.lines
    assert "Opened 1" in said.lines
    assert any(line.startswith("  monitor ?: ") for line in said.lines)


@pytest.mark.parametrize(
    "fault, says",
    [
        (RateLimited(reset=1), "limits the rate (429)"),
        (ServerError(503), "has trouble (503)"),
        (CutBody(), "cannot be reached"),
        (ConnectionReset(), "cannot be reached"),
        (Nonsense("[1, 2"), "no list of monitors"),
        (WrongSite(), "web page"),
    ],
)
def test_a_datadog_that_cannot_be_read_is_told_apart_in_one_line_with_a_hint(shop, datadog, fault, says):
    """After bounded retries, with the place and what to do."""
    datadog.faults.next(fault, count=None)
    said = shop("sync")
    first, hint = said.err.splitlines()
    assert said.status == 3
    assert first.startswith("tocsin: Datadog (127.0.0.1:")
    assert says in first
    assert hint.startswith("  ")
    assert said.out == ""
    assert sum(shop.slept) > 0


def test_refused_keys_say_which_variables(shop):
    """Datadog's 403 does not tell which of the two is wrong; the hint says what to check."""
    said = shop("sync", DATADOG_APP_KEY="another-key-than-the-right-one")
    assert said.status == 3
    assert "refused the keys (403)" in said.err
    assert "DATADOG_API_KEY and DATADOG_APP_KEY must belong" in said.err


def test_without_keys_one_line_says_what_to_do(tocsin):
    """Names exactly the variables that are missing, under either name."""
    said = tocsin("sync")
    assert (said.status, said.out, said.err) == (2, "", NO_KEYS)
    assert tocsin("sync", DD_API_KEY=API_KEY).err == NO_KEYS.replace(
        "DATADOG_API_KEY and DATADOG_APP_KEY are not set: put them", "DATADOG_APP_KEY is not set: put it"
    )


def test_keys_may_stand_in_the_file_beside(tocsin, datadog):
    """As people write it: with quotes, with `export`, under the official client's names."""
    (tocsin.folder / ".env").write_text(f"DD_API_KEY='{API_KEY}'\nexport DATADOG_APP_KEY={APP_KEY}\n")
    assert tocsin("sync", DATADOG_API_URL=datadog.url).status == 0


@pytest.mark.parametrize(
    "variable, value, says",
    [
        ("DATADOG_SITE", "datadoghq.con", "did you mean datadoghq.com?"),
        ("DATADOG_API_URL", "http://datadog-proxy.example.com", "must be https"),
        ("DATADOG_API_KEY", "two words", "holds a space"),
        ("AUTO_RESOLVE", "allways", "did you mean always?"),
        ("SEVERITY_RULES", "nowhere.toml", "cannot be read"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it_and_exit_status_2(shop, variable, value, says):
    """Before anything is asked of Datadog."""
    said = shop("sync", **{variable: value})
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"tocsin: {variable}")
    assert says in said.err


def test_settings_reach_the_source_and_the_rules(shop, datadog):
    """Which tag names the service, one incident a group, and what is left out."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    datadog.world.trigger(MonitorId.HOST_CPU)
    shop("sync", SERVICE_TAG="team", INCIDENT_PER="group", EXCLUDE_TAGS="service:checkout")
    found = shop("list", "--json").json
    assert {one["service"] for one in found} == {"platform"}
    assert len({one["correlation_key"] for one in found}) == len(found) > 1


def test_a_rule_may_open_for_no_data_that_nobody_asked_for(shop, datadog):
    """The file of rules decides before the monitor's own options."""
    rules = shop.folder / "rules.toml"
    rules.write_text('[[rule]]\nname = "silence"\nstate = "No Data"\nseverity = "critical"\nopens = true\n')
    datadog.world.no_data(MonitorId.NIGHTLY_REPORT)
    shop("sync", SEVERITY_RULES=str(rules))
    assert "critical" in {one["severity"] for one in shop("list", "--json").json}


def test_many_of_a_kind_are_counted_beyond_the_first_20(shop, datadog):
    """A bad night still fits on a screen."""
    for number in range(25):
        datadog.world.trigger(datadog.world.create(f"Monitor {number}", query="avg(last_5m):avg:a{*} > 1", message=""))
    said = shop("sync", columns=100)
    assert "  ... and 5 more; --json has all" in said.lines
    assert "Next: `tocsin show INC-1001`, `tocsin ack INC-1001`" in said.lines


def test_alerts_that_others_kept_writing_to_are_left_to_the_next_sync(shop):
    """Two syncs at once: what one could not decide is said, and the exit status tells a script."""
    quiet = SyncReport.model_validate_json(shop("sync", "--json").out)
    lost = quiet.model_copy(update={"unfinished": ("140402210:host:web-3",)})
    shown = io.StringIO()
    show_report(Screen(shown), lost, {}, program="tocsin")
    assert "Left to the next sync, since others kept writing to them: 1\n  140402210:host:web-3\n" in shown.getvalue()
    assert (exit_status(quiet), exit_status(lost)) == (0, 5)
