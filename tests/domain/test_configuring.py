"""What a description changes, and for whom."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.schedules import layer, override, schedule
from tests.slow_schedule import a_schedule
from tocsin.domain.configuring import Kind, described, policy_changes, schedule_changes
from tocsin.domain.policy import MOST_POLICIES, default_policy, policy_of
from tocsin.domain.schedule import schedule_of
from tocsin.domain.shift_changes import TOLD_AHEAD
from tocsin.errors import InvalidInput

NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)
PAGE = {"type": "notify", "target": "on_call"}


def changes(there, wanted, *, prune=False):
    return schedule_changes(there, wanted, NOW, prune=prune)


def policy(name="x", *targets, service="a", **more):
    steps = [{"actions": [PAGE | {"target": one} for one in targets or ("on_call",)]}]
    return policy_of({"id": name, "name": name, "conditions": {"service": [service]}, "steps": steps} | more)


@settings(max_examples=50)
@given(st.randoms(use_true_random=False))
def test_what_is_described_as_it_is_changes_nothing(chance):
    """Whatever it is, whatever is over, and whatever people agreed on."""
    plan = schedule_of(a_schedule(chance, "Europe/Berlin", NOW))
    assert changes([plan], [described(plan, NOW)]) == ((), ())


def test_a_change_is_said_and_who_is_affected_within_two_weeks():
    """Overrides stay, and count."""
    plan = schedule(layer("ann"), layer("bo", name="low"), overrides=[override("o", "cy", "2026-03-10", "2026-03-11")])
    wanted = schedule(layer("di", every=2), layer("ann", name="new"))
    (step,), unnamed = changes([plan], [wanted.model_copy(update={"time_zone": "UTC", "team": "t", "name": "web"})])
    assert (step.kind, step.name, unnamed) == (Kind.CHANGE, "Web", ())
    assert step.said == ("name", "team", "layer low ends", "layer new is new", "layer base: people, rotation")
    days = {
        who: sum((one.end - one.start for one in moved.gained), timedelta()) for who, moved in step.affected.items()
    }
    assert days == {"ann": TOLD_AHEAD - timedelta(days=1), "bo": timedelta()}


def test_the_order_of_layers_is_a_change():
    """It says who wins."""
    low, high = layer("ann", name="low"), layer("bo", name="high")
    (step,), _ = changes([schedule(low, high)], [schedule(high, low)])
    assert (step.said, set(step.affected)) == (("the order of layers",), {"ann", "bo"})


def test_what_is_new_is_added_and_what_is_not_described_goes_with_prune_alone():
    """In their order; those whom it takes shifts from are named."""
    old, new = schedule(layer("ann")), schedule(layer("bo")).model_copy(update={"name": "New"})
    (step,), unnamed = changes([old], [new])
    assert (step.kind, set(step.affected), unnamed) == (Kind.ADD, {"bo"}, ("Web",))
    steps, unnamed = changes([old], [new], prune=True)
    assert ([one.kind for one in steps], set(steps[1].affected), unnamed) == ([Kind.ADD, Kind.REMOVE], {"ann"}, ())


def test_another_time_zone_is_refused_where_it_would_change_what_is_over():
    """Before anything is changed."""
    with pytest.raises(InvalidInput, match="shifts that are over would change"):
        changes([schedule(layer("ann bo"))], [schedule(layer("ann bo"), zone="Asia/Tokyo")])


def test_policies_are_told_apart_by_name_and_compared_by_what_they_do():
    """Letter case of targets is none of that."""
    there = [default_policy(), policy("A", "user:Ann"), policy("B", service="b")]
    assert policy_changes(there, [policy("A", "user:ann")], prune=False) == ((), ("B",))
    (step,), _ = policy_changes(there, [policy("a", "user:bo", repeat=1)], prune=False)
    assert (step.kind, step.said) == (
        Kind.CHANGE,
        ("name", "repeat", "pages user:Ann no more", "pages user:bo too", "steps"),
    )
    (gone, added), _ = policy_changes(there[:2], [policy("C", service="c")], prune=True)
    assert [(one.kind, one.name) for one in (gone, added)] == [(Kind.REMOVE, "A"), (Kind.ADD, "C")]


def test_the_default_policy_is_the_one_without_conditions_and_never_goes():
    """Whatever it is called; there is one of it."""
    renamed = default_policy().model_copy(update={"name": "Everything"})
    (step,), _ = policy_changes([default_policy()], [renamed], prune=True)
    assert (step.kind, step.before, step.said) == (Kind.CHANGE, default_policy(), ("name",))
    assert policy_changes([default_policy()], [], prune=True) == ((), ())
    with pytest.raises(InvalidInput, match="two policies are described that have no conditions"):
        policy_changes([default_policy()], [default_policy(), renamed], prune=False)


def test_what_would_tie_in_the_end_is_refused():
    """Also with what is not described; not with what goes."""
    there = [default_policy(), policy("A")]
    with pytest.raises(InvalidInput, match="B and A could both hold"):
        policy_changes(there, [policy("B")], prune=False)
    assert len(policy_changes(there, [policy("B")], prune=True).steps) == 2


def test_more_policies_than_there_may_be_are_refused():
    """Those that stay count; the default one does not."""
    some = [policy(f"p{one}", service=f"s{one}") for one in range(MOST_POLICIES + 1)]
    assert len(policy_changes([default_policy()], some[1:], prune=False).steps) == MOST_POLICIES
    with pytest.raises(InvalidInput, match=f"there would be {MOST_POLICIES + 1} policies"):
        policy_changes(some[:1], some[1:], prune=False)
    assert len(policy_changes(some[:1], some[1:], prune=True).steps) == MOST_POLICIES + 1


def test_whom_a_new_policy_pages_is_said_and_not_whom_it_assigns():
    """So it is of one that goes; one that pages nobody says nothing."""
    acts = [PAGE, {"type": "assign", "target": "admins"}, PAGE | {"target": "assignees"}]
    one = policy("a", steps=[{"actions": acts}], fallback=["room:ops"])
    quiet = policy("b", service="b", steps=[{"actions": acts[1:2]}])
    steps = policy_changes([default_policy()], [one, quiet], prune=False).steps
    assert [step.said for step in steps] == [("pages on_call, assignees, room:ops",), ()]
    steps = policy_changes([default_policy(), one, quiet], [], prune=True).steps
    assert [step.said for step in steps] == [("pages on_call, assignees, room:ops no more",), ()]
