"""Two incidents that are one problem: one goes on and counts both, in one change."""

import pytest

from tests.desk import Desk, Scripted, at, says, timers
from tests.fakes import MemoryStore
from tests.services.test_losing_races import disturbed
from tocsin.domain.change import Claim
from tocsin.domain.incident import MOST_MERGED, Status
from tocsin.domain.rules import AutoResolve
from tocsin.domain.timeline import EventKind, replay
from tocsin.errors import Conflict, IllegalMove, InvalidInput, NotFound, PreconditionFailed
from tocsin.ids import random_id
from tocsin.services.moving import move
from tocsin.services.tick import MOST_ATTEMPTS
from tocsin.storage.json_store import JsonStore

ONE, OTHER = "INC-1001", "INC-1002"


@pytest.fixture
def two(desk):
    """Return a desk with two incidents that burn: a high one, and a low one of two hosts of which one is muted."""
    desk.sweep(says(1, since=0), says(2, group="host:a", since=0, priority=4))
    desk.minute(1).sweep(
        says(1, since=0),
        says(2, group="host:a", since=0, priority=4),
        says(2, group="host:b", since=1, priority=4),
    )
    desk.minute(2).sweep(
        says(1, since=0),
        says(2, group="host:a", since=0, priority=4),
        says(2, group="host:b", since=1, priority=4, muted=True),
    )
    return desk


def replayed(desk):
    for incident in desk.incidents():
        assert replay(incident, desk.service.timeline(incident.id)) == incident
    return True


def test_one_is_resolved_and_names_the_other_which_counts_both(two):
    """Nothing that fires is lost, and nothing is counted twice."""
    survivor = two.minute(3).service.merge(OTHER, ONE, by="ann")
    gone = two.service.incident(OTHER)
    assert (gone.status, gone.resolved_at, gone.resolved_by) == (Status.RESOLVED, at(3), "ann")
    assert (gone.merged_into, gone.alerts.total, gone.alerts.firing) == (ONE, 2, {})
    assert (survivor.id, survivor.merged) == (ONE, (OTHER,))
    assert (survivor.alerts.total, survivor.alerts.firing) == (3, {"high": 1, "low": 2})
    assert survivor.alerts.muted == {"low": 1}
    assert (survivor.revision, gone.revision) == (1, 1)
    assert replayed(two)


def test_both_timelines_tell_it_and_the_change_has_one_id(two):
    """The id stands on the first event of the change, which is the survivor's."""
    two.service.merge(OTHER, ONE, by="ann")
    (here,) = [event for event in two.service.timeline(ONE) if event.kind is EventKind.MERGED]
    there = two.service.timeline(OTHER)[-1]
    assert here.text == "INC-1002 was merged into this one: monitor 2; 2 of its alerts fire"
    assert (there.kind, there.reason, there.text) == ("resolved", "merged", "merged into INC-1001: monitor 1")
    assert (here.by, bool(here.change_id), there.change_id) == ("ann", True, "")


def test_the_claims_name_the_survivor_as_long_as_before(two):
    """So that a new alert of either problem joins it."""
    two.service.merge(OTHER, ONE, by="ann")
    assert two.store.claims(["datadog:1", "datadog:2"]) == {
        "datadog:1": Claim(key="datadog:1", incident_id=ONE),
        "datadog:2": Claim(key="datadog:2", incident_id=ONE),
    }
    two.minute(5).sweep(says(1, since=0), says(2, group="host:c", since=5), complete=False)
    assert two.service.incident(ONE).alerts.total == 4


def test_all_its_claims_end_with_the_survivor(two):
    """Those that it took over, too: by a person, and by the clock."""
    two.service.merge(OTHER, ONE, by="ann")
    two.minute(4).service.resolve(ONE, by="ann")
    assert [claim.joinable_until for claim in two.store.claims(["datadog:1", "datadog:2"]).values()] == [at(4)] * 2


def test_all_its_claims_end_when_it_has_settled(desk):
    """As by a person."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, "OK", since=0, resolved=1))
    desk.service.merge(OTHER, ONE, by="ann")
    assert desk.minute(6).service.tick().resolved == (ONE,)
    assert [claim.joinable_until for claim in desk.store.claims(["datadog:1", "datadog:2"]).values()] == [at(6)] * 2


def test_the_whole_survivor_shows_the_alerts_of_both(two):
    """They stay where they are, and are shown where they are worked on."""
    two.service.merge(OTHER, ONE, by="ann")
    two.service.note(ONE, "one switch", by="ann")
    assert [alert.key for alert in two.service.alerts(ONE)] == ["1:*"]
    whole = two.minute(4).service.whole(ONE)
    assert [alert.key for alert in whole.alerts] == ["1:*", "2:host:a", "2:host:b"]
    assert whole.incident == two.service.incident(ONE)
    assert list(whole.timeline) == two.service.timeline(ONE)
    assert [event.text for event in whole.notes] == ["one switch"]
    assert whole.metrics.active == 240


def test_the_severity_follows_what_fires_now(two):
    """The survivor gets worse, and pages if that is worse than what was acknowledged."""
    two.service.acknowledge(OTHER, by="ann")
    survivor = two.service.merge(ONE, OTHER, by="ann")
    assert (survivor.severity, survivor.paging) == ("high", True)
    assert replayed(two)


def test_whoever_merges_has_seen_both(two):
    """More of what was acknowledged pages nobody."""
    two.service.acknowledge(ONE, by="ann")
    assert not two.service.merge(OTHER, ONE, by="ann").paging


def test_a_survivor_that_nobody_acknowledged_goes_on_paging(two):
    """An acknowledgement of the other one is none of this."""
    two.service.acknowledge(OTHER, by="ann")
    assert two.service.merge(OTHER, ONE, by="ann").paging


def test_a_pinned_severity_stays(two):
    """A person said so."""
    two.service.set_severity(OTHER, "low", by="ann")
    assert two.service.merge(ONE, OTHER, by="ann").severity == "low"


def test_a_severity_that_a_person_gave_the_other_goes_on_if_it_is_worse(two):
    """What somebody said of the problem holds wherever it is worked on."""
    two.service.set_severity(OTHER, "critical", by="bo")
    two.service.acknowledge(ONE, by="ann")
    survivor = two.service.merge(OTHER, ONE, by="ann")
    assert (survivor.severity, survivor.severity_pinned, survivor.paging) == ("critical", True, True)
    assert two.service.timeline(ONE)[-2].text == "high → critical, pinned as in INC-1002"
    assert replayed(two)


def test_a_milder_severity_that_a_person_gave_the_other_does_not(two):
    """The worse of the two goes on."""
    two.service.set_severity(OTHER, "medium", by="bo")
    survivor = two.service.merge(OTHER, ONE, by="ann")
    assert (survivor.severity, survivor.severity_pinned) == ("high", False)


def test_a_survivor_that_had_recovered_burns_again(desk):
    """Its settling ends: the other one still fires."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, since=0))
    survivor = desk.minute(2).service.merge(OTHER, ONE, by="ann")
    assert survivor.recovered_at is None
    assert desk.minute(60).service.tick().resolved == ()
    assert replayed(desk)


def test_two_that_recovered_settle_from_the_later_recovery(desk):
    """Nothing fires in either: the survivor's timer moves, the other's goes."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, since=0))
    desk.minute(4).sweep(says(2, "OK", since=0, resolved=4), quiet=[1])
    assert desk.minute(5).service.merge(OTHER, ONE, by="ann").recovered_at == at(4)
    assert desk.minute(6).service.tick().resolved == ()
    assert desk.minute(9).service.tick().resolved == (ONE,)
    assert desk.service.incident(ONE).resolved_at == at(4)
    assert timers(desk.store, at(600)) == []


def test_the_earlier_recovery_moves_nothing(desk):
    """The survivor's own was the later one."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(2, "OK", since=0, resolved=1), says(1, since=0))
    desk.minute(3).sweep(says(1, "OK", since=0, resolved=3), quiet=[2])
    assert desk.service.merge(OTHER, ONE, by="ann").recovered_at == at(3)
    assert desk.minute(8).service.tick().resolved == (ONE,)


def test_a_survivor_that_burns_is_not_quieted_by_one_that_recovered(desk):
    """Something fires: nothing settles."""
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(2, "OK", since=0, resolved=1), says(1, since=0))
    assert desk.service.merge(OTHER, ONE, by="ann").recovered_at is None
    assert desk.minute(60).service.tick().resolved == ()


def test_one_opened_by_hand_takes_alerts_over_and_still_waits_for_a_person(desk):
    """Nobody but a person resolves it, or makes it milder; so it is not settled when they end."""
    by_hand = desk.service.open("the site is down", by="ann").id
    desk.sweep(says(2, since=0, priority=4))
    desk.minute(1).sweep(says(2, "OK", since=0, resolved=1, priority=4))
    survivor = desk.minute(2).service.merge(OTHER, by_hand, by="ann")
    assert (survivor.recovered_at, survivor.severity_pinned) == (at(1), False)
    assert survivor.severity.rank > 1
    assert desk.minute(60).service.tick().resolved == ()
    assert desk.service.incident(by_hand).active
    assert replayed(desk)


def test_one_opened_by_hand_does_not_get_milder_than_the_rules_made_it(desk):
    """A person opened it: only a person makes it milder."""
    by_hand = desk.service.open("the site is down", by="ann")
    desk.sweep(says(2, since=0, priority=4))
    assert desk.service.merge(OTHER, by_hand.id, by="ann").severity is by_hand.severity


def test_nothing_settles_by_itself_where_nothing_may(desk):
    """AUTO_RESOLVE never: the later recovery is noted, and no timer set."""
    desk.with_rules(auto_resolve=AutoResolve.NEVER).sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).sweep(says(1, "OK", since=0, resolved=1), says(2, since=0))
    desk.minute(4).sweep(says(2, "OK", since=0, resolved=4), quiet=[1])
    assert desk.service.merge(OTHER, ONE, by="ann").recovered_at == at(4)
    assert timers(desk.store, at(600)) == []


def test_every_timer_of_the_one_that_goes_goes_with_it(two):
    """A snooze, a cycle that was put off, a settling: nothing rings for what is over."""
    two.service.snooze(OTHER, at(30), by="ann")
    two.service.merge(OTHER, ONE, by="ann")
    assert timers(two.store, at(600)) == []
    assert two.service.incident(OTHER).snoozed_until is None


def test_merging_twice_writes_once(two):
    """A request that is sent again finds it done."""
    survivor = two.service.merge(OTHER, ONE, by="ann")
    assert two.service.merge(OTHER, ONE, by="bo") == survivor


def test_what_makes_no_sense_is_refused_in_one_clear_line(two):
    """Into itself, into one that is not there."""
    with pytest.raises(InvalidInput, match="INC-1001 cannot be merged into itself"):
        two.service.merge(ONE, ONE, by="ann")
    for pair in ((ONE, "INC-9"), ("INC-9", ONE)):
        with pytest.raises(NotFound, match="INC-9"):
            two.service.merge(*pair, by="ann")


def test_what_was_merged_is_merged_no_more_and_takes_nothing_over(two):
    """The line names the one to take instead; so no circle can come about."""
    third = two.service.open("third", by="ann", severity="low").id
    two.service.merge(OTHER, ONE, by="ann")
    with pytest.raises(IllegalMove, match="INC-1002 was merged into INC-1001: cannot") as refusal:
        two.service.merge(OTHER, third, by="ann")
    assert refusal.value.hint == "take INC-1001 in its place"
    for one in (third, ONE):
        with pytest.raises(IllegalMove, match="INC-1002 was merged into INC-1001: nothing"):
            two.service.merge(one, OTHER, by="ann")
    assert two.service.incident(third).active


def test_what_is_resolved_is_not_merged_and_takes_nothing_over(two):
    """It would burn again under a status that says that it is over."""
    two.service.resolve(ONE, by="ann")
    with pytest.raises(IllegalMove, match="INC-1001 is resolved: nothing can be merged into it") as refusal:
        two.service.merge(OTHER, ONE, by="ann")
    assert refusal.value.allowed == ("closed",)
    with pytest.raises(IllegalMove, match="INC-1001 is resolved: cannot be merged"):
        two.service.merge(ONE, OTHER, by="ann")


def test_what_took_others_over_is_merged_with_them(two):
    """The last survivor shows the alerts of all, holds all claims, and is found from each."""
    third = two.service.open("third", by="ann", severity="high").id
    two.service.merge(OTHER, ONE, by="ann")
    survivor = two.service.merge(ONE, third, by="ann")
    assert (survivor.merged, survivor.alerts.total) == ((ONE, OTHER), 3)
    assert {claim.incident_id for claim in two.store.claims(["datadog:1", "datadog:2"]).values()} == {third}
    assert len(two.service.whole(third).alerts) == 3
    assert two.service.incident(two.service.incident(OTHER).merged_into).merged_into == third
    assert two.service.incident(ONE).alerts.firing_now == 0
    assert replayed(two)


def test_one_takes_over_so_many(quick_store):
    """Following a name from incident to incident must end."""
    desk = Desk(quick_store)
    opened = [desk.service.open(f"incident {number}", by="ann", severity="low").id for number in range(MOST_MERGED + 2)]
    for one in opened[1:-1]:
        desk.service.merge(one, opened[0], by="ann")
    with pytest.raises(IllegalMove, match="more than 50"):
        desk.service.merge(opened[-1], opened[0], by="ann")
    with pytest.raises(IllegalMove, match="more than 50"):
        desk.service.merge(opened[0], opened[-1], by="ann")


@pytest.mark.parametrize("written_to", [ONE, OTHER])
def test_a_race_is_decided_again_with_what_the_winner_wrote(two, written_to):
    """An alert that joins either of them in the middle is counted."""
    group = {ONE: 1, OTHER: 2}[written_to]

    def joins():
        two.colleague().sync(Scripted([two.minute(3).build(says(group, group="host:z", since=3), complete=False)]))

    survivor = disturbed(two, joins).merge(OTHER, ONE, by="ann")
    assert survivor.alerts.firing_now == 4
    assert replayed(two)


def test_who_loses_every_race_is_told_and_nothing_is_half_done(two):
    """Both or neither."""
    acts = [lambda: two.colleague().note(OTHER, "me first", by="bo")] * MOST_ATTEMPTS
    with pytest.raises(Conflict, match="INC-1002 and INC-1001"):
        disturbed(two, *acts).merge(OTHER, ONE, by="ann")
    assert all(incident.active for incident in two.incidents())


def test_the_revision_that_counts_is_that_of_the_one_that_goes(two):
    """It is the one that the request names."""
    two.service.note(ONE, "another revision", by="ann")
    two.service.note(OTHER, "and here", by="ann")
    with pytest.raises(PreconditionFailed, match="INC-1002 was changed meanwhile: revision 1, not 0"):
        two.service.merge(OTHER, ONE, by="ann", expected_revision=0)
    assert two.service.merge(OTHER, ONE, by="ann", expected_revision=1).id == ONE


@pytest.mark.parametrize("backend", ["memory", "json"])
def test_what_was_merged_can_be_moved_to_another_store(tmp_path, backend):
    """One change of two incidents is moved as two: neither is taken for the other done before."""
    desk = Desk(JsonStore(tmp_path / "here.json"))
    desk.sweep(says(1, since=0), says(2, since=0))
    desk.minute(1).service.merge(OTHER, ONE, by="ann")
    target = MemoryStore() if backend == "memory" else JsonStore(tmp_path / "there.json")
    for _ in range(2):
        report = move(desk.store, target, now=at(30), new_id=random_id)
        assert (report.verified, report.newer) == (True, ())
    assert target.incident(OTHER) == desk.service.incident(OTHER)
    assert target.incident(ONE) == desk.service.incident(ONE)
