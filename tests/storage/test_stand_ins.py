"""The stand-in server itself: it is reached from this machine only, and does not outlive the tests."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import tables

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="what listens is read from Linux")
def test_the_stand_in_listens_on_loopback_only(ministack_url, ministack):
    """One port, on 127.0.0.1: nothing else of it can be reached from outside."""
    port = int(ministack_url.rpartition(":")[2])
    server = _who_listens_on(port)
    assert _listening(server) == {("127.0.0.1", port)}


def test_the_stand_in_goes_with_a_process_that_is_killed(ministack_url, tmp_path):
    """A test run that gets no chance to clean up leaves no server behind."""
    script = (
        "import sys, time, pathlib\n"
        "from tests import tables\n"
        "with tables.ministack(pathlib.Path(sys.argv[1])) as url:\n"
        "    print(url, flush=True)\n"
        "    time.sleep(60)\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    run = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True
    )
    with run:
        url = run.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        assert tables.answers(url)
        run.send_signal(signal.SIGKILL)
    end = time.monotonic() + 15
    while tables.answers(url):
        assert time.monotonic() < end, "the server is still there"
        time.sleep(0.05)


def _listening(pid):
    """Return the addresses that a process listens on."""
    inodes = set()
    for one in Path(f"/proc/{pid}/fd").iterdir():
        found = re.fullmatch(r"socket:\[(\d+)\]", str(one.readlink()))
        if found:
            inodes.add(found[1])
    return {address for address, inode in _listeners() if inode in inodes}


def _who_listens_on(port):
    (inode,) = (inode for (_, used), inode in _listeners() if used == port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(one.readlink()) == f"socket:[{inode}]" for one in (process / "fd").iterdir()):
                return process.name
        except OSError:
            continue  # another's, or gone
    pytest.fail(f"nobody listens on {port}")


def _listeners():
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == "0A":
                address, port = local.split(":")
                loopback = address in ("0100007F", "00000000000000000000000001000000")
                yield ("127.0.0.1" if loopback else address, int(port, 16)), rest[5]
