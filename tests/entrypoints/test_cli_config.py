"""``config``: schedules and policies as code, on a store and on a server."""

import json

import pytest

from tests.entrypoints.test_cli_people import added, either, on_a_server, remote, store  # noqa: F401 - fixtures
from tocsin.entrypoints.config_desk import config_desk
from tocsin.entrypoints.config_files import read_config
from tocsin.errors import PreconditionFailed

CONFIG = """
tocsin: 1
rooms: [ops]
schedules:
  - name: Shop
    time_zone: Europe/Berlin
    team: crew
    layers:
      - id: base
        name: Base
        people: [ann@example.com, bo@example.com]
        rotation: {unit: day, hand_over: 09:00}
        start: 2026-03-01
        hours: [{weekdays: [fri, mon], begin: 18:00, end: 08:00}, {begin: 09:00, end: 17:00}]
policies:
  - name: Checkout
    conditions: {service: [checkout]}
    steps:
      - actions: [{type: notify, target: "schedule:shop", channels: [sms]}]
      - delay_minutes: 10
        actions: [{type: notify, target: "user:ANN@example.com"}, {type: notify, target: "room:OPS"}]
    fallback: ["team:CREW"]
  - name: Everything else
    steps: [{actions: [{type: notify, target: on_call}]}]
"""


class Files:
    """A command line, and a file that describes."""

    def __init__(self, tocsin):
        self.tocsin = tocsin
        self.file = tocsin.folder / "oncall.yaml"

    def __call__(self, command, text=None, *options):
        if text is not None:
            self.written(text)
        return self.tocsin("config", command, str(self.file), *options)

    def written(self, text):
        self.file.write_text(text)
        return self.file

    def applied(self, text=None, *options):
        done = self("apply", text, "--yes", *options)
        assert done.status == 0, done.err
        return done.lines

    def shifts(self, *span):
        shown = self.tocsin("schedule", "shifts", "shop", *span, "--json").json
        return [(one["start"], one["end"], one["person"] and one["person"]["email"]) for one in shown]


@pytest.fixture
def files(either):  # noqa: F811 - a fixture of its own name
    """Return a command line on a store and on a server, with people, a team and a room."""
    for name in ("ann", "bo", "cy"):
        added(either, name, "--role", "responder")
    assert either("team", "add", "Crew").status == 0
    assert either("room", "add", "ops", "sms", "+49301234567").status == 0
    return Files(either)


def test_a_plan_says_what_comes_and_for_whom(files):
    """And changes nothing; its status says whether anything would change."""
    said = files("plan", CONFIG)
    assert (said.status, said.lines[0]) == (0, "+ schedule Shop")
    assert said.lines[1].startswith("    ann@example.com gains 2026-03-03 08:00:00 to 2026-03-03 16:00:00; ")
    assert said.lines[1].endswith("more")
    assert said.lines[3:] == [
        "+ policy Checkout",
        "    holds for: service checkout",
        "    pages schedule:Shop, user:ann@example.com, room:ops, team:Crew",
        "~ policy Default",
        "    name",
        "    description",
        "    repeat",
        "    steps",
        "2 to add, 1 to change.",
    ]
    assert files("plan", CONFIG, "--exit-code").status == 7
    assert files.tocsin("schedule", "list", "--json").json == []


def test_what_was_applied_is_what_is_described(files):
    """The second time there is nothing to do, and a plan of an export is empty."""
    assert files.applied(CONFIG) == [
        "schedule Shop is added.",
        "policy Checkout is added.",
        "policy Default is changed.",
    ]
    again = files("plan", CONFIG, "--exit-code")
    assert (again.status, again.lines) == (0, ["Nothing changes."])
    assert files.applied(CONFIG) == []
    exported = files.tocsin("config", "export")
    assert files("plan", exported.out, "--exit-code", "--prune").lines == ["Nothing changes."]
    assert "hand_over" not in exported.out  # at nine, as unless one says otherwise
    assert "begin: '18:00'" in exported.out
    assert files.tocsin("config", "export").out == exported.out
    policy = files.tocsin("policy", "show", "checkout", "--json").json
    assert [one["target"] for one in policy["steps"][1]["actions"]] == ["user:ann@example.com", "room:ops"]


def test_an_export_of_nothing_is_the_default_policy(either):  # noqa: F811 - an imported fixture
    """It is there without being saved."""
    out = either("config", "export").out
    assert out.startswith("tocsin: 1\npolicies:\n- name: Default\n")


def test_what_was_stays_and_overrides_stay(files):
    """A new layer begins when it is applied; who had agreed on something is still on call."""
    files.applied(CONFIG)
    files.tocsin("schedule", "override", "shop", "cy@example.com", "--from", "2026-03-04", "--until", "2026-03-05")
    files.tocsin.minutes(60 * 30)
    past = files.shifts("--from", "2026-03-01", "--until", files.tocsin.now.isoformat())
    changed = CONFIG.replace("[ann@example.com, bo@example.com]", "[bo@example.com]")
    planned = files("plan", changed)
    assert planned.lines[:2] == ["~ schedule Shop", "    layer base: people"]
    assert [line.split()[:2] for line in planned.lines[2:4]] == [
        ["ann@example.com", "loses"],
        ["bo@example.com", "gains"],
    ]
    assert files.applied() == ["schedule Shop is changed."]
    assert files.shifts("--from", "2026-03-01", "--until", files.tocsin.now.isoformat()) == past
    coming = {who for _, _, who in files.shifts("--from", files.tocsin.now.isoformat(), "--until", "2026-03-10")}
    assert coming == {"bo@example.com", "cy@example.com", None}
    assert files("plan", None, "--exit-code").status == 0
    ids = [one["id"] for one in files.tocsin("schedule", "show", "shop", "--json").json["layers"]]
    assert ids == ["base", "base.1"]


def test_only_prune_removes_what_is_not_described(files):
    """What a policy names goes after it; the default policy never does."""
    files.applied(CONFIG)
    assert files("plan", "tocsin: 1", "--exit-code").lines == [
        "Nothing changes; 2 not described, which stay (--prune removes them)."
    ]
    pruned = files("plan", None, "--prune", "--json").json
    assert [(one["kind"], one["name"]) for one in pruned["changes"]] == [("remove", "Shop"), ("remove", "Checkout")]
    assert pruned["changes"][1]["said"] == ["pages schedule:Shop, user:ann@example.com, room:ops, team:Crew no more"]
    assert {one["person"] for one in pruned["changes"][0]["affected"]} == {"ann@example.com", "bo@example.com"}
    assert pruned["changes"][0]["affected"][0]["loses"][0].keys() == {"start", "end"}
    assert pruned["not_described"] == []
    one = files("plan", None, "--json").json
    assert [each["name"] for each in one["not_described"]] == ["Shop", "Checkout"]
    assert files.applied(None, "--prune") == ["policy Checkout is removed.", "schedule Shop is removed."]
    assert [each["id"] for each in files.tocsin("policy", "list", "--json").json] == ["default"]


def test_what_the_default_policy_names_is_not_pruned_from_under_it(files):
    """It stays though nothing describes it, and would page nobody."""
    files.applied(CONFIG.replace("target: on_call", 'target: "schedule:shop"'))
    refused = files("plan", "tocsin: 1", "--prune")
    assert (refused.status, "Shop would be removed, and the policy Everything else names it" in refused.err) == (
        2,
        True,
    )
    other = "tocsin: 1\npolicies: [{name: Other, steps: [{actions: [{type: notify, target: on_call}]}]}]"
    assert "schedule Shop is removed." in files.applied(other, "--prune")


def test_policies_may_take_each_others_place(files):
    """Whichever of them must go first to make room."""
    pair = """
tocsin: 1
policies:
  - {name: A, conditions: {service: [%s]}, steps: [{actions: [{type: notify, target: admins}]}]}
  - {name: B, conditions: {service: [%s]}, steps: [{actions: [{type: notify, target: admins}]}]}
"""
    files.applied(pair % ("a", "b"))
    assert files("plan", pair % ("b", "c")).lines[:2] == ["~ policy A", "    holds for: service a -> service b"]
    assert files.applied() == ["policy B is changed.", "policy A is changed."]
    swapped = files("apply", pair % ("c", "b"), "--yes")
    assert (swapped.status, "could both hold" in swapped.err) == (2, True)
    tied = files("plan", pair % ("b", "b"))
    assert (tied.status, "could both hold" in tied.err) == (2, True)


def test_the_name_of_the_default_policy_is_no_others(files):
    """A plan says so before anything is changed; a name that it gives up can be taken in the same file."""
    one = "{name: %s, conditions: {service: [%s]}, steps: [{actions: [{type: notify, target: admins}]}]}"
    default = "{name: %s, steps: [{actions: [{type: notify, target: admins}]}]}"

    def said(*policies):
        return "\n  - ".join(["tocsin: 1\npolicies:", *policies])

    assert "is the default policy's name" in files("plan", said(one % ("Default", "a"))).err
    files.applied(said(default % "Ops", one % ("Shop", "a")))
    for refused in (said(one % ("ops", "b")), said(default % "shop")):
        plan = files("plan", refused)
        assert (plan.status, "is the default policy's name" in plan.err) == (2, True), plan.err
    assert files.applied(said(one % ("Ops", "b"), default % "Main")) == [
        "policy Ops is changed.",
        "policy Ops is added.",
    ]


def test_what_a_policy_names_that_was_deleted_is_shown_by_its_id(files):
    """In an export, which a plan refuses; and as somebody whom nobody reaches."""
    files.applied(CONFIG)
    made = files.tocsin("schedule", "show", "shop", "--json").json["id"]
    assert files.tocsin("schedule", "delete", "shop").status == 0
    exported = files.tocsin("config", "export").out
    assert f"schedule:{made}" in exported
    refused = files("plan", exported)
    assert (refused.status, f"policy Checkout: there is no schedule {made}" in refused.err) == (2, True)
    ready = files.tocsin("readiness")
    assert (ready.status != 0, f"schedule {made}" in ready.out + ready.err) == (True, True), ready.out


def test_it_asks_before_it_changes_anything(files):
    """Unless there is nothing to ask about."""
    asked = files.tocsin("config", "apply", str(files.written(CONFIG)), typed="n\n")
    assert (asked.status, asked.out, "Change this?" in asked.err) == (0, "", True)
    assert "+ schedule Shop" in asked.err
    assert files.tocsin("schedule", "list", "--json").json == []
    agreed = files.tocsin("config", "apply", str(files.file), typed="y\n")
    assert (agreed.status, len(agreed.lines)) == (0, 3)
    assert files.tocsin("config", "apply", str(files.file)).err == "Nothing changes.\n"


def test_a_folder_is_read_whole(files):
    """Each file has its version; nothing is described twice."""
    folder = files.tocsin.folder / "oncall"
    folder.mkdir()
    assert files.tocsin("config", "plan", str(folder)).status == 2
    parts = CONFIG.partition("policies:")
    (folder / "a.yaml").write_text(parts[0])
    (folder / "b.YML").write_text("tocsin: 1\npolicies:" + parts[2])
    (folder / "c.json").write_text(json.dumps({"tocsin": 1, "rooms": ["OPS"]}))
    (folder / "notes.txt").write_text("- nothing")
    assert files.tocsin("config", "apply", str(folder), "--yes").status == 0
    (folder / "d.yaml").write_text(parts[0].replace("name: Shop", "name: shop"))
    twice = files.tocsin("config", "plan", str(folder))
    assert (twice.status, "the schedule Shop is described twice" in twice.err) == (2, True)


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("tocsin: 1", "tocsin: 2", "does not begin with `tocsin: 1`"),
        ("tocsin: 1", "{}", "no YAML that can be read"),
        ("rooms: [ops]", "rooms: [nowhere]", "there is no room nowhere"),
        ("rooms: [ops]", "room: [ops]", "room"),
        ("team: crew", "team: band", "schedule Shop: there is no team band"),
        ("ann@example.com, ", "nobody@example.com, ", "schedule Shop: there is no user nobody@example.com"),
        ("schedule:shop", "schedule:nights", "policy Checkout: there is no schedule nights"),
        ("user:ANN@", "user:nobody@", "policy Checkout: there is no user nobody@example.com"),
        ('notify, target: "room:OPS"', 'webhook, target: "room:OPS"', "policy Checkout: room:ops is of the kind sms"),
        ("id: base", "key: base", "schedules 1 layers 1"),
        ("conditions: {service: [checkout]}", "description: x", "two policies are described that have no conditions"),
        ("hand_over: 09:00", "hand_over: 9", "schedules 1 layers 1 rotation hand_over"),
        ("unit: day, hand_over", "unit: day, weekday: mon, hand_over", "schedule Shop: layers 1 rotation"),
    ],
)
def test_what_would_be_refused_is_refused_before_anything_changes(files, old, new, why):
    """With the place."""
    assert old in CONFIG
    refused = files("apply", CONFIG.replace(old, new), "--yes")
    assert (refused.status, why in refused.err) == (2, True), refused.err
    assert files.tocsin("schedule", "list", "--json").json == []


def test_who_has_left_stays_where_they_are_and_is_put_nowhere(files):
    """As when a schedule is changed by hand."""
    files.applied(CONFIG)
    files.tocsin("user", "deactivate", "bo@example.com")
    assert files("plan", CONFIG, "--exit-code").status == 0
    other = CONFIG.replace("name: Shop", "name: Other")
    assert "bo@example.com is deactivated" in files("plan", other).err


def test_a_time_zone_of_the_past_is_refused(files):
    """Shifts that are over would have been at other times."""
    files.applied(CONFIG)
    files.tocsin.minutes(60 * 48)
    refused = files("plan", CONFIG.replace("Europe/Berlin", "Asia/Tokyo"))
    assert (refused.status, "shifts that are over would change" in refused.err) == (2, True)


@pytest.mark.parametrize("prune", [False, True])
def test_a_schedule_that_somebody_changed_since_the_plan_is_refused(files, prune):
    """Be it to change or to go; it stays as they left it."""
    files.applied(CONFIG)
    said = read_config(files.written("tocsin: 1" if prune else CONFIG.replace("id: base", "id: other")))
    with config_desk(files.tocsin.wiring, "amira") as desk:
        plan = desk.plan(said, prune=prune)
        assert files.tocsin("schedule", "edit", "shop", "--name", "Store").status == 0
        with pytest.raises(PreconditionFailed, match="was changed since you looked"):
            desk.apply(*plan, lambda *_: None)
    assert [one["id"] for one in files.tocsin("schedule", "show", "store", "--json").json["layers"]] == ["base"]


def test_a_policy_that_somebody_changed_since_the_plan_is_refused(files):
    """And stays as they left it."""
    files.applied(CONFIG)
    said = read_config(files.written(CONFIG.replace("delay_minutes: 10", "delay_minutes: 5")))
    with config_desk(files.tocsin.wiring, "amira") as desk:
        plan = desk.plan(said, prune=False)
        other = files.tocsin.folder / "other.json"
        shown = files.tocsin("policy", "show", "checkout", "--json").json
        other.write_text(json.dumps(shown | {"repeat": 9}))
        assert files.tocsin("policy", "put", "checkout", str(other)).status == 0
        with pytest.raises(PreconditionFailed, match="was changed since you looked"):
            desk.apply(*plan, lambda *_: None)
    assert files.tocsin("policy", "show", "checkout", "--json").json["repeat"] == 9


def test_a_plan_refuses_what_applying_it_would(files):
    """Before anything is written: a name that no schedule may have, and layers for which the past leaves no room."""
    refused = files("plan", CONFIG.replace("name: Shop", "name: Größe"))
    assert (refused.status, "cannot be the name of a schedule" in refused.err) == (2, True), refused.err
    files.applied(CONFIG)
    files.tocsin.minutes(60)
    layers = "".join(
        f"\n      - {{id: l{one}, name: L, people: [bo@example.com], rotation: {{unit: day}}, start: 2026-03-01}}"
        for one in range(20)
    )
    refused = files("plan", f"tocsin: 1\nschedules:\n  - name: Shop\n    time_zone: Europe/Berlin\n    layers:{layers}")
    assert refused.status == 2
    assert "Shop: these would be 21 layers, with those that are over" in refused.err
    assert "`schedule remove-layer`" in refused.err


@pytest.mark.parametrize(
    "before, after, says",
    [
        (
            "hand_over: 09:00",
            "hand_over: 9:00",
            "schedules 1 layers 1 rotation hand_over: '9:00' is no time of day, as",
        ),
        ("begin: 18:00", "begin: 24:00", "schedules 1 layers 1 hours 1 begin: '24:00' is no time of day, as 09:00"),
        ("2026-03-01", "2026-3-1", "schedules 1 layers 1 start: '2026-3-1' is no day, as 2026-03-31"),
        ("[ann@example.com, bo@example.com]", "ann@example.com", "schedules 1 layers 1 people: Input should be a list"),
        ("[ann@example.com, bo@example.com]", "[]", "layers 1 people: List should have at least 1 item, not 0"),
        ("schedules:", "schedule:", "schedule: there is nothing of this name"),
        ("name: Shop", "name: 1", "schedules 1 name: Input should be a valid string"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_in_its_words(tocsin, before, after, says):
    """And with its place, counted from one."""
    said = Files(tocsin)("plan", CONFIG.replace(before, after, 1))
    assert (said.status, says in said.err) == (2, True), said.err
