"""The running API against the description that it gives of itself, tried by Schemathesis with thousands of requests."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY, ROOT, process
from tests.entrypoints.serving import Serving, ask
from tocsin.api.routes import ROUTES
from tocsin.demo import DatadogServer, demo_world
from tocsin.domain.access import Principal, Scope, UserRole

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS") or 90)
"""How long it tries as somebody who may do all; what is quick takes the same time and tries more."""

SHARE = 10
"""Of that time, what each of the others gets: what they may do was tried; what they may not is quickly told."""

SEED = os.environ.get("SCHEMATHESIS_SEED") or "20260302"
"""The same one makes up the same requests; how many of them depends on the time."""

GRACE = 120
LEAST_REQUESTS = 1_000
SETUP = ROOT / "tests" / "api" / "conformance"
INCIDENTS, ALERTS, PEOPLE, TEAMS = 80, 4, 20, 20
"""As many as the set-up names."""

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
    """Make what the set-up names."""
    for number in range(INCIDENTS):
        body = {"title": f"Incident {number}", "service": "checkout"}
        made = ask(url, "POST", "/api/v1/incidents", body, authorization=f"Bearer {key}")
        assert (made.status, made.json["id"]) == (201, f"INC-{1001 + number}")
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
    setup = (SETUP / "schemathesis.toml").read_text("utf-8")
    assert all(one["alert"] in setup for one in sent.json["taken"])


def shown_by(who, folder):
    """Return what somebody shows at the door."""
    if who in PERSONS:
        pytest.skip("people cannot sign in yet")
    scope = who.removeprefix("key ")
    # Their alerts live in one name space, that of the alerts which the set-up names.
    options = ("--scope", scope, "--source", "schemathesis")
    made = process(folder, "key", "create", scope.replace(":", "-"), *options)
    assert made.status == 0, made.err
    return made.out.strip()


def tried_by(schemathesis, url, key, folder, seconds):
    """Return the exit status of Schemathesis, its report, and which operation gave which answers."""
    command = [
        schemathesis,
        f"--config-file={SETUP / 'schemathesis.toml'}",
        "run",
        f"{url}/api/v1/openapi.json",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--max-time={seconds}",
        f"--seed={SEED}",
        "--no-color",
    ]
    environ = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "TOCSIN_KEY": key}
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


def tried(schemathesis, folder, who, seconds):
    """Return how many requests were sent as somebody, and the answers by operation; nothing of it was a fault."""
    everything, shown = shown_by(ALL, folder), shown_by(who, folder) if who != ALL else ""
    datadog = {"DATADOG_API_KEY": API_KEY, "DATADOG_APP_KEY": APP_KEY}
    with (
        DatadogServer(demo_world(), api_key=API_KEY, app_key=APP_KEY) as shop,
        Serving(folder, REQUESTS_PER_SECOND="0", **datadog, DATADOG_API_URL=shop.url) as serving,
    ):
        fill(serving.url, everything)
        status, report, seen = tried_by(schemathesis, serving.url, shown or everything, folder, seconds)
        print(report)
        faults = [line for line in serving.err.splitlines() if '"level":"ERROR"' in line]
    assert status == 0
    assert not faults
    sent = re.search(r"^\s*([\d,]+) generated", report, re.MULTILINE)
    assert sent
    return int(sent[1].replace(",", "")), seen


def test_the_api_answers_nothing_but_what_it_describes(schemathesis, tmp_path):
    """Whatever is asked: no 5xx, no answer that is not described, nothing taken that the description rules out."""
    sent, seen = tried(schemathesis, tmp_path, ALL, SECONDS)
    assert sent >= LEAST_REQUESTS
    # All but the description itself, which is read at the start and not tried. None was refused whatever was asked.
    may = {one.endpoint.name for one in ROUTES if one.shown and one.endpoint.access.admits(KEYS[ALL])} - {"openapi"}
    done = {name for name, answers in seen.items() if any(200 <= one < 300 for one in answers)}
    assert done == may, {name: seen.get(name) for name in done ^ may}


@pytest.mark.parametrize("who", OTHERS)
def test_whoever_may_do_less_gets_through_nowhere(schemathesis, tmp_path, who):
    """Whatever they ask: what they may not do is never done, and answered as described."""
    _, seen = tried(schemathesis, tmp_path, who, SECONDS // SHARE)
    principal = (KEYS | PERSONS)[who]
    may_not = {one.endpoint.name for one in ROUTES if one.shown and not one.endpoint.access.admits(principal)}
    assert may_not & set(seen)
    through = {name: seen[name] for name in may_not & set(seen) if any(200 <= one < 300 for one in seen[name])}
    assert through == {}
    assert any(200 <= one < 300 for answers in seen.values() for one in answers)
