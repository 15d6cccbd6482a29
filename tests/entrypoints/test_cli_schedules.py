"""``schedule`` and ``oncall``: on a store and on a server, shown alike."""

import json

import pytest

from tests.entrypoints.test_cli_people import added, either, on_a_server, remote, store  # noqa: F401 - fixtures
from tests.secrets_seen import nowhere

YAML = """
# The shop's nights.
name: Nights
time_zone: Europe/Berlin
team: Crew
layers:
  - id: nights
    name: Nights
    people: [ann@example.com, bo@example.com]
    rotation: {unit: day, every: 2, hand_over: 17:00}
    start: 2026-03-01
    valid_until: ~
    hours:
      - {weekdays: [fri], begin: 17:00, end: 09:00}
      - {begin: 18:00, end: 08:00}
overrides:
  - {person: bo@example.com, start: 2026-03-02T20:00:00Z, end: "2026-03-02T22:00:00+01:00"}
"""


@pytest.fixture
def shop(either):  # noqa: F811 - a fixture of its own name
    """Return a command line on a store and on a server, with two people and a schedule of one layer."""
    for name in ("ann", "bo"):
        added(either, name, "--role", "responder")
    said = either("schedule", "add", "Shop", *people("ann", "bo"), "--start", "2026-03-02", "--by", "boss", "--json")
    assert said.status == 0, said.err
    either.made = said.json
    return either


def people(*names):
    return [part for name in names for part in ("--person", f"{name}@example.com")]


def who(said):
    return [one["person"] and one["person"]["full_name"] for one in said]


def test_a_schedule_is_made_shown_and_listed(shop):
    """As the API shows it; in words, too."""
    assert shop("schedule", "show", "shop", "--json").json == shop.made
    assert shop("schedule", "list", "--json").json == [shop.made]
    assert shop.made["layers"][0]["rotation"] == {"unit": "week", "every": 1, "hand_over": "09:00:00", "weekday": None}
    assert shop("schedule", "show", "shop").lines == [
        f"Shop  UTC, of no team, {shop.made['id']}",
        "  layer Base (base): every week at 09:00: Ann, Bo",
    ]
    assert [line.split() for line in shop("schedule", "list").lines] == [
        ["NAME", "TEAM", "TIME", "ZONE", "ID", "PEOPLE"],
        ["Shop", "-", "UTC", shop.made["id"], "Ann,", "Bo"],
    ]
    assert shop("schedule", "show", "nobody").status == 4


def test_an_empty_list_says_how_to_begin(either):  # noqa: F811 - an imported fixture
    """With the command."""
    for command in (["schedule", "list"], ["oncall"]):
        assert "schedule add NAME" in either(*command).err


def test_a_schedule_comes_from_a_file(shop):
    """YAML or JSON; what the command line says goes before what the file says."""
    shop("team", "add", "Crew")
    file = shop.folder / "nights.yaml"
    file.write_text(YAML)
    made = shop("schedule", "add", "--file", str(file), "--json")
    assert made.status == 0, made.err
    assert (made.json["time_zone"], made.json["team"]["name"]) == ("Europe/Berlin", "Crew")
    (layer,) = made.json["layers"]
    assert (layer["rotation"]["hand_over"], layer["start"], len(layer["hours"])) == ("17:00:00", "2026-03-01", 2)
    assert shop("schedule", "list", "--team", "crew", "--json").json == [made.json]
    shown = shop("schedule", "show", "nights").lines
    assert (
        shown[1:]
        == [
            "  layer Nights (nights): every 2 days at 17:00: Ann, Bo",
            "    on duty fri 17:00-09:00",
            "    on duty mon,tue,wed,thu,fri,sat,sun 18:00-08:00",
            f"  2026-03-02 20:00:00 to 2026-03-02 21:00:00: Bo ({made.json['overrides'][0]['id']})",
        ]
        or shown
    )


@pytest.mark.parametrize(
    "text, why",
    [
        ("name: [", "is no YAML that can be read in line 1"),
        ("- name", "describes no schedule"),
        ("", "describes no schedule"),
        ("name: X\nlayer: []", "layer"),
        (
            "name: X\nlayers: [{name: x, people: [nobody@example.com], rotation: {unit: day}, start: 2026-03-02}]",
            "nobody",
        ),
        ("layers: []", "say what it is called"),
        ("name: X\n5: x", "is no YAML that can be read in line 1"),
    ],
)
def test_a_file_that_describes_no_schedule_is_refused(shop, text, why):
    """With where it goes wrong."""
    file = shop.folder / "x.yaml"
    file.write_text(text)
    refused = shop("schedule", "add", "--file", str(file))
    assert (refused.status, why in refused.err) == (2, True), refused.err
    assert shop("schedule", "add", "--file", str(shop.folder / "none")).status == 2
    file.write_bytes(b"\xff")
    assert shop("schedule", "add", "--file", str(file)).status == 2


def test_what_is_exported_can_be_added(shop):
    """On this store or another that has the same people."""
    shop("schedule", "override", "shop", "bo@example.com", "--until", "2h")
    exported = shop("schedule", "export", "shop")
    assert exported.json["id"] == shop.made["id"]
    file = shop.folder / "shop.json"
    file.write_text(json.dumps(exported.json))
    again = shop("schedule", "add", "Copy", "--file", str(file), "--json")
    assert again.status == 0, again.err
    assert again.json["layers"] == shop.made["layers"]
    assert [one["person"] for one in again.json["overrides"]] == [shop.made["layers"][0]["people"][1]]


def test_a_schedule_is_changed_and_deleted(shop):
    """Name, zone, team; layers one by one."""
    shop("team", "add", "Crew")
    changed = shop("schedule", "edit", "shop", "--name", "Store", "--time-zone", "Asia/Tokyo", "--team", "crew")
    assert changed.lines[0].startswith("Store  Asia/Tokyo, of the team Crew, ")
    assert shop("schedule", "edit", "store", "--team", "", "--json").json["team"] is None
    assert shop("schedule", "edit", "store").status == 2
    hours = ["--hours", "mon-fri 09:00-17:00", "--hours", "Sat,sun 10:00-12:00", "--hours", "22:00-06:00"]
    upper = shop(
        "schedule", "layer", "store", "upper", *people("bo"), *hours, "--rotation", "day", "--every", "3", "--json"
    )
    layer = upper.json["layers"][1]
    assert (layer["id"], layer["name"], layer["rotation"]["every"], layer["start"]) == (
        "upper",
        "upper",
        3,
        "2026-03-02",
    )
    assert [len(one["weekdays"]) for one in layer["hours"]] == [5, 2, 7]
    titled = shop(
        "schedule", "layer", "store", "upper", *people("bo"), "--title", "Second", "--weekday", "friday", "--json"
    )
    assert [one["name"] for one in titled.json["layers"]] == ["Base", "Second"]
    assert len(shop("schedule", "remove-layer", "store", "upper", "--json").json["layers"]) == 1
    assert shop("schedule", "remove-layer", "store", "upper").status == 4
    assert shop("schedule", "layer", "store", "x").status == 2
    assert shop("schedule", "delete", "store").out == "store is deleted.\n"
    assert shop("schedule", "list", "--json").json == []


def test_a_layer_joins_those_of_a_file(shop):
    """On top of them; what stands there in place of layers is refused."""
    file = shop.folder / "x.yaml"
    add = ["schedule", "add", "--file", str(file), *people("bo"), "--start", "2026-03-02", "--json"]
    for text in ("name: X\nlayers: ~", "name: X\nlayers: 3"):
        file.write_text(text)
        refused = shop(*add)
        assert (refused.status, "layers" in refused.err) == (2, True), refused.err
    file.write_text(YAML.replace("team: Crew", ""))
    assert [one["id"] for one in shop(*add).json["layers"]] == ["nights", "base"]


def test_a_layer_starts_today_where_it_is(shop):
    """Not where the clock of the store is: it is yesterday in Honolulu, and tomorrow in Kiritimati."""
    shop.minutes(-5 * 60)  # 07:00
    turns = ["--hand-over", "06:00"]
    west = shop("schedule", "add", "West", "--time-zone", "Pacific/Honolulu", *people("bo"), *turns, "--json").json
    assert west["layers"][0]["start"] == "2026-03-01"
    shop.minutes(5 * 60)
    shop("schedule", "edit", "west", "--time-zone", "Pacific/Kiritimati")
    east = shop("schedule", "layer", "west", "upper", *people("bo"), *turns, "--json").json
    assert east["layers"][1]["start"] == "2026-03-03"
    assert shop("schedule", "add", "None", "--time-zone", "Nowhere", *people("bo")).status == 2


def test_a_layer_is_valid_from_when_until_when(shop):
    """A holiday's, and nobody's before or after."""
    span = ["--valid-from", "2h", "--valid-until", "2026-03-31T09:00"]
    (_, upper) = shop("schedule", "layer", "shop", "upper", *people("bo"), *span, "--json").json["layers"]
    assert (upper["valid_from"], upper["valid_until"]) == ("2026-03-02T14:00:00Z", "2026-03-31T09:00:00Z")
    wrong = shop("schedule", "layer", "shop", "upper", *people("bo"), "--valid-from", "4h", "--valid-until", "2h")
    assert (wrong.status, "not after it begins" in wrong.err) == (2, True)


@pytest.mark.parametrize("hours", ["monday", "mon 09:00", "mon tue 09:00-10:00", "moo 09:00-10:00", "25:00-26:00", ""])
def test_hours_that_are_none_are_refused(shop, hours):
    """With how they are said."""
    assert shop("schedule", "layer", "shop", "x", *people("bo"), "--hours", hours).status == 2


def test_overrides_and_swaps_come_and_go(shop):
    """From now on unless told otherwise; each takes the other's time."""
    made = shop(
        "schedule", "override", "shop", "bo@example.com", "--until", "2h", "--replaces", "ann@example.com", "--json"
    )
    (override,) = made.json["overrides"]
    assert (override["start"], override["end"]) == ("2026-03-02T12:00:00Z", "2026-03-02T14:00:00Z")
    assert "Bo for Ann (" in shop("schedule", "show", "shop").out
    assert shop("schedule", "remove-override", "shop", override["id"], "--json").json["overrides"] == []
    assert shop("schedule", "remove-override", "shop", override["id"]).status == 4
    swap = [
        "schedule",
        "swap",
        "shop",
        "ann@example.com",
        "bo@example.com",
        "--from",
        "2026-03-03",
        "--until",
        "2026-03-04",
    ]
    other = ["--other-from", "2026-03-10", "--other-until", "2026-03-11"]
    both = shop(*swap, *other, "--json").json["overrides"]
    assert [(one["start"][:10], one["end"][:10]) for one in both] == [
        ("2026-03-03", "2026-03-04"),
        ("2026-03-10", "2026-03-11"),
    ]
    same = shop(*swap, "--json").json["overrides"][2:]
    assert {one["start"][:10] for one in same} == {"2026-03-03"}
    assert shop("schedule", "override", "shop", "nobody@example.com", "--until", "2h").status == 2


def test_shifts_are_listed(shop):
    """With their reasons; those of one person, too."""
    shop("schedule", "override", "shop", "bo@example.com", "--until", "2h")
    listed = shop("schedule", "shifts", "shop", "--json").json
    assert who(listed) == ["Bo", "Ann", "Bo", "Ann", "Bo", "Ann"]
    mine = shop("schedule", "shifts", "shop", "--person", "ann@example.com", "--from", "2026-03-01", "--until", "10d")
    assert [line.split() for line in mine.lines] == [
        ["FROM", "UNTIL", "WHO", "WHY"],
        ["2026-03-02", "09:00:00", "2026-03-02", "12:00:00", "Ann", "base"],
        ["2026-03-02", "14:00:00", "2026-03-09", "09:00:00", "Ann", "base"],
    ]
    lines = shop("schedule", "shifts", "shop", "--from", "2026-03-01", "--until", "2026-03-03").lines
    assert [line.split()[4:] for line in lines[1:4]] == [
        ["nobody", "-"],
        ["Ann", "base"],
        ["Bo", "override", "instead", "of", "Ann"],
    ]


def test_who_is_on_call_is_said(shop):
    """Now or then, by all schedules or those of a team."""
    shop("team", "add", "Crew")
    shop("schedule", "add", "Empty", "--team", "crew")
    shop("schedule", "add", "Ever", *people("bo"), "--start", "2026-01-01")
    assert [line.split() for line in shop("oncall").lines] == [
        ["SCHEDULE", "WHO", "UNTIL", "NEXT"],
        ["Empty", "nobody", "for", "good", "-"],
        ["Ever", "Bo", "for", "good", "-"],
        ["Shop", "Ann", "2026-03-09", "09:00:00", "Bo"],
    ]
    said = shop("oncall", "--at", "2026-03-10", "--json").json
    assert (said["at"], who(said["on_call"])) == ("2026-03-10T00:00:00Z", [None, "Bo", "Bo"])
    assert [one["name"] for one in shop("oncall", "--team", "Crew", "--json").json["on_call"]] == ["Empty"]
    assert shop("oncall", "--team", "nobodies").status == 4


def test_coverage_is_told_in_words(shop):
    """Each thing on a line of its own."""
    shop("schedule", "add", "Web", *people("ann"), "--start", "2026-03-05")
    shop("schedule", "layer", "shop", "upper", *people("ann"), "--start", "2026-03-15")
    shop("user", "deactivate", "bo@example.com")
    lines = shop("schedule", "coverage", "shop", "--from", "2026-03-02", "--until", "2026-03-10").lines
    assert lines == [
        "shop  from 2026-03-02 00:00:00 until 2026-03-10 00:00:00",
        "  gap from 2026-03-02 00:00:00 until 2026-03-02 09:00:00",
        "  has left: Bo (bo@example.com), on call from 2026-03-09 09:00:00",
        "  twice: Ann (ann@example.com) on Web too, from 2026-03-05 09:00:00 until 2026-03-09 09:00:00",
        "  168 h in 1: Ann (ann@example.com), messages at night: 0",
        "  15 h in 1: Bo (bo@example.com), messages at night: 0",
    ]
    whole = shop("schedule", "coverage", "shop", "--from", "2026-03-16", "--until", "2026-03-20")
    assert "  has left: Bo (bo@example.com), not on call in this time" in whole.lines
    assert "by two layers, base and upper" in whole.out
    assert "at night" not in whole.out  # nobody knows yet
    assert shop("schedule", "coverage", "shop", "--json").json["gaps"] == []


def test_a_calendar_is_linked_and_ended(shop):
    """The link is shown once; a list does not have what opens it."""
    made = shop("schedule", "feed", "shop", "--label", "wall")
    assert made.out.count("\n") == 1
    path, _, secret = made.out.strip().partition("?secret=")
    assert path.endswith(".ics")
    listed = shop("schedule", "feeds", "shop")
    (one,) = shop("schedule", "feeds", "shop", "--json").json
    assert (one["label"], one["made_by"]) == ("wall", shop.by)
    nowhere([listed.out, one], secret=secret)
    assert one["id"] in listed.out
    assert shop("schedule", "feed", "shop", "--json").json["label"] == ""
    assert shop("schedule", "revoke-feed", "shop", one["id"]).out == f"{one['id']} is revoked.\n"
    assert shop("schedule", "revoke-feed", "shop", one["id"]).status == 4


def test_a_name_that_an_address_cannot_have_is_found_on_a_server(remote):  # noqa: F811 - an imported fixture
    """As on a store: a layer's id may have a slash."""
    added(remote, "bo")
    remote("schedule", "add", "Shop of us", *people("bo"))
    assert remote("schedule", "layer", "shop of us", "a/b %20", *people("bo")).status == 0
    assert len(remote("schedule", "remove-layer", "shop of us", "a/b %20", "--json").json["layers"]) == 1


def test_the_link_of_a_server_opens(remote):  # noqa: F811 - an imported fixture
    """It is whole there: what a calendar subscribes to."""
    import urllib3

    added(remote, "bo")
    remote("schedule", "add", "Shop", *people("bo"), "--start", "2026-03-02")
    link = remote("schedule", "feed", "shop").out.strip()
    answer = urllib3.request("GET", link)
    assert (answer.status, b"SUMMARY:Bo: Shop" in answer.data) == (200, True)


def test_on_a_terminal_a_gap_stands_out(shop):
    """In colour, and in words."""
    shop("schedule", "add", "Empty")
    assert "nobody" in shop("oncall", columns=100).out
    assert "\x1b[" in shop("oncall", columns=100).out
