"""``page``, ``escalate``, ``notifications``, ``contact test`` and ``user slack``, on a store and on a server."""

import pytest

from tests.entrypoints.test_cli_contacts import ANN, ann, either, store
from tocsin.domain.page import PAGE

__all__ = ["ann", "either", "store"]


def opened(tocsin):
    """Open an incident."""
    assert tocsin("open", "--title", "Checkout is down", "--severity", "high").status == 0


def test_somebody_is_paged(either, store):
    """With a text, about an incident, over what is asked for; and where nobody can be reached it says so."""
    opened(either)
    said = either("page", ANN, "please", "look", "--incident", "1001", "--channel", "email")
    assert said.status == 0, said.err
    assert said.lines == [f"{ANN} is paged by email: `tocsin notifications` says what becomes of it."]
    (page,) = either("notifications", "--incident", "INC-1001", "--json").json
    assert (page["status"], page["channel"], page["step"]) == ("pending", "email", 0)
    assert page["text"].endswith("pages you: please look")
    shown = either("notifications", page["id"])
    assert shown.lines[0] == f"{page['id']}  pending: its time has come"
    assert either("notifications", page["id"], "--json").json["attempts"] == []
    listed = either("notifications", "--user", ANN).out
    assert ("by hand" in listed, ANN in listed) == (True, True)
    assert either("notifications", "--status", "failed").err == "No pages.\n"
    assert store.timeline("INC-1001")[-1].kind == "paged"


def test_a_page_is_json_for_programs(either):
    """The pages, and who could not be paged."""
    said = either("page", "admins", "--json")
    assert [one["target"] for one in said.json["notifications"]] == ["admins"]
    assert said.json["missing"] == []


@pytest.mark.parametrize(
    "asked, status, says",
    [
        (("page", "nobody@example.com"), 2, "nobody@example.com"),
        (("page", "moon:x"), 2, "no target"),
        (("page", ANN, "--incident", "INC-9"), 4, "INC-9"),
        (("page", ANN, "x" * 1000), 2, "400"),
        (("escalate", "INC-9"), 4, "INC-9"),
        (("notifications", "nothing"), 4, "there is no notification nothing"),
        (("notifications", "--user", "nobody"), 4, "nobody"),
        (("user", "slack", ANN, "me"), 2, "names no user of Slack"),
        (("user", "slack", ANN, "--remove"), 2, "WORKSPACE:USER"),
    ],
)
def test_what_cannot_be_done_is_told(either, asked, status, says):
    """With the status that fits, the same on both."""
    said = either(*asked)
    assert (said.status, says in said.err) == (status, True), said.err


def test_an_incident_is_escalated(either, store):
    """Whoever acknowledged; and one that is over is refused."""
    opened(either)
    either("ack", "1001")
    said = either("escalate", "1001")
    assert said.status == 0, said.err
    assert "INC-1001" in said.out
    assert store.incident("INC-1001").cycles == 2
    either("resolve", "1001")
    assert either("escalate", "1001").status == 5


def test_lists_go_on_until_enough_is_found(either):
    """And say that there is more."""
    for _ in range(3):
        either("page", ANN)
    said = either("notifications", "--limit", "2", "--json")
    assert (len(said.json), "There are more" in said.err) == (2, True)
    assert len(either("notifications", "--json").json) == 3


def test_a_test_page_goes_to_ones_own_contact(either, store):
    """On a store one says whose."""
    said = either("contact", "test", "account", *either.whose)
    assert said.status == 0, said.err
    (page,) = store.records(PAGE, limit=10)
    assert page.id in said.out
    assert page.body["tells"] == "test"
    assert "by hand" not in either("notifications").out
    wrong = ("--user", ANN) if not either.whose else ()
    assert either("contact", "test", "account", *wrong).status == 2


def test_it_is_said_who_is_who_in_slack(either):
    """And taken back."""
    assert either("user", "slack", ANN).out == f"{ANN} is nobody in Slack.\n"
    assert either("user", "slack", ANN, "t1:u1").out == f"{ANN} is T1:U1 in Slack.\n"
    assert either("user", "slack", ANN, "--json").json == {"user": ANN, "slack_users": ["T1:U1"]}
    assert either("user", "slack", ANN, "T1:U1", "--remove").out == f"{ANN} is nobody in Slack.\n"
