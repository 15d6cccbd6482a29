"""The running API against the description that it gives of itself, tried by Schemathesis with thousands of requests."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.entrypoints.command_line import ROOT, process
from tests.entrypoints.serving import Serving, ask
from tocsin.api.routes import ROUTES

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS") or 150)
"""How long it tries; what is quick takes the same time and tries more."""

SEED = os.environ.get("SCHEMATHESIS_SEED") or "20260302"
"""The same one makes up the same requests; how many of them depends on the time."""

GRACE = 120
LEAST_REQUESTS = 1_000
SETUP = ROOT / "tests" / "api" / "conformance"
INCIDENTS, ALERTS = 80, 4
"""As many as the set-up names."""


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
    alerts = [{"message": "Search is slow", "service": "search", "key": f"seed-{n}"} for n in range(ALERTS)]
    sent = ask(url, "POST", "/api/v1/alerts", alerts, authorization=f"Bearer {key}")
    assert sent.status == 200
    setup = (SETUP / "schemathesis.toml").read_text("utf-8")
    assert all(one["alert"] in setup for one in sent.json["taken"])


def tried_by(schemathesis, url, key, folder):
    """Return the exit status of Schemathesis, its report, and which operation gave which answers."""
    command = [
        schemathesis,
        f"--config-file={SETUP / 'schemathesis.toml'}",
        "run",
        f"{url}/api/v1/openapi.json",
        "--phases=examples,coverage,fuzzing,stateful",
        f"--max-time={SECONDS}",
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
        timeout=SECONDS + GRACE,
        check=False,
    )
    seen = {}
    for line in (folder / "seen").read_text("ascii").splitlines():
        operation, answer = line.split()
        seen.setdefault(operation, set()).add(int(answer))
    return done.returncode, done.stdout.decode("utf-8", "replace"), seen


def test_the_api_answers_nothing_but_what_it_describes(schemathesis, tmp_path):
    """Whatever is asked: no 5xx, no answer that is not described, nothing taken that the description rules out."""
    made = process(tmp_path, "key", "create", "schemathesis", "--scope", "admin")
    assert made.status == 0, made.err
    key = made.out.strip()
    with Serving(tmp_path, REQUESTS_PER_SECOND="0") as serving:
        fill(serving.url, key)
        status, report, seen = tried_by(schemathesis, serving.url, key, tmp_path)
        print(report)
        faults = [line for line in serving.err.splitlines() if '"level":"ERROR"' in line]
    assert status == 0
    assert not faults
    sent = re.search(r"^\s*([\d,]+) generated", report, re.MULTILINE)
    assert sent
    assert int(sent[1].replace(",", "")) >= LEAST_REQUESTS
    # All but the description itself, which is read at the start and not tried. None was refused whatever was asked.
    # What is done with a sign-in of one's own needs a person, and cannot be done with a key.
    tried = {one.endpoint.name for one in ROUTES if one.shown and "/auth/" not in one.endpoint.path} - {"openapi"}
    done = {name for name, answers in seen.items() if any(200 <= one < 300 for one in answers)}
    assert done == tried, {name: seen.get(name) for name in done ^ tried}
