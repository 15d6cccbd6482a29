"""The file survives a kill at any moment, and any number of processes at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.storage.chains import LINKS

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL and no fork")


def victims(what, tmp_path, **options):
    """Run one of the jobs of ``tests.storage.victims`` and return what it reports."""
    folder = tmp_path / "store"
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.victims", what, folder / "incidents.json", json.dumps(options)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("rounds, quick", [(200, True), (60, False)], ids=["without waiting", "with real syncs"])
def test_a_kill_at_a_random_moment_loses_nothing_that_was_acknowledged(tmp_path, rounds, quick):
    """Hundreds of SIGKILLs while writing and compacting: all that was acknowledged is there, and nothing half."""
    report = victims("at_random_moments", tmp_path, rounds=rounds, seed=rounds, quick=quick)
    assert report["killed"] == rounds
    assert report["acknowledged"] > rounds
    assert report["generations"] > rounds // 10
    assert report["left"] == ["incidents.json", "incidents.json.lock"]


def test_a_kill_at_every_step_leaves_each_change_whole_or_not_there(tmp_path):
    """SIGKILL before, after and half-way through each call to the disk, at the first commit and while compacting."""
    assert victims("at_every_step", tmp_path)["deaths"] > 20


def test_a_kill_between_two_links_leaves_a_valid_beginning_of_the_chain(tmp_path):
    """500 groups of one monitor: killed after each link, and the chain can be committed again to its end."""
    assert victims("between_links", tmp_path)["found"] == list(range(LINKS + 1))


@pytest.mark.parametrize("quick", [True, False], ids=["without waiting", "with real syncs"])
def test_four_processes_at_once_lose_nothing(tmp_path, quick):
    """Four processes write, one compacts after each of its changes: one incident a key, and every update is there."""
    rounds = 40 if quick else 15
    assert victims("four_at_once", tmp_path, rounds=rounds, quick=quick)["opened"] == rounds


def test_a_store_goes_on_in_a_forked_process(tmp_path):
    """A store that was opened before a fork works on both sides of it."""
    assert victims("after_a_fork", tmp_path) == {"said": [["None"]], "versions": [0, 0, 0]}
