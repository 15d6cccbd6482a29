"""How an issuer is asked: one try a question, over TLS, no redirect followed, and no more read than can be true.

What it answers may come from anybody who can reach the network in between, or from an issuer that has gone wrong: none
of it reaches a message.
"""

import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Protocol

import urllib3
from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import HTTPError

from tocsin.replies import NoReply, Reply, whole

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
"""How long an issuer may stay silent."""

WHOLE_SECONDS = 8.0
"""How long an answer may take to arrive: whoever signs in is waiting."""

LARGEST_BODY = 512 * 1024
"""Bytes. The keys of a large issuer are a hundredth of it."""

NO_HEADERS: Mapping[str, str] = {}


class Http(Protocol):
    """Asks an issuer. Both raise :class:`NoReply`; any status is a reply."""

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """Ask for a document."""

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Send a form."""


class IssuerHttp:
    """Asks with urllib3. ``timer`` gives seconds; ``read_seconds`` is how long an issuer may stay silent."""

    def __init__(self, *, timer: Callable[[], float] = time.monotonic, read_seconds: float = READ_SECONDS) -> None:
        self._timer = timer
        self._pool = urllib3.PoolManager(
            retries=False, timeout=Timeout(connect=CONNECT_SECONDS, read=read_seconds), maxsize=4
        )

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """Ask for a document."""
        return self._asked("GET", url, {**headers, "Accept": "application/json"})

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        """Send a form."""
        from urllib.parse import urlencode

        more = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        return self._asked("POST", url, {**headers, **more}, urlencode(form))

    def _asked(self, method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> Reply:
        until = self._timer() + WHOLE_SECONDS
        try:
            response = self._pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
            return self._read(response, until)
        except (HTTPError, HTTPException, OSError) as error:
            # Theirs may repeat what was sent.
            why = f"there was no whole answer ({type(error).__name__})"
        raise NoReply(why)

    def _read(self, response: BaseHTTPResponse, until: float) -> Reply:
        try:
            return whole(response, largest=LARGEST_BODY, until=until, timer=self._timer)
        finally:
            response.close()
            response.release_conn()
