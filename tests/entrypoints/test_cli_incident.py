"""One incident: showing it, and what people do with it."""

import getpass

import pytest

from tocsin.entrypoints.wiring import login_name
from tocsin.errors import InvalidInput


def test_a_whole_life_by_hand(tocsin):
    """From opening to closing, each step told in one line, and all of it on the page at the end."""
    assert tocsin("open", "--title", "Café is closed", "--severity", "high", "--service", "café").out == (
        "INC-1001  high  detected  nobody yet  Café is closed\n"
    )
    for minutes, command, status in [
        (2, ["ack", "inc-1001"], "acknowledged"),
        (0, ["ack", "1001", "--by", "jonas"], "acknowledged"),
        (1, ["start", "INC-1001"], "in progress"),
        (0, ["assign", "1001", "jonas"], "in progress"),
        (0, ["note", "1001", "rolled", "back"], "in progress"),
        (0, ["severity", "1001", "Critical"], "in progress"),
        (
            9,
            ["resolve", "1001", "--root-cause", "no beans", "--step", "bought beans", "--step", "wrote a list"],
            "resolved",
        ),
        (0, ["close", "1001"], "closed"),
    ]:
        tocsin.minutes(minutes)
        said = tocsin(*command)
        assert said.status == 0, said.err
        assert f"  {status}  amira" in said.out
    shown = tocsin("show", "1001").out
    for line in [
        "INC-1001  critical  closed",
        "Service         café",
        "Opened          2026-03-02 12:00:00 UTC, 12 min ago",
        "Acknowledged    2026-03-02 12:02:00 UTC, 10 min ago, by amira",
        "Resolved        2026-03-02 12:12:00 UTC, 0 s ago, by amira",
        "To acknowledge  2 min",
        "To resolve      12 min",
        "Assigned to     amira, jonas",
        "Severity        pinned by a person",
        "  no beans",
        "  - bought beans",
        "  2026-03-02 12:03:00   3 min  noted             amira  rolled back",
    ]:
        assert line in shown.splitlines()
    assert "\x1b" not in shown


def test_everything_that_can_be_said_when_opening_is_kept(tocsin):
    """In its place, in JSON and on the page; a blank title is refused."""
    tocsin(
        *["open", "--title", "Disk full", "--service", "db", "--environment", "prod", "--team", "data"],
        *[
            "--description",
            "line one\nline two",
            "--tag",
            "disk:sda",
            "--tag",
            "dc:2",
            "--log",
            "ENOSPC",
            "--by",
            "jonas",
            "--assignee",
            "cy",
        ],
    )
    incident = tocsin("show", "1001", "--json").json["incident"]
    assert (incident["severity"], incident["environment"], incident["team"]) == ("medium", "prod", "data")
    assert incident["assignees"] == ["cy"]
    assert (incident["tags"], incident["logs"]) == (["disk:sda", "dc:2"], ["ENOSPC"])
    shown = tocsin("show", "1001").lines
    assert shown[shown.index("Description") + 1 :][:2] == ["  line one", "  line two"]
    assert tocsin("open", "--title", "  ").err.startswith("tocsin: an incident needs a title")


def test_show_json_is_incident_alerts_timeline_and_durations(tocsin):
    """What a post-mortem is written from; null where there is no duration yet."""
    tocsin.opened()
    tocsin.minutes(2)
    tocsin("ack", "1001")
    said = tocsin("show", "1001", "--json").json
    assert set(said) == {"incident", "alerts", "timeline", "durations"}
    assert said["incident"] == tocsin("list", "--json").json[0]
    assert [event["kind"] for event in said["timeline"]] == ["opened", "acknowledged"]
    assert said["durations"] == {"to_acknowledge_seconds": 120.0, "to_resolve_seconds": None}


def test_several_can_be_taken_at_once_and_each_is_printed(tocsin):
    """In the night one acknowledges them all in one go."""
    first, second = tocsin.opened("one"), tocsin.opened("two")
    assert [line.split()[0] for line in tocsin("ack", first, second).lines] == [first, second]
    assert len(tocsin("start", first, second, "--json").lines) == 2


@pytest.mark.parametrize("said", ["1002", "INC-1010", "inc-1100", "INC-10O1", "nonsense"])
def test_an_id_that_there_is_none_of_suggests_the_nearest(tocsin, said):
    """With its title, so that one sees whether it is the one that was meant."""
    tocsin.opened("Checkout is down")
    for command in (["show", said], ["ack", said], ["note", said, "text"]):
        result = tocsin(*command)
        assert result.status == 4
        assert result.err.startswith("tocsin: there is no incident ")
        assert "INC-1001 (Checkout is down)" in result.err
        assert len(result.err.splitlines()) == 2


def test_without_incidents_an_unknown_id_says_so(tocsin):
    """There is nothing to suggest from."""
    assert tocsin("show", "1001").err.splitlines()[1] == "  there are none yet"


def test_an_illegal_move_says_what_is_allowed_from_here(tocsin):
    """By the commands that do it, and with the exit status for what is refused."""
    tocsin.opened()
    said = tocsin("close", "1001")
    assert said.status == 5
    assert said.err == (
        "tocsin: INC-1001 is detected and cannot become closed; allowed from here: acknowledged or in_progress or "
        "resolved\n  what can be done now: ack, start, resolve, note\n"
    )
    tocsin("resolve", "1001")
    assert tocsin("ack", "1001").status == 5
    assert tocsin("assign", "1001", "jonas").err.endswith("a note can be added in any status\n")
    tocsin("close", "1001")
    assert tocsin("start", "1001").err.endswith("nothing follows that\n  what can be done now: note\n")


def test_next_steps_stand_at_the_end_on_a_terminal(tocsin):
    """Only what can be done from here; nothing after it was closed."""
    tocsin.opened()
    assert tocsin("show", "1001", columns=80).lines[-1] == (
        "Next: `tocsin ack INC-1001`, `tocsin start INC-1001`, `tocsin resolve INC-1001`"
    )
    tocsin("resolve", "1001")
    tocsin("close", "1001")
    assert "Next" not in tocsin("show", "1001", columns=80).out


def nobody():
    raise KeyError(4_000_000_000)


def test_where_nobody_is_logged_in_one_must_say_who_acts(tocsin):
    """A container may run as a user id that has no name."""
    wiring = tocsin.wiring._replace(login=nobody)
    with pytest.raises(InvalidInput, match="--by NAME"):
        wiring.actor(" ")
    assert wiring.actor(" jonas ") == "jonas"


def test_the_login_name_is_the_systems():
    """Who acts is whoever is logged in, unless `--by` says otherwise."""
    assert login_name() == getpass.getuser()
