"""No secret, hash or token in what the program writes: every command is run, and all that they say and log is searched.

A new command needs a line in ``RUNS``.
"""

import contextlib
import json
import re

import click
import pytest

from tests.api.client import V1
from tests.api.test_no_secret_answered import ANN, AUTH, BO, NEW, TOKENS, proof
from tests.entrypoints.command_line import API_KEY, APP_KEY, process
from tests.entrypoints.serving import Serving
from tests.people import PASSWORD
from tests.secrets_seen import Seen
from tocsin.demo import MonitorId
from tocsin.entrypoints.program import TABLE, program
from tocsin.ids import random_secret


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
    ("user", "add", "cy@example.com", "--name", "Cy", "--password-stdin"),
    ("user", "add", "cy@example.com", "--name", "Cy", "--password-stdin", "--json"),
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
    ("contact", "add", "slack", "--secrets", "-", "--user", "ana@example.com", "--json"),
    ("contact", "add", "ntfy", "https://ntfy.sh/x", "--secrets", "-", "--user", "ana@example.com"),
    ("contact", "list", "--user", "ana@example.com", "--json"),
    ("contact", "code", "1", "--user", "ana@example.com"),
    ("contact", "verify", "1", "123456", "--user", "ana@example.com"),
    ("contact", "rules", "--user", "ana@example.com"),
    ("contact", "delete", "1", "--user", "ana@example.com"),
    ("contact", "test", "1", "--user", "ana@example.com"),
    ("user", "slack", "ana@example.com", "T1:U1", "--json"),
    ("page", "ana@example.com", "look", "--json"),
    ("escalate", "INC-1001"),
    ("notifications", "--json"),
    ("explain", "1001", "--json"),
    ("readiness", "--json"),
    ("room", "add", "ops", "pagerduty", "--secrets", "-", "--json"),
    ("room", "list", "--json"),
    ("room", "list"),
    ("room", "show", "ops", "--json"),
    ("room", "delete", "ops"),
    ("silence", "add", "--service", "checkout", "--for", "2h", "--reason", "x", "--json"),
    ("silence", "list", "--json"),
    ("silence", "show", "nothing"),
    ("silence", "edit", "nothing", "--for", "1h", "--json"),
    ("silence", "end", "nothing"),
    ("heartbeat", "list", "--json"),
    ("heartbeat", "show", "backup", "--json"),
    ("heartbeat", "ping", "backup"),
    ("heartbeat", "edit", "backup", "--every", "20", "--json"),
    ("heartbeat", "pause", "backup", "--json"),
    ("heartbeat", "delete", "backup"),
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
    ("schedule", "list", "--json"),
    ("schedule", "show", "Shop", "--json"),
    ("schedule", "edit", "Shop", "--time-zone", "Europe/Berlin", "--json"),
    ("schedule", "layer", "Shop", "upper", "--person", "ana@example.com", "--json"),
    ("schedule", "override", "Shop", "ana@example.com", "--from", "2030-01-01", "--until", "2030-01-02", "--json"),
    ("schedule", "swap", "Shop", "ana@example.com", "bo@example.com", "--from", "2030-01-01", "--until", "2030-01-02"),
    ("schedule", "remove-override", "Shop", "nothing"),
    ("schedule", "remove-layer", "Shop", "upper"),
    ("schedule", "export", "Shop"),
    ("schedule", "shifts", "Shop", "--json"),
    ("schedule", "coverage", "Shop", "--json"),
    ("schedule", "feeds", "Shop", "--json"),
    ("schedule", "revoke-feed", "Shop", "nothing"),
    ("schedule", "delete", "Shop"),
    ("oncall", "--json"),
    ("policy", "list", "--json"),
    ("policy", "show", "Default", "--json"),
    ("policy", "add", "nothing.yaml"),
    ("policy", "put", "Default", "nothing.yaml"),
    ("policy", "delete", "Default"),
    ("template", "list", "--json"),
    ("template", "show", "page", "--json"),
    ("template", "put", "page", "--text", "$id $acknowledge"),
    ("template", "preview", "page", "--json"),
    ("template", "delete", "page"),
    ("config", "export"),
    ("config", "plan", "nothing.yaml"),
    ("config", "apply", "nothing.yaml", "--yes"),
    ("config", "import", "pagerduty", "nothing.json"),
    ("contact", "test", "1", "--user", "ana@example.com"),
    ("user", "slack", "ana@example.com"),
    ("page", "ana@example.com", "look"),
    ("escalate", "1001"),
    ("notifications", "--json"),
    ("explain", "1001", "--json"),
    ("readiness", "--json"),
    ("audit", "export"),
    ("audit", "verify", "--json"),
    ("move", "--from", "json:incidents.json", "--to", "json:other.json", "--json"),
]
"""How each command is run; those that show something once are run by the tests."""

ONCE = {
    ("key", "create"),
    ("serve",),
    ("user", "reset-password"),
    ("heartbeat", "add"),
    ("schedule", "add"),
    ("schedule", "feed"),
}
"""Commands that show something once."""


def test_every_command_is_run_here():
    """Nothing is added to the program that is not looked at."""
    ran = {one[: len(name)] for one in RUNS for name in names(program) if one[: len(name)] == name}
    assert ran | ONCE == set(names(program))
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
    password, address = seen.secret("password", random_secret()), seen.secret("address", random_secret())
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    watched = shop("heartbeat", "add", "backup", "--every", "10")
    seen.secret("the token of a heartbeat", watched.out.strip())
    seen.add("heartbeat add", watched.out + watched.err, may_show=("the token of a heartbeat",))
    shop("user", "add", "ana@example.com", "--name", "Ana", "--password-stdin", typed=f"{password}\n")
    assert shop("schedule", "add", "Shop", "--person", "ana@example.com").status == 0
    feed = shop("schedule", "feed", "Shop")
    seen.secret("the link of a feed", feed.out.strip().rpartition("=")[2])
    seen.add("schedule feed", feed.out + feed.err, may_show=("the link of a feed",))
    with contextlib.chdir(shop.folder):
        for arguments in RUNS:
            environ = {"USE_DYNAMODB": "true"} if arguments[0] == "table" else {}
            typed = f"{password}\n" if "--password-stdin" in arguments else ""
            typed = f"https://example.com/{address}\n" if "--secrets" in arguments else typed
            said = shop(*arguments, typed=typed, **environ)
            seen.add(" ".join(arguments), said.out)
            seen.add(" ".join(arguments), said.err)
    seen.add("the audit log", shop("audit", "export").out)
    assert shop("user", "show", "cy@example.com").status == 0
    reset = shop("user", "reset-password", "cy@example.com")
    seen.secret("recovery", proof(reset.out.strip()))
    seen.add("user reset-password", reset.out + reset.err, may_show=("recovery",))
    seen.add("the audit log", shop("audit", "export").out)
    seen.add("a list", shop("user", "list", "--all", "--json").out)
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


def test_people_at_a_server_leave_no_secret_anywhere(tmp_path):
    """Neither in what they see nor in a log, nor in the store: but for the token for the first one, once, on a terminal."""
    seen = Seen(ann=PASSWORD, bo=NEW)
    loud = {"LOG_LEVEL": "debug", "TOCSIN_DEBUG": "1"}

    def run(*arguments, typed="", may_show=()):
        said = process(tmp_path, *arguments, typed=typed, **loud)
        assert said.status == 0, said.err
        seen.add(" ".join(arguments), said.out + said.err, may_show=may_show)
        return said.out.strip()

    with Serving(tmp_path, LOG_LEVEL="debug") as serving:
        setup = serving.shown(r"tocsin_setup_\S+")
        seen.secret("setup", proof(setup))
        first = {"token": setup, "email": ANN, "full_name": "Ann", "password": PASSWORD}
        for status in (204, 401):
            reply = serving.ask("POST", f"{AUTH}/setup", first)
            assert reply.status == status
            seen.add("setup", reply.body)
        run("login", "--server", serving.url, "--email", ANN, "--password-stdin", typed=f"{PASSWORD}\n")
        (login,) = json.loads((tmp_path / "config" / "credentials.json").read_bytes())["servers"].values()
        for name in TOKENS:
            seen.secret(name, proof(login[name]))
        run("user", "add", BO, "--name", "Bo", "--password-stdin", typed=f"{NEW}\n")
        token = process(tmp_path, "user", "reset-password", BO, **loud)
        seen.secret("recovery", proof(token.out.strip()))
        seen.add("reset-password", token.err)
        for arguments in (("user", "list"), ("open", "--title", "x"), ("audit", "export"), ("doctor",)):
            run(*arguments, "--server", serving.url)
        again = {"email": BO, "password": token.out.strip()}
        seen.add("a token for a password", serving.ask("POST", f"{AUTH}/login", again).body)
        reply = serving.ask("POST", f"{AUTH}/login", {"email": BO, "password": NEW})
        for name in TOKENS:
            seen.secret(f"Bo's {name}", proof(reply.json[name]))
        ours = {"authorization": f"Bearer {reply.json['access_token']}"}
        ours |= {"x_tocsin_by": reply.json["refresh_token"]}
        for path in ("/users/me", "/auth/sessions", "/incidents", "/users", "/nowhere"):
            seen.add(path, serving.ask("GET", V1 + path, **ours).body)
        run("logout", "--server", serving.url)
        said = serving.err
    before, _, after = said.partition(setup)
    assert f"{AUTH}/login" in after
    seen.add("the log", before + after)
    store = (tmp_path / "incidents.json").read_text("utf-8")
    hashes = set(re.findall(r"\$argon2id\$[^\"]+", store))
    assert len(hashes) == 2
    for number, hashed in enumerate(sorted(hashes)):
        seen.secret(f"hash {number}", hashed[-43:])
    (file,) = tmp_path.glob("*.keys")
    for number, key in enumerate(re.findall(r"[A-Za-z0-9_-]{43}", file.read_text("utf-8"))):
        seen.secret(f"signing key {number}", key)
    assert "signing key 0" in seen.secrets
    seen.add("the store", store, may_show=("hash 0", "hash 1"))
    seen.nothing()
