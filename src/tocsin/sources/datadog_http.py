"""One question to Datadog through its official client, and what came back: status, headers and bytes. Decides nothing.

The official client brings auth, addresses, TLS and the connection pool. Its typed models are passed by: one odd
monitor makes them refuse a whole page, and they cost many times what the JSON itself does.
"""

import os
import socket
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from typing import NamedTuple, Protocol, cast

from datadog_api_client.api_client import ApiClient
from datadog_api_client.configuration import Configuration
from datadog_api_client.rest import RESTClientObject
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from typing_extensions import override
from urllib3 import BaseHTTPResponse, Retry, Timeout
from urllib3.exceptions import (
    DecodeError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    ProtocolError,
    SSLError,
)
from urllib3.exceptions import TimeoutError as TookTooLong

from .datadog_account import Account

PAGE_SIZE = 1_000
"""Monitors asked for at a time: the most that Datadog gives."""

CONNECT_SECONDS = 5.0
"""How long one connection may take to come up."""

READ_SECONDS = 30.0
"""How long Datadog may stay silent within one answer."""

LARGEST_BODY = 512 * 1024 * 1024
"""Bytes, unpacked. A page of 1,000 monitors with 500 groups each is a fifth of it."""

_CHUNK = 256 * 1024

TimeLeft = Callable[[], float]
"""The seconds that are left for what is being done."""


class Reply(NamedTuple):
    """An answer. Header names are lower case; the body is unpacked."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoReply(Exception):
    """No answer, or not all of one. The text says why in a few words, and never holds a key."""

    def __init__(self, why: str, *, unknown_host: bool = False, untrusted: bool = False) -> None:
        super().__init__(why)
        self.unknown_host = unknown_host
        self.untrusted = untrusted


class Http(Protocol):
    """How Datadog is asked. Both raise :class:`NoReply`; any status is a reply."""

    def monitors(self, after: int, time_left: TimeLeft) -> Reply:
        """Ask for the page of monitors whose ids are greater than ``after``."""

    def monitor(self, number: int, time_left: TimeLeft) -> Reply:
        """Ask for one monitor."""

    def close(self) -> None:
        """Give the connections back."""


class OfficialHttp:
    """Asks with the official client: one try a question, no redirect followed, since the keys would go along."""

    def __init__(self, account: Account, *, largest_body: int = LARGEST_BODY) -> None:
        """Connect nothing yet. ``largest_body``: bytes, unpacked."""
        self._largest_body = largest_body
        self._configuration = Configuration(  # type: ignore[no-untyped-call]  # it has no types
            host=account.api_url,
            api_key={"apiKeyAuth": account.api_key, "appKeyAuth": account.app_key},
            preload_content=False,
            check_return_type=False,
            retry_policy=Retry(0, redirect=0, raise_on_redirect=False, respect_retry_after_header=False),
        )
        self._client = ApiClient(self._configuration)
        self._client.rest_client = _RawRest(self._configuration)  # type: ignore[no-untyped-call]  # it has no types
        self._api = MonitorsApi(self._client)  # type: ignore[no-untyped-call]  # it has no types

    def monitors(self, after: int, time_left: TimeLeft) -> Reply:
        """Ask for the page of monitors whose ids are greater than ``after``."""
        return self._ask(
            lambda: self._api.list_monitors(
                id_offset=after, page_size=PAGE_SIZE, group_states="all", with_downtimes=True
            ),
            time_left,
        )

    def monitor(self, number: int, time_left: TimeLeft) -> Reply:
        """Ask for one monitor."""
        return self._ask(
            lambda: self._api.get_monitor(number, group_states="all", with_downtimes=True),
            time_left,
        )

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def _ask(self, question: Callable[[], object], time_left: TimeLeft) -> Reply:
        left = max(time_left(), 0.001)
        self._configuration.request_timeout = (min(CONNECT_SECONDS, left), min(READ_SECONDS, left))
        try:
            # The client declares models; unread, it gives what its HTTP layer gave.
            return _read(cast("BaseHTTPResponse", question()), time_left, self._largest_body)
        except (HTTPError, HTTPException, OSError) as error:
            silence = _explained(error)
        # Raised out here, so that no library's exception hangs on to it.
        raise silence


class _RawRest(RESTClientObject):
    """The official client's HTTP layer, which would raise for a status and read an error's body as text."""

    @override
    def request(
        self,
        method: str,
        url: str,
        query_params: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        post_params: object = None,
        preload_content: object = None,
        request_timeout: tuple[float, float] | None = None,
    ) -> BaseHTTPResponse:
        """Send a GET and return the answer unread, whatever its status."""
        connect, read = request_timeout or (CONNECT_SECONDS, READ_SECONDS)
        response: BaseHTTPResponse = self.pool_manager.request(
            method,
            url,
            fields=query_params,
            headers=headers,
            preload_content=False,
            redirect=False,
            timeout=Timeout(connect=connect, read=read),
        )
        return response


def _read(response: BaseHTTPResponse, time_left: TimeLeft, largest: int) -> Reply:
    """Read the body piece by piece, so that one that trickles in cannot outlast the time."""
    chunks: list[bytes] = []
    size = 0
    try:
        while chunk := response.read1(_CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > largest:
                raise NoReply("its answer was too large to be true")
            if time_left() <= 0:
                raise NoReply("the time was over before its whole answer had come")
    finally:
        # Keeps the connection if all was read, and drops it otherwise.
        response.close()
        response.release_conn()
    return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, b"".join(chunks))


def _explained(error: Exception) -> NoReply:
    """Say in our own words what a library's exception says; theirs may repeat what was sent."""
    cause = error.reason if isinstance(error, MaxRetryError) and error.reason else error
    number = _errno(cause)
    if isinstance(cause, NameResolutionError):
        return NoReply("its name could not be resolved", unknown_host=number != socket.EAI_AGAIN)
    if isinstance(cause, SSLError):
        return NoReply("its TLS certificate was not accepted", untrusted=True)
    if number is not None:
        return NoReply(os.strerror(number).lower())
    if isinstance(cause, TookTooLong):
        return NoReply("it did not answer in time")
    if isinstance(cause, DecodeError | ProtocolError | HTTPException):
        return NoReply("its answer broke off")
    return NoReply(f"the connection failed ({type(cause).__name__})")


def _errno(error: BaseException) -> int | None:
    """Return the operating system's number for what went wrong, from wherever the libraries keep it."""
    for found in (error, error.__cause__, *error.args):
        if isinstance(found, OSError) and found.errno is not None:
            return found.errno
    return None
