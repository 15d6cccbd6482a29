"""Our own heartbeat: an address that is called when all is well, for somebody else to notice that it is not."""

import logging
from concurrent.futures import Future
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Thread
from urllib.parse import urlsplit

TIMEOUT = 5.0
"""Seconds that a call may take in all."""

_ERRORS = 300

_log = logging.getLogger(__name__)


class HttpPulse:
    """Asks for ``url`` (GET), and follows no redirect. Of that, only the host is ever logged: the rest may be secret."""

    def __init__(self, url: str, *, timeout: float = TIMEOUT) -> None:
        self._parts = urlsplit(url)
        self._timeout = timeout

    def beat(self) -> None:
        """Call, once. What goes wrong is logged in one line."""
        done: Future[str] = Future()
        Thread(target=lambda: done.set_result(self._called()), name="heartbeat", daemon=True).start()
        try:
            # A server that sends a byte at a time keeps the thread, not the round.
            why = done.result(self._timeout)
        except TimeoutError:
            why = "it took too long"
        if why:
            _log.warning("our heartbeat did not reach %s: %s", self._parts.hostname, why)

    def _called(self) -> str:
        """Return what went wrong; empty: nothing."""
        parts = self._parts
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        try:
            connection = kind(parts.hostname or "", parts.port, timeout=self._timeout)
            try:
                connection.request("GET", f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}")
                status = connection.getresponse().status
            finally:
                connection.close()
        except (OSError, HTTPException, ValueError) as error:
            return type(error).__name__
        return f"it answered {status}" if status >= _ERRORS else ""
