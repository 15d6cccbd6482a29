"""A provider on this machine: it keeps what it is asked, and answers as it is told."""

import contextlib
import http.server
import json
import threading
import time
from typing import NamedTuple
from urllib.parse import parse_qsl


class Asked(NamedTuple):
    """One request; header names are in small letters."""

    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def form(self):
        """The body as a form."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


class Provider:
    """Answers with ``status``, ``body`` (JSON unless bytes) and ``headers``; ``plays`` are statuses and bodies before.

    ``silence`` are seconds before each answer; ``raw`` is said in place of one, as bytes.
    """

    def __init__(self):
        self.asked = []
        self.status = 200
        self.body = {}
        self.headers = {}
        self.plays = []
        self.silence = 0.0
        self.raw = None
        self.url = ""
        self.over = threading.Event()

    @property
    def only(self):
        """The one request that there was."""
        (one,) = self.asked
        return one

    def answer(self):
        """Return status and body of the next answer."""
        status, body = self.plays.pop(0) if self.plays else (self.status, self.body)
        return status, body if isinstance(body, bytes) else json.dumps(body).encode()


def _handler(provider):
    class Handler(http.server.BaseHTTPRequestHandler):
        def _any(self):
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            provider.asked.append(Asked(self.command, self.path, headers, self.rfile.read(length)))
            if provider.silence:
                provider.over.wait(provider.silence)
            if provider.raw is not None:
                for piece in provider.raw:
                    with contextlib.suppress(OSError):
                        self.wfile.write(piece)
                return
            status, body = provider.answer()
            self.send_response(status)
            for name, value in provider.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = _any  # noqa: N815 - the server's names

        def log_message(self, *words):
            """Say nothing."""

    return Handler


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Say nothing: whoever asked has hung up, as some tests want it."""


@contextlib.contextmanager
def provider(context=None):
    """Serve a provider, over TLS with a context; yield it."""
    one = Provider()
    server = _Server(("127.0.0.1", 0), _handler(one))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    one.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    one.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield one
    finally:
        one.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def trickle(count, seconds, piece=b"x"):
    """Yield a piece now and then."""
    for _ in range(count):
        time.sleep(seconds)  # what a slow server does
        yield piece
