"""No secret, hash or token in what anything writes: every route and every command is run, and all that they say searched.

A new command needs a line in ``RUNS``; a new route is asked by itself. What is given as a secret somewhere else (a
password in a body, say) gets a name in ``SECRETS``.
"""

import base64
import contextlib
import re

import click
import pytest

from tests.api.client import Client
from tests.chains import a_log
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.serving import Serving
from tests.fakes import MemoryStore
from tests.secrets_seen import Seen
from tocsin.api.routes import ROUTES
from tocsin.demo import MonitorId
from tocsin.domain.access import Scope
from tocsin.domain.audit import Actor
from tocsin.entrypoints.program import TABLE, program
from tocsin.ids import random_secret

SECRETS = ("password", "current_password", "new_password", "token", "refresh_token", "access_token", "code", "secret")
"""Fields of bodies, and parameters, in which somebody may send what nobody else may see."""

MADE = {"incident_id": "INC-1001", "alert_id": "generic~dGVzdHM6YQ", "user": "ann"}
"""What stands in paths."""


class Run:
    """An API with keys of all sorts, all of whose answers are kept."""

    def __init__(self):
        self.client = Client(MemoryStore())
        self.seen = Seen()
        self.bodies = {name: self.seen.secret(name, random_secret()) for name in SECRETS}
        self.tokens = [self.key("admin", Scope.ADMIN), self.key("reader", Scope.INCIDENTS_READ)]
        self.tokens.append(self.key("revoked", Scope.ADMIN))
        self.client.keys.revoke("revoked", actor=Actor("a test"))
        self.tokens.append(self.tokens[0][:-4] + self.seen.secret("half a key", random_secret())[:4])
        self.client.opened()

    def key(self, name, scope):
        """Make a key; return its token."""
        secret = self.seen.secret(f"the {name} key", random_secret())
        return str(self.client.keys.create(name, [scope], secret=secret, actor=Actor("a test"))[1])

    def ask(self, method, path, body=None, **more):
        """Ask, and keep what is answered."""
        reply = self.client(method, path, body, **more)
        self.seen.add(f"{method} {path}", f"{reply.status} {reply.headers}\n")
        self.seen.add(f"{method} {path}", reply.body)
        return reply


@pytest.mark.parametrize("endpoint", [one.endpoint for one in ROUTES], ids=lambda one: f"{one.method} {one.path}")
def test_a_route_shows_no_secret(endpoint):
    """Whoever asks, however the key is shown, whatever is wrong with the body: neither answer nor log nor audit log."""
    run = Run()
    path = re.sub(r"\{(\w+)\}", lambda found: MADE.get(found[1], "1"), endpoint.path)
    for token in (*run.tokens, ""):
        run.ask(endpoint.method, path, token=token)
        run.ask(endpoint.method, path, token=token, query=run.bodies)
        basic = base64.b64encode(f"{run.bodies['password']}:{token}".encode()).decode()
        run.ask(endpoint.method, path, token="", authorization=f"Basic {basic}")
        run.ask(endpoint.method, path, token="", x_tocsin_key=token)
        if endpoint.method != "GET":
            run.ask(endpoint.method, path, run.bodies, token=token)
            run.ask(endpoint.method, path, {"title": [run.bodies], "status": run.bodies}, token=token)
            run.ask(endpoint.method, path, raw=f'{{"password": "{run.bodies["password"]}'.encode(), token=token)
    run.seen.add("the log", run.client.log.said)
    run.seen.add("the audit log", [entry.line() for entry in a_log(run.client.store).entries()])
    run.seen.nothing()


def names(command, *before):
    """Yield every command, those of groups too."""
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            yield from names(command.get_command(click.Context(command), name), *before, name)
    else:
        yield before


RUNS = [
    ("sync",),
    ("tick",),
    ("invoke-local",),
    ("list", "--json"),
    ("show", "INC-1001", "--json"),
    ("open", "--title", "x", "--json"),
    ("ack", "INC-1001", "--json"),
    ("start", "INC-1001"),
    ("assign", "INC-1001", "ann"),
    ("unassign", "INC-1001", "ann"),
    ("note", "INC-1001", "looking"),
    ("severity", "INC-1001", "low"),
    ("edit", "INC-1001", "--title", "y"),
    ("snooze", "INC-1001", "2h"),
    ("merge", "INC-1002", "INC-1001"),
    ("resolve", "INC-1001"),
    ("close", "INC-1001"),
    ("delete", "INC-1002", "--yes", "--json"),
    ("stats", "--json"),
    ("rules", "check"),
    ("rules", "test", "--state", "Alert"),
    ("key", "list", "--all", "--json"),
    ("key", "revoke", "made"),
    ("user", "add", "ana@example.com", "--name", "Ana", "--role", "admin", "--no-password", "--json"),
    ("user", "add", "bo@example.com", "--name", "Bo", "--no-password"),
    ("user", "list", "--json"),
    ("user", "show", "ana@example.com", "--json"),
    ("user", "set-role", "bo@example.com", "responder"),
    ("user", "deactivate", "bo@example.com"),
    ("user", "activate", "bo@example.com"),
    ("team", "add", "shop", "--service", "checkout"),
    ("team", "join", "shop", "bo@example.com"),
    ("team", "edit", "shop", "--name", "web"),
    ("team", "list", "--json"),
    ("team", "show", "web", "--json"),
    ("team", "leave", "web", "bo@example.com"),
    ("team", "delete", "web"),
    ("login", "--server", "http://127.0.0.1:1", "--email", "ana@example.com", "--password-stdin"),
    ("logout", "--server", "http://127.0.0.1:1"),
    ("signing-key", "rotate"),
    ("send", "--server", "http://127.0.0.1:1"),
    ("list", "--server", "http://127.0.0.1:1"),
    ("prune", "--closed-before", "1h", "--yes", "--json"),
    ("doctor", "--json"),
    ("doctor",),
    ("table", "create"),
    ("recover", "nothing.json"),
    ("completion", "bash"),
    ("demo", "--help"),
    ("audit", "list", "--json"),
    ("audit", "list"),
    ("audit", "export"),
    ("audit", "verify", "--json"),
    ("move", "--from", "json:incidents.json", "--to", "json:other.json", "--json"),
]
"""How each command is run; ``key create``, ``serve`` and ``user reset-password``, which show something once, are run by the tests."""


def test_every_command_is_run_here():
    """Nothing is added to the program that is not looked at."""
    ran = {one[: len(name)] for one in RUNS for name in names(program) if one[: len(name)] == name}
    assert ran | {("key", "create"), ("serve",), ("user", "reset-password")} == set(names(program))
    assert {name[0] for name in names(program)} == set(TABLE)


@pytest.mark.parametrize("traced", ["", "1"], ids=["as always", "with tracebacks"])
def test_no_command_shows_a_secret(shop, datadog, traced):
    """With all that can be logged; but for the key that is made, once."""
    shop.environ |= {"LOG_LEVEL": "debug", "TOCSIN_DEBUG": traced, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    shop.environ |= {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": random_secret()}
    seen = Seen(api_key=API_KEY, app_key=APP_KEY, aws=shop.environ["AWS_SECRET_ACCESS_KEY"])
    made = shop("key", "create", "made", "--scope", "admin")
    shop.environ["TOCSIN_API_KEY"] = made.out.strip()
    seen.secret("made", made.out.strip().split("_", 2)[2])
    seen.add("key create", made.out + made.err, may_show=("made",))
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    with contextlib.chdir(shop.folder):
        for arguments in RUNS:
            environ = {"USE_DYNAMODB": "true"} if arguments[0] == "table" else {}
            said = shop(*arguments, typed="", **environ)
            seen.add(" ".join(arguments), said.out)
            seen.add(" ".join(arguments), said.err)
    seen.add("the audit log", shop("audit", "export").out)
    assert "key:made" in shop("audit", "export").out
    seen.nothing()


def test_a_server_shows_the_first_key_once(tmp_path):
    """On the terminal, and not in a line of its log, however much that says."""
    with Serving(tmp_path, LOG_LEVEL="debug") as serving:
        seen = Seen(key=serving.key.split("_", 2)[2])
        serving.ask("GET", "/api/v1/audit")
        serving.ask("GET", "/api/v1/nowhere", x_tocsin_key=serving.key)
        said = serving.ask("GET", "/api/v1/audit/export")
        assert said.status == 200
        seen.add("the audit log", said.body)
    before, _, after = serving.err.partition(serving.key)
    seen.add("the log", before + after)
    assert "/api/v1/nowhere" in after
    seen.nothing()
