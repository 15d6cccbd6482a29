"""``--server``: the command line on the incidents of a server, as on those of a store."""

import pytest

from tocsin.entrypoints.program import TABLE


def test_every_command_on_incidents_works_on_a_server(remote, store):
    """From opening to deleting; what is changed names who did it, and the key."""
    first = remote.opened("Checkout is down", "--severity", "high", "--log", "500", "--tag", "a:b")
    other = remote.opened("Basket is down")
    assert remote("list").status == 0
    assert [one["id"] for one in remote("list", "--json").json] == [other, first]
    assert remote("ack", first, "--by", "Zoë").status == 0
    assert remote("start", first).status == 0
    assert remote("assign", first, "bob / ann").status == 0
    assert remote("note", first, "looking", "into", "it").status == 0
    assert remote("severity", first, "critical").status == 0
    assert remote("edit", first, "--title", "Checkout is slow", "--note", "renamed").status == 0
    assert remote("snooze", first, "2h").status == 0
    assert remote("snooze", first, "--end").status == 0
    assert remote("merge", other, first).status == 0
    assert remote("resolve", first, "--root-cause", "a slow query", "--step", "index").status == 0
    assert remote("close", first).status == 0
    shown = store.incident(first)
    assert (shown.title, shown.severity, shown.root_cause, shown.status) == (
        "Checkout is slow",
        "critical",
        "a slow query",
        "closed",
    )
    assert "bob / ann" in shown.assignees
    by = {event.kind.value: event.by for event in store.timeline(first)}
    assert (by["acknowledged"], by["started"]) == ("Zoë (key:laptop)", "amira (key:laptop)")
    assert remote("delete", other, "--yes").status == 0
    assert store.incident(other) is None


def test_what_is_shown_is_what_a_store_would_show(remote, store):
    """Word for word: a page, JSON, a list, figures."""
    incident_id = remote.opened("Checkout is down", "--service", "checkout")
    remote("note", incident_id, "x")
    remote.minutes(3)
    remote("ack", incident_id)
    here = remote.environ.pop("TOCSIN_SERVER")
    on_store = [f"--store=json:{remote.folder / 'served.json'}"]
    for command in (
        ("show", incident_id),
        ("show", incident_id, "--json"),
        ("list",),
        ("list", "--json"),
        ("list", "--status", "active", "--service", "CHECKOUT", "--since", "1d"),
        ("list", "--text", "nothing"),
        ("stats",),
        ("stats", "--json"),
    ):
        asked, read = remote(*command, f"--server={here}"), remote(*command, *on_store)
        assert (asked.status, asked.out, asked.err) == (read.status, read.out, read.err), command


def test_a_list_of_many_is_whole(remote):
    """Page by page, however many the server shows at once."""
    for number in range(3):
        remote.opened(f"number {number}")
    assert len(remote("list", "--json", "--limit", "2").json) == 2
    assert len(remote("list", "--json").json) == 3
    assert "number 0" in remote("list", "--limit", "2", "--page", "2").out


def test_errors_of_a_server_are_those_of_a_store(remote):
    """With the same exit status, and what is allowed instead."""
    incident_id = remote.opened()
    remote("resolve", incident_id)
    refused = remote("ack", incident_id)
    assert refused.status == 5
    assert "what can be done now: close, note" in refused.err
    missing = remote("show", "INC-9999")
    assert (missing.status, "did you mean" in missing.err or "the newest is" in missing.err) == (4, True)
    assert remote("assign", "INC-9999", "ann").status == 4
    assert remote("snooze", remote.opened(), "90d").status == 2


def test_prune_forgets_what_was_closed_long_ago(remote, store):
    """Unless somebody has edited it since."""
    old, young = remote.opened("old"), remote.opened("young")
    for one in (old, young):
        remote("resolve", one)
    remote("close", old)
    remote.minutes(24 * 60)
    remote("close", young)
    assert remote("prune", "--closed-before", "1h", "--yes", "--json").json == [old]
    assert store.incident(old) is None
    assert store.incident(young) is not None


@pytest.mark.parametrize("command", [("serve",), ("table", "create"), ("invoke-local",)])
def test_what_works_on_a_store_here_is_not_misled_by_a_server_that_is_set(remote, command):
    """One line, and how to say which store."""
    said = remote(*command)
    assert (said.status, said.out) == (2, "")
    line, hint = said.err.splitlines()
    assert "TOCSIN_SERVER names the server http://127.0.0.1:" in line
    assert "--store" in hint


@pytest.mark.parametrize("name", [name for name in TABLE if not TABLE[name].served])
def test_a_command_that_asks_no_server_takes_none(remote, name):
    """It says so, and does not silently pass over it; nor does it offer one."""
    said = remote("--server", "http://127.0.0.1:1", name)
    assert (said.status, said.err.splitlines()[0]) == (2, f"tocsin: '{name}' does not ask a server: leave --server out")
    assert "--server" not in remote(name, "--help").out


@pytest.mark.parametrize("name", [name for name in TABLE if TABLE[name].served])
def test_every_other_command_takes_one(tocsin, name):
    """Before the command or behind it."""
    assert "--server URL" in tocsin(name, "--help").out or "COMMAND [ARGS]" in tocsin(name, "--help").out


def test_a_store_that_is_named_goes_before_a_server_that_is_set(remote):
    """And the two options exclude each other."""
    remote.opened("on the server")
    assert remote("list", "--json", "--store", f"json:{remote.folder / 'other.json'}").json == []
    said = remote("--server", "http://127.0.0.1:1", "list", "--store", "json:x.json")
    assert (said.status, "give one of them" in said.err) == (2, True)


# -- what can be wrong ------------------------------------------------------------------------------------------------


def test_without_a_key_it_says_how_to_set_one(remote):
    """In one line, and a hint."""
    del remote.environ["TOCSIN_API_KEY"]
    said = remote("list")
    assert (said.status, "TOCSIN_API_KEY is not set" in said.err) == (2, True)


def test_a_key_that_does_not_open_is_never_shown(remote):
    """Only that it does not."""
    remote.environ["TOCSIN_API_KEY"] = wrong = f"tocsin_{'0' * 12}_{'x' * 43}"
    said = remote("list")
    assert (said.status, "does not accept the API key" in said.err) == (2, True)
    assert wrong not in said.err + said.out


def test_a_key_that_may_not_says_which_could(remote):
    """The scope is what it lacks."""
    made = remote(
        "key", "create", "reader", "--scope", "incidents:read", "--store", f"json:{remote.folder}/served.json"
    )
    remote.environ["TOCSIN_API_KEY"] = made.out.strip()
    assert remote("list").status == 0
    said = remote("open", "--title", "x")
    assert (said.status, "another scope" in said.err) == (2, True)


@pytest.mark.parametrize(
    "url", ["example.com", "http://example.com", "ftp://example.com", "https://user:pw@example.com", "https://x/y", ""]
)
def test_a_key_never_travels_in_the_clear(tocsin, url):
    """https, but for this machine."""
    said = tocsin("list", "--server", url)
    assert (said.status, "no address of a server" in said.err) == (2, True)


def test_a_server_that_is_not_there_is_said_so(tocsin):
    """After some tries; with the status of a store that cannot be reached."""
    said = tocsin("list", "--server", "http://127.0.0.1:1", TOCSIN_API_KEY="tocsin_x")
    assert (said.status, "cannot be reached" in said.err) == (6, True)
    assert tocsin.slept == [0.5, 1.0]


def test_a_server_that_is_none_of_ours_is_said_so(tocsin, scripted):
    """In place of a traceback."""
    url, _ = scripted((200, b"<html>"))
    said = tocsin("list", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, "no server of ours" in said.err) == (2, True)
    url, _ = scripted((404, b"<html>"))
    assert "answered 404" in tocsin("list", "--server", url, TOCSIN_API_KEY="tocsin_x").err
