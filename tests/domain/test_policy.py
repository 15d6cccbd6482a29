"""Which policy an incident escalates by, and which policies can stand beside each other."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.builders import an_incident
from tocsin.domain.policy import (
    LARGEST,
    LONGEST_TEXT,
    TargetKind,
    checked_with,
    chosen,
    default_policy,
    parts_of,
    policy_of,
)
from tocsin.domain.policy_conditions import SAYS_MORE, Conditions
from tocsin.errors import InvalidInput

MONDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEPS = ({"actions": [{"type": "notify", "target": "on_call"}]},)
OFFICE = {"hours": [{"weekdays": ["mon"], "begin": "09:00", "end": "17:00"}], "time_zone": "Europe/Berlin"}
GIVEN = {
    "labels": ["region:eu"],
    "service": ["checkout"],
    "team": ["Shop"],
    "environment": ["prod"],
    "source": ["datadog"],
    "severity": ["high"],
    "time": OFFICE,
}
INCIDENT = an_incident(service="Checkout", team="shop", environment="PROD", tags=("Region:EU", "tier:1"))


def policy(name="x", *, active=True, **conditions):
    return policy_of({"id": name, "name": name, "conditions": conditions, "steps": STEPS, "is_active": active})


def only(name):
    return policy(name, **{name: GIVEN[name]})


@pytest.mark.parametrize("name", SAYS_MORE)
def test_each_condition_holds_in_any_letter_case_and_not_of_another_incident(name):
    """And says whether it was given."""
    conditions = only(name).conditions
    assert conditions.hold(INCIDENT, MONDAY)
    other = an_incident(service="x", team="x", environment="x", tags=("x:y",), severity="low", source="generic")
    assert not conditions.hold(other, MONDAY - timedelta(hours=6))
    assert dict(zip(SAYS_MORE, conditions.given, strict=True)) == {one: one == name for one in SAYS_MORE}


def test_all_that_are_given_must_hold_each_by_any_of_its_values_and_labels_by_all():
    """No conditions hold of everything."""
    assert Conditions().hold(INCIDENT, MONDAY)
    assert policy(**GIVEN).conditions.hold(INCIDENT, MONDAY)
    assert policy(service=["x", "checkout"], severity=["low", "high"]).conditions.hold(INCIDENT, MONDAY)
    assert not policy(service=["x", "checkout"], severity=["low"]).conditions.hold(INCIDENT, MONDAY)
    assert policy(labels=["TIER:1", "region:eu"]).conditions.hold(INCIDENT, MONDAY)
    assert not policy(labels=["tier:2", "region:eu"]).conditions.hold(INCIDENT, MONDAY)


def test_the_team_is_the_one_that_owns_the_service_where_the_incident_names_none():
    """And never where it names one."""
    conditions = policy(team=["shop"]).conditions
    assert conditions.hold(an_incident(), MONDAY, team="Shop")
    assert not conditions.hold(an_incident(), MONDAY)
    assert not conditions.hold(an_incident(team="Search"), MONDAY, team="Shop")


def test_hours_are_those_of_their_own_zone():
    """To the minute at which they begin and end, in winter and in summer."""
    conditions = policy(time=OFFICE).conditions
    for begins in (datetime(2026, 3, 2, 8, tzinfo=UTC), datetime(2026, 7, 6, 7, tzinfo=UTC)):
        hours = [begins - timedelta(minutes=1), begins, begins + timedelta(hours=8, minutes=-1)]
        assert [conditions.hold(INCIDENT, at) for at in hours] == [False, True, True]
        assert not conditions.hold(INCIDENT, begins + timedelta(hours=8))


def test_more_conditions_say_more_and_of_as_many_the_first_of_the_list():
    """Each beats what stands behind it; two beat any one."""
    every = [only(name) for name in SAYS_MORE]
    assert sorted(every, key=lambda one: one.specificity, reverse=True) == every
    pair = policy("pair", severity=["high"], time=OFFICE)
    assert pair.specificity > every[0].specificity
    for order in (every, every[::-1]):
        assert chosen(order, INCIDENT, MONDAY) == every[0]
        assert chosen([*order, pair], INCIDENT, MONDAY) == pair


def test_what_is_inactive_or_does_not_hold_is_not_chosen():
    """Whatever it says."""
    loud, quiet = policy("loud", service=["checkout"], severity=["low"]), policy("quiet", service=["checkout"])
    assert chosen([loud, quiet], INCIDENT, MONDAY) == quiet
    assert chosen([loud, policy("quiet", active=False, service=["checkout"])], INCIDENT, MONDAY) == default_policy()
    assert chosen([policy("team", team=["shop"])], an_incident(), MONDAY, team="shop").id == "team"


def test_where_none_holds_the_default_one_does():
    """The one that was saved, or else the one that there always is; it beats nobody."""
    saved = policy("default")
    assert chosen([], INCIDENT, MONDAY) == default_policy()
    assert chosen([saved], INCIDENT, MONDAY) == saved
    assert chosen([saved, policy("low", severity=["low"])], INCIDENT, MONDAY) == saved
    assert chosen([saved, policy("high", severity=["high"])], INCIDENT, MONDAY).id == "high"


@pytest.mark.parametrize(
    "one, other",
    [
        ({"service": ["a", "b"]}, {"service": ["B"]}),
        ({"labels": ["a:b"]}, {"labels": ["c:d"]}),  # an incident may have both
        ({"time": OFFICE}, {"time": OFFICE | {"time_zone": "UTC"}}),
        ({"service": ["a"], "severity": ["low", "high"]}, {"service": ["a"], "severity": ["high"]}),
    ],
)
def test_two_that_could_hold_at_once_and_say_as_much_tie(one, other):
    """In either order; but not while one of them is inactive, and no policy with itself."""
    first, second = policy("first", **one), policy("second", **other)
    for saved, there in ((first, second), (second, first)):
        with pytest.raises(InvalidInput, match=f"{saved.id} and {there.id} could both hold"):
            checked_with(saved, [there])
    checked_with(policy("first", active=False, **one), [second])
    checked_with(first, [policy("second", active=False, **other)])
    checked_with(first, [policy("first", **other), policy("default")])


@pytest.mark.parametrize(
    "one, other",
    [
        ({"service": ["a"]}, {"service": ["b"]}),
        ({"service": ["a"]}, {"team": ["a"]}),
        ({"service": ["a"], "severity": ["low"]}, {"service": ["a"], "severity": ["high"]}),
        ({"service": ["a"], "severity": ["low"]}, {"service": ["a"]}),
    ],
)
def test_two_of_which_one_always_wins_or_one_never_holds_stand_beside_each_other(one, other):
    """So that which it is does not depend on chance."""
    checked_with(policy("first", **one), [policy("second", **other)])


def test_only_the_default_policy_has_no_conditions_and_it_never_rests():
    """Else something would be for nobody."""
    with pytest.raises(InvalidInput, match="no conditions are given"):
        checked_with(policy("x"), [])
    checked_with(policy("default"), [policy("x", service=["a"])])
    for wrong in (policy("default", service=["a"]), policy("default", active=False)):
        with pytest.raises(InvalidInput, match="the default policy holds for whatever no other holds for"):
            checked_with(wrong, [])


@pytest.mark.parametrize(
    "more, why",
    [
        ({"name": ""}, "name: "),
        ({"name": 5}, "name: "),
        ({"steps": []}, "steps: "),
        ({"steps": [*STEPS, {"delay_minutes": -1, "actions": []}]}, "steps 2 delay_minutes: "),
        ({"steps": [{"actions": [{"type": "notify", "target": "me"}]}]}, "steps 1 actions 1 notify target: 'me' is no"),
        ({"steps": [{"actions": [{"type": "notify", "target": "user: "}]}]}, "'user:' is no target"),
        ({"steps": [{"actions": [{"type": "sing"}]}]}, "steps 1 actions 1: "),
        ({"fallback": ["nobody"]}, "fallback 1: 'nobody' is no target"),
        ({"conditions": {"time": OFFICE | {"time_zone": "Mars"}}}, "conditions time: .*Mars"),
        ({"conditions": {"severity": ["loud"]}}, "conditions severity 1: "),
    ],
)
def test_what_is_no_policy_is_refused_with_the_place(more, why):
    """People count from one."""
    with pytest.raises(InvalidInput, match=why):
        policy_of({"id": "x", "name": "x", "steps": STEPS} | more)


def test_what_is_no_document_is_refused():
    """Without a place."""
    with pytest.raises(InvalidInput, match=r"^Input should be"):
        policy_of(["name"])


def test_a_policy_names_everybody_once():
    """Whom it pages, assigns, calls, and falls back on."""
    actions = [
        {"type": "notify", "target": "team:Shop"},
        {"type": "assign", "target": "on_call"},
        {"type": "webhook", "target": "room:ops"},
        {"type": "set_severity", "severity": "high"},
        {"type": "notify", "target": "team:Shop"},
    ]
    named = policy_of({"id": "x", "name": "x", "steps": [{"actions": actions}], "fallback": ["user:ann", "on_call"]})
    assert named.targets == ("team:Shop", "on_call", "room:ops", "user:ann")
    assert [parts_of(one) for one in named.targets[:2]] == [(TargetKind.TEAM, "Shop"), (TargetKind.ON_CALL, "")]


def test_every_target_is_renamed_and_nothing_else():
    """Whatever has none stays as it is."""
    steps = [{"actions": [{"type": "assign", "target": "user:a"}, {"type": "create_issue", "repository": "a/b"}]}]
    named = policy_of({"id": "x", "name": "x", "steps": steps, "fallback": ["user:a"]})
    renamed = named.renamed(lambda target: target.replace(":a", ":b"))
    assert renamed.targets == ("user:b",)
    assert renamed.renamed(lambda target: target.replace(":b", ":a")) == named


@pytest.mark.parametrize(
    "action, why",
    [
        ({"type": "webhook", "target": "on_call"}, "steps 2: a webhook is a room"),
        ({"type": "assign", "target": "room:ops"}, "steps 2: room:ops is a room, and cannot be assigned"),
    ],
)
def test_what_would_do_nothing_is_refused(action, why):
    """When it is saved, and not when somebody is to be called."""
    with pytest.raises(InvalidInput, match=why):
        policy_of({"id": "x", "name": "x", "steps": [*STEPS, {"actions": [action]}]})


def test_a_policy_is_so_large_at_most():
    """An incident that it is copied onto has to fit into an item, and each step writes it."""
    page = {"type": "notify", "target": "on_call", "message": "é" * LONGEST_TEXT}
    steps = [{"actions": [page] * 10}] * 8
    assert len(policy_of({"id": "x", "name": "x", "steps": steps}).model_dump_json().encode()) <= LARGEST
    with pytest.raises(InvalidInput, match="at most 100,000 bytes as JSON"):
        policy_of({"id": "x", "name": "x", "steps": [*steps, *steps]})
