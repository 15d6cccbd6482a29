"""``demo`` as a newcomer runs it: a process, no keys, and something that goes on working afterwards."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

CLI = [sys.executable, str(Path(__file__).resolve().parents[2] / "cli.py")]
BARE = {name: value for name, value in os.environ.items() if not name.startswith(("DATADOG_", "DD_", "INCIDENTS_"))}
# A Ctrl-C can be lost in what measures coverage.
TO_BE_INTERRUPTED = {name: value for name, value in BARE.items() if name != "COVERAGE_PROCESS_CONFIG"}


def run(*arguments, **environment):
    return subprocess.run(
        [*CLI, *arguments], capture_output=True, text=True, env=BARE | environment, check=False, timeout=60
    )


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Return what the demo printed, and the folder that it left its file in."""
    folder = tmp_path_factory.mktemp("demo")
    done = run("demo", TMPDIR=str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout, folder


def test_it_plays_the_whole_half_hour(played):
    """Every turn of the story shows, with what became of it."""
    said, _ = played
    story = [
        "opened, critical: Checkout: error rate is high",
        "mail to Amira: CRITICAL: INC-1001 Checkout",
        "severity raised",
        "mail to Jonas: HIGH: 2 incidents need you",
        "refired",
        "acknowledged by jonas",
        "and pages again",
        "muted",
        "monitor deleted",
        "resolved by amira",
        "resolved: nothing fired again while it settled",
        "At the end, `list` shows:",
        "Timeline (UTC)",
        "cycle started",
        "Try next:",
    ]
    assert [said.find(turn) for turn in story] == sorted(said.find(turn) for turn in story)
    assert all(turn in said for turn in story)


def test_each_problem_is_one_incident(played):
    """Seven problems, seven incidents; the muted, the silent and the flapping made no more."""
    said, _ = played
    assert sorted(set(re.findall(r"INC-\d+", said))) == [f"INC-{number}" for number in range(1001, 1008)]


def test_the_commands_that_it_suggests_work(played):
    """Word for word, on the file that it left."""
    said, folder = played
    commands = re.findall(r"^  INCIDENTS_FILE=(\S+) python cli\.py (.+)$", said, re.MULTILINE)
    assert len(commands) == 4
    for file, arguments in commands:
        assert Path(file).is_relative_to(folder)
        done = run(*arguments.split(), INCIDENTS_FILE=file)
        assert done.returncode == 0
        assert "checkout" in done.stdout.casefold()


def test_a_simulated_datadog_can_be_played_with(tmp_path):
    """Served until Ctrl-C; what one makes happen there becomes an incident here, with the words that it printed."""
    with subprocess.Popen(
        [*CLI, "demo", "--serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=TO_BE_INTERRUPTED,
    ) as server:
        said = ""
        while "everything else" not in said:
            said += server.stdout.readline()
        given = dict(re.findall(r"(DATADOG_\w+)=(\S+)", said))
        trigger = re.search(r"curl -X POST (\S+/trigger)", said)[1]
        with urllib.request.urlopen(urllib.request.Request(trigger, method="POST"), timeout=10):
            pass
        file = {"INCIDENTS_FILE": str(tmp_path / "incidents.json")}
        synced = run("sync", "--json", **given, **file)
        assert len(json.loads(synced.stdout)["opened"]) == 1
        server.send_signal(signal.SIGINT)
        _, errors = server.communicate(timeout=20)
    assert server.returncode == 130
    assert "Traceback" not in errors
