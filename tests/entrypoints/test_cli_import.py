"""``config import``: what other systems' APIs answer becomes our YAML, and what has no words of ours is named."""

import json

import pytest
import yaml

from tests.entrypoints.other_systems import ODD, OPSGENIE, POLICIES, SCHEDULES, USERS
from tests.entrypoints.test_cli_people import added


def imported(tocsin, vendor, *answers):
    files = []
    for number, answer in enumerate(answers):
        files.append(tocsin.folder / f"answer-{number}.json")
        files[-1].write_text(json.dumps(answer))
    said = tocsin("config", "import", vendor, *map(str, files))
    assert said.status == 0, said.err
    return said


def applied(tocsin, text):
    """Apply what was imported, to a store where those whom it names are; return the schedules by name."""
    for name in ("ann", "bo"):
        added(tocsin, name)
    tocsin("team", "add", "Crew")
    file = tocsin.folder / "ours.yaml"
    file.write_text(text)
    said = tocsin("config", "apply", str(file), "--yes")
    assert said.status == 0, said.err
    return said.lines


def test_pagerduty_is_taken_over(tocsin):
    """Layers, the highest last; a rule's delay waits for the next; and it can be applied."""
    said = imported(tocsin, "pagerduty", POLICIES, SCHEDULES, USERS)
    ours = yaml.safe_load(said.out)
    (schedule,), (policy,) = ours["schedules"], ours["policies"]
    assert (schedule["name"], schedule["time_zone"], schedule["team"]) == ("Shop EU", "Europe/Berlin", "Crew")
    base, nights = schedule["layers"]
    assert base == {
        "id": "Base",
        "name": "Base",
        "people": ["ann@example.com"],
        "rotation": {"unit": "week", "hand_over": "09:00"},
        "start": "2026-03-02",
        "valid_from": "2026-03-01T00:00:00+01:00",
    }
    assert (nights["rotation"], nights["start"]) == ({"unit": "day", "every": 2, "hand_over": "18:00"}, "2026-02-27")
    assert (nights["people"], nights["valid_until"]) == (["bo@example.com"], "2027-03-01T00:00:00+01:00")
    assert [(one["begin"], one["end"], len(one["weekdays"])) for one in nights["hours"]] == [
        ("22:00", "07:00", 7),
        ("00:00", "00:00", 2),
    ]
    assert nights["hours"][1]["weekdays"] == ["saturday", "sunday"]
    assert policy == {
        "name": "Checkout",
        "description": "At once",
        "conditions": {"service": ["checkout"]},
        "steps": [
            {"actions": [{"type": "notify", "target": "schedule:Shop EU"}]},
            {"delay_minutes": 15, "actions": [{"type": "notify", "target": "user:ann@example.com"}]},
        ],
        "repeat": 9,
        "repeat_after_minutes": 20,
    }
    assert said.err.splitlines() == [
        f"not taken over: {one}"
        for one in (
            "the name of schedule 'Shop (EU)': it is called 'Shop EU'",
            "schedule Shop EU, layer Nights: seconds of its hours",
            "schedule Shop EU, layer Base: Cy, whose e-mail address is in no file",
            "schedule Shop EU, layer Odd: turns of 5000 seconds",
            "schedule Shop EU: look at the order of its layers; the first of the answer is taken as the highest",
            "schedule Shop EU: its overrides",
            "schedule Shop EU: that it belongs to Band, too",
            "policy Checkout: PCY, whose e-mail address is in no file",
            "policy Checkout: schedule Gone, which is in no file",
            "policy Checkout: 12 loops; it has 9",
            "policy Checkout: that it belongs to Crew",
            "policy Unused: no service uses it, so that it would be for nothing",
        )
    ]
    assert len(applied(tocsin, said.out)) == 2


def test_opsgenie_is_taken_over(tocsin):
    """Each rotation is a schedule, since all of them are on call at once; delays count from the beginning."""
    said = imported(tocsin, "opsgenie", *OPSGENIE)
    ours = yaml.safe_load(said.out)
    days, weekends = ours["schedules"]
    assert (days["name"], days["team"], days["time_zone"]) == ("ops Days", "Crew", "America/New_York")
    (layer,) = days["layers"]
    assert (layer["rotation"], layer["start"]) == ({"unit": "week", "every": 2, "hand_over": "08:00"}, "2026-03-02")
    assert layer["people"] == ["ann@example.com"]
    assert [(one["begin"], one["end"], len(one["weekdays"])) for one in layer["hours"]] == [("08:30", "20:00", 7)]
    (layer,) = weekends["layers"]
    assert (layer["rotation"]["unit"], layer["rotation"]["every"]) == ("hour", 12)
    assert layer["hours"] == [
        {"weekdays": ["friday"], "begin": "18:00", "end": "18:00"},
        {"weekdays": ["saturday"], "begin": "18:00", "end": "06:00"},
    ]
    (policy,) = ours["policies"]
    assert (policy["conditions"], policy["repeat"], policy["repeat_after_minutes"]) == ({"team": ["Crew"]}, 9, 15)
    steps = [(step.get("delay_minutes", 0), [one["target"] for one in step["actions"]]) for step in policy["steps"]]
    assert steps == [
        (0, ["schedule:ops Days", "schedule:ops Weekends"]),
        (10, ["team:Crew", "user:bo@example.com"]),
    ]
    assert said.err.splitlines() == [
        f"not taken over: {one}"
        for one in (
            "schedule ops, rotation Days: turns of none nobody, which the others take",
            "schedule ops, rotation r-3: turns of team Band, which the others take",
            "schedule ops, rotation r-3: it has no people",
            "schedule old: it is not enabled",
            "schedule empty: its time zone Mars; it is in UTC",
            "schedule empty: no rotation of it is left",
            "policy ops_escalation: that team:Crew is paged after an acknowledgement, too",
            "policy ops_escalation: of team:Crew random; whoever is on call is paged",
            "policy ops_escalation: escalation x, which is in no file",
            "policy ops_escalation: 20 repeats; it has 9",
            "policy ops_escalation: that the alert is closed after the last; nothing here is over because time went by",
            "policy nobodys: it belongs to no team, so that nothing says for what it is",
            "policy twin: it is for the same incidents as ops_escalation",
            "policy nothing: user u-1, which is in no file",
            "policy nothing: nobody is left whom it pages",
        )
    ]
    assert len(applied(tocsin, said.out)) == 3


def test_two_of_one_name_are_told_apart(tocsin):
    """Schedules and layers, by a number."""
    layer = SCHEDULES["schedule"]["schedule_layers"][1]
    some = [
        {"id": f"P{number}", "name": name, "time_zone": "UTC", "schedule_layers": [layer, layer]}
        for number, name in enumerate(("Shop!", "shop", "?" * 70, "x" * 70))
    ]
    ours = yaml.safe_load(imported(tocsin, "pagerduty", {"schedules": some}, USERS).out)["schedules"]
    assert [one["name"] for one in ours] == ["Shop", "shop 2", "schedule", "x" * 63]
    assert [one["id"] for one in ours[0]["layers"]] == ["Base", "Base 2"]


def rule(*people, **more):
    targets = [{"id": one, "type": "user_reference"} for one in people]
    return {"escalation_delay_in_minutes": 5, "targets": targets} | more


def policy(name, *services, rules=None):
    used = [{"id": one, "summary": one} for one in services]
    return {"id": name, "name": name, "services": used, "escalation_rules": rules or [rule("PANN")]}


def test_whatever_is_printed_can_be_planned(tocsin):
    """What would be refused is named instead, be it too much or of another's name; the rest is taken over."""
    bo = {"id": "PBO", "name": "Bo", "email": "bo@example.com"}
    turns = rule("PANN", "PBO", escalation_rule_assignment_strategy={"type": "round_robin"})
    policies = [
        policy("Default", "web"),
        policy("Many", *(f"s-{number}" for number in range(51))),
        policy("Tied", "WEB", "other"),
        policy("Turns", "turns", rules=[turns]),
        policy("turns", "more"),
    ]
    layer = SCHEDULES["schedule"]["schedule_layers"][1]
    long = {"id": "P1", "name": "Long", "time_zone": "UTC", "schedule_layers": [layer | {"id": "x"}] * 21}
    said = imported(tocsin, "pagerduty", {"escalation_policies": policies}, {"schedules": [long]}, USERS, {"user": bo})
    ours = yaml.safe_load(said.out)
    assert [one["name"] for one in ours["policies"]] == ["Default 2", "Turns", "turns 2"]
    lost = "\n".join(line.removeprefix("not taken over: ") for line in said.err.splitlines())
    for why in (
        "the name of policy 'Default': it is called 'Default 2'",
        "policy Many: conditions service: ",
        "policy Tied: Tied and Default 2 could both hold",
        "policy Turns: that user:ann@example.com, user:bo@example.com take turns; all of them are paged",
        "schedule Long: layers: ",
    ):
        assert why in lost
    assert len(applied(tocsin, said.out)) == 3


def test_what_is_over_is_left_out(tocsin):
    """PagerDuty deletes no layer, and Opsgenie keeps rotations that have ended."""
    over = SCHEDULES["schedule"]["schedule_layers"][1] | {
        "id": "OLD",
        "name": "Old",
        "end": "2026-03-01T00:00:00+01:00",
    }
    shop = SCHEDULES["schedule"] | {"schedule_layers": [over, SCHEDULES["schedule"]["schedule_layers"][1]]}
    (schedule,) = yaml.safe_load(imported(tocsin, "pagerduty", {"schedule": shop}, USERS).out)["schedules"]
    assert [one["id"] for one in schedule["layers"]] == ["Base"]
    ops = OPSGENIE[0]["data"][0]
    rotations = [ops["rotations"][0] | {"endDate": "2026-03-01T00:00:00Z"}, ops["rotations"][1]]
    (schedule,) = yaml.safe_load(imported(tocsin, "opsgenie", {"data": ops | {"rotations": rotations}}).out)[
        "schedules"
    ]
    assert schedule["name"] == "ops"


def test_a_schedule_that_is_also_in_a_list_is_one(tocsin):
    """A list of PagerDuty's is without layers."""
    listed = {"id": "PSHOP", "summary": "Shop (EU)", "name": "Shop (EU)", "time_zone": "Europe/Berlin"}
    for answers in (({"schedules": [listed]}, SCHEDULES), (SCHEDULES, {"schedules": [listed]})):
        ours = yaml.safe_load(imported(tocsin, "pagerduty", *answers, USERS, POLICIES).out)
        assert [one["name"] for one in ours["schedules"]] == ["Shop EU"]
        assert ours["policies"][0]["steps"][0]["actions"][0]["target"] == "schedule:Shop EU"


def test_all_of_a_team_are_named(tocsin):
    """Of Opsgenie's teams whoever is on call is paged, and no more than that."""
    target = {"delay": {"timeAmount": 0}, "recipient": {"type": "team", "name": "Crew"}, "notifyType": "all"}
    said = imported(tocsin, "opsgenie", {"data": {"name": "x", "ownerTeam": {"name": "Crew"}, "rules": [target]}})
    assert "policy x: of team:Crew all; whoever is on call is paged" in said.err


def test_nothing_is_written_to_a_store(tocsin):
    """Whoever imports reads the result first."""
    imported(tocsin, "pagerduty", POLICIES, SCHEDULES, USERS)
    assert not (tocsin.folder / "incidents.json").exists()


@pytest.mark.parametrize("vendor", ["pagerduty", "opsgenie"])
@pytest.mark.parametrize("answer", [[], {}, "x", {"data": [1]}, {"schedules": [{"name": "x"}]}, {"data": []}, ODD])
def test_what_is_no_answer_is_refused(tocsin, vendor, answer):
    """Without a traceback."""
    file = tocsin.folder / "x.json"
    file.write_text(json.dumps(answer))
    refused = tocsin("config", "import", vendor, str(file))
    assert (refused.status, refused.out) == (2, ""), refused.err
    assert "no answer of" in refused.err or "there are no schedules" in refused.err


def test_where_nothing_can_be_taken_over_it_says_why(tocsin):
    """As where the answer with the people is missing."""
    file = tocsin.folder / "schedules.json"
    layer = {
        "id": "L1",
        "rotation_virtual_start": "2026-03-02T09:00:00Z",
        "rotation_turn_length_seconds": 86_400,
        "users": [{"user": {"id": "U1", "summary": "Ann"}}],
    }
    file.write_text(
        json.dumps({"schedule": {"id": "S1", "name": "Shop", "time_zone": "UTC", "schedule_layers": [layer]}})
    )
    refused = tocsin("config", "import", "pagerduty", str(file))
    assert (refused.status, refused.out) == (2, "")
    assert "Ann, whose e-mail address is in no file" in refused.err
    assert "tocsin: nothing of it could be taken over" in refused.err


@pytest.mark.parametrize("vendor", ["pagerduty", "opsgenie"])
def test_a_file_that_is_no_answer_is_named(tocsin, vendor):
    """One of several."""
    file = tocsin.folder / "empty.json"
    file.write_text("")
    refused = tocsin("config", "import", vendor, str(file))
    assert (refused.status, f"{file} is no answer of {vendor}'s API" in refused.err) == (2, True), refused.err
