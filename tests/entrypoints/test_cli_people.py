"""``user`` and ``team``: people and teams, on a store and on a server, shown alike."""

from contextlib import contextmanager

import pytest

from tests.entrypoints.pseudo_terminal import OnTerminal
from tests.entrypoints.serving import served
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.wsgi import Application
from tocsin.identity.passwords import Argon2
from tocsin.services.passwords import PASSWORD
from tocsin.storage.json_store import JsonStore


@pytest.fixture
def store(tocsin):
    """Return the store that everything is kept in, to look into."""
    opened = JsonStore(tocsin.folder / "incidents.json")
    yield opened
    opened.close()


@contextmanager
def on_a_server(tocsin, store):
    key = tocsin("key", "create", "laptop", "--scope", "admin").out.strip()
    environ = {"REQUESTS_PER_SECOND": "0"}
    handler = ApiHandler(environ, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id, store=store)
    with served(Application(handler, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id)) as running:
        tocsin.environ |= {"TOCSIN_API_KEY": key, "TOCSIN_SERVER": running.url}
        tocsin.by = "amira (key:laptop)"
        yield tocsin


@pytest.fixture
def remote(tocsin, store, quiet_logs):
    """Return the command line on a server."""
    with on_a_server(tocsin, store) as asking:
        yield asking


@pytest.fixture(params=["store", "server"])
def either(request, tocsin, store, quiet_logs):
    """Return the command line on a store, and on a server that serves it."""
    tocsin.by = "amira"
    if request.param == "store":
        yield tocsin
        return
    with on_a_server(tocsin, store) as asking:
        yield asking


def added(tocsin, name="ana", *options):
    said = tocsin("user", "add", f"{name}@example.com", "--name", name.title(), "--no-password", "--json", *options)
    assert said.status == 0, said.err
    return said.json


def test_people_are_added_listed_and_shown(either):
    """As the API shows them; who did it is named."""
    tocsin = either
    ana = added(tocsin, "ana", "--role", "responder", "--time-zone", "Europe/Madrid")
    bo = added(tocsin, "bo")
    assert (ana["role"], ana["time_zone"], ana["teams"]) == ("responder", "Europe/Madrid", [])
    assert ana["created_by"] == tocsin.by
    assert tocsin("user", "list", "--json").json == [ana, bo]
    assert [line.split()[:3] for line in tocsin("user", "list", "--role", "viewer").lines] == [
        ["E-MAIL", "ROLE", "STATE"],
        ["bo@example.com", "viewer", "active"],
    ]
    assert tocsin("user", "show", "ANA@example.com", "--json").json == ana
    assert "time zone Europe/Madrid; teams: -" in tocsin("user", "show", ana["id"]).out
    assert (
        "is added, as admin."
        in tocsin("user", "add", "c@example.com", "--name", "C", "--role", "admin", "--no-password").out
    )


def test_an_empty_list_says_how_to_begin(either):
    """With the command."""
    assert "user add EMAIL" in either("user", "list").err
    assert "team add NAME" in either("team", "list").err


def test_a_role_is_given_and_taken(either):
    """But not from the last administrator."""
    tocsin = either
    added(tocsin, "ana", "--role", "admin")
    added(tocsin, "bo")
    refused = tocsin("user", "set-role", "ana@example.com", "viewer")
    assert refused.status == 5
    assert refused.err.splitlines() == [
        "tocsin: ana@example.com is the last administrator",
        "  make somebody else one first",
    ]
    assert "has the role admin" in tocsin("user", "set-role", "bo@example.com", "admin").out
    assert tocsin("user", "set-role", "ana@example.com", "viewer", "--json").json["role"] == "viewer"
    assert "did you mean 'viewer'" in tocsin("user", "set-role", "bo@example.com", "viewr").err


def test_who_is_deactivated_is_listed_only_if_asked_for(either):
    """And can come back."""
    tocsin = either
    added(tocsin)
    assert tocsin("user", "deactivate", "ana@example.com", "--by", "boss").out == "ana@example.com is deactivated.\n"
    assert tocsin("user", "list", "--json").json == []
    (listed,) = tocsin("user", "list", "--all", "--json").json
    assert listed["active"] is False
    assert "deactivated" in tocsin("user", "list", "--all").out
    assert tocsin("user", "activate", "ana@example.com").out == "ana@example.com is active.\n"
    assert len(tocsin("user", "list", "--json").json) == 1


def test_errors_are_the_same_on_both(either):
    """Nobody there, taken, or no address at all."""
    tocsin = either
    added(tocsin)
    assert tocsin("user", "show", "nobody@example.com").status == 4
    assert tocsin("user", "add", "ana@example.com", "--name", "A", "--no-password").status == 5
    wrong = tocsin("user", "add", "ana", "--name", "A", "--no-password")
    assert (wrong.status, "'ana' is no e-mail address" in wrong.err) == (2, True)
    assert tocsin("team", "show", "nobody").status == 4


def test_teams_are_made_changed_and_deleted(either):
    """With members and services."""
    tocsin = either
    ana = added(tocsin)
    shop = tocsin("team", "add", "Shop", "--service", "checkout", "--service", "basket", "--json").json
    assert shop["services"] == ["basket", "checkout"]
    joined = tocsin("team", "join", "shop", "ana@example.com", "--json").json
    assert [one["id"] for one in joined["members"]] == [ana["id"]]
    assert tocsin("team", "list", "--json").json == [joined] == [tocsin("team", "show", shop["id"], "--json").json]
    assert tocsin("team", "list").lines[1].split()[:2] == ["Shop", "1"]
    assert "teams: Shop" in tocsin("user", "show", "ana@example.com").out
    tocsin("user", "deactivate", "ana@example.com")
    assert tocsin("team", "show", "Shop").lines == [
        "Shop  owns basket, checkout",
        "  ana@example.com  Ana  deactivated",
    ]
    assert tocsin("team", "edit", "Shop", "--name", "Store", "--service", "x", "--json").json["services"] == ["x"]
    assert tocsin("team", "edit", "Store", "--no-services").lines[0] == "Store  owns nothing"
    assert tocsin("team", "leave", "Store", ana["id"], "--json").json["members"] == []
    assert tocsin("team", "delete", "Store").out == "Store is deleted.\n"
    assert tocsin("team", "list", "--json").json == []


def test_an_edit_of_a_team_says_what_to_change(tocsin):
    """Or it is no edit."""
    assert tocsin("team", "edit", "Shop").status == 2
    assert tocsin("team", "edit", "Shop", "--service", "x", "--no-services").status == 2


def test_a_password_is_read_from_standard_input(tocsin, store):
    """Its hash is kept beside the person, and it is shown nowhere."""
    asked = ("user", "add", "ana@example.com", "--name", "Ana", "--password-stdin", "--json")
    said = tocsin(*asked, typed="mellow otter 41 violin\nmore\n")
    assert said.status == 0, said.err
    assert Argon2().matches(store.record(PASSWORD, said.json["id"]).body["hash"], "mellow otter 41 violin")
    assert "otter" not in said.out + said.err
    assert "argon2" not in said.out


def test_a_password_that_is_easily_guessed_is_refused(tocsin, store):
    """And nobody is added."""
    said = tocsin("user", "add", "ana@example.com", "--name", "Ana", "--password-stdin", typed="password12345\n")
    assert (said.status, "too easily guessed" in said.err) == (2, True)
    assert store.records("user", limit=1) == []


@pytest.mark.parametrize(
    "options, says",
    [
        ((), "say --password-stdin or --no-password"),
        (("--password-stdin",), "holds no password"),
        (("--password-stdin", "--no-password"), "exclude each other"),
    ],
)
def test_a_password_that_nobody_gives_is_not_made_up(tocsin, store, options, says):
    """And nobody is added."""
    said = tocsin("user", "add", "ana@example.com", "--name", "Ana", *options, typed="")
    assert (said.status, says in said.err) == (2, True)
    assert store.records("user", limit=1) == []


def test_a_password_is_asked_for_twice(tmp_path):
    """On a terminal, without showing it."""
    said = OnTerminal(tmp_path, "user", "add", "ana@example.com", "--name", "Ana")
    said.until("Password").press(b"mellow otter 41 violin\n").until("The same again").press(b"mellow otter 41 violin\n")
    assert said.ended() == 0
    assert "ana@example.com is added" in said.text
    assert "otter" not in said.shown


def test_a_password_never_goes_to_a_server(remote):
    """There none is asked for, and one that is given is refused."""
    assert remote("user", "add", "ana@example.com", "--name", "Ana").status == 0
    given = ("user", "add", "bo@example.com", "--name", "Bo", "--password-stdin")
    said = remote(*given, typed="correct horse\n")
    assert (said.status, "where the store is" in said.err) == (2, True)
    assert remote("user", "reset-password", "ana@example.com").status == 2
    assert len(remote("user", "list", "--json").json) == 1


def test_a_password_is_reset_by_a_token_that_is_shown_once(tocsin, store):
    """To whoever asked for it; for a person that there is."""
    added(tocsin)
    said = tocsin("user", "reset-password", "ana@example.com")
    assert said.out.startswith("tocsin_recover_")
    assert "Hand it to them alone" in said.err
    other = tocsin("user", "reset-password", "ana@example.com", "--by", "bo", "--json").json["token"]
    wiring = tocsin.wiring
    wiring.accounts(wiring.settings(), store).recovery.reset(other, "mellow otter 41 violin", actor=Actor("ana"))
    assert store.records(PASSWORD, limit=2)[0].body["hash"].startswith("$argon2id$")
    assert tocsin("user", "reset-password", "nobody@example.com").status == 4
