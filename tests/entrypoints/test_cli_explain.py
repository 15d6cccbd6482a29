"""``explain`` and ``readiness``: on a store and on a server, answered alike."""

import pytest

from tests.entrypoints.test_cli_people import on_a_server
from tocsin.storage.json_store import JsonStore


@pytest.fixture(params=["store", "server"])
def either(request, tocsin, quiet_logs):
    """Return the command line on a store, and on a server that serves it."""
    if request.param == "store":
        yield tocsin
        return
    store = JsonStore(tocsin.folder / "incidents.json")
    with on_a_server(tocsin, store) as asking:
        yield asking
    store.close()


def test_why_nobody_was_paged_yet_is_explained(either):
    """In a sentence, in lines, and as JSON; of somebody who is not there it says so."""
    tocsin = either
    incident = tocsin.opened("Checkout is down", "--service", "checkout")
    said = tocsin("explain", incident)
    assert (said.status, said.lines[0][:18]) == (0, "nobody was paged: ")
    assert "opened by" in said.out
    found = tocsin("explain", incident, "--json").json
    assert (found["incident_id"], found["paged"]) == (incident, False)
    assert found["lines"][0]["part"] == "timeline"
    assert tocsin("explain", incident, "nobody@example.com").status == 4
    assert tocsin("explain", "INC-999999").status == 4


def test_readiness_says_what_is_missing_and_exits_with_it(either):
    """Until everything reaches somebody."""
    tocsin = either
    said = tocsin("readiness")
    assert said.status == 1
    assert said.lines[0].startswith("not ready at ")
    assert "to do: give the team a schedule" in said.out
    found = tocsin("readiness", "--json")
    assert found.status == 1
    assert [one["severity"] for one in found.json["cases"]] == ["critical", "high", "medium", "low"]
    assert {one["reason"] for one in found.json["cases"][0]["missing"]} >= {"nobody_on_call"}
