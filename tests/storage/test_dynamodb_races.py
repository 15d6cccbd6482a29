"""Many at once on one table, threads and processes, and processes that are killed: one wins, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests import tables
from tests.storage.chains import LINKS
from tests.storage.contest import contender, judged
from tocsin.storage.dynamodb_store import DynamoDbStore

ROOT = Path(__file__).resolve().parents[2]
THREADS = 8
TURNS = 6


def victims(what, url, **options):
    """Run one of the jobs of ``tests.storage.table_victims`` and return what it reports."""
    if not hasattr(signal, "SIGKILL"):
        pytest.skip("this system has no SIGKILL and no fork")
    done = subprocess.run(
        [sys.executable, "-m", "tests.storage.table_victims", what, url, json.dumps(options)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_eight_threads_race_to_open_to_acknowledge_and_to_resolve(ministack):
    """In every turn one opens, one acknowledges, one resolves; the others learn who, and every note is there."""
    table = tables.a_table(ministack)
    line = Barrier(THREADS, timeout=60)

    def race(number):
        compete = contender(DynamoDbStore(ministack, table), f"thread {number}")
        said = []
        for turn in range(TURNS):
            line.wait()
            said.append(compete(turn))
        return said

    with ThreadPoolExecutor(THREADS) as pool:
        said = [one for some in pool.map(race, range(THREADS)) for one in some]
    judged(DynamoDbStore(ministack, table), said, rounds=TURNS, racers=THREADS)


def test_four_processes_race_to_open_to_acknowledge_and_to_resolve(ministack_url):
    """So with processes, each with a client of its own."""
    assert victims("four_at_once", ministack_url, rounds=TURNS) == {"turns": TURNS, "notes": TURNS * 4}


def test_a_kill_between_two_links_leaves_a_valid_beginning_of_the_chain(ministack_url):
    """500 groups of one monitor: killed after some links, and the chain can be committed again to its end."""
    assert victims("between_links", ministack_url)["found"] == [0, 1, 6, LINKS - 1, LINKS]


def test_a_kill_at_a_random_moment_loses_nothing_that_was_acknowledged(ministack_url):
    """Dozens of SIGKILLs while writing: all that was acknowledged is there, and nothing half."""
    report = victims("at_random_moments", ministack_url, rounds=15, seed=3)
    assert report["killed"] == 15
    assert report["acknowledged"] > 15
