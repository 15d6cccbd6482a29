"""A server as tests start it: the command as a process of its own, or the parts of it inside this one."""

import contextlib
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from tests.entrypoints.command_line import ROOT, process_environment
from tocsin.entrypoints.local_server import LocalServer

PATIENCE = 30.0


def eventually(look):
    """Return the first thing that ``look`` finds."""
    until = time.monotonic() + PATIENCE
    while not (found := look()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def gone(url):
    """Say whether nobody takes connections there any more."""
    address = urlsplit(url)
    with contextlib.suppress(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port), timeout=PATIENCE).close()
        return False
    return True


class Reply(NamedTuple):
    """An answer over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        """The body, as JSON."""
        return json.loads(self.body)


def ask(url, method, path, body=None, **headers):
    """Ask over a connection of its own."""
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE)) as connection:
        return ask_on(connection, method, path, body, **headers)


def ask_on(connection, method, path, body=None, **headers):
    """Ask over a connection that is there."""
    sent = json.dumps(body).encode() if isinstance(body, dict | list) else body
    connection.request(method, path, sent, {name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    return Reply(answer.status, dict(answer.getheaders()), answer.read())


class Serving:
    """``serve`` in a process of its own, on a port that is free. ``key`` is what it printed, if it did."""

    def __init__(self, folder, *options, **environ):
        self._process = subprocess.Popen(
            [sys.executable, str(ROOT / "cli.py"), "serve", "--port", "0", *options],
            cwd=folder,
            env=process_environment(folder, **environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._err = []
        self._reader = threading.Thread(target=lambda: self._err.extend(self._process.stderr), daemon=True)
        self._reader.start()
        line = self._process.stdout.readline()
        found = re.search(r"http://\S+?:\d+", line)
        if not found:
            self._reader.join(PATIENCE)
        assert found, self.err
        self.url = found[0]

    @property
    def err(self):
        """Everything that it wrote to standard error so far."""
        return "".join(self._err)

    @property
    def key(self):
        """The key that it printed."""
        return self.shown(r"tocsin_\w{12}_\S{43}")

    def shown(self, form):
        """Return what of this form it printed."""
        until = time.monotonic() + PATIENCE
        while not (found := re.search(form, self.err)):
            assert time.monotonic() < until, self.err
            time.sleep(0.01)
        return found[0]

    def ask(self, method, path, body=None, **headers):
        """Ask it, with its key unless told otherwise."""
        return ask(self.url, method, path, body, **{"authorization": f"Bearer {self.key}"} | headers)

    def tell(self, number=signal.SIGTERM):
        """Send it a signal."""
        self._process.send_signal(number)

    def ended(self):
        """Wait until it has ended; return its exit status."""
        status = self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._process.stdout.close()
        self._reader.join(PATIENCE)
        self._process.stderr.close()


@contextlib.contextmanager
def served(application, **options):
    """Serve a WSGI application from a thread of this process, which ends at once; yield the server."""
    server = LocalServer(application, host="127.0.0.1", port=0, **{"threads": 8, "lingering": 0.001} | options)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(PATIENCE)
        assert not thread.is_alive()
