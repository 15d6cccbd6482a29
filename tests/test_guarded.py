"""What tests start beside themselves ends with them."""

import os
import signal
import subprocess
import sys

import pytest

from tests.guarded import Guarded, until
from tests.tables import ROOT


def runs(pid):
    """Say whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SLEEPER = [sys.executable, "-c", "import time; print('here', flush=True); time.sleep(60)"]


def test_a_program_ends_when_it_is_left(tmp_path):
    """And what it said can be read."""
    with Guarded(SLEEPER, cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log") as sleeper:
        until(lambda: "here" in sleeper.said, what="it said nothing")
        assert runs(sleeper.pid)
    assert not runs(sleeper.pid)


def test_a_program_that_was_stopped_ends_as_well(tmp_path):
    """It could not hear a polite request."""
    with Guarded(SLEEPER, cwd=tmp_path, env=dict(os.environ), log=tmp_path / "log") as sleeper:
        sleeper.tell(signal.SIGSTOP)
    assert not runs(sleeper.pid)


def test_a_program_goes_with_whoever_started_it(tmp_path):
    """Also if that is killed, and gets no chance to clean up."""
    script = (
        "import os, pathlib, sys, time\n"
        "from tests.guarded import Guarded\n"
        "with Guarded(sys.argv[2:], cwd=sys.argv[1], env=dict(os.environ), log=pathlib.Path('log')) as program:\n"
        "    print(program.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path), *SLEEPER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with starter:
        pid = int(starter.stdout.readline())
        assert runs(pid)
        starter.send_signal(signal.SIGKILL)
    until(lambda: not runs(pid), what="it still runs")


def test_what_is_waited_for_in_vain_is_said():
    """In place of a test that hangs."""
    with pytest.raises(AssertionError, match="the tide"):
        until(lambda: None, what=lambda: "the tide", patience=0.2)
