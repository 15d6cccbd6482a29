"""``login`` and ``logout``: a person at a server, whose tokens are kept, prolonged and forgotten."""

import io
import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.entrypoints.command_line import CommandLine, process
from tests.entrypoints.pseudo_terminal import OnTerminal
from tests.entrypoints.serving import eventually, gone, served
from tocsin.clock import utc_now
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.credentials import Credentials
from tocsin.entrypoints.passes import LOGIN, LoginPass
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.entrypoints.wsgi import Application
from tocsin.errors import ConfigurationError
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_id, random_secret
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

PASSWORD = "correct horse battery staple"
ANN = "ann@example.com"


class SignIn:
    """The API with a sign-in that knows one password. ``refreshed`` counts the exchanges, ``down`` drops each answer."""

    def __init__(self, folder, clock):
        self.store = JsonStore(folder / "served.json")
        self.refreshed = 0
        self.down = False
        self.slow = 0.0
        keys = SigningKeys(KeyFile(folder / "served.json.keys", new_secret=random_secret), clock=clock)
        self.sessions = sessions_of(self.store, keys, clock=clock, new_id=random_id)
        self.users = Users(
            self.store, AuditLog(self.store, clock=clock, new_id=random_id), clock=clock, new_id=random_id
        )
        self.ann = self.users.add(ANN, "Ann", UserRole.RESPONDER, actor=Actor("a test"))
        environ = {"REQUESTS_PER_SECOND": "0", "INCIDENTS_FILE": str(folder / "served.json")}
        self._handler = ApiHandler(environ, clock=clock, new_id=random_id, store=self.store)

    def __call__(self, event, context):
        path = event["rawPath"]
        if path == LOGIN:
            return self._signed_in(json.loads(event["body"]))
        answered = self._handler(event, context)
        if path.endswith("/refresh"):
            self.refreshed += 1
            time.sleep(self.slow)
        return _answer(503, {}) if self.down else answered

    def _signed_in(self, said):
        if (said["email"], said["password"]) != (ANN, PASSWORD):
            return _answer(401, {"type": "urn:tocsin:problem:sign-in-refused", "detail": "no", "status": 401})
        return _answer(200, self.sessions.open(self.ann, actor=Actor("", "127.0.0.1")).model_dump())


def _answer(status, body):
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps(body), "isBase64Encoded": False}


@pytest.fixture
def sign_in(tocsin):
    made = SignIn(tocsin.folder, lambda: tocsin.now)
    yield made
    made.store.close()


@pytest.fixture
def server(tocsin, sign_in, quiet_logs):
    """Return a server whose clock is that of the command line."""
    with served(Application(sign_in, clock=lambda: tocsin.now, new_id=random_id)) as running:
        tocsin.environ["TOCSIN_SERVER"] = running.url
        yield running


def typed(monkeypatch, text=PASSWORD + "\n"):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


@pytest.fixture
def ann(tocsin, server, monkeypatch):
    """Return the command line of somebody who is logged in."""
    typed(monkeypatch)
    said = tocsin("login", "--email", ANN, "--password-stdin")
    assert said.status == 0, said.err
    return tocsin


def kept(tocsin):
    return json.loads((tocsin.folder / "config" / "credentials.json").read_text())["servers"]


def test_a_login_is_kept_and_used(ann, server, sign_in):
    """By the commands that follow, which act as the person."""
    incident_id = ann.opened()
    assert ann("ack", incident_id, "--by", "somebody else").status == 0
    assert [event.by for event in sign_in.store.timeline(incident_id)] == [ANN, ANN]
    assert ann("send").status == 0
    assert ann("doctor").status == 0


def test_only_the_person_may_read_what_is_kept(ann, server):
    """The file and its folder; the password is not in it."""
    file = ann.folder / "config" / "credentials.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert PASSWORD not in file.read_text()
    assert set(kept(ann)) == {server.url}
    file.chmod(0o644)
    said = ann("list")
    assert (said.status, "may be read by others" in said.err) == (2, True)


def test_neither_password_nor_token_is_shown(tocsin, server, monkeypatch):
    """Whatever is said, and logged."""
    typed(monkeypatch)
    said = tocsin("login", "--email", ANN, "--password-stdin", LOG_LEVEL="DEBUG")
    assert said.out == f"You are logged in at {server.url} as {ANN}.\n"
    login = kept(tocsin)[server.url]
    more = tocsin("list", LOG_LEVEL="DEBUG")
    for secret in (PASSWORD, login["access_token"], login["refresh_token"]):
        assert secret not in said.out + said.err + more.out + more.err


def test_a_wrong_password_is_refused_in_one_line(tocsin, server, monkeypatch):
    """And nothing is kept."""
    typed(monkeypatch, "wrong\n")
    said = tocsin("login", "--email", ANN, "--password-stdin")
    assert (said.status, "does not accept this e-mail address and password" in said.err) == (5, True)
    assert len(said.err.splitlines()) == 1
    assert not (tocsin.folder / "config").exists()


def test_a_key_that_is_set_goes_before_the_login(ann, server):
    """And `login` says so."""
    made = ann("key", "create", "laptop", "--scope", "admin", "--store", f"json:{ann.folder / 'served.json'}")
    ann.environ["TOCSIN_API_KEY"] = made.out.strip()
    assert ann("show", ann.opened(), "--json").json["timeline"][0]["by"] == "amira (key:laptop)"
    sys.stdin.seek(0)
    assert "goes before" in ann("login", "--email", ANN, "--password-stdin").err


def test_a_login_is_prolonged_when_it_runs_out(ann, server, sign_in):
    """With the next command, for thirty days after the last one."""
    first = kept(ann)[server.url]
    for days in (29, 58):
        ann.minutes(29 * 24 * 60)
        assert ann("list").status == 0, days
    assert kept(ann)[server.url]["refresh_token"] != first["refresh_token"]
    assert sign_in.refreshed == 2
    assert ann("list").status == 0
    assert sign_in.refreshed == 2


def test_two_commands_at_once_use_a_refresh_token_once(ann, server, sign_in):
    """One waits for the other; otherwise it would look as if somebody had stolen it."""
    ann.minutes(20)
    sign_in.slow = 0.2
    arrived = threading.Barrier(4, timeout=30)

    def command(_number):
        wiring = ann.wiring
        held = LoginPass(
            Credentials(ann.folder / "config" / "credentials.json"),
            server.url,
            clock=lambda: ann.now,
            reach=lambda: wiring.stranger(server.url),
        )
        arrived.wait()
        return held.shown()

    with ThreadPoolExecutor(4) as pool:
        shown = set(pool.map(command, range(4)))
    assert (len(shown), sign_in.refreshed) == (1, 1)
    assert ann("list").status == 0


def test_processes_at_once_use_a_refresh_token_once(tmp_path, quiet_logs):
    """As above, with commands as people start them."""
    real = SignIn(tmp_path, utc_now)
    with served(Application(real, clock=utc_now, new_id=random_id)) as running:
        held = real.sessions.open(real.ann, actor=Actor(""))
        credentials = Credentials(tmp_path / "config" / "credentials.json")
        over = {
            "email": ANN,
            "access_token": held.access_token,
            "refresh_token": held.refresh_token,
            "good_until": utc_now().isoformat(),
        }
        with credentials.held():
            pass
        file = tmp_path / "config" / "credentials.json"
        file.write_text(json.dumps({"servers": {running.url: over}}))
        file.chmod(0o600)
        real.slow = 0.5
        with ThreadPoolExecutor(3) as pool:
            ran = list(pool.map(lambda _: process(tmp_path, "list", "--server", running.url), range(3)))
    assert [one.status for one in ran] == [0, 0, 0], ran
    assert real.refreshed == 1
    real.store.close()


@pytest.mark.parametrize("how", ["deactivated", "revoked", "not used for thirty days", "stolen"])
def test_a_login_that_is_over_says_so_in_one_line(ann, server, sign_in, how):
    """And what to do; the next command says the same, without asking the server."""
    match how:
        case "deactivated":
            sign_in.users.change(
                sign_in.ann.id, lambda one: one.model_copy(update={"active": False}), actor=Actor("a test")
            )
        case "revoked":
            sign_in.sessions.end(sign_in.ann.id, sign_in.sessions.every(sign_in.ann.id)[0].id, actor=Actor("a test"))
        case "stolen":
            sign_in.sessions.refresh(kept(ann)[server.url]["refresh_token"], actor=Actor(""))
            ann.minutes(20)
        case _:
            ann.minutes(30 * 24 * 60)
    said = ann("open", "--title", "x")
    assert (said.status, said.err.splitlines()[0]) == (2, f"tocsin: the login at {server.url} is over")
    assert "`login`" in said.err
    ann.minutes(20)
    assert ann("list").status == 2
    asked = sign_in.refreshed
    assert ann("list").status == 2
    assert sign_in.refreshed == asked


def test_an_answer_that_was_lost_is_not_asked_for_again(ann, server, sign_in):
    """A second try with the same token would end the session for certain; this way it only may be over."""
    ann.minutes(20)
    sign_in.down = True
    assert ann("list").status == 6
    assert sign_in.refreshed == 1


def test_what_a_role_does_not_include_is_refused(ann):
    """As for a key, in words that fit."""
    incident_id = ann.opened()
    said = ann("delete", incident_id, "--yes")
    assert (said.status, "your role does not include it" in said.err) == (5, True)


def test_logging_out_ends_the_session_there_and_here(ann, server, sign_in):
    """A copy of the file is worth nothing; twice is no error."""
    assert ann("logout").out == f"You are logged out at {server.url}.\n"
    assert sign_in.sessions.every(sign_in.ann.id) == []
    assert kept(ann) == {}
    assert "TOCSIN_API_KEY is not set" in ann("list").err
    again = ann("logout")
    assert (again.status, again.err) == (0, f"There is no login at {server.url}.\n")


def test_logging_out_of_what_is_over_forgets_it(ann, sign_in):
    """Whatever the server says."""
    sign_in.sessions.close(sign_in.ann.id, sign_in.sessions.every(sign_in.ann.id)[0].id, actor=Actor("a test"))
    said = ann("logout")
    assert (said.status, "over already" in said.err) == (0, True)
    assert kept(ann) == {}


def test_logging_out_where_the_server_is_gone_forgets_the_login_and_says_what_is_left(ann, server, sign_in):
    """The session itself goes on until somebody ends it: that must not be silent."""
    sign_in.down = True
    said = ann("logout")
    assert said.status == 6
    assert kept(ann) == {}


def test_logins_of_several_servers_are_kept_apart(ann, server, monkeypatch):
    """By address."""
    file = ann.folder / "config" / "credentials.json"
    login = kept(ann)[server.url]
    file.write_text(json.dumps({"servers": {server.url: login, "https://tocsin.example.com": login}}))
    assert ann("logout").status == 0
    assert set(kept(ann)) == {"https://tocsin.example.com"}


def test_without_a_server_there_is_nothing_to_log_in_to(tocsin):
    """It says how to name one."""
    for command in ("login", "logout"):
        said = tocsin(command)
        assert (said.status, "--server URL" in said.err) == (2, True)


def test_without_a_terminal_nothing_is_asked(tocsin, server, monkeypatch):
    """It says which option says it."""
    typed(monkeypatch, "")
    said = tocsin("login")
    assert (said.status, "--email ADDRESS" in said.err) == (2, True)
    said = tocsin("login", "--email", ANN)
    assert (said.status, "--password-stdin" in said.err) == (2, True)


def test_what_is_no_server_of_ours_gives_no_login(tocsin, server, sign_in, monkeypatch):
    """Whatever it answers."""
    monkeypatch.setattr(SignIn, "_signed_in", lambda _self, _said: _answer(200, {"token": "x"}))
    typed(monkeypatch)
    said = tocsin("login", "--email", ANN, "--password-stdin")
    assert (said.status, "no server of ours" in said.err) == (2, True)


def test_a_file_of_something_else_is_refused(ann):
    """With what to do; it is left as it is."""
    file = ann.folder / "config" / "credentials.json"
    file.write_text("swordfish")
    said = ann("list")
    assert (said.status, "is no file of logins" in said.err) == (2, True)
    assert "swordfish" not in said.err


def test_a_folder_that_cannot_be_made_is_told(tocsin, server, monkeypatch):
    """With the variable that names another."""
    typed(monkeypatch)
    (tocsin.folder / "blocked").write_text("x")
    said = tocsin("login", "--email", ANN, "--password-stdin", TOCSIN_CREDENTIALS=str(tocsin.folder / "blocked" / "x"))
    assert (said.status, "TOCSIN_CREDENTIALS" in said.err) == (6, True)


def test_logins_are_kept_in_the_folder_for_configuration(tmp_path):
    """XDG's, unless a setting says otherwise."""
    line = CommandLine(tmp_path)
    line.environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg"), "TOCSIN_SERVER": "http://127.0.0.1:1"}
    (tmp_path / "xdg" / "tocsin").mkdir(parents=True)
    (tmp_path / "xdg" / "tocsin" / "credentials.json").write_text("{}")
    (tmp_path / "xdg" / "tocsin" / "credentials.json").chmod(0o666)
    assert "may be read by others" in line("list").err


def test_on_a_terminal_the_password_is_asked_for_and_not_shown(tmp_path, quiet_logs):
    """As a person meets it."""
    real = SignIn(tmp_path, utc_now)
    with served(Application(real, clock=utc_now, new_id=random_id)) as running:
        command = OnTerminal(tmp_path, "login", "--server", running.url)
        command.until("E-mail").press(ANN.encode() + b"\n")
        command.until("Password").press(PASSWORD.encode() + b"\n")
        command.until("You are logged in")
        assert command.ended() == 0
        assert PASSWORD not in command.text
        assert process(tmp_path, "list", "--server", running.url).status == 0
    real.store.close()


def test_a_login_that_another_command_ended_meanwhile_is_over(tmp_path):
    """Between the look and the lock."""
    held = LoginPass(Credentials(tmp_path / "x.json"), "https://x", clock=utc_now, reach=lambda: None)
    with pytest.raises(ConfigurationError, match="is over"):
        held.shown()


def test_a_server_that_is_not_there_leaves_the_login_as_it_is(ann, server):
    """It is tried again with the next command."""
    ann.minutes(20)
    before = kept(ann)
    server.stop()
    eventually(lambda: gone(server.url))
    assert ann("list").status == 6
    assert kept(ann) == before
