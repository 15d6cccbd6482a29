"""``contact`` and ``room``: by which ways people are reached, on a store and on a server."""

from contextlib import contextmanager

import pytest

from tests.entrypoints.pseudo_terminal import OnTerminal
from tests.entrypoints.serving import served
from tests.reach import Kept, code_in, send_codes
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.credentials import Login
from tocsin.entrypoints.reaching import reach_of
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.entrypoints.wsgi import Application
from tocsin.services.auditing import AuditLog
from tocsin.services.sessions import LIFETIME
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

ANN = "ann@example.com"
HOOK = "https://hooks.slack.com/services/swordfish"


@pytest.fixture
def store(tocsin):
    """Return the store that everything is kept in."""
    opened = JsonStore(tocsin.folder / "incidents.json")
    yield opened
    opened.close()


@pytest.fixture
def ann(tocsin, store):
    """Return an administrator of that store."""
    wiring = tocsin.wiring
    audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
    users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
    return users.add(ANN, "Ann", UserRole.ADMIN, actor=Actor("a test"))


@contextmanager
def logged_in(tocsin, store, user):
    """Serve the store, and have somebody logged in there."""
    wiring = tocsin.wiring
    environ = {"REQUESTS_PER_SECOND": "0", "INCIDENTS_FILE": str(tocsin.folder / "incidents.json")}
    environ |= {name: tocsin.environ[name] for name in ("OUTBOUND_ALLOW",) if name in tocsin.environ}
    handler = ApiHandler(environ, clock=lambda: tocsin.now, new_id=wiring.new_id, store=store)
    settings = wiring.settings()
    sessions = sessions_of(store, wiring.signing_keys(settings), clock=wiring.clock, new_id=wiring.new_id)
    held = sessions.open(user, actor=Actor(""))
    with served(Application(handler, clock=lambda: tocsin.now, new_id=wiring.new_id)) as running:
        credentials = wiring.credentials(settings)
        with credentials.held():
            login = Login(
                email=user.email,
                access_token=held.access_token,
                refresh_token=held.refresh_token,
                good_until=tocsin.now + LIFETIME,
            )
            credentials.put(running.url, login)
        tocsin.environ["TOCSIN_SERVER"] = running.url
        yield


@pytest.fixture
def allowed(tocsin):
    """Let webhooks reach a network of one's own."""
    tocsin.environ["OUTBOUND_ALLOW"] = "10.1.0.0/16"


@pytest.fixture(params=["store", "server"])
def either(request, tocsin, store, ann, quiet_logs):
    """Return the command line on a store, where one says whose contacts; and on a server, logged in as who it is."""
    tocsin.whose = ("--user", ANN)
    if request.param == "store":
        yield tocsin
        return
    with logged_in(tocsin, store, ann):
        tocsin.whose = ()
        yield tocsin


def code_sent(tocsin, store):
    """Do what is due; return the code that came."""
    wiring, channel = tocsin.wiring, Kept()
    keys = wiring.signing_keys(wiring.settings())
    contacts = reach_of(store, keys, clock=wiring.clock, new_id=wiring.new_id).contacts
    channels = {kind: lambda: channel for kind in ChannelKind}
    send_codes(store, contacts, keys, channels, clock=wiring.clock, new_id=wiring.new_id)
    ((message, _),) = channel.sent
    return code_in(message)


def test_a_contact_is_added_verified_and_deleted(either, store):
    """By the code that came."""
    tocsin, whose = either, either.whose
    added = tocsin("contact", "add", "sms", "+49 30 1234567", "--name", "my phone", *whose)
    assert added.status == 0, added.err
    assert added.out == "Contact 1 is added; `tocsin contact code 1` sends a code there.\n"
    lines = [line.split() for line in tocsin("contact", "list", *whose).lines]
    assert lines[1][:3] == ["account", "email", "verified"]
    assert lines[2][:4] == ["1", "sms", "not", "verified"]
    asked = tocsin("contact", "code", "1", *whose)
    assert asked.out == "A code is on its way; it is good until 2026-03-02 12:15:00 UTC.\n", asked.err
    code = code_sent(tocsin, store)
    wrong = tocsin("contact", "verify", "1", "x", *whose)
    assert (wrong.status, "4 more tries" in wrong.err) == (2, True)
    assert tocsin("contact", "verify", "1", code, *whose).out == "Contact 1 is verified.\n"
    assert tocsin("contact", "list", "--json", *whose).json[1]["usable"] is True
    assert tocsin("contact", "delete", "1", *whose).out == "Contact 1 is deleted.\n"
    assert tocsin("contact", "delete", "1", *whose).status == 4


def test_what_is_secret_is_read_and_never_shown(either):
    """From standard input, or a file: a line for each secret."""
    tocsin, whose = either, either.whose
    file = tocsin.folder / "secrets"
    file.write_text(f"{HOOK}\nswordfish\n")
    one = tocsin("contact", "add", "slack", "--secrets", "-", "--json", *whose, typed=f"{HOOK}\n")
    two = tocsin("contact", "add", "webhook", "--secrets", str(file), "--json", *whose)
    three = tocsin("contact", "add", "ntfy", "url=https://ntfy.sh/x?a=b", "--secrets", "-", "--json", *whose, typed="")
    assert [said.json["address"] for said in (one, two, three)] == [
        {"url": "https://hooks.slack.com/..."},
        {"url": "https://hooks.slack.com/...", "secret": "set"},
        {"url": "https://ntfy.sh/x?a=b"},
    ]
    shown = tocsin("contact", "list", *whose)
    assert "swordfish" not in "".join(said.out + said.err for said in (one, two, three, shown))


@pytest.mark.parametrize(
    "arguments, says",
    [
        (("slack",), "there is no terminal to ask for what is secret of slack (url): say --secrets FILE"),
        (("slack", "x", "--secrets", "-"), "slack takes no word that may be seen"),
        (("webhook", "secret=x"), "secret is secret, and would be seen by whoever lists processes"),
        (("sms", "+4930123456", "x"), "sms takes number"),
        (("sms", "--secrets", "nowhere"), "nowhere could not be read: No such file"),
        (("smss",), "did you mean 'sms'"),
        (("sms",), "sms needs number"),
    ],
)
def test_what_cannot_be_an_address_is_told_in_one_line(tocsin, ann, quiet_logs, arguments, says):
    """And nothing is added."""
    said = tocsin("contact", "add", *arguments, "--user", ANN, typed="")
    assert (said.status, says in said.err) == (2, True), said.err
    assert len(tocsin("contact", "list", "--json", "--user", ANN).json) == 1


def test_a_secret_is_asked_for_on_a_terminal(tmp_path):
    """Without showing it; one that is not needed may be left out."""
    said = OnTerminal(tmp_path, "room", "add", "ops", "webhook")
    said.until("Url").press(f"{HOOK}\n".encode()).until("Secret").press(b"\n")
    assert said.ended() == 0
    assert "The room ops is added." in said.text
    assert "swordfish" not in said.shown


def test_on_a_store_one_says_whose_contacts(tocsin, ann, quiet_logs):
    """Nobody is signed in there; and a list may be empty."""
    said = tocsin("contact", "list")
    assert (said.status, "with --user WHO" in said.err) == (2, True)
    assert tocsin("contact", "list", "--user", "nobody@example.com").status == 4
    tocsin("user", "add", "bo@example.com", "--name", "Bo", "--no-password")
    assert "account" in tocsin("contact", "list", "--user", "bo@example.com").out


def test_on_a_server_administrators_see_to_others_and_verify_nobody(tocsin, store, ann, quiet_logs):
    """Whoever is reached there does."""
    tocsin("user", "add", "bo@example.com", "--name", "Bo", "--no-password")
    with logged_in(tocsin, store, ann):
        assert tocsin("contact", "add", "sms", "+4930123456", "--user", "bo@example.com").status == 0
        listed = tocsin("contact", "list", "--user", "bo@example.com", "--json").json
        assert [one["number"] for one in listed] == ["account", "1"]
        assert len(tocsin("contact", "list", "--json").json) == 1
        for arguments in (("code", "1"), ("verify", "1", "123456")):
            said = tocsin("contact", *arguments, "--user", "bo@example.com")
            assert (said.status, "nobody verifies another's contact" in said.err) == (2, True)


def test_a_room_in_a_network_that_is_allowed_is_taken(allowed, either):
    """Over http too; without OUTBOUND_ALLOW it is refused at once."""
    added = either("room", "add", "ops", "webhook", "--secrets", "-", typed="http://10.1.2.3:8/hook\n\n")
    assert added.out == "The room ops is added.\n", added.err
    (room,) = either("room", "list", "--json").json
    assert room["address"] == {"url": "http://10.1.2.3:8/..."}


def test_a_room_in_a_network_of_ones_own_is_refused_otherwise(either):
    """Whoever may add one would look around there with our rights."""
    added = either("room", "add", "ops", "webhook", "--secrets", "-", typed="https://10.1.2.3:8/hook\n\n")
    assert (added.status, "no address of the public network" in added.err) == (2, True)


def test_rooms_are_added_shown_and_deleted(either):
    """By name; what is secret is not shown."""
    tocsin = either
    assert "room add NAME KIND" in tocsin("room", "list").err
    added = tocsin("room", "add", "#ops", "opsgenie", "region=eu", "--secrets", "-", typed="swordfish\n")
    assert added.out == "The room ops is added.\n", added.err
    assert tocsin("room", "list").lines[1].split() == ["ops", "opsgenie", "active", "key", "set,", "region", "eu"]
    (listed,) = tocsin("room", "list", "--json").json
    assert tocsin("room", "show", "OPS", "--json").json == listed
    assert tocsin("room", "show", "ops").out == "ops  opsgenie  key set, region eu\n"
    assert tocsin("room", "add", "ops", "log", "--json").status == 5
    assert tocsin("room", "delete", "ops").out == "The room ops is deleted.\n"
    assert tocsin("room", "show", "ops").status == 4


def test_what_is_switched_off_shows(tocsin, store, ann, quiet_logs):
    """It is there, and nothing is sent."""
    tocsin("room", "add", "ops", "log", "--json")
    tocsin("contact", "add", "log", "--user", ANN)
    wiring = tocsin.wiring
    contacts = reach_of(
        store, wiring.signing_keys(wiring.settings()), clock=wiring.clock, new_id=wiring.new_id
    ).contacts
    contacts.edit(contacts.room("ops"), None, active=False, actor=Actor("a test"))
    contacts.edit(contacts.own(ann, "1"), ann, active=False, actor=Actor("a test"))
    assert tocsin("room", "show", "ops").out == "ops  log  -  off\n"
    assert "off" in tocsin("room", "list").lines[1]
    assert tocsin("contact", "list", "--user", ANN).lines[2].split()[:3] == ["1", "log", "off"]


RULES = """
rules:
- severities: [critical, high]
  steps: [{channel: sms}, {contact: account, after_minutes: 5}]
quiet:
- hours: [{begin: 22:00, end: 07:00}, {weekdays: [sat], begin: 07:00, end: 22:00}]
time_zone: Europe/Madrid
"""


def test_rules_are_kept_in_a_file(either, tocsin):
    """What is printed is such a file, and the same again changes nothing; what is left out is not chosen."""
    assert either("contact", "rules", *either.whose).out == "{}\n"
    file = tocsin.folder / "rules.yaml"
    file.write_text(RULES)
    said = either("contact", "rules", str(file), *either.whose)
    assert (said.status, "begin: '22:00'" in said.out) == (0, True), said.err
    file.write_text(said.out)
    assert either("contact", "rules", str(file), *either.whose).out == said.out
    assert either("contact", "rules", *either.whose).out == said.out
    shown = either("contact", "rules", "--json", *either.whose).json
    assert [one["channel"] for one in shown["rules"][0]["steps"]] == ["sms", None]
    assert (shown["quiet"][0]["severities"], shown["time_zone"]) == (["medium", "low"], "Europe/Madrid")
    file.write_text("account_email: false")
    assert either("contact", "rules", str(file), *either.whose).out == "account_email: false\n"


@pytest.mark.parametrize(
    "text, says",
    [
        ("rules: [{severities: [loud], steps: [{channel: sms}]}]", "rules 1 severities 1"),
        ("quiet: [{severities: [critical], hours: [{begin: 22:00, end: 07:00}]}]", "critical and high are told at any"),
        ("rules: [{severities: [low], steps: [{contact: strange}]}]", "has no contact strange"),
        ("- 1", "describes no notification rules"),
    ],
)
def test_rules_that_cannot_be_are_refused(either, tocsin, text, says):
    """And say what is wrong."""
    file = tocsin.folder / "rules.yaml"
    file.write_text(text)
    said = either("contact", "rules", str(file), *either.whose)
    assert (said.status, says in said.err) == (2, True), said.err
