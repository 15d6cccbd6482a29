"""Schedules, on every backend: made, changed, overridden, and who is told."""

from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.services.rota import BOSS, MONDAY, Rota, at, layer, override
from tests.services.test_losing_races import Between
from tests.services.test_users import OFF
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.layer import LONGEST_NAME, MOST_HOURS, MOST_IN_A_LAYER
from tocsin.domain.schedule import MOST_LAYERS, MOST_OVERRIDES, schedule_of
from tocsin.domain.shift_changes import TOLD_AHEAD
from tocsin.errors import AlreadyThere, Conflict, InvalidInput, NotAllowed, NotFound, PreconditionFailed
from tocsin.services.due import SHIFT_NOTICE
from tocsin.services.on_call import schedule_in
from tocsin.services.paging.notices import said as in_words
from tocsin.services.schedules import MOST_NAMED, OVERRIDES_KEPT
from tocsin.services.shift_notices import KEPT, MOST_NOTICES, MOST_SPANS
from tocsin.services.tick import MOST_ATTEMPTS

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


@pytest.fixture
def rota(any_store):
    made = Rota(any_store)
    made.ann, made.bo, made.cy = made.people("ann bo cy")
    made.before = made.audit.head().number
    return made


def test_a_schedule_is_made_and_found(rota):
    """By id, and by name in any letter case; people are kept by id."""
    shop = rota.add("  The   Shop ", time_zone="Europe/Berlin")
    assert (shop.name, shop.time_zone, shop.version) == ("The Shop", "Europe/Berlin", 1)
    assert shop.layers[0].people == (rota.ann.id, rota.bo.id)
    assert rota.schedules.named(shop.id) == rota.schedules.named("the shop") == rota.schedules.get(shop.id) == shop
    assert rota.told(rota.before) == [("schedule_added", {"time_zone": "Europe/Berlin"})]


@pytest.mark.parametrize("name", ["nobody", "", "x" * 5_000, "é", "t-9"])
def test_a_schedule_that_is_not_there_is_not_found(rota, name):
    """Whatever it is that was asked for."""
    with pytest.raises(NotFound, match="there is no schedule"):
        rota.schedules.named(name)
    assert rota.schedules.get(name) is None


def test_a_name_belongs_to_one_schedule(rota):
    """And is free again with a new one, or once it is deleted."""
    rota.add("Shop")
    with pytest.raises(AlreadyThere, match="there is a schedule SHOP already"):
        rota.add("SHOP")
    web = rota.add("Web")
    with pytest.raises(AlreadyThere, match="there is a schedule shop already"):
        rota.schedules.edit("web", {"name": "shop"}, actor=BOSS)
    rota.schedules.edit("shop", {"name": "Store"}, actor=BOSS)
    assert rota.schedules.edit("web", {"name": "shop"}, actor=BOSS).version == 2
    assert rota.schedules.edit("shop", {"name": "SHOP"}, actor=BOSS).id == web.id
    rota.schedules.remove("shop", actor=BOSS)
    assert rota.add("Shop").id != web.id


@pytest.mark.parametrize("name", ["", " ", "-x", "a/b", "x" * 64, "é", None, 5])
def test_what_cannot_be_the_name_of_a_schedule_is_refused(rota, name):
    """With what is allowed."""
    with pytest.raises(InvalidInput, match="cannot be the name of a schedule"):
        rota.add(name)


@pytest.mark.parametrize(
    "said, why",
    [
        ({"layers": [layer("nobody")]}, "there is no user nobody@example.com"),
        ({"layers": [layer() | {"people": [5]}]}, "named by e-mail address or id"),
        ({"layers": [layer() | {"people": "ann@example.com"}]}, "layers 1 people"),
        ({"layers": [layer(), layer()]}, "two layers have the id 'base'"),
        ({"layers": [layer(start="tomorrow")]}, "layers 1 start"),
        ({"layers": "base"}, "layers: a list is needed"),
        ({"layers": [5]}, "layers: a list is needed"),
        ({"overrides": [{"start": NOON, "end": NOON}]}, "named by e-mail address or id"),
        ({"team": "nobodies"}, "there is no team nobodies"),
        ({"time_zone": "Mars/Base"}, "no time zone"),
    ],
)
def test_what_cannot_be_is_refused(rota, said, why):
    """With where it is, and nothing is written."""
    with pytest.raises(InvalidInput, match=why):
        rota.schedules.add({"name": "Shop", **said}, actor=BOSS)
    assert list(rota.schedules.every()) == []


def test_a_page_of_large_schedules_is_short():
    """So that it fits into one answer; the next one has the others."""
    rota = Rota(MemoryStore())
    rota.person("ann")
    layers = [layer("ann " * MOST_IN_A_LAYER, f"l{number}") for number in range(MOST_LAYERS)]
    made = [rota.add(f"Shop {number}", layers=layers).id for number in range(5)]
    some, cursor = rota.schedules.find(limit=50)
    rest, end = rota.schedules.find(limit=50, cursor=cursor)
    assert ([one.id for one in (*some, *rest)], end) == (sorted(made), "")
    assert len(some) == MOST_NAMED // (MOST_LAYERS * MOST_IN_A_LAYER) + 1


def test_nobody_who_has_left_is_put_on_call_anew(rota):
    """Whoever is on a schedule stays on it, which coverage reports."""
    rota.add()
    rota.users.edit(rota.bo.email, OFF, actor=BOSS)
    changed = rota.schedules.put_layer("shop", "base", layer("bo ann"), actor=BOSS)
    assert changed.layers[0].people == (rota.bo.id, rota.ann.id)
    with pytest.raises(InvalidInput, match="is deactivated, and cannot be on call"):
        rota.add("Web", "bo")


def test_a_schedule_belongs_to_a_team(rota):
    """It is named by name or id, and its schedules are listed by name."""
    team = rota.teams.add("Crew", actor=BOSS)
    shop, web = rota.add("Shop", team="crew"), rota.add("Web", "cy", team=team.id)
    rota.add("Alone")
    rota.schedules.take_layer("web", "base", actor=BOSS)
    web = rota.schedules.get(web.id)
    assert rota.schedules.of_team(team.id) == [shop, web]
    assert rota.schedules.of_team("nobody") == []
    some, cursor = rota.schedules.find(team=team.id, limit=1)
    assert {one.name for one in (*some, *rota.schedules.find(team=team.id, limit=5, cursor=cursor)[0])} == {
        "Shop",
        "Web",
    }
    assert rota.schedules.edit("shop", {"team": ""}, actor=BOSS).team == ""
    assert rota.told()[-1] == ("schedule_changed", {"team": {"from": team.id, "to": ""}})


def test_the_schedules_of_a_person_are_those_that_name_them(rota):
    """In a layer or an override."""
    rota.add("Web", "cy")
    rota.add("Shop")
    rota.schedules.add_overrides("shop", [override("cy", 1, 2, "ann")], actor=BOSS)
    assert [one.name for one in rota.schedules.of_person(rota.cy.id)] == ["Shop", "Web"]
    assert [one.name for one in rota.schedules.of_person(rota.ann.id)] == ["Shop"]


def test_layers_come_in_the_place_of_others_and_on_top(rota):
    """The id says which; one without gets one."""
    shop = rota.add()
    upper = rota.schedules.put_layer("shop", "upper", layer("cy"), actor=BOSS)
    assert [one.id for one in upper.layers] == ["base", "upper"]
    assert rota.who(shop) == rota.cy.id
    lower = rota.schedules.put_layer("shop", "base", layer("bo"), actor=BOSS)
    assert [(one.id, one.people) for one in lower.layers] == [("base", (rota.bo.id,)), ("upper", (rota.cy.id,))]
    assert rota.schedules.take_layer("shop", "upper", actor=BOSS).layers == lower.layers[:1]
    assert rota.who(shop) == rota.bo.id
    with pytest.raises(NotFound, match="Shop has no layer upper"):
        rota.schedules.take_layer("shop", "upper", actor=BOSS)
    unnamed = {key: value for key, value in layer("ann").items() if key != "id"}
    assert len(rota.schedules.edit("shop", {"layers": [unnamed, unnamed]}, actor=BOSS).layers) == 2
    assert [details for action, details in rota.told(rota.before) if action == "schedule_changed"][:3] == [
        {"layers": {"put": ["upper"], "taken": []}},
        {"layers": {"put": ["base"], "taken": []}},
        {"layers": {"put": [], "taken": ["upper"]}},
    ]


def test_what_changes_nothing_writes_nothing(rota):
    """Neither an entry nor a version."""
    shop = rota.add()
    assert rota.schedules.edit("shop", {"name": "Shop", "team": ""}, actor=BOSS) == shop
    assert rota.schedules.put_layer("shop", "base", layer(), actor=BOSS) == shop
    assert len(rota.told(rota.before)) == 1


def test_an_override_and_a_swap_take_effect_and_are_taken_back(rota):
    """The two parts of a swap are one change."""
    shop = rota.add()
    one = rota.schedules.add_overrides("shop", [override("cy", 1, 2)], actor=BOSS)
    assert [rota.who(shop, at(hours)) for hours in (0, 1, 2)] == [rota.ann.id, rota.cy.id, rota.ann.id]
    (only,) = one.overrides
    swapped = rota.schedules.add_overrides(
        "shop", [override("bo", 5, 6, "ann"), override("ann", 170, 171, "bo")], actor=BOSS
    )
    assert swapped.version == one.version + 1
    assert [rota.who(shop, at(hours)) for hours in (5, 170)] == [rota.bo.id, rota.ann.id]
    assert rota.schedules.take_override("shop", only.id, actor=BOSS).overrides == swapped.overrides[1:]
    with pytest.raises(NotFound, match=f"Shop has no override {only.id}"):
        rota.schedules.take_override("shop", only.id, actor=BOSS)
    added, swap, taken = (details["overrides"] for _, details in rota.told(rota.before)[1:])
    assert added["added"] == taken["taken"]
    assert [len(swap[which]) for which in ("added", "taken")] == [2, 0]


def test_an_override_that_is_none_is_refused(rota):
    """With what is wrong with it."""
    rota.add()
    for said, why in (
        (override("ann", 2, 1), "not after it begins"),
        (override("ann", 1, 2, "ann"), "nobody can replace themselves"),
        (override("nobody", 1, 2), "there is no user nobody@example.com"),
        (override("ann", -1, 0), "ended at 2026-03-02 12:00 UTC already: past shifts stay as they were"),
    ):
        with pytest.raises(InvalidInput, match=why):
            rota.schedules.add_overrides("shop", [said], actor=BOSS)


def test_an_override_that_has_begun_ends_when_it_is_taken_back(rota):
    """Whoever stepped in an hour ago says so afterwards; who was on call was, and what is over is there to stay."""
    schedule = rota.add()
    (made,) = rota.schedules.add_overrides("shop", [override("cy", -1, 4)], actor=BOSS).overrides
    assert rota.who(schedule) == rota.cy.id
    rota.later(hours=2)
    after = rota.schedules.take_override("shop", made.id, actor=BOSS)
    assert [(one.start, one.end) for one in after.overrides] == [(at(-1), at(2))]
    assert (rota.who(schedule, at(1)), rota.who(schedule)) == (rota.cy.id, rota.ann.id)
    with pytest.raises(InvalidInput, match="past shifts stay"):
        rota.schedules.take_override("shop", made.id, actor=BOSS)


def test_a_responder_takes_shifts_and_hands_over_their_own(rota):
    """And has no say in those between others; nor in taking them back."""
    rota.add()
    own = {"actor": Actor(rota.bo.email), "own": rota.bo.id}
    for said in ([override("bo", 1, 2)], [override("cy", 3, 4, "bo")], [override("bo", 5, 6, "ann")]):
        made = rota.schedules.add_overrides("shop", said, **own)
    for said in ([override("cy", 1, 2)], [override("bo", 1, 2), override("ann", 1, 2, "cy")]):
        with pytest.raises(NotAllowed, match="only an administrator"):
            rota.schedules.add_overrides("shop", said, **own)
    others = rota.schedules.add_overrides("shop", [override("cy", 1, 2)], actor=BOSS).overrides[-1]
    with pytest.raises(NotAllowed):
        rota.schedules.take_override("shop", others.id, **own)
    assert len(rota.schedules.take_override("shop", made.overrides[1].id, **own).overrides) == 3


def test_overrides_that_were_over_long_ago_make_room(rota):
    """When another one comes; what is on record of them stays in the log."""
    rota.add()
    rota.schedules.add_overrides("shop", [override("cy", 1, 2), override("cy", 1, 3)], actor=BOSS)
    rota.now = at(2) + OVERRIDES_KEPT
    made = rota.schedules.add_overrides("shop", [override("cy", 9_000, 9_001)], actor=BOSS)
    assert [one.end for one in made.overrides] == [at(3), at(9_001)]
    assert rota.told()[-1][1]["overrides"]["taken"] == []


def test_there_is_an_end_to_overrides(rota):
    """With where it is."""
    rota.add(overrides=[override("cy", 1, 2)] * MOST_OVERRIDES)
    with pytest.raises(InvalidInput, match="overrides"):
        rota.schedules.add_overrides("shop", [override("cy", 1, 2)], actor=BOSS)


def test_whose_shift_moves_is_told(rota):
    """In the same change, due at once, and forgotten if nobody sends it; but not who did it."""
    rota.add(actor=Actor(rota.bo.email))
    made = rota.notices()
    assert set(made) == {"ann"}
    (notice,) = [one for one in rota.store.due(rota.now) if one.kind == SHIFT_NOTICE]
    assert in_words(notice).split("\n") == [
        "Your shifts by the schedule Shop have changed.",
        "You are on call from 2026-03-02 12:00 until 2026-03-09 09:00 UTC.",
        "You are on call from 2026-03-16 09:00 UTC on.",
    ]
    weeks = [MONDAY + timedelta(weeks=number) for number in (1, 2)]
    assert made["ann"]["gained"] == [
        [NOON.isoformat(), weeks[0].isoformat()],
        [weeks[1].isoformat(), None],  # it ends beyond what is looked at
    ]
    assert NOON < weeks[1] < NOON + TOLD_AHEAD
    rota.later(hours=1)
    rota.schedules.add_overrides("shop", [override("cy", 2, 4, "ann")], actor=Actor("key:bot"))
    moment = [[at(2).isoformat(), at(4).isoformat()]]
    notices = [one for one in rota.store.due(rota.now) if one.due_at == rota.now]
    assert {one.body["user"]: (one.body["gained"], one.body["lost"]) for one in notices} == {
        rota.ann.id: ([], moment),
        rota.cy.id: (moment, []),
    }
    assert {one.expires_at for one in notices} == {rota.now + KEPT}
    assert {(one.body["schedule"], one.body["name"], one.body["left_out"]) for one in notices} == {
        (rota.schedules.named("shop").id, "Shop", 0)
    }


def test_who_is_on_call_no_more_is_told_when_a_schedule_goes(rota):
    """What they lose is what they had."""
    rota.add(actor=Actor(rota.ann.email))
    rota.later(hours=1)
    rota.schedules.remove("shop", actor=Actor(rota.bo.email))
    (notice,) = [one for one in rota.store.due(rota.now) if one.due_at == rota.now]
    assert (notice.body["user"], len(notice.body["lost"])) == (rota.ann.id, 2)
    assert list(rota.schedules.every()) == []


@pytest.mark.large
def test_very_many_are_told_as_far_as_a_change_has_room(rota):
    """Those whose shifts move first, of as many shifts as there is room for; how many are not is on record."""
    names = " ".join(f"p{number:02}" for number in range(MOST_NOTICES + 3))
    rota.people(names)
    rota.add(people="p00")
    rota.schedules.put_layer("shop", "base", layer(names, rotation={"unit": "hour"}), actor=BOSS)
    assert rota.told()[-1][1]["not_told"] == 3
    rota.later(hours=1)
    rota.schedules.put_layer("shop", "base", layer("ann bo", rotation={"unit": "hour"}), actor=BOSS)
    told = [one for one in rota.store.due(rota.now, limit=200) if one.due_at == rota.now]
    assert len(told) == MOST_NOTICES
    ann = next(one for one in told if one.body["user"] == rota.ann.id)
    assert (len(ann.body["gained"]), ann.body["left_out"]) == (MOST_SPANS, 168 - MOST_SPANS)


def test_of_two_edits_on_what_was_seen_the_second_is_refused(rota):
    """Whatever it would do."""
    seen = rota.add().version
    rota.schedules.edit("Shop", {"name": "Store"}, actor=BOSS, expected=seen)
    how = {"actor": BOSS, "expected": seen}
    for again in (
        lambda: rota.schedules.edit("Store", {"team": ""}, **how),
        lambda: rota.schedules.put_layer("Store", "x", layer("ann"), **how),
        lambda: rota.schedules.take_layer("Store", "base", **how),
        lambda: rota.schedules.add_overrides("Store", [override("ann", 1, 2)], **how),
        lambda: rota.schedules.take_override("Store", "x", **how),
        lambda: rota.schedules.remove("Store", **how),
    ):
        with pytest.raises(PreconditionFailed, match="changed since you looked"):
            again()


def test_of_two_edits_at_the_same_moment_neither_is_lost(rota):
    """Also where the name by which it was found is another by then."""
    rota.add()
    rename = lambda new: lambda: rota.schedules.edit(rota.first(), {"name": new}, actor=BOSS)
    rota.first = lambda: next(rota.schedules.every()).id
    late = Rota(Between(rota.store, rename("Store")), name="late")
    late.schedules.add_overrides("Shop", [override("cy", 1, 2)], actor=BOSS)
    kept = rota.schedules.named("Store")
    assert (len(kept.overrides), kept.version) == (1, 3)
    late = Rota(Between(rota.store, rename("Shop")), name="later")
    late.schedules.remove("Store", actor=BOSS)
    assert list(rota.schedules.every()) == []


@pytest.mark.large
def test_a_change_gives_up_where_others_keep_writing(rota):
    """With an error that says that trying again helps."""
    shop = rota.add()

    def disturbed(name):
        names = iter(range(1_000))
        act = lambda: rota.schedules.edit(shop.id, {"name": f"{name} {next(names)}"}, actor=BOSS)
        return Rota(Between(rota.store, *[act, lambda: None] * MOST_ATTEMPTS), name=name)

    with pytest.raises(Conflict, match="others kept changing"):
        disturbed("late").schedules.take_layer(shop.id, "base", actor=BOSS)
    with pytest.raises(Conflict, match="others kept changing"):
        disturbed("later").schedules.remove(shop.id, actor=BOSS)


def test_what_is_written_with_a_schedule_is_written_or_neither(rota):
    """An answer that is kept."""
    key = RecordWrite(kind="x", id="1", record=Record(kind="x", id="1"), expected=0)
    rota.schedules.add({"name": "Shop"}, actor=BOSS, also=lambda _schedule: (key,))
    with pytest.raises(Conflict):
        rota.schedules.add({"name": "Web"}, actor=BOSS, also=lambda _schedule: (key,))
    with pytest.raises(Conflict):
        rota.schedules.add_overrides("Shop", [override("ann", 1, 2)], actor=BOSS, also=lambda _schedule: (key,))
    assert [(one.name, one.overrides) for one in rota.schedules.every()] == [("Shop", ())]


def test_the_largest_schedule_fits_into_one_record(any_store):
    """With as many layers, people, hours and overrides as there may be, of the longest names, in DynamoDB too."""
    long, ident = "🦊" * LONGEST_NAME, "x" * 60
    hours = [{"begin": "09:00", "end": "17:00"}] * MOST_HOURS
    layers = [
        {
            "id": f"{ident}{number}",
            "name": long,
            "people": [f"{ident}{each}" for each in range(MOST_IN_A_LAYER)],
            "rotation": {"unit": "week", "weekday": "wednesday"},
            "start": "2026-03-02",
            "hours": hours,
            "valid_from": NOON,
            "valid_until": at(1),
        }
        for number in range(MOST_LAYERS)
    ]
    overrides = [
        {"id": f"{ident}{number}", "person": "y" * 64, "replaces": "z" * 64, "start": NOON, "end": at(1)}
        for number in range(MOST_OVERRIDES)
    ]
    largest = schedule_of(
        {"id": "s", "name": long, "time_zone": "UTC", "team": "t" * 64, "layers": layers, "overrides": overrides}
    )
    record = Record(kind="schedule", id="s", body=largest.model_dump(mode="json"))
    any_store.commit(_change(RecordWrite(kind="schedule", id="s", record=record, expected=0)))
    assert len(largest.model_dump_json().encode()) < 380_000
    assert schedule_in(any_store.record("schedule", "s")) == largest


def _change(*records):
    return Change(id="c", at=NOON, records=records)
