"""Who is muted, by scope: a page too many is better than a page that was lost."""

import pytest

from tests.sources.monitors import EPOCH, monitor, one

LATER, EARLIER = EPOCH + 3600, EPOCH - 3600


def muted(group: str = "*", *, silenced: object = None, downtimes: object = None) -> bool:
    item = monitor(1, "Alert", {group: "Alert"}, options={"silenced": silenced}, matching_downtimes=downtimes)
    return one(item).muted


def downtime(**changes: object) -> dict[str, object]:
    return {
        "id": 5,
        "active": True,
        "monitor_id": 1,
        "start": EARLIER,
        "end": LATER,
        "scope": ["*"],
        "groups": [],
        **changes,
    }


def test_nothing_is_muted_by_default():
    """Neither field says anything."""
    assert not muted()
    assert not muted(silenced={}, downtimes=[])


@pytest.mark.parametrize("end", [None, LATER, LATER * 1000, str(LATER)])
def test_a_star_in_silenced_mutes_the_whole_monitor(end):
    """For ever (null) or until a time."""
    assert muted(silenced={"*": end})
    assert muted("host:a,env:prod", silenced={"*": end})


@pytest.mark.parametrize("end", [0, EARLIER, EPOCH, "soon", [], {}, True, False, -1, 10**30])
def test_an_expired_or_unreadable_mute_mutes_nothing(end):
    """The observation's own time decides."""
    assert not muted(silenced={"*": end})
    assert not muted(downtimes=[downtime(end=end)])


@pytest.mark.parametrize(
    "scope, covers",
    [
        ("host:a", True),
        ("env:prod", True),
        ("host:a,env:prod", True),
        ("env:prod, host:a", True),
        ("env:prod AND host:a", True),
        ("*,host:a", True),
        ("host:b", False),
        ("host:a,env:stage", False),
        ("host:a OR host:b", False),
        ("env:(prod OR stage)", False),
        ("NOT host:b", False),
        ("host", False),
        ("host:a*", False),
        ("", False),
    ],
)
def test_a_scope_covers_the_groups_that_have_all_its_tags(scope, covers):
    """In both places where Datadog shows mutes; a scope that we do not understand covers nothing."""
    assert muted("host:a,env:prod", silenced={scope: None}) is covers
    assert muted("host:a,env:prod", downtimes=[downtime(scope=[scope])]) is covers


def test_a_scope_in_parts_must_hold_in_all():
    """A list of scopes narrows like a comma."""
    assert muted("host:a,env:prod", downtimes=[downtime(scope=["host:a", "env:prod"])])
    assert not muted("host:a,env:prod", downtimes=[downtime(scope=["host:a", "env:stage"])])
    assert muted("host:a", downtimes=[downtime(scope="host:a")])


def test_a_narrow_scope_does_not_cover_a_monitor_as_a_whole():
    """Nobody can know what share of it is meant."""
    assert not muted("*", silenced={"env:prod": None})
    assert not muted("*", downtimes=[downtime(scope=["env:prod"])])


def test_a_downtime_shows_without_silenced():
    """Newer downtimes are only among the matching ones."""
    assert muted(silenced={}, downtimes=[downtime()])
    assert muted(silenced={}, downtimes=[downtime(end=None)])


@pytest.mark.parametrize("changes", [{"active": False}, {"start": EPOCH + 60}])
def test_a_downtime_that_has_not_begun_mutes_nothing(changes):
    """Scheduled ones are listed too."""
    assert not muted(downtimes=[downtime(**changes)])


@pytest.mark.parametrize("changes", [{"active": None}, {"start": None}, {"start": "soon"}, {"id": None}])
def test_a_downtime_may_leave_out_what_does_not_matter(changes):
    """Its end and scope decide then."""
    assert muted(downtimes=[downtime(**changes)])


def test_a_downtime_that_names_groups_mutes_those():
    """By the whole name, in whatever order its tags stand; the other groups are not muted."""
    named = [downtime(groups=["host:a,env:prod"])]
    assert muted("host:a,env:prod", downtimes=named)
    assert muted("env:prod,host:a", downtimes=named)
    assert not muted("host:b,env:prod", downtimes=named)


def test_a_downtime_that_names_the_whole_leaves_the_others_to_its_scope():
    """``total`` and ``*`` stand for the monitor; a narrow scope stays narrow."""
    for name in ("total", "*"):
        assert muted("*", downtimes=[downtime(groups=[name], scope=["env:prod"])])
        assert muted("host:a", downtimes=[downtime(groups=[name])])
        assert muted("host:a", downtimes=[downtime(groups=[name], scope=[])])
        assert not muted("host:a", downtimes=[downtime(groups=[name], scope=["host:b"])])


@pytest.mark.parametrize(
    "downtimes",
    [
        "all of them",
        {"scope": ["*"]},
        [None, 5, "x", []],
        [downtime(scope=None)],
        [downtime(scope=[])],
        [downtime(scope=[5])],
        [downtime(scope={"*": True})],
        [downtime(scope=[5], groups=[5, None])],
        [downtime(scope=5, groups="total")],
        [downtime(scope=5, groups=["host:b"])],
    ],
)
def test_a_downtime_that_cannot_be_understood_mutes_nothing(downtimes):
    """Whatever comes in place of a list of downtimes, the alert pages."""
    assert not muted("host:a", downtimes=downtimes)


@pytest.mark.parametrize("silenced", [None, [], "*", True, 5])
def test_silenced_that_is_no_object_mutes_nothing(silenced):
    """Only an object of scopes is understood."""
    assert not muted(silenced=silenced)
