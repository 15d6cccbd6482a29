"""``--server``: the command line on the incidents of a server, as on those of a store."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.entrypoints.command_line import CommandLine


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


@pytest.mark.parametrize("command", [("tick",), ("key", "list"), ("key", "create", "x", "--scope", "admin")])
def test_what_only_the_store_can_do_is_refused(remote, command):
    """With what to do in its place."""
    said = remote(*command)
    assert said.status == 2
    assert "leave --server (TOCSIN_SERVER) out" in said.err


@pytest.mark.parametrize("command", [("demo",), ("completion", "bash"), ("rules", "check")])
def test_a_command_without_incidents_takes_no_server(remote, command):
    """It says so, and does not silently pass over it."""
    assert "leave --server out" in remote("--server", "http://127.0.0.1:1", *command).err


def test_a_store_that_is_named_goes_before_a_server_that_is_set(remote):
    """And the two options exclude each other."""
    remote.opened("on the server")
    assert remote("list", "--json", "--store", f"json:{remote.folder / 'other.json'}").json == []
    said = remote("--server", "http://127.0.0.1:1", "list", "--store", "json:x.json")
    assert (said.status, "give one of them" in said.err) == (2, True)


def test_doctor_asks_the_server_whether_it_is_well(remote, server):
    """And whether it takes the key."""
    said = remote("doctor", "--json")
    assert said.status == 0
    assert [(one["check"], one["verdict"]) for one in said.json] == [("settings", "good"), ("server", "good")]
    remote.environ["TOCSIN_API_KEY"] = f"tocsin_{'0' * 12}_{'x' * 43}"
    assert remote("doctor").status == 2


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
