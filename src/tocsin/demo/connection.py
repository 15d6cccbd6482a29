"""The HTTP side: sockets and threads in, requests and answers out. Knows nothing of monitors."""

from __future__ import annotations

import contextlib
import gzip
import io
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias
from urllib.parse import parse_qsl, urlsplit

from .clock import Clock
from .exchange import Answer, Request, error_answer
from .faults import Delivery
from .typed import override

Responder: TypeAlias = Callable[[Request], tuple[Answer, Delivery]]

LOOPBACK = "127.0.0.1"
MAX_BODY = 1_000_000
"""Bytes of a request's body; more is refused with 413."""

_TRICKLED_PARTS = 20
_STOP_SECONDS = 5.0


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    server_version = "SimulatedDatadog"
    sys_version = ""
    # What cannot be parsed is answered with headers too.
    default_request_version = "HTTP/1.1"
    # Together: one write an answer, sent at once. Either alone costs 40 ms an answer (Nagle against delayed ACK).
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def do_GET(self) -> None:
        """Answer any method alike: what exists is the responder's to say."""
        body = self._read_body()
        if body is None:
            return
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        answer, delivery = self.server.respond(Request(self.command, parts.path, query, headers, body))
        self._send(answer, delivery)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - the base class's names

    @override
    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the HTTP parser refuses is answered in JSON too."""
        self.close_connection = True
        self._send(error_answer(code, message or explain or "Bad request"), Delivery())

    @override
    def date_time_string(self, timestamp: float | None = None) -> str:
        """The `Date` header, by the world's clock."""
        moment = self.server.clock() if timestamp is None else datetime.fromtimestamp(timestamp, UTC)
        return format_datetime(moment.astimezone(UTC), usegmt=True)

    @override
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the request log is `DatadogServer.requests`."""

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(411, "A body needs a Content-Length")
            return None
        if len(length) > len(str(MAX_BODY)) or int(length) > MAX_BODY:
            self.send_error(413, "The body is too large")
            return None
        return self.rfile.read(int(length))

    def _send(self, answer: Answer, delivery: Delivery) -> None:
        if delivery.reset:
            self._reset()
            return
        if not self._pause(delivery.delay):
            return
        body, headers = answer.body, dict(answer.headers)
        # A request that could not be parsed has no headers.
        accepted = self.headers.get("Accept-Encoding", "") if hasattr(self, "headers") else ""
        if "gzip" in accepted and body:
            body = answer.gzipped or gzip.compress(body, compresslevel=1, mtime=0)
            headers["Content-Encoding"] = "gzip"
        self.send_response(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self._write(body[: int(len(body) * min(delivery.sent, 1))], delivery.trickle)
        if delivery.sent < 1:
            # After the headers, which promise the rest and a connection that stays: nothing warns of a cut.
            self.close_connection = True

    def _write(self, body: bytes, seconds: float) -> None:
        if not seconds:
            self.wfile.write(body)
            return
        step = max(1, -(-len(body) // _TRICKLED_PARTS))
        for start in range(0, len(body), step):
            self.wfile.write(body[start : start + step])
            self.wfile.flush()
            if not self._pause(seconds / _TRICKLED_PARTS):
                return

    def _pause(self, seconds: float) -> bool:
        """Wait, unless the server stops meanwhile: then False, and the connection ends."""
        if seconds and self.server.stopping.wait(seconds):
            self.close_connection = True
            return False
        return True

    def _reset(self) -> None:
        # With a linger time of zero, closing sends RST in place of FIN. The files must close first, for the socket
        # stays open as long as they do; a stand-in takes what the base class flushes afterwards.
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.wfile.close()
        self.connection.close()
        self.wfile = io.BytesIO()


class Listener(ThreadingHTTPServer):
    """Listens on loopback, a thread a connection, and leaves neither thread nor socket behind when closed."""

    request_queue_size = 128
    daemon_threads = True

    def __init__(self, port: int, respond: Responder, clock: Clock) -> None:
        """Bind to 127.0.0.1; port 0 takes a free one."""
        self.respond = respond
        self.clock = clock
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[threading.Thread, socket.socket] = {}
        super().__init__((LOOPBACK, port), Handler)

    @override
    def server_bind(self) -> None:
        """Bind without the base class's look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = LOOPBACK, self.server_address[1]

    @override
    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve a connection in a thread that `server_close` can find."""
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="simulated-datadog", daemon=True
        )
        with self._lock:
            self._open[thread] = request
        thread.start()

    @override
    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve one connection to its end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open.pop(threading.current_thread(), None)

    @override
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no error of ours; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @override
    def server_close(self) -> None:
        """Stop listening, end every open connection and wait for its thread."""
        super().server_close()
        self.stopping.set()
        with self._lock:
            still_open = dict(self._open)
        for thread, connection in still_open.items():
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(_STOP_SECONDS)
