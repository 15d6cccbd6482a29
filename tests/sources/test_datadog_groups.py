"""Which groups of which monitors are observed, and what is passed over."""

import pytest

from tests.sources.monitors import ABSENT, EPOCH, group, known, monitor, one, read
from tocsin.domain.alert import AlertState, alert_key
from tocsin.domain.decision import Reason

ASKING = {"notify_no_data": True}


def groups_in(reading) -> dict[str, AlertState]:
    return {seen.group: seen.state for seen in reading.observations}


def test_a_quiet_monitor_is_seen_and_says_nothing():
    """A monitor whose groups are all OK costs no observation, and is named as seen with its groups."""
    reading = read(monitor(101, groups={"host:a": "OK", "host:b": "OK"}))
    assert reading.observations == []
    assert reading.seen == reading.with_groups == {"101"}
    assert reading.problems == []
    assert not reading.passed_over


def test_each_firing_group_is_an_alert_of_its_own():
    """Alert and Warn give one observation a group; OK beside them gives none."""
    reading = read(monitor(101, "Alert", {"host:a": "Alert", "host:b": "Warn", "host:c": "OK"}))
    assert groups_in(reading) == {"host:a": AlertState.ALERT, "host:b": AlertState.WARN}
    assert [seen.key for seen in reading.observations] == ["101:host:a", "101:host:b"]


def test_groups_decide_and_not_the_overall_state():
    """An overall Alert without an alerting group opens nothing; an overall OK hides no alerting group."""
    assert read(monitor(1, "Alert", {"host:a": "OK"})).observations == []
    assert groups_in(read(monitor(2, "OK", {"host:a": "Alert"}))) == {"host:a": AlertState.ALERT}


def test_the_only_group_of_a_simple_monitor_is_the_monitor():
    """``*`` and ``total`` both mean the monitor as a whole."""
    for name in ("*", "total"):
        seen = one(monitor(101, "Alert", {name: "Alert"}))
        assert (seen.group, seen.key) == ("*", "101:*")


def test_a_stale_star_beside_real_groups_is_ignored():
    """The ``*`` left from before a monitor was grouped fires nothing, whatever it says."""
    reading = read(monitor(101, "Warn", {"*": "Alert", "host:a": "Warn"}))
    assert groups_in(reading) == {"host:a": AlertState.WARN}
    assert read(monitor(101, "OK", {"total": "Alert", "host:a": "OK"})).observations == []


def test_stale_groups_beside_a_living_star_are_ignored():
    """A monitor that is no longer split says so, and its ``*`` says what it says: the groups are left from before."""
    groups = {"host:a": "OK", "*": "Alert"}
    assert groups_in(read(monitor(101, "Alert", groups, multi=False))) == {"*": AlertState.ALERT}
    stale = {"host:a": "Alert", "*": "OK"}
    assert read(monitor(101, "OK", stale, multi=False)).observations == []


def test_a_star_that_contradicts_its_monitor_is_the_stale_one():
    """Whatever ``multi`` says: no alerting group is hidden by it. Some monitors with groups say that they have none."""
    groups = {"host:a": "Alert", "*": "OK"}
    assert groups_in(read(monitor(101, "Alert", groups, multi=False))) == {"host:a": AlertState.ALERT}
    assert groups_in(read(monitor(101, "Alert", {"host:a": "Alert"}, multi=False))) == {"host:a": AlertState.ALERT}


def test_a_known_star_that_became_stale_is_not_said_to_have_recovered():
    """It is missing from the groups, which two complete sweeps will settle; no observation speaks for it."""
    reading = read(monitor(101, "OK", {"*": "OK", "host:a": "OK"}), knowing=(known(101),))
    assert reading.observations == []
    assert reading.with_groups == {"101"}


@pytest.mark.parametrize("name", ["*", "total", "@SYNTHETICS_OVERALL@"])
def test_a_synthetic_test_is_one_failure(name):
    """Location, total and overall verdict of one synthetics test are one alert."""
    groups = {"total": "Alert", "aws:eu-central-1": "Alert", "@SYNTHETICS_OVERALL@": "Alert"}
    seen = one(monitor(101, "Alert", groups | {name: group(triggered=EPOCH - 60)}, type="synthetics alert"))
    assert (seen.group, seen.state) == ("*", AlertState.ALERT)


@pytest.mark.parametrize("kind", ["synthetics", None, ABSENT])
def test_a_synthetic_test_is_known_by_its_verdict_too(kind):
    """Whatever its type is called: one failure, not three."""
    groups = {"total": "Alert", "aws:eu-central-1": "Alert", "@SYNTHETICS_OVERALL@": "Alert"}
    assert one(monitor(101, "Alert", groups, type=kind)).group == "*"


def test_the_verdict_of_a_synthetic_test_goes_before_its_locations():
    """One failing location does not make the test fail when Datadog's own verdict is OK."""
    groups = {"total": "OK", "aws:eu-central-1": "Alert", "@SYNTHETICS_OVERALL@": "OK"}
    assert read(monitor(101, "OK", groups, type="synthetics alert")).observations == []


def test_a_synthetic_test_that_shows_only_locations_goes_by_its_overall_state():
    """Without a verdict among the groups, the monitor's own state is the verdict."""
    locations = {"aws:eu-central-1": "Alert", "aws:eu-west-1": "OK"}
    assert one(monitor(101, "Alert", locations, type="synthetics alert")).group == "*"
    assert read(monitor(101, "OK", locations, type="synthetics alert")).observations == []
    quiet = {"aws:eu-central-1": "OK", "aws:eu-west-1": "OK"}
    assert one(monitor(101, "Alert", quiet, type="synthetics alert")).state is AlertState.ALERT


@pytest.mark.parametrize("state", [ABSENT, None, [], "groups", 7, {}, {"groups": None}, {"groups": []}])
def test_without_groups_the_overall_state_speaks_for_the_monitor(state):
    """An absent or useless ``state`` gives one observation of the whole, without times of an episode."""
    reading = read(monitor(101, "Alert", state=state))
    (seen,) = reading.observations
    assert (seen.group, seen.state, seen.word) == ("*", AlertState.ALERT, "Alert")
    assert seen.triggered_at is None
    assert reading.seen == {"101"}
    assert reading.with_groups == set()


def test_without_groups_nothing_is_said_of_known_groups():
    """The overall state proves nothing about single groups: the monitor is seen, its groups are not."""
    for overall in ("OK", "Alert"):
        reading = read(monitor(101, overall), knowing=(known(101, "host:a"),))
        assert reading.observations == []
        assert (reading.seen, reading.with_groups) == ({"101"}, set())


def test_without_groups_a_known_whole_is_still_spoken_for():
    """The alert of the monitor as a whole follows the overall state, even beside known groups."""
    for others in ((), (known(101, "host:a"),)):
        reading = read(monitor(101, "OK"), knowing=(known(101), *others))
        assert groups_in(reading) == {"*": AlertState.OK}


@pytest.mark.parametrize("overall, state", [("Alert", AlertState.ALERT), ("Warn", AlertState.WARN)])
def test_a_monitor_with_an_empty_group_list_goes_by_its_overall_state(overall, state):
    """``state`` with no group in it leaves the monitor's own word, and counts as having come with groups."""
    reading = read(monitor(101, overall, {}))
    assert groups_in(reading) == {"*": state}
    assert reading.with_groups == {"101"}
    assert read(monitor(101, "OK", {})).observations == []


def test_no_data_matters_only_where_somebody_asked():
    """No Data of a monitor that asks is observed; of another it is counted."""
    asking = monitor(1, "No Data", {"host:a": "No Data"}, options=ASKING)
    silent = monitor(2, "No Data", {"host:a": "No Data", "host:b": "No Data"})
    reading = read(asking, silent, monitor(3, "No Data", {}), monitor(4, "No Data"))
    assert [(seen.origin, seen.state, seen.asks_no_data) for seen in reading.observations] == [
        ("1", AlertState.NO_DATA, True)
    ]
    assert reading.passed_over == {Reason.NO_DATA_NOT_ASKED: 4}


@pytest.mark.parametrize(
    "options, asks",
    [
        ({}, False),
        (None, False),
        ([], False),
        ({"notify_no_data": True}, True),
        ({"notify_no_data": "true"}, False),
        ({"notify_no_data": True, "on_missing_data": None}, True),
        ({"notify_no_data": True, "on_missing_data": "default"}, True),
        ({"notify_no_data": False, "on_missing_data": "default"}, False),
        ({"notify_no_data": True, "on_missing_data": "show_no_data"}, False),
        ({"notify_no_data": True, "on_missing_data": "resolve"}, False),
        ({"notify_no_data": False, "on_missing_data": "show_and_notify_no_data"}, True),
        ({"notify_no_data": True, "on_missing_data": "something_new"}, True),
    ],
)
def test_who_asks_to_be_told_of_missing_data(options, asks):
    """``on_missing_data`` decides; ``notify_no_data`` where that is absent, default, or a word of tomorrow."""
    reading = read(monitor(101, "No Data", {"*": "No Data"}, options=options))
    assert len(reading.observations) == asks


def test_every_no_data_can_be_had():
    """Severity rules may open incidents for No Data: then all of it is observed, asked for or not."""
    reading = read(monitor(101, "No Data", {"*": "No Data"}), every_no_data=True)
    assert groups_in(reading) == {"*": AlertState.NO_DATA}
    assert reading.observations[0].asks_no_data is False
    assert not reading.passed_over


@pytest.mark.parametrize("word", ["OK", "Ignored", "Skipped", "Unknown", "No Data", "Quantum", None, 5, {}])
def test_whatever_is_said_of_a_known_alert_is_observed(word):
    """The store needs the word on every alert that it holds open, whatever that word is."""
    groups = {"host:a": group(word), "host:b": "OK"}
    seen = one(monitor(101, "OK", groups), knowing=(known(101, "host:a"),))
    assert (seen.group, seen.state) == ("host:a", AlertState.of(word))
    assert seen.word == (word if isinstance(word, str) else "")


@pytest.mark.parametrize("written", [str.upper, str.lower, str.title, " {} ".format])
def test_a_state_is_the_same_however_it_is_written(written):
    """In groups and over all; the word that goes on is Datadog's own, which severity rules and stored alerts know."""
    for word in ("Alert", "Warn", "OK", "No Data"):
        for item in (monitor(101, written(word)), monitor(101, "?", {"*": written(word)})):
            seen = one(item, knowing=(known(101),))
            assert (seen.word, seen.state) == (word, AlertState.of(word))
        assert len(read(monitor(101, written(word))).observations) == (word in ("Alert", "Warn"))


@pytest.mark.parametrize("word", ["Ignored", "Skipped", "Unknown", "Quantum", "", None, 5, [], {}])
def test_an_unknown_state_is_counted_and_never_read_as_ok_or_alert(word):
    """A state that we have no word for opens nothing and is counted."""
    reading = read(monitor(1, word), monitor(2, "OK", {"host:a": group(word), "host:b": "OK"}))
    assert reading.observations == []
    assert reading.passed_over == {Reason.KEPT_UNKNOWN_STATE: 2}


@pytest.mark.parametrize("entry", [None, [], "Alert", 3])
def test_an_unreadable_group_is_not_an_absent_one(entry):
    """What is said of a known group in a way we cannot read keeps it; of an unknown one it is counted."""
    item = monitor(101, "Alert", {"host:b": "Alert"})
    item["state"]["groups"]["host:a"] = entry
    assert groups_in(read(item, knowing=(known(101, "host:a"),))) == {
        "host:a": AlertState.UNKNOWN,
        "host:b": AlertState.ALERT,
    }
    assert read(item).passed_over == {Reason.KEPT_UNKNOWN_STATE: 1}


def test_an_unreadable_only_group_leaves_the_overall_state():
    """A simple monitor that alerts is not lost because its one group came as null."""
    for entry in (None, {}, {"status": None, "last_triggered_ts": EPOCH - 60}):
        item = monitor(101, "Alert", {})
        item["state"]["groups"]["*"] = entry
        assert one(item).state is AlertState.ALERT


def test_tombstones_are_no_known_alerts():
    """An alert that has ended is not asked about."""
    ended = known(101, "host:a", ended_at=known(1).observed_at)
    reading = read(monitor(101, "OK", {"host:a": "OK"}), knowing=(ended,))
    assert reading.observations == []
    assert reading.absent == []


def test_absent_are_the_known_monitors_that_did_not_come():
    """In the order of their ids, each once; an origin that is no monitor id is not asked for."""
    alerts = (known(900), known(20, "host:a"), known(20, "host:b"), known(3), known(5, origin="five"))
    reading = read(monitor(3), knowing=alerts)
    assert reading.absent == ["20", "900"]
    assert reading.greatest_known == 900


def test_a_group_with_a_very_long_name_keeps_its_identity():
    """Its key is made of the whole name, the shown name is cut."""
    name = "host:" + "x" * 5_000
    seen = one(monitor(101, "Alert", {name: "Alert"}))
    assert seen.key == alert_key("101", name)
    assert len(seen.group) == 1_000
    assert one(monitor(101, "OK", {name: "OK"}), knowing=(known(101, name),)).key == seen.key


def test_a_monitor_that_comes_twice_counts_once():
    """A page that shifted between two requests shows a monitor again: the first word stands."""
    reading = read(monitor(101, "Alert", {"*": "Alert"}), monitor(101, "OK", {"*": "OK"}))
    assert len(reading.observations) == 1


@pytest.mark.parametrize(
    "item, why",
    [
        ("a text", "it is no object but a text"),
        (None, "it is no object but null"),
        ([], "it is no object but a list"),
        (1.5, "it is no object but a number"),
        (True, "it is no object but true or false"),
        ((), "it is no object but something else"),
        ({}, "it has no id"),
        (monitor(None), "it has no id"),
        (monitor("101"), "its id is no positive whole number"),
        (monitor(101.0), "its id is no positive whole number"),
        (monitor(True), "its id is no positive whole number"),
        (monitor(0), "its id is no positive whole number"),
        (monitor(-5), "its id is no positive whole number"),
        (monitor(2**63), "its id is no positive whole number"),
        (monitor([1]), "its id is no positive whole number"),
    ],
)
def test_what_is_no_monitor_is_set_aside_with_its_reason(item, why):
    """An item without a usable id is a problem of its own, and the monitor beside it is read."""
    reading = read(item, monitor(7, "Alert", {"*": "Alert"}))
    assert [(problem.origin, problem.why) for problem in reading.problems] == [("", why)]
    assert reading.seen == {"7"}
    assert len(reading.observations) == 1


def test_an_item_with_an_id_and_no_state_is_seen_and_set_aside():
    """Its alerts stay as they were: it is named in the problem."""
    reading = read({"id": 101, "name": "who knows"}, knowing=(known(101),))
    assert reading.seen == {"101"}
    assert [problem.origin for problem in reading.problems] == ["101"]
    assert reading.observations == []


def test_a_value_that_raises_after_all_spoils_only_its_own_monitor():
    """The last net: an oddity that nobody foresaw becomes a problem with the monitor's name."""

    class Trap(dict):
        def items(self):
            raise RuntimeError("never seen before")

    trapped = monitor(101, "Alert", state={"groups": Trap({"host:a": group()})})
    reading = read(trapped, monitor(102, "Alert", {"*": "Alert"}))
    assert [(problem.origin, problem.why) for problem in reading.problems] == [
        ("101", "it could not be read (RuntimeError)")
    ]
    assert [seen.origin for seen in reading.observations] == ["102"]
