"""``silence`` and ``heartbeat``: on a store and on a server, shown alike."""

from contextlib import closing

import pytest

from tests.entrypoints.test_cli_people import on_a_server
from tocsin.services.due import SILENCE
from tocsin.storage.json_store import JsonStore

MAKE = ("silence", "add", "--service", "checkout", "--for", "2h", "--reason", "it moves")


@pytest.fixture(params=["store", "server"])
def either(request, tocsin, quiet_logs):
    """Return the command line on a store, and on a server that serves it."""
    tocsin.by = "amira"
    if request.param == "store":
        yield tocsin
        return
    store = JsonStore(tocsin.folder / "incidents.json")
    with on_a_server(tocsin, store) as asking:
        yield asking
    store.close()


def test_a_silence_is_made_listed_shown_and_ended(either):
    """With what it hides, and by whom."""
    tocsin = either
    tocsin.opened("Checkout is down", "--service", "checkout")
    made = tocsin(*MAKE, "--json")
    assert (made.status, made.json["hides"], made.json["author"]) == (0, 1, tocsin.by)
    said = tocsin("silence", "show", made.json["id"])
    assert said.lines[0].endswith("active: service checkout")
    assert said.lines[2] == "  hides 1 active incident now"
    (listed,) = tocsin("silence", "list", "--json").json
    assert listed == {name: value for name, value in made.json.items() if name != "hides"}
    assert "it moves" in tocsin("silence", "list").out
    ended = tocsin("silence", "end", made.json["id"], "--by", "bo")
    assert ended.out == f"{made.json['id']} is ended.\n"
    assert tocsin("silence", "list", "--json").json == []
    (over,) = tocsin("silence", "list", "--all", "--json").json
    assert over["state"] == "over"
    assert "ended by bo" in tocsin("silence", "show", over["id"]).out
    assert tocsin("silence", "show", "nobody").status == 4


def test_what_a_silence_held_is_paged_by_the_tick(either):
    """Wherever that runs."""
    tocsin = either
    incident = tocsin.opened("Checkout is down", "--service", "checkout")
    tocsin(*MAKE)
    tocsin.minutes(119)
    tocsin("tick")
    assert tocsin("show", incident, "--json").json["incident"]["cycles"] == 1
    tocsin.minutes(1)
    tocsin("tick")
    assert tocsin("show", incident, "--json").json["incident"]["cycles"] == 2


def test_all_that_can_be_given_is_kept(either):
    """And said in words."""
    given = ["--environment", "prod", "--team", "shop", "--label", "a:b", "--label", "c:d", "--source", "datadog"]
    given += ["--severity-at-most", "medium", "--from", "30m"]
    said = either(*MAKE, *given)
    assert said.status == 0, said.err
    where = "service checkout, environment prod, team shop, source datadog, severity at most medium, a:b, c:d"
    assert said.lines[0].endswith(f"coming: {where}")
    assert "from 2026-03-02 12:30:00 to 2026-03-02 14:00:00 UTC" in said.lines[1]


def test_who_is_a_person_here_is_told_of_the_end_of_a_silence(tocsin):
    """By the address that `--by` gives: a store knows nobody else who is at the command line."""
    tocsin("user", "add", "bo@example.com", "--name", "Bo", "--no-password")
    made = [tocsin(*MAKE, "--by", by, "--json").json for by in ("Bo@example.com", "amira")]
    with closing(JsonStore(tocsin.folder / "incidents.json")) as store:
        first, second = (store.record(SILENCE, one["id"]).body["silence"]["author_id"] for one in made)
    assert (first, second) == (tocsin("user", "show", "bo@example.com", "--json").json["id"], "")


def test_a_silence_is_changed(either):
    """Of what it hides, all of it or nothing; and never nothing at all."""
    made = either(*MAKE, "--team", "shop", "--json").json
    longer = either("silence", "edit", made["id"], "--for", "3h", "--reason", "it takes longer", "--json").json
    assert longer == made | {"ends_at": "2026-03-02T15:00:00Z", "reason": "it takes longer"}
    said = either("silence", "edit", made["id"], "--label", "a:b", "--source", "datadog")
    assert said.lines[0].endswith("active: source datadog, a:b")
    assert either("silence", "edit", made["id"]).status == 2
    assert either("silence", "edit", "nobody", "--for", "1h").status == 4


def test_what_is_no_silence_is_refused(either):
    """With what is allowed."""
    assert either("silence", "add", "--for", "2h", "--reason", "x").status == 2
    assert either(*MAKE, "--label", "x").status == 2
    assert either("silence", "add", "--service", "x", "--for", "8d", "--reason", "x").status == 2
    assert "'--reason'" in either("silence", "add", "--service", "x", "--for", "2h").err


def test_an_empty_list_says_how_to_begin(either):
    """With the command."""
    assert "silence add" in either("silence", "list").err
    assert "heartbeat add NAME" in either("heartbeat", "list").err


def test_a_heartbeat_is_watched_and_missed(either):
    """Its token is shown once, alone on standard output."""
    tocsin = either
    made = tocsin("heartbeat", "add", "backup", "--every", "10", "--grace", "2", "--service", "db", "--severity", "low")
    assert (made.status, len(made.out.strip())) == (0, 43)
    assert "/api/v1/heartbeats/backup/call?token=..." in made.err
    assert tocsin("heartbeat", "ping", "backup").out == "backup is there.\n"
    shown = tocsin("heartbeat", "show", "backup")
    assert "backup  there, every 10 minutes" in shown.out
    assert "grace 2 minutes; low; of db" in shown.out
    assert made.out.strip() not in shown.out
    tocsin.minutes(12)
    tocsin("tick")
    assert [one["title"] for one in tocsin("list", "--json").json] == ["The heartbeat backup is missing"]
    assert "missing" in tocsin("heartbeat", "list").lines[1]
    tocsin("heartbeat", "ping", "BACKUP")
    tocsin("tick")
    (listed,) = tocsin("heartbeat", "list", "--json").json
    assert (listed["late_at"], listed["created_by"]) == (None, tocsin.by)
    assert tocsin("heartbeat", "ping", "nobody").status == 4


def test_a_heartbeat_is_paused_resumed_and_deleted(either):
    """And its name is free again."""
    tocsin = either
    assert tocsin("heartbeat", "add", "backup", "--every", "10", "--json").json["token"]
    assert tocsin("heartbeat", "add", "backup", "--every", "10").status == 5
    assert "paused" in tocsin("heartbeat", "pause", "backup").out
    tocsin.minutes(60)
    tocsin("tick")
    assert tocsin("list", "--json").json == []
    assert tocsin("heartbeat", "pause", "backup", "--resume", "--json").json["paused"] is False
    assert tocsin("heartbeat", "delete", "backup").out == "backup is deleted.\n"
    assert tocsin("heartbeat", "show", "backup").status == 4


def test_a_heartbeat_is_changed(either):
    """What is not named stays as it is."""
    made = either("heartbeat", "add", "backup", "--every", "10", "--service", "db", "--json").json
    either.minutes(1)
    edited = either("heartbeat", "edit", "backup", "--every", "60", "--severity", "low", "--json").json
    changed = {"every_minutes": 60, "severity": "low", "deadline": "2026-03-02T13:02:00Z"}
    assert edited | {"token": made["token"]} == made | changed
    assert "of -" in either("heartbeat", "edit", "backup", "--service", "").out
    assert either("heartbeat", "edit", "backup").status == 2
