"""``audit``: shown, exported and verified, on a store and on a server."""

import json

import pytest

from tests.chains import Forger, a_log
from tocsin.storage.json_store import JsonStore


@pytest.fixture
def lived(tocsin):
    """Return the command line after an incident was deleted, and a key made and revoked."""
    tocsin("key", "create", "prod", "--scope", "admin", "--by", "bob")
    tocsin.minutes(1)
    tocsin("key", "revoke", "prod")
    tocsin("delete", tocsin.opened("By mistake"), "--yes", "--by", "root")
    return tocsin


@pytest.fixture
def file(tocsin):
    """Return the store that the command line works on, for whoever goes behind its back."""
    opened = JsonStore(tocsin.folder / "incidents.json")
    yield opened
    opened.close()


def test_the_log_is_listed_newest_first(lived):
    """Who, when, what, to what."""
    said = lived("audit", "list")
    assert said.lines[0].split() == ["ENTRY", "AT", "ACTION", "ACTOR", "FROM", "TARGET"]
    assert [line.split()[0] for line in said.lines[1:]] == ["3", "2", "1"]
    assert said.lines[1].split()[-1] == "incident:INC-1001"
    assert "2026-03-02 12:01:00  key_revoked       amira        key:prod" in said.out


def test_a_list_can_be_chosen_from(lived):
    """By every filter; in words that the command knows."""
    assert [one["actor"] for one in lived("audit", "list", "--json").json] == ["root", "amira", "bob"]
    assert [one["number"] for one in lived("audit", "list", "--actor", "BOB", "--json").json] == [1]
    assert [one["number"] for one in lived("audit", "list", "--target", "key:prod", "--json").json] == [2, 1]
    assert [one["number"] for one in lived("audit", "list", "--action", "key-made", "--json").json] == [1]
    since = lived("audit", "list", "--since", "2026-03-02T12:01", "--json", "--limit", "1")
    assert [one["number"] for one in since.json] == [3]
    assert [one["number"] for one in lived("audit", "list", "--until", "2026-03-02T12:01", "--json").json] == [1]
    assert len(lived("audit", "list", "--limit", "2").lines) == 3
    nothing = lived("audit", "list", "--actor", "nobody")
    assert (nothing.status, nothing.out) == (0, "")
    assert "Nothing like it" in nothing.err
    wrong = lived("audit", "list", "--action", "key_maed")
    assert (wrong.status, "did you mean 'key_made'" in wrong.err) == (2, True)


def test_a_list_is_whole_however_long_it_is(tocsin, file):
    """As JSON; on a screen there are fifty."""
    a_log(file, 120)
    assert len(tocsin("audit", "list", "--json").json) == 120
    assert len(tocsin("audit", "list").lines) == 51


def test_an_export_is_one_entry_a_line(lived, file):
    """Oldest first, from where one likes."""
    said = lived("audit", "export")
    assert said.lines == [entry.line() for entry in a_log(file).entries()]
    assert [json.loads(line)["number"] for line in lived("audit", "export", "--after", "2").lines] == [3]


def test_a_chain_that_holds_prints_its_last_entry_alone(lived, file):
    """So that it can be kept, and be expected the next time."""
    said = lived("audit", "verify")
    assert (said.status, said.out) == (0, f"{a_log(file).head()}\n")
    assert "The chain holds" in said.err
    lived("key", "create", "next", "--scope", "admin")
    assert lived("audit", "verify", "--expect", said.out).status == 0
    assert lived("audit", "verify", "--json").json == {
        "holds": True,
        "verified": a_log(file).head().model_dump(),
        "broken": None,
    }


def test_a_chain_that_breaks_says_where_in_one_line(lived, file):
    """With a status of its own that a script can see."""
    Forger(file).change(2, actor="nobody")
    said = lived("audit", "verify")
    assert (said.status, said.out) == (5, "")
    assert said.err == "The chain breaks at entry 2: entry 2 was changed.\n"
    told = lived("audit", "verify", "--json")
    assert (told.status, told.json["holds"], told.json["verified"]["number"]) == (5, False, 1)
    assert told.json["broken"] == {"number": 2, "why": "entry 2 was changed"}


def test_what_was_written_anew_is_found_by_what_was_noted(lived, file):
    """And by nothing else."""
    noted = lived("audit", "verify").out.strip()
    forger = Forger(file)
    forger.change(2, actor="nobody")
    forger.reseal(2, 3)
    forger.head(3)
    assert lived("audit", "verify").status == 0
    said = lived("audit", "verify", "--expect", noted)
    assert (said.status, said.err) == (5, "The chain breaks at entry 3: entry 3 is another one than was noted.\n")
    assert lived("audit", "verify", "--expect", "nonsense").status == 2


def test_an_empty_log_holds(tocsin):
    """There is nothing to be found."""
    assert tocsin("audit", "verify").out == f"0:{'0' * 64}\n"
    assert tocsin("audit", "export").out == ""


def test_a_prune_is_on_record(tocsin, file):
    """How many, by whom, and what they were chosen by; none if there was nothing."""
    one = tocsin.opened()
    tocsin("resolve", one)
    tocsin("close", one)
    tocsin.minutes(60)
    tocsin("prune", "--closed-before", "30d", "--yes")
    assert list(a_log(file).entries()) == []
    tocsin("prune", "--closed-before", "30m", "--yes", "--by", "root")
    (entry,) = a_log(file).entries()
    assert (entry.action, entry.actor) == ("incidents_pruned", "root")
    assert entry.details == {"incidents": 1, "closed_before": "2026-03-02T12:30:00+00:00"}


def test_a_servers_log_is_read_as_a_stores_is(remote, store):
    """Word for word: listed, exported, verified, page by page."""
    remote("delete", remote.opened(), "--yes")
    a_log(store, 260)
    noted = remote("audit", "verify").out.strip()
    where = remote.environ.pop("TOCSIN_SERVER")
    for command in (
        ("list",),
        ("list", "--json"),
        ("list", "--actor", "amira (key:laptop)", "--limit", "3"),
        ("list", "--since", "1h", "--until", "2026-03-02T13:00", "--json"),
        ("export",),
        ("export", "--after", "100"),
        ("verify",),
        ("verify", "--json", "--expect", noted),
    ):
        asked = remote("audit", *command, "--server", where)
        read = remote("audit", *command, "--store", f"json:{remote.folder / 'served.json'}")
        assert asked == read, command
        assert asked.out
    Forger(store).change(7, actor="nobody")
    said = remote("audit", "verify", "--server", where)
    assert (said.status, said.err) == (5, "The chain breaks at entry 7: entry 7 was changed.\n")


def test_a_long_log_of_a_server_is_verified_in_parts(remote, store, monkeypatch):
    """The command follows the server's cursor."""
    monkeypatch.setattr("tocsin.api.audit.MOST_VERIFIED", 4)
    a_log(store, 9)
    assert remote("audit", "verify").out == f"{a_log(store).head()}\n"


def test_a_key_that_may_not_see_the_log_of_a_server_is_told_so(remote):
    """As for everything else."""
    made = remote(
        "key", "create", "reader", "--scope", "incidents:read", "--store", f"json:{remote.folder}/served.json"
    )
    remote.environ["TOCSIN_API_KEY"] = made.out.strip()
    said = remote("audit", "list")
    assert (said.status, "does not let this API key" in said.err) == (2, True)
