"""``policy``: on a store and on a server, shown alike."""

import json

import pytest

from tests.entrypoints.test_cli_people import added, either, on_a_server, remote, store  # noqa: F401 - fixtures

YAML = """
# What wakes people.
name: Checkout
description: At once.
conditions:
  severity: [critical, high]
  labels: [region:eu, tier:1]
  time: {hours: [{weekdays: [mon, tue], begin: 18:00, end: 08:00}], time_zone: Europe/Berlin}
steps:
  - actions:
      - {type: notify, target: "user:ann@example.com", channels: [sms], message: Get up, round_robin: true}
      - {type: assign, target: on_call}
  - delay_minutes: 10
    actions:
      - {type: set_severity, severity: critical}
      - {type: set_status, status: acknowledged}
      - {type: webhook, target: "room:hook"}
      - {type: create_issue, repository: acme/shop}
repeat: 2
fallback: ["user:ann@example.com"]
hold: {times: {hours: [{begin: 22:00, end: 07:00}]}}
ack_timeout_minutes: 30
is_active: false
"""


@pytest.fixture
def checkout(either):  # noqa: F811 - a fixture of its own name
    """Return a command line on a store and on a server, with a person and a policy."""
    added(either, "ann", "--role", "responder")
    secrets = either.folder / "secrets"
    secrets.write_text("https://example.com/hook")
    assert either("room", "add", "hook", "webhook", "--secrets", str(secrets)).status == 0
    either.file = either.folder / "checkout.yaml"
    either.file.write_text(YAML)
    said = either("policy", "add", str(either.file), "--by", "boss", "--json")
    assert said.status == 0, said.err
    either.made = said.json
    return either


def test_a_policy_is_made_of_a_file_and_shown(checkout):
    """As the API shows it; in words, too."""
    made = checkout.made
    assert checkout("policy", "show", "checkout", "--json").json == made
    assert [one["id"] for one in checkout("policy", "list", "--json").json] == ["default", made["id"]]
    assert checkout("policy", "show", "checkout").lines == [
        f"Checkout  {made['id']}  inactive",
        "  At once.",
        "  holds for: labels region:eu and tier:1; severity critical or high; mon,tue 18:00-08:00 in Europe/Berlin",
        "  after 0 min:",
        "    page user:ann@example.com over sms, one in turn: Get up",
        "    assign on_call",
        "  after 10 min:",
        "    set the severity to critical",
        "    set the status to acknowledged",
        "    call room:hook",
        "    open an issue in acme/shop",
        "  again 2 times, 10 min after the last",
        "  where nobody is reached: user:ann@example.com",
        "  low waits until this is over: mon,tue,wed,thu,fri,sat,sun 22:00-07:00 in UTC",
        "  an acknowledgement counts for 30 min unless work begins",
    ]
    listed = checkout("policy", "list").lines
    assert listed[0].split() == ["NAME", "STEPS", "ID", "HOLDS", "FOR"]
    assert listed[1].endswith("whatever no other holds for")
    assert listed[2].endswith("(inactive)")


def test_a_policy_is_replaced_by_what_was_shown_of_it(checkout):
    """JSON is YAML, and what only an answer has is passed over."""
    checkout.file.write_text(json.dumps(checkout.made | {"repeat": 3}))
    put = checkout("policy", "put", "CHECKOUT", str(checkout.file), "--json")
    assert (put.status, put.json) == (0, checkout.made | {"repeat": 3, "version": 2})
    assert checkout("policy", "put", "nobody", str(checkout.file)).status == 4


def test_a_policy_is_deleted(checkout):
    """Once; the default one is always there."""
    assert checkout("policy", "delete", "checkout").lines == ["checkout is deleted."]
    assert checkout("policy", "delete", "checkout").status == 4
    assert checkout("policy", "delete", "default").status == 0
    assert [one["id"] for one in checkout("policy", "list", "--json").json] == ["default"]


@pytest.mark.parametrize(
    "text, status, why",
    [
        ("- name", 2, "describes no policy"),
        ("name: X", 2, "steps"),
        (YAML.replace("severity: [", "severty: ["), 2, "severty"),
        (YAML.replace("user:ann@", "user:nobody@"), 2, "there is no user nobody@example.com"),
        (YAML, 5, "there is a policy Checkout already"),
    ],
)
def test_a_file_that_describes_no_policy_is_refused(checkout, text, status, why):
    """With where it goes wrong."""
    checkout.file.write_text(text)
    refused = checkout("policy", "add", str(checkout.file))
    assert (refused.status, why in refused.err) == (status, True), refused.err
