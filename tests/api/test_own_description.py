"""The running API against the description that it gives of itself, tried by Schemathesis with thousands of requests."""

import json
import os
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from tests import mail_server
from tests.api.cast import ASKER, arrived, cast, make_founder
from tests.api.kept import LAYER, kept
from tests.desk import NOON
from tests.entrypoints.command_line import API_KEY, APP_KEY, ROOT, process
from tests.entrypoints.serving import Serving, ask
from tests.mail_server import Mailbox
from tocsin.api.routes import ROUTES
from tocsin.clock import utc_now
from tocsin.demo import DatadogServer, demo_world
from tocsin.domain.access import Principal, Scope, UserRole
from tocsin.domain.change import Change
from tocsin.ids import random_id
from tocsin.services.auditing import AuditLog
from tocsin.services.contact_records import id_of, written
from tocsin.services.contacts import Contacts
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS") or 40)
"""How long it tries as a key that may do all; what is quick takes the same time and tries more."""

SHARE = {"admin": 0.6}
LEAST_SHARE = 0.3
"""Of that time, what each of the others gets: what they may do was tried; what they may not is quickly told."""

SEED = os.environ.get("SCHEMATHESIS_SEED") or "20260302"
"""The same one makes up the same requests; how many of them depends on the time."""

GRACE = 120
LEAST_REQUESTS = 1_000
SETUP = ROOT / "tests" / "api" / "conformance"
INCIDENTS, ALERTS, PEOPLE, TEAMS, CONTACTS, ROOMS, HEARTBEATS, SCHEDULES = 100, 4, 20, 20, 8, 4, 20, 20
"""As many as the set-up names; 20 incidents more are named by its hooks."""

NOT_TRIED = {"openapi", "make_first_administrator"}
"""The description is read at the start; the first administrator is made then, and only then can be."""

KEYS = {f"key {scope.value}": Principal("key:1", "x", scopes=frozenset({scope})) for scope in Scope}
PERSONS = {role.value: Principal("user:1", "x", role=role) for role in UserRole}
ALL = f"key {Scope.ADMIN.value}"
OTHERS = [*(one for one in KEYS if one != ALL), *PERSONS]


@pytest.fixture
def schemathesis():
    """Return the program, or skip aloud where there is none."""
    program = Path(os.environ.get("SCHEMATHESIS") or ROOT / "nowhere")
    if not program.is_file():
        pytest.skip("Schemathesis is started by 'make conformance' alone")
    return program.resolve()


def fill(url, key):
    """Make what the set-up names; return the ids of silences, which it cannot name."""
    for number in range(INCIDENTS):
        body = {"title": f"Incident {number}", "service": "checkout"}
        made = ask(url, "POST", "/api/v1/incidents", body, authorization=f"Bearer {key}")
        assert (made.status, made.json["id"]) == (201, f"INC-{1001 + number}")
    assert ask(url, "POST", "/api/v1/incidents/INC-1100/resolve", authorization=f"Bearer {key}").status == 200
    spare = {"name": "spare", "scopes": ["alerts:write"]}
    assert ask(url, "POST", "/api/v1/keys", spare, authorization=f"Bearer {key}").status == 201
    alerts = [{"message": "Search is slow", "service": "search", "key": f"seed-{n}"} for n in range(ALERTS)]
    sent = ask(url, "POST", "/api/v1/alerts", alerts, authorization=f"Bearer {key}")
    assert sent.status == 200
    for number in range(PEOPLE):
        body = {"email": f"user{number:02}@example.com", "full_name": f"User {number}"}
        assert ask(url, "POST", "/api/v1/users", body, authorization=f"Bearer {key}").status == 201
    for number in range(TEAMS):
        body = {"name": f"team-{number:02}"}
        assert ask(url, "POST", "/api/v1/teams", body, authorization=f"Bearer {key}").status == 201
    log = {"kind": "log", "address": {}}
    for email in (ASKER, "user00@example.com"):
        for _ in range(CONTACTS):
            assert ask(url, "POST", f"/api/v1/users/{email}/contacts", log, authorization=f"Bearer {key}").status == 201
    for number in range(ROOMS):
        body = {"name": f"room-{number}", **log}
        assert ask(url, "POST", "/api/v1/rooms", body, authorization=f"Bearer {key}").status == 201
    for number in range(SCHEDULES):
        body = {"name": f"sched-{number:02}", "layers": [LAYER]}
        assert ask(url, "POST", "/api/v1/schedules", body, authorization=f"Bearer {key}").status == 201
    setup = (SETUP / "schemathesis.toml").read_text("utf-8")
    assert all(one["alert"] in setup for one in sent.json["taken"])
    silences = []
    for _ in range(2):
        ends_at = (utc_now() + timedelta(days=1)).isoformat()
        body = {"where": {"service": "nowhere"}, "reason": "it moves", "ends_at": ends_at}
        made = ask(url, "POST", "/api/v1/silences", body, authorization=f"Bearer {key}")
        assert made.status == 201
        silences.append(made.json["id"])
    for number in range(HEARTBEATS):
        body = {"name": f"beat-{number:02}", "every_minutes": 10_000}
        assert ask(url, "POST", "/api/v1/heartbeats", body, authorization=f"Bearer {key}").status == 201
    return {"silences": silences}


def verify_one(folder):
    """Have a contact of who asks verified, as a code would."""
    store = JsonStore(folder / "incidents.json")
    known = {"clock": utc_now, "new_id": random_id}
    audit = AuditLog(store, **known)
    asker = Users(store, audit, **known).named(ASKER)
    contact = Contacts(store, audit, None, clock=utc_now).find(id_of(asker.id, 1))
    verified = contact.model_copy(update={"verified_at": NOON, "version": contact.version + 1})
    store.commit(Change(id=random_id(), at=utc_now(), records=(written(verified, expected=contact.version),)))
    store.close()


def key_of(who, folder):
    """Make a key; return it."""
    scope = who.removeprefix("key ")
    # Their alerts live in one name space, that of the alerts which the set-up names.
    options = ("--scope", scope, "--source", "schemathesis")
    made = process(folder, "key", "create", scope.replace(":", "-"), *options)
    assert made.status == 0, made.err
    return made.out.strip()


def tried_by(schemathesis, url, shown, folder, seconds):
    """Return the exit status of Schemathesis, its report, and which operation gave which answers."""
    command = [
        schemathesis,
        f"--config-file={SETUP / 'schemathesis.toml'}",
        "run",
        f"{url}/api/v1/openapi.json",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--max-time={round(seconds)}",
        f"--seed={SEED}",
        "--no-color",
    ]
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TOCSIN_KEY": shown}
    environ |= {"TOCSIN_CAST": str(folder / "cast.json")}
    environ |= {"SCHEMATHESIS_HOOKS": str(SETUP / "hooks.py"), "TOCSIN_SEEN": str(folder / "seen")}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=seconds + GRACE,
        check=False,
    )
    seen = {}
    for line in (folder / "seen").read_text("ascii").splitlines():
        operation, answer = line.split()
        seen.setdefault(operation, set()).add(int(answer))
    return done.returncode, done.stdout.decode("utf-8", "replace"), seen


def settings(shop, port):
    """Return the settings with which everything can be done."""
    return {
        "REQUESTS_PER_SECOND": "0",
        "DATADOG_API_URL": shop.url,
        "DATADOG_API_KEY": API_KEY,
        "DATADOG_APP_KEY": APP_KEY,
        "SMTP_URL": f"smtp://127.0.0.1:{port}",
        "MAIL_FROM": "ops@example.com",
        "SIGNUP_DOMAINS": "example.com",
    }


def tried(schemathesis, folder, who, seconds):
    """Return how many requests were sent as somebody, and the answers by operation; nothing of it was a fault."""
    everything = key_of(ALL, folder)
    shown = "" if who in PERSONS else everything if who == ALL else key_of(who, folder)
    mailbox = Mailbox()
    with (
        DatadogServer(demo_world(), api_key=API_KEY, app_key=APP_KEY) as shop,
        mail_server.serving(mailbox) as port,
        Serving(folder, **(environ := settings(shop, port))) as serving,
    ):

        def letters(number):
            # Another server on the same incidents: each sends what is due when it begins.
            with Serving(folder, **environ):
                return arrived(mailbox, number)

        founder = make_founder(serving.url, serving.shown(r"tocsin_setup_\S+"))
        there = cast(serving.url, founder, letters, PERSONS[who].role if who in PERSONS else UserRole.VIEWER)
        there |= fill(serving.url, everything)
        there["kept"] = kept(serving.url, everything, there["asker"]["access_token"])
        (folder / "cast.json").write_text(json.dumps(there), "ascii")
        verify_one(folder)
        shown = shown or there["asker"]["access_token"]
        status, report, seen = tried_by(schemathesis, serving.url, shown, folder, seconds)
        print(report)
        faults = [line for line in serving.err.splitlines() if '"level":"ERROR"' in line]
    assert status == 0
    assert not faults
    sent = re.search(r"^\s*([\d,]+) generated", report, re.MULTILINE)
    assert sent
    return int(sent[1].replace(",", "")), seen


def may(principal):
    """Return the names of what somebody may ask for."""
    return {one.endpoint.name for one in ROUTES if one.shown and one.endpoint.access.admits(principal)}


def done(seen):
    """Return the names of what was done at least once: answered with 2xx."""
    return {name for name, answers in seen.items() if any(200 <= one < 300 for one in answers)}


def test_the_api_answers_nothing_but_what_it_describes(schemathesis, tmp_path):
    """Whatever is asked: no 5xx, no answer that is not described, nothing taken that the description rules out."""
    sent, seen = tried(schemathesis, tmp_path, ALL, SECONDS)
    assert sent >= LEAST_REQUESTS
    assert done(seen) == may(KEYS[ALL]) - NOT_TRIED


@pytest.mark.parametrize("who", OTHERS)
def test_everybody_gets_through_where_they_may_and_nowhere_else(schemathesis, tmp_path, who):
    """Whatever they ask: what they may do was done, what they may not never is, and all is answered as described."""
    _, seen = tried(schemathesis, tmp_path, who, SECONDS * SHARE.get(who, LEAST_SHARE))
    allowed = may((KEYS | PERSONS)[who])
    assert set(seen) == {one.endpoint.name for one in ROUTES if one.shown} - {"openapi"}
    assert done(seen) == allowed - NOT_TRIED
