"""``--server``: the command line on the incidents of a server, as on those of a store."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.entrypoints.command_line import APP_KEY, CommandLine
from tests.entrypoints.serving import served
from tocsin.demo import MonitorId
from tocsin.demo.faults import ServerError
from tocsin.domain.api_key import Token
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.program import TABLE
from tocsin.entrypoints.wsgi import Application
from tocsin.services.api_keys import ApiKeys


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


def test_keys_are_made_listed_and_revoked_on_a_server(remote, store):
    """Printed as from a store; what is kept there says who made it."""
    made = remote("key", "create", "prod", "--scope", "alerts:write", "--source", "shop", "--expires", "2h")
    assert (made.status, "shown this once" in made.err) == (0, True)
    keys = ApiKeys(store, clock=lambda: remote.now, new_id=remote.wiring.new_id)
    assert keys.check(Token.read(made.out.strip())).source == "shop"
    assert {one.name: one.created_by for one in keys.every()} == {"laptop": "amira", "prod": "amira (key:laptop)"}
    assert re.fullmatch(r"tocsin_\w{12}_\S{43}", remote("key", "create", "x", "--scope", "admin", "--json").json["key"])
    assert remote("key", "revoke", "x", "--by", "bob").out.startswith("x (")
    assert {one.revoked_by for one in keys.every()} == {"", "bob (key:laptop)"}


@pytest.mark.parametrize(
    "command",
    [
        ("key", "list"),
        ("key", "list", "--all"),
        ("key", "list", "--all", "--json"),
        ("key", "create", "prod", "--scope", "admin"),
        ("key", "create", "no spaces", "--scope", "admin"),
        ("key", "create", "x", "--scope", "admin", "--source", "A B"),
        ("key", "revoke", "prdo"),
        ("key", "revoke", "a/../b"),
        ("key", "revoke", "bot-1"),
        ("tick",),
        ("tick", "--json"),
    ],
)
def test_what_is_said_of_keys_is_what_a_store_would_say(remote, command):
    """Word for word, errors and exit statuses among it."""
    for number in range(3):
        remote("key", "create", f"bot-{number}", "--scope", "alerts:write", "--expires", "2h")
    remote("key", "create", "prod", "--scope", "admin")
    remote("key", "revoke", "bot-1")
    asked = remote(*command)
    read = remote(*command, f"--store=json:{remote.folder / 'served.json'}")
    assert (asked.status, asked.out, asked.err) == (read.status, read.out, read.err)
    assert remote.slept == []


def test_many_keys_are_listed_whole(remote, store):
    """Page by page."""
    keys = ApiKeys(store, clock=lambda: remote.now, new_id=remote.wiring.new_id)
    for number in range(210):
        keys.create(f"bot-{number}", ["alerts:write"], secret="s" * 43, actor=Actor("a test"))
    assert len(remote("key", "list", "--json").json) == 211


def test_a_key_whose_answer_was_lost_is_not_made_twice(tocsin, scripted):
    """It says which it was, and what to do."""
    lost = b'{"type": "urn:tocsin:problem:already-there", "detail": "has made the key k", "hint": "revoke it"}'
    url, asked = scripted((503, b"{}"), (409, lost))
    said = tocsin("key", "create", "x", "--scope", "admin", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, said.err) == (5, "tocsin: has made the key k\n  revoke it\n")
    assert len({key for _, key in asked}) == 1


def test_a_server_that_makes_a_key_and_says_none_is_said_so(tocsin, scripted):
    """In place of a line that opens nothing."""
    url, _ = scripted((201, b'{"name": "x"}'))
    said = tocsin("key", "create", "x", "--scope", "admin", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, "says none that can be read" in said.err) == (2, True)


# -- the server's Datadog ---------------------------------------------------------------------------------------------


@pytest.fixture
def reading(tocsin, store, settings, quiet_logs):
    """Return the command line with a server that reads the simulated Datadog; it has none of those keys itself."""
    environ = settings | {"REQUESTS_PER_SECOND": "0"}
    handler = ApiHandler(
        environ, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id, store=store, sleep=lambda _seconds: None
    )
    made = tocsin("key", "create", "laptop", "--scope", "admin", "--store", f"json:{tocsin.folder / 'served.json'}")
    with served(Application(handler, clock=lambda: tocsin.now, new_id=tocsin.wiring.new_id)) as running:
        tocsin.environ |= {"TOCSIN_API_KEY": made.out.strip(), "TOCSIN_SERVER": running.url}
        yield tocsin


def own(text):
    """Return the lines of a command: the log of a server in the same process goes where it goes."""
    return [line for line in text.splitlines() if not line.startswith(('{"level"', "error: a request"))]


def test_a_server_syncs_when_it_is_asked_to(reading, datadog, store):
    """What is said is what a sync here would say."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    dry = reading("sync", "--dry-run")
    assert (dry.status, "Would open 1" in dry.out) == (0, True)
    said = reading("sync", "--json")
    assert (said.status, said.json["opened"], said.json["changed"]) == (0, ["INC-1001"], True)
    assert store.incident("INC-1001") is not None
    datadog.world.trigger(MonitorId.HOST_CPU)
    shown = reading("sync")
    assert "Opened 1" in shown.out
    assert store.incident("INC-1002").title in shown.out


def test_a_server_can_be_watched(reading, datadog):
    """Again and again; errors of its Datadog end nothing once it worked."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    naps = []

    def sleep(seconds):
        naps.append(seconds)
        if len(naps) == 1:
            datadog._keys = ("another" * 4, APP_KEY)
        else:
            raise KeyboardInterrupt

    reading.sleep = sleep
    said = reading("sync", "--watch", "60", "--json")
    assert (said.status, naps) == (130, [60.0, 60.0])
    assert [line[:22] for line in own(said.out)] == ['{"source": "datadog", ']
    assert "trying again in" in said.err


def test_a_datadog_that_the_server_cannot_read_is_said_so_with_the_status_of_a_sync(reading, datadog):
    """In its own words, after one try: the server has made the others."""
    datadog.faults.always(ServerError(503))
    said = reading("sync")
    first, hint = own(said.err)
    assert (said.status, own(said.out), reading.slept) == (3, [], [])
    assert re.match(r"tocsin: Datadog \(127.0.0.1:.* has trouble \(503\)", first)
    assert hint.startswith("  ")


def test_a_sweep_that_broke_off_there_has_the_status_of_one_here(reading, datadog):
    """And says so."""
    datadog.faults.next(ServerError(), count=None, after=1)
    said = reading("sync")
    assert (said.status, "INCOMPLETE" in said.out.upper()) == (3, True)


def test_a_server_without_keys_of_datadog_says_so(remote):
    """As a command without them does, with where to set them."""
    said = remote("sync")
    assert (said.status, "has no keys of Datadog" in said.err) == (2, True)
    assert "Set DATADOG_API_KEY" in said.err


def test_a_server_does_what_is_due(remote):
    """When it is asked to."""
    incident_id = remote.opened()
    remote("snooze", incident_id, "1h")
    remote.minutes(61)
    assert remote("tick").out == f"Paging again: {incident_id}\n"
    assert "Nothing was due" in remote("tick").err


def test_a_store_that_is_named_goes_before_a_server_that_is_set(remote):
    """And the two options exclude each other."""
    remote.opened("on the server")
    assert remote("list", "--json", "--store", f"json:{remote.folder / 'other.json'}").json == []
    said = remote("--server", "http://127.0.0.1:1", "list", "--store", "json:x.json")
    assert (said.status, "give one of them" in said.err) == (2, True)


# -- doctor -----------------------------------------------------------------------------------------------------------


def found(said):
    """Return the checks of a doctor by name, as verdict and what was found."""
    return {one["check"]: (one["verdict"], one["found"]) for one in said.json}


def test_doctor_asks_the_server_whether_it_is_well(remote, server):
    """And whether it takes the key, and what for; nothing is changed by that."""
    remote("tick")
    remote.minutes(2)
    said = remote("doctor", "--json")
    assert said.status == 0
    assert found(said) | {"settings": ""} == {
        "settings": "",
        "server": ("good", f"{server.url} is ready: no sweep of Datadog yet, tick 2 min ago"),
        "key": ("good", "it is accepted, for admin"),
    }
    assert remote("list", "--json").json == []


@pytest.mark.parametrize(
    "scopes, says",
    [
        (["alerts:write"], "alerts:write"),
        (["incidents:read"], "incidents:read"),
        (["incidents:write"], "incidents:write, incidents:read"),
        (["incidents:read", "alerts:write"], "incidents:read, alerts:write"),
    ],
)
def test_doctor_says_what_the_key_is_for(remote, scopes, says):
    """By trying, without changing anything."""
    made = remote("key", "create", "scoped", *(word for scope in scopes for word in ("--scope", scope)))
    remote.environ["TOCSIN_API_KEY"] = made.out.strip()
    assert found(remote("doctor", "--json"))["key"] == ("good", f"it is accepted, for {says}")


def test_doctor_tells_a_wrong_key_and_a_missing_one_from_a_server_that_is_away(remote):
    """Each with what mends it."""
    remote.environ["TOCSIN_API_KEY"] = f"tocsin_{'0' * 12}_{'x' * 43}"
    said = remote("doctor", "--json")
    verdicts = {name: verdict for name, (verdict, _) in found(said).items()}
    assert (said.status, verdicts) == (2, {"settings": "good", "server": "good", "key": "bad"})
    del remote.environ["TOCSIN_API_KEY"]
    said = remote("doctor", "--json")
    assert (said.status, "TOCSIN_API_KEY is not set" in found(said)["key"][1]) == (2, True)
    said = remote("doctor", "--json", "--server", "http://127.0.0.1:1")
    assert (said.status, found(said)["server"][0], found(said)["key"][0]) == (6, "bad", "skipped")


def test_doctor_says_that_a_server_is_late(remote):
    """Which is no error of the server."""
    remote("tick")
    remote.minutes(20)
    said = remote("doctor", "--json")
    assert (said.status, found(said)["server"][0]) == (0, "doubtful")


@pytest.mark.parametrize(
    "answer, status, says",
    [
        ((503, b'{"status": "unready", "store": false}'), 6, "does not reach its store"),
        (
            (503, b'{"status": "unready", "store": true, "lacks": ["no index"]}'),
            6,
            "its store lacks something: no index",
        ),
        ((404, b"{}"), 2, "no server of ours: it answered 404"),
        ((200, b"<html>"), 2, "no server of ours: its answer is no JSON"),
        ((200, b'{"status": "ok", "store": true}'), 2, "TOCSIN_API_KEY is not set"),
    ],
)
def test_doctor_says_how_a_server_is_unready(tocsin, scripted, answer, status, says):
    """As its own health says it."""
    url, _ = scripted(answer)
    said = tocsin("doctor", "--server", url)
    assert (said.status, says in said.out) == (status, True), said.out


@pytest.mark.parametrize(
    "answers, verdict, says",
    [
        ([(403, b"{}")] * 4, "doubtful", "may do nothing from here"),
        ([(403, b"{}"), (500, b"{}")], "bad", "answered 500"),
        ([(429, b"{}")], "bad", "answered 429"),
    ],
)
def test_doctor_does_not_guess_what_a_key_is_for(tocsin, scripted, answers, verdict, says):
    """What it could not find out it says."""
    url, _ = scripted((200, b'{"status": "ok", "store": true}'), *answers)
    said = found(tocsin("doctor", "--json", "--server", url, TOCSIN_API_KEY="tocsin_x"))
    assert (said["key"][0], says in said["key"][1]) == (verdict, True)


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


class Scripted(BaseHTTPRequestHandler):
    """Answers what it is told, one after the other; keeps what came."""

    answers: list[tuple[int, bytes]]
    asked: list[tuple[str, str]]

    def do_POST(self):
        """Answer the next."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((self.path, self.headers.get("Idempotency-Key")))
        status, body = self.answers.pop(0)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """Answer the next."""
        self.do_POST()

    def do_PATCH(self):
        """Answer the next."""
        self.do_POST()

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def scripted():
    """Return a function that starts a server with answers; it returns the address and what came."""
    running = []

    def start(*answers):
        handler = type("Handler", (Scripted,), {"answers": list(answers), "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", handler.asked

    yield start
    for server, thread in running:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_request_whose_answer_failed_is_sent_again_under_the_same_key(tocsin, scripted):
    """So that nothing is done twice."""
    url, asked = scripted((503, b"{}"), (502, b"<html>"), (200, b'{"taken": [], "refused": [], "truncated": 0}'))
    tocsin("send", "--json", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert len(asked) == 3
    assert len(set(asked)) == 1


def test_a_server_that_is_none_of_ours_is_said_so(tocsin, scripted):
    """In place of a traceback."""
    url, _ = scripted((200, b"<html>"))
    said = tocsin("list", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert (said.status, "no server of ours" in said.err) == (2, True)
    url, _ = scripted((404, b"<html>"))
    assert "answered 404" in tocsin("list", "--server", url, TOCSIN_API_KEY="tocsin_x").err


# -- send -------------------------------------------------------------------------------------------------------------


def test_a_test_alert_is_sent_and_ended(remote, store):
    """By a key that may; as any program would."""
    said = remote("send", "Checkout is down", "--service", "checkout", "--severity", "high", "--label", "host=web-1")
    assert said.status == 0
    assert "it belongs to INC-1001" in said.out
    incident = store.incident("INC-1001")
    assert (incident.title, incident.service, incident.severity) == ("Checkout is down", "checkout", "high")
    assert "it belongs to INC-1001" in remote("send", "--state", "resolved").out
    assert store.incident("INC-1001").recovered_at is not None


def test_what_the_server_says_to_a_test_alert_can_be_had_as_json(remote):
    """Whole."""
    assert [one["incident"] for one in remote("send", "--json").json["taken"]] == ["INC-1001"]


def test_a_label_has_a_name_and_a_value(remote):
    """Said before anything is sent."""
    assert "'x' is no label" in remote("send", "--label", "x").err


def test_a_test_alert_goes_to_this_machine_unless_told_otherwise(tmp_path):
    """Where `serve` serves."""
    tocsin = CommandLine(tmp_path)
    said = tocsin("send", TOCSIN_API_KEY="tocsin_x")
    assert "http://127.0.0.1:8080" in said.err or "http://127.0.0.1:8080" in said.out
