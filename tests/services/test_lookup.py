"""The directory that paging really asks: whom targets name, and how they are reached, on every backend."""

from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.paging.real_town import RealTown
from tests.reach import BOSS
from tocsin.domain.access import UserRole
from tocsin.domain.contact import ChannelKind
from tocsin.domain.incident import Incident
from tocsin.domain.page import PageReason
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Matcher
from tocsin.domain.source import Source

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def town(any_store):
    """Return a town in a store."""
    return RealTown(any_store)


def incident(**more):
    said = {"id": "INC-1001", "title": "x", "severity": Severity.HIGH, "source": Source.GENERIC, "opened_at": NOON}
    return Incident.model_validate(said | more)


def test_a_person_is_found_by_id_and_whoever_left_is_missing(town):
    """So is whoever was never there."""
    ann, bo = town.person(), town.change(town.person("bo@example.com"), active=False)
    found = town.lookup.found(f"user:{ann.id}", None, NOON)
    assert (found.people, found.missing, found.why) == ((ann.id,), (), "named by the policy")
    gone = town.lookup.found(f"user:{bo.id}", None, NOON)
    assert (gone.people, gone.missing) == ((), ((PageReason.NO_CONTACT, "bo@example.com"),))
    assert town.lookup.found("user:nobody", None, NOON).missing == ((PageReason.NO_CONTACT, "nobody"),)


def test_who_is_on_call_of_a_schedule_is_whose_turn_it_is_then(town):
    """At the moment that is asked about; a gap is missing, and so is a schedule that has gone."""
    ann, bo = town.person(), town.person("bo@example.com")
    primary, empty = town.schedule("Primary", ann, bo), town.schedule("Empty")
    found = town.lookup.found(f"schedule:{primary.id}", None, NOON)
    assert (found.people, found.why) == ((ann.id,), "on call of Primary")
    assert town.lookup.found(f"schedule:{primary.id}", None, NOON + timedelta(days=7)).people == (bo.id,)
    gap = town.lookup.found(f"schedule:{empty.id}", None, NOON)
    assert (gap.people, gap.missing) == ((), ((PageReason.NOBODY_ON_CALL, "Empty"),))
    assert town.lookup.found("schedule:gone", None, NOON).missing == ((PageReason.NOBODY_ON_CALL, "schedule gone"),)


def test_whoever_is_on_call_and_was_deactivated_is_missing(town):
    """By name, beside whoever is there."""
    ann = town.person()
    primary = town.schedule("Primary", ann)
    town.change(ann, active=False)
    found = town.lookup.found(f"schedule:{primary.id}", None, NOON)
    assert (found.people, found.missing) == ((), ((PageReason.NO_CONTACT, "ann@example.com"),))


def test_a_team_is_on_call_by_all_of_its_schedules(town):
    """Those that have a gap do not count beside one that has none."""
    ann, bo = town.person(), town.person("bo@example.com")
    team = town.teams.add("Shop", actor=BOSS)
    for name, people in (("A", [ann]), ("B", [bo]), ("C", [])):
        town.schedule(name, *people, team=team.id)
    found = town.lookup.found(f"team:{team.id}", None, NOON)
    assert (found.people, found.missing, found.why) == ((ann.id, bo.id), (), "on call of A, B")
    assert town.lookup.found("team:shop", None, NOON).people == found.people
    assert town.lookup.found("team:gone", None, NOON).missing == ((PageReason.NOBODY_ON_CALL, "team gone"),)


def test_on_call_is_who_is_on_call_of_the_incident(town):
    """By the team that it names, or that owns its service; where there is none it says what is missing."""
    ann, bo = town.person(), town.person("bo@example.com")
    shop = town.teams.add("Shop", services=["checkout"], actor=BOSS)
    crew = town.teams.add("Crew", actor=BOSS)
    town.teams.add("Idle", services=["search"], actor=BOSS)
    town.schedule("S", ann, team=shop.id)
    town.schedule("C", bo, team=crew.id)

    def found(**more):
        return town.lookup.found("on_call", incident(**more), NOON)

    assert found(service="CheckOut").people == (ann.id,)
    assert found(service="checkout", team="crew").people == (bo.id,)
    assert found(service="checkout", team="unheard of").people == (ann.id,)
    assert town.lookup.team_of(incident(service="checkout")) == "Shop"
    assert town.lookup.team_of(incident(team="unheard of")) == "unheard of"
    assert found(service="search").missing == ((PageReason.NOBODY_ON_CALL, "the team Idle has no schedule"),)
    assert found(service="x").missing == ((PageReason.NOBODY_ON_CALL, "the service x"),)
    assert found().missing == ((PageReason.NOBODY_ON_CALL, "the service that is not named"),)
    assert town.lookup.found("on_call", None, NOON).missing == ((PageReason.NOBODY_ON_CALL, "no team"),)


def test_assignees_are_found_by_their_addresses(town):
    """Other names are free, and reach nobody; neither does who has left."""
    ann = town.person()
    town.change(town.person("left@example.com"), active=False)
    assert town.lookup.found("assignees", incident(assignees=("left@example.com",)), NOON).missing == (
        (PageReason.NO_CONTACT, "left@example.com"),
    )
    found = town.lookup.found("assignees", incident(assignees=("ann@example.com", "somebody")), NOON)
    assert (found.people, found.missing) == ((ann.id,), ((PageReason.NO_CONTACT, "somebody"),))
    nobody = town.lookup.found("assignees", incident(), NOON)
    assert nobody.missing == ((PageReason.NO_CONTACT, "nobody is assigned"),)


def test_administrators_are_those_who_are_active(town):
    """And nobody else."""
    town.person()
    root = town.users.add("root@example.com", "root", UserRole.ADMIN, actor=BOSS)
    left = town.users.add("left@example.com", "left", UserRole.ADMIN, actor=BOSS)
    town.change(left, active=False)
    assert town.lookup.found("admins", None, NOON).people == (root.id,)


def test_a_room_is_found_by_name_in_any_letter_case(town):
    """Or by id; one that is switched off is missing, as one is that has gone."""
    room = town.room("Ops")
    assert town.lookup.found("room:OPS", None, NOON).rooms == (room,)
    assert town.lookup.found(room.id, None, NOON).rooms == (room,)
    assert town.lookup.contact("", room.id) == room
    town.contacts.edit(room, None, active=False, actor=BOSS)
    assert town.lookup.found("room:ops", None, NOON).missing == ((PageReason.NO_CONTACT, "room:ops"),)
    assert town.lookup.contact("", room.id) is None
    assert town.lookup.found("room:gone", None, NOON).missing == ((PageReason.NO_CONTACT, "room:gone"),)


def test_ways_are_those_that_are_verified(town):
    """And none of whoever left."""
    ann = town.person()
    phone = town.contacts.add(ann, ChannelKind.SMS, {"number": "+491511234567"}, actor=BOSS)
    (way,) = town.lookup.ways(ann.id, Severity.CRITICAL)
    assert (way.contact.kind, town.lookup.contact(ann.id, phone.id)) == (ChannelKind.EMAIL, None)
    assert town.lookup.contact(ann.id, way.contact.id) == way.contact
    assert town.lookup.address(way.contact) == {"email": "ann@example.com"}
    assert town.lookup.ways_said(ann.id, Severity.CRITICAL) == "no rule of theirs is for this severity"
    said = town.lookup.ways_said(ann.id, Severity.CRITICAL, [ChannelKind.VOICE])
    assert said.endswith("the policy's channels are none of theirs")
    town.change(ann, active=False)
    assert (town.lookup.ways(ann.id, Severity.CRITICAL), town.lookup.ways("nobody", Severity.LOW)) == ((), ())
    assert town.lookup.contact("nobody", phone.id) is None
    assert town.lookup.quiet_until("nobody", Severity.LOW, NOON) is None


def test_whoever_responds_may_acknowledge(town):
    """A viewer may not, nor whoever is not there."""
    ann = town.person()
    viewer = town.users.add("vi@example.com", "vi", UserRole.VIEWER, actor=BOSS)
    assert [town.lookup.acknowledges(one) for one in (ann.id, viewer.id, "nobody")] == [True, False, False]


def test_a_silence_that_hides_it_is_named(town):
    """While it is active."""
    ends_at = NOON + timedelta(hours=1)
    silence = town.silences.add(Matcher(service="checkout"), reason="moves", ends_at=ends_at, actor=BOSS)
    assert town.lookup.silence_of(incident(service="checkout"), NOON) == silence.id
    assert town.lookup.silence_of(incident(service="search"), NOON) == ""
    assert town.lookup.silence_of(incident(service="checkout"), ends_at) == ""


def test_names_are_addresses(town):
    """By which timelines know people; what is no person keeps its own."""
    ann = town.person()
    assert [town.lookup.name(ann.id), town.lookup.name("room:ops")] == ["ann@example.com", "room:ops"]
    assert town.lookup.policies() == ()


def test_a_target_is_called_by_the_name_of_whom_it_means(town):
    """By its id where that has gone; what names nobody in particular stays."""
    ann, team = town.person(), town.teams.add("Shop", actor=BOSS)
    primary = town.schedule("Primary", ann)
    named = {f"user:{ann.id}": "user:ann@example.com", f"schedule:{primary.id}": "schedule:Primary"}
    named |= {f"team:{team.id}": "team:Shop"}
    gone = ("user:x", "schedule:x", "team:x", "room:ops", "on_call")
    assert {target: town.lookup.called(target) for target in (*named, *gone)} == named | {one: one for one in gone}
