"""Teams, on every backend: who is in them, and which services are theirs."""

import itertools
import threading

import pytest

from tests.desk import NOON
from tests.services.test_losing_races import Between
from tests.services.test_users import BOSS, OFF, people
from tocsin.domain.access import UserRole
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.user import LONGEST_SERVICE, MOST_MEMBERS, MOST_SERVICES, MOST_SERVICES_AT_ONCE, Team
from tocsin.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from tocsin.services.auditing import AuditLog
from tocsin.services.teams import TEAM, Teams
from tocsin.services.tick import MOST_ATTEMPTS

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


def teams_of(store, *, name="t"):
    ids = itertools.count(1)
    new_id = lambda: f"{name}-{next(ids)}"
    return Teams(store, AuditLog(store, clock=lambda: NOON, new_id=new_id), clock=lambda: NOON, new_id=new_id)


@pytest.fixture
def teams(any_store):
    made = teams_of(any_store)
    made.store = any_store
    made.users = people(any_store)
    return made


@pytest.fixture
def ana(teams):
    return teams.users.add("ana@example.com", "Ana", UserRole.RESPONDER, actor=BOSS)


def told(teams):
    return [
        (one.action, one.details) for one in AuditLog(teams.store, clock=lambda: NOON, new_id=lambda: "x").entries()
    ]


def test_a_team_is_made_and_found(teams):
    """By id, and by name in any letter case; by what it owns, too."""
    shop = teams.add("  The   Shop ", services=["checkout", "Basket", "CHECKOUT"], actor=BOSS)
    assert (shop.name, shop.services, shop.members) == ("The Shop", ("Basket", "checkout"), ())
    assert teams.named(shop.id) == teams.named("the shop") == teams.owning("Checkout ") == shop
    assert teams.owning("search") is None
    assert told(teams) == [("team_added", {"services": ["Basket", "checkout"]})]


@pytest.mark.parametrize("name", ["nobody", "", "x" * 5_000, "é", "t-9"])
def test_a_team_that_is_not_there_is_not_found(teams, name):
    """Whatever it is that was asked for."""
    with pytest.raises(NotFound, match="there is no team"):
        teams.named(name)


def test_a_name_belongs_to_one_team(teams):
    """And is free again with a new one."""
    teams.add("Shop", actor=BOSS)
    with pytest.raises(Conflict, match="there is a team SHOP already"):
        teams.add("SHOP", actor=BOSS)
    teams.add("Search", actor=BOSS)
    with pytest.raises(Conflict, match="there is a team shop already"):
        teams.edit("search", name="shop", actor=BOSS)
    teams.edit("shop", name="Store", actor=BOSS)
    assert teams.edit("search", name="shop", actor=BOSS).name == "shop"


def test_a_service_belongs_to_one_team(teams):
    """It has to be given back first."""
    teams.add("Shop", services=["checkout", "basket"], actor=BOSS)
    with pytest.raises(Conflict, match="the service Checkout belongs to the team Shop"):
        teams.add("Search", services=["search", "Checkout"], actor=BOSS)
    assert teams.owning("search") is None
    search = teams.add("Search", services=["search"], actor=BOSS)
    with pytest.raises(Conflict, match="belongs to the team Shop"):
        teams.edit(search.id, services=["search", "basket"], actor=BOSS)
    teams.edit("Shop", services=["checkout"], actor=BOSS)
    assert teams.edit(search.id, services=["search", "basket"], actor=BOSS).services == ("basket", "search")
    assert teams.owning("basket").id == search.id
    assert told(teams)[-1] == ("team_changed", {"services": {"taken": [], "given": ["basket"]}})


def test_a_service_changes_its_letter_case_and_its_team_stays(teams):
    """It is the same service."""
    shop = teams.add("Shop", services=["checkout"], actor=BOSS)
    assert teams.edit(shop.id, services=["Checkout"], actor=BOSS).services == ("Checkout",)
    assert teams.owning("checkout").id == shop.id


def test_what_is_written_with_a_team_is_written_or_neither(teams):
    """An answer that is kept."""
    key = RecordWrite(kind="x", id="1", record=Record(kind="x", id="1"), expected=0)
    teams.add("Shop", actor=BOSS, also=lambda _team: (key,))
    with pytest.raises(Conflict):
        teams.add("Search", actor=BOSS, also=lambda _team: (key,))
    assert [one.name for one in teams.every()] == ["Shop"]


@pytest.mark.parametrize("service", ["", "  ", "a\u200bb", "x" * (LONGEST_SERVICE + 1), "é" * LONGEST_SERVICE])
def test_what_cannot_be_the_name_of_a_service_is_refused(teams, service):
    """Nothing that cannot be seen, and nothing too long."""
    with pytest.raises(InvalidInput, match="cannot be the name of a service"):
        teams.add("Shop", services=[service], actor=BOSS)


@pytest.mark.parametrize("name", ["", " ", "-x", "a/b", "x" * 64, "é"])
def test_what_cannot_be_the_name_of_a_team_is_refused(teams, name):
    """With what is allowed."""
    with pytest.raises(InvalidInput, match="cannot be the name of a team"):
        teams.add(name, actor=BOSS)


def test_people_join_and_leave(teams, ana):
    """Twice is no error, and writes nothing."""
    shop = teams.add("Shop", actor=BOSS)
    joined = teams.put_member("shop", ana, actor=BOSS)
    assert joined.members == (ana.id,)
    assert teams.put_member(shop.id, ana, actor=BOSS) == joined
    assert [one.name for one in teams.of(ana.id)] == ["Shop"]
    left = teams.take_member(shop.id, ana, actor=BOSS)
    assert left.members == ()
    assert teams.take_member(shop.id, ana, actor=BOSS) == left
    assert teams.of(ana.id) == []
    assert told(teams)[-2:] == [("team_changed", {"joins": ana.email}), ("team_changed", {"leaves": ana.email})]


def test_who_is_deactivated_stays_a_member(teams, ana):
    """What the team was is history, too."""
    teams.add("Shop", actor=BOSS)
    teams.put_member("Shop", ana, actor=BOSS)
    teams.users.edit(ana.id, OFF, actor=BOSS)
    assert teams.named("Shop").members == (ana.id,)


@pytest.mark.large
def test_a_team_is_bounded(teams, ana):
    """In members, and in services: in all, and at once."""
    full = Team(
        id="full", name="Full", members=tuple(f"m-{n}" for n in range(MOST_MEMBERS)), created_at=NOON, created_by="x"
    )
    teams.add("Shop", services=[f"s{n}" for n in range(MOST_SERVICES_AT_ONCE)], actor=BOSS)
    with pytest.raises(InvalidInput, match="come or go at once"):
        teams.add("Search", services=[f"x{n}" for n in range(MOST_SERVICES_AT_ONCE + 1)], actor=BOSS)
    with pytest.raises(InvalidInput, match="too many for one team"):
        teams.edit("Shop", services=[f"x{n}" for n in range(MOST_SERVICES + 1)], actor=BOSS)
    all_new = teams.edit("Shop", services=[f"x{n}" for n in range(MOST_SERVICES_AT_ONCE)], actor=BOSS)
    assert teams.owning("s0") is None
    assert teams.owning("x39").id == all_new.id
    with pytest.raises(InvalidInput, match="come or go at once"):
        teams.edit("Shop", services=[f"y{n}" for n in range(MOST_SERVICES_AT_ONCE + 1)], actor=BOSS)
    record = Record(kind=TEAM, id="full", body=full.model_dump(mode="json"))
    write = RecordWrite(kind=TEAM, id="full", record=record, expected=0)
    teams.store.commit(Change(id="full", at=NOON, records=(write,)))
    with pytest.raises(InvalidInput, match="at most 500 members"):
        teams.put_member("full", ana, actor=BOSS)


@pytest.mark.large
def test_a_deleted_team_leaves_people_alone_and_its_names_free(teams, ana):
    """However many services it has."""
    shop = teams.add("Shop", actor=BOSS)
    teams.put_member(shop.id, ana, actor=BOSS)
    services = [f"s{n:02}" for n in range(2 * MOST_SERVICES_AT_ONCE + 5)]
    for number in range(MOST_SERVICES_AT_ONCE, len(services) + MOST_SERVICES_AT_ONCE, MOST_SERVICES_AT_ONCE):
        shop = teams.edit(shop.id, services=services[:number], actor=BOSS)
    teams.remove("SHOP", actor=BOSS, expected=shop.version)
    assert list(teams.every()) == []
    assert teams.users.get(ana.id) == ana
    assert told(teams)[-1] == ("team_removed", {})
    again = teams.add("Shop", services=["s00", "s44", "s84"], actor=BOSS)
    assert teams.owning("s84").id == again.id
    with pytest.raises(NotFound):
        teams.remove(shop.id, actor=BOSS)


def test_of_two_edits_on_what_was_seen_the_second_is_refused(teams, ana):
    """Whatever it would do."""
    seen = teams.add("Shop", actor=BOSS).version
    teams.edit("Shop", name="Store", actor=BOSS, expected=seen)
    for again in (
        lambda: teams.edit("Store", services=["x"], actor=BOSS, expected=seen),
        lambda: teams.put_member("Store", ana, actor=BOSS, expected=seen),
        lambda: teams.take_member("Store", ana, actor=BOSS, expected=seen),
        lambda: teams.remove("Store", actor=BOSS, expected=seen),
    ):
        with pytest.raises(PreconditionFailed, match="changed since you looked"):
            again()


def test_of_two_edits_at_the_same_moment_neither_is_lost(teams, ana):
    """Also where the name by which it was found is another by then."""
    teams.add("Shop", actor=BOSS)
    late = teams_of(Between(teams.store, lambda: teams.edit("Shop", name="Store", actor=BOSS)), name="late")
    late.put_member("Shop", ana, actor=BOSS)
    assert teams.named("Store").members == (ana.id,)
    late = teams_of(Between(teams.store, lambda: teams.edit("Store", name="Shop", actor=BOSS)), name="later")
    late.remove("Store", actor=BOSS)
    assert list(teams.every()) == []


@pytest.mark.large
def test_a_change_gives_up_where_others_keep_writing(teams, ana):
    """With an error that says that trying again helps."""
    shop = teams.add("Shop", actor=BOSS)
    numbers = itertools.count(1)

    def disturbed():
        acts = [lambda: teams.edit(shop.id, name=f"Shop {next(numbers)}", actor=BOSS), lambda: None]
        return teams_of(Between(teams.store, *acts * MOST_ATTEMPTS), name=f"late{next(numbers)}")

    for act in (
        lambda: disturbed().put_member(shop.id, ana, actor=BOSS),
        lambda: disturbed().remove(shop.id, actor=BOSS),
    ):
        with pytest.raises(Conflict, match="others kept changing"):
            act()


def test_of_teams_that_want_a_service_at_once_one_gets_it(any_store):
    """In threads, as in servers."""
    start = threading.Barrier(4, timeout=30)
    got = []

    def want(number):
        mine = teams_of(any_store, name=f"t{number}")
        start.wait()
        try:
            got.append(mine.add(f"Team {number}", services=["checkout"], actor=BOSS))
        except Conflict:
            return

    threads = [threading.Thread(target=want, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [teams_of(any_store).owning("checkout")] == got
    assert list(teams_of(any_store).every()) == got


def test_teams_are_listed_by_member_and_service(teams, ana):
    """Page by page."""
    made = [teams.add(f"Team {number}", services=[f"service {number}"], actor=BOSS) for number in range(5)]
    teams.put_member("Team 3", ana, actor=BOSS)
    first, cursor = teams.find(limit=3)
    rest, end = teams.find(limit=3, cursor=cursor)
    assert ([*first, *rest][:3], len(rest), end) == (made[:3], 2, "")
    assert [one.name for one in teams.find(limit=9, member=ana.id)[0]] == ["Team 3"]
    assert [one.name for one in teams.find(limit=9, service=" SERVICE 2")[0]] == ["Team 2"]
    assert teams.find(limit=9, service="service")[0] == []
