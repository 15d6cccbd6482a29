"""``config import``: what other systems' APIs answer becomes our YAML, and what has no words of ours is named."""

import json

import pytest
import yaml

from tests.entrypoints.test_cli_people import added

USERS = {"users": [{"id": "PANN", "name": "Ann", "email": "ann@example.com"}]}
SCHEDULES = {
    "schedule": {
        "id": "PSHOP",
        "type": "schedule",
        "summary": "Shop (EU)",
        "name": "Shop (EU)",
        "time_zone": "Europe/Berlin",
        "teams": [{"id": "PT1", "type": "team_reference", "summary": "Crew"}, {"id": "PT2", "summary": "Band"}],
        "overrides_subschedule": {"rendered_schedule_entries": [{"start": "2026-03-03T00:00:00Z"}]},
        "schedule_layers": [
            {
                "id": "PL2",
                "name": "Nights",
                "start": "2026-03-01T00:00:00+01:00",
                "end": "2027-03-01T00:00:00+01:00",
                "rotation_virtual_start": "2026-02-27T18:00:00+01:00",
                "rotation_turn_length_seconds": 172_800,
                "users": [{"user": {"id": "PBO", "type": "user_reference", "email": "bo@example.com"}}],
                "restrictions": [
                    {"type": "daily_restriction", "start_time_of_day": "22:00:00", "duration_seconds": 32_400},
                    {
                        "type": "weekly_restriction",
                        "start_day_of_week": 6,
                        "start_time_of_day": "00:00:00",
                        "duration_seconds": 172_800,
                    },
                    {"type": "daily_restriction", "start_time_of_day": "01:00:00", "duration_seconds": 30},
                ],
            },
            {
                "id": "PL1",
                "name": "Base",
                "start": "2026-03-01T00:00:00+01:00",
                "end": None,
                "rotation_virtual_start": "2026-03-02T09:00:00+01:00",
                "rotation_turn_length_seconds": 604_800,
                "users": [{"user": {"id": "PANN"}}, {"user": {"id": "PCY", "summary": "Cy"}}],
                "restrictions": [],
            },
            {
                "id": "PL0",
                "name": "Odd",
                "rotation_virtual_start": "2026-03-02T09:00:00+01:00",
                "rotation_turn_length_seconds": 5_000,
                "users": [{"user": {"id": "PANN"}}],
            },
        ],
    }
}
POLICIES = {
    "escalation_policies": [
        {
            "id": "PPOL",
            "name": "Checkout",
            "description": "At once",
            "num_loops": 12,
            "services": [{"id": "PSVC", "type": "service_reference", "summary": "checkout"}],
            "teams": [{"id": "PT1", "summary": "Crew"}],
            "escalation_rules": [
                {
                    "escalation_delay_in_minutes": 5,
                    "targets": [{"id": "PSHOP", "type": "schedule_reference"}],
                    "escalation_rule_assignment_strategy": {"type": "round_robin"},
                },
                {"escalation_delay_in_minutes": 10, "targets": [{"id": "PCY", "type": "user_reference"}]},
                {
                    "escalation_delay_in_minutes": 20,
                    "targets": [
                        {"id": "PANN", "type": "user_reference"},
                        {"id": "PGONE", "type": "schedule_reference", "summary": "Gone"},
                    ],
                },
            ],
        },
        {"id": "PNONE", "name": "Unused", "services": [], "escalation_rules": []},
    ]
}
OPSGENIE = [
    {
        "data": [
            {
                "id": "s-1",
                "name": "ops",
                "timezone": "America/New_York",
                "enabled": True,
                "ownerTeam": {"id": "t-1", "name": "Crew"},
                "rotations": [
                    {
                        "id": "r-1",
                        "name": "Days",
                        "startDate": "2026-03-02T13:00:00Z",
                        "type": "weekly",
                        "length": 2,
                        "participants": [{"type": "user", "username": "ann@example.com"}, {"type": "none"}],
                        "timeRestriction": {
                            "type": "time-of-day",
                            "restriction": {"startHour": 8, "startMin": 30, "endHour": 20, "endMin": 0},
                        },
                    },
                    {
                        "id": "r-2",
                        "name": "Weekends",
                        "startDate": "2026-03-02T13:00:00Z",
                        "endDate": "2027-03-02T13:00:00Z",
                        "type": "hourly",
                        "length": 12,
                        "participants": [{"type": "user", "username": "bo@example.com"}],
                        "timeRestriction": {
                            "type": "weekday-and-time-of-day",
                            "restrictions": [
                                {"startDay": "friday", "startHour": 18, "endDay": "sunday", "endHour": 6, "endMin": 0}
                            ],
                        },
                    },
                    {
                        "id": "r-3",
                        "startDate": "2026-03-02T13:00:00Z",
                        "type": "daily",
                        "participants": [{"type": "team", "name": "Band"}],
                    },
                ],
            },
            {"id": "s-2", "name": "old", "timezone": "UTC", "enabled": False, "rotations": []},
            {"id": "s-3", "name": "empty", "timezone": "Mars", "rotations": []},
        ]
    },
    {
        "data": {
            "id": "e-1",
            "name": "ops_escalation",
            "ownerTeam": {"name": "Crew"},
            "rules": [
                {
                    "condition": "if-not-closed",
                    "notifyType": "random",
                    "delay": {"timeAmount": 10, "timeUnit": "minutes"},
                    "recipient": {"type": "team", "name": "Crew"},
                },
                {
                    "condition": "if-not-acked",
                    "notifyType": "default",
                    "delay": {"timeAmount": 0},
                    "recipient": {"type": "schedule", "id": "s-1", "name": "ops"},
                },
                {"delay": {"timeAmount": 1, "timeUnit": "hours"}, "recipient": {"type": "escalation", "name": "x"}},
                {
                    "delay": {"timeAmount": 10, "timeUnit": "minutes"},
                    "recipient": {"type": "user", "username": "bo@example.com"},
                },
            ],
            "repeat": {"waitInterval": 15, "count": 20, "closeAlertAfterAll": True},
        }
    },
    {
        "data": [
            {"id": "e-2", "name": "nobodys", "rules": []},
            {
                "id": "e-3",
                "name": "twin",
                "ownerTeam": {"name": "Crew"},
                "rules": [{"delay": {"timeAmount": 0}, "recipient": {"type": "user", "username": "bo@example.com"}}],
            },
            {
                "id": "e-4",
                "name": "nothing",
                "ownerTeam": {"name": "Band"},
                "rules": [{"delay": {"timeAmount": 0}, "recipient": {"type": "user", "id": "u-1"}}],
            },
        ]
    },
]


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
            {"actions": [{"type": "notify", "target": "schedule:Shop EU", "round_robin": True}]},
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
            "policy ops_escalation: of team:Crew the random alone; whoever is on call is paged",
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


def test_nothing_is_written_to_a_store(tocsin):
    """Whoever imports reads the result first."""
    imported(tocsin, "pagerduty", POLICIES, SCHEDULES, USERS)
    assert not (tocsin.folder / "incidents.json").exists()


@pytest.mark.parametrize("vendor", ["pagerduty", "opsgenie"])
@pytest.mark.parametrize("answer", [[], {}, "x", {"data": [1]}, {"schedules": [{"name": "x"}]}, {"data": []}])
def test_what_is_no_answer_is_refused(tocsin, vendor, answer):
    """Without a traceback."""
    file = tocsin.folder / "x.json"
    file.write_text(json.dumps(answer))
    refused = tocsin("config", "import", vendor, str(file))
    assert (refused.status, refused.out) == (2, ""), refused.err
    assert "no answer of" in refused.err or "there are no schedules" in refused.err
