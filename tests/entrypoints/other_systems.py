"""What the APIs of PagerDuty and Opsgenie answer, with what has no words of ours."""

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

ODD = {
    "schedule": SCHEDULES["schedule"]
    | {
        "schedule_layers": [
            SCHEDULES["schedule"]["schedule_layers"][0]
            | {
                "restrictions": [
                    {
                        "type": "weekly_restriction",
                        "start_day_of_week": 9,
                        "start_time_of_day": "00:00:00",
                        "duration_seconds": 60,
                    }
                ]
            }
        ]
    },
    "data": [{"name": "x", "timezone": "UTC", "rotations": [{"name": "y", "startDate": "9999-12-31T23:59:59-14:00"}]}],
}
