"""What people change about incidents now and then: edit, snooze, merge, delete, and who works on them as what."""

import pytest


@pytest.fixture
def one(tocsin):
    """Return the command line with one incident, INC-1001."""
    tocsin.opened("Checkout is slow", "--severity", "high")
    return tocsin


def test_an_edit_changes_several_things_at_once_and_the_page_tells_it(one):
    """One line for it in the timeline, and whatever else was said."""
    said = one(
        *["edit", "1001", "--title", "Checkout is down", "--service", "checkout", "--severity", "critical"],
        *["--root-cause", "a full disk", "--step", "made room", "--note", "for the review"],
    )
    assert said.out == "INC-1001  critical  detected  nobody yet  Checkout is down\n"
    shown = one("show", "1001").out
    for text in (
        "title: Checkout is slow → Checkout is down; service: (none) → checkout",
        "root cause added  amira  a full disk",
        "  - made room",
        "for the review",
    ):
        assert text in shown
    assert one("show", "1001", "--json").json["incident"]["revision"] == 1


def test_what_describes_it_can_be_edited_when_it_is_closed_and_the_severity_not(one):
    """For the post-mortem; the refusal says what can be done."""
    one("resolve", "1001")
    one("close", "1001")
    assert one("edit", "1001", "--environment", "prod", "--team", "shop", "--description", "504").status == 0
    said = one("edit", "1001", "--severity", "low")
    assert said.status == 5
    assert said.err.splitlines()[1] == "  what describes it can be edited, and a note can be added in any status"


def test_an_edit_that_says_nothing_is_a_mistake(one):
    """It names what could be said."""
    said = one("edit", "1001")
    assert (said.status, "--title" in said.err) == (2, True)
    assert one("edit", "1001", "--title", " ").status == 2


def test_a_snooze_holds_the_pages_and_the_tick_after_it_pages_again(one):
    """Until a time, or for so long; the page says until when."""
    assert one("snooze", "1001", "2h").status == 0
    assert "Snoozed until   2026-03-02 14:00:00 UTC" in one("show", "1001").lines
    assert one("snooze", "1001", "2026-03-02T13:00").status == 0
    one.minutes(60)
    assert one("tick").out == "Paging again: INC-1001\n"
    shown = one("show", "1001").out
    assert "Snoozed until" not in shown
    assert "snooze ended" in shown


def test_a_snooze_can_be_ended(one):
    """By saying so."""
    one("snooze", "1001", "2h")
    assert one("snooze", "1001", "--end", "--json").json["snoozed_until"] is None


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "say until when, or --end"),
        (["2h", "--end"], "say until when, or --end"),
        (["yesterday"], "'yesterday' is no time to come"),
        (["2026-03-01"], "INC-1001 cannot be snoozed until 2026-03-01"),
        (["31d"], "within the next 30 days"),
    ],
)
def test_a_snooze_that_makes_no_sense_is_refused(one, arguments, said):
    """With a word on what would."""
    result = one("snooze", "1001", *arguments)
    assert (result.status, said in result.err) == (2, True), result.err


def test_roles_stand_beside_the_names(one):
    """A new commander replaces the one before; who is taken off is gone."""
    one("assign", "1001", "ann", "--role", "commander")
    one("assign", "1001", "bo", "--role", "Commander")
    assert "Assigned to     ann, bo (commander)" in one("show", "1001").lines
    assert one("unassign", "1001", "bo").out == "INC-1001  high  detected  ann  Checkout is slow\n"
    assert (
        "'king' is no role; there are commander, responder, scribe" in one("assign", "1001", "x", "--role", "king").err
    )


def test_merging_resolves_one_into_another_and_both_pages_tell_it(one):
    """What is printed is the one that goes on."""
    one.opened("Payments fail", "--severity", "low")
    assert one("merge", "1002", "1001").out == "INC-1001  high  detected  nobody yet  Checkout is slow\n"
    assert "Took over       INC-1002" in one("show", "1001").lines
    gone = one("show", "1002").lines
    assert "Merged into     INC-1001" in gone
    assert gone[0] == "INC-1002  low  resolved"
    assert one("stats", "--json").json["overall"]["merged"] == 1


def test_merging_into_what_there_is_not_suggests_the_nearest(one):
    """As everywhere."""
    assert "INC-1001 (Checkout is slow)" in one("merge", "1001", "1010").err
    said = one("merge", "1001", "1001")
    assert (said.status, "into itself" in said.err) == (2, True)


def test_what_is_deleted_is_gone_and_on_record(one):
    """Asked for twice it is no error: the first answer may have been lost."""
    record = one("delete", "1001", "--yes", "--json").json
    assert (record["incident_id"], record["by"], record["title"]) == ("INC-1001", "amira", "Checkout is slow")
    assert one("delete", "1001", "--yes").out == "INC-1001 deleted.\n"
    assert one("show", "1001").status == 4


def test_nothing_is_deleted_without_a_yes(one):
    """Where nobody can be asked it says so and stops; what there is not is looked for first."""
    said = one("delete", "1001")
    assert (said.status, "INC-1001 would be deleted for ever: say --yes" in said.err) == (2, True)
    assert one("delete", "1010").status == 4
    assert one("show", "1001").status == 0
