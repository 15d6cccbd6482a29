"""The one way out over HTTP: one try, over TLS, to the very address that was looked at, and no redirect followed.

A name is looked up once. What it stands for is judged (:mod:`tocsin.channels.reachable`), and that address is connected
to: a name that means something else the next moment leads nowhere. The certificate is still that of the name.
"""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from tocsin.errors import Refused, Undelivered
from tocsin.replies import NoReply, Reply, whole

from .in_time import LONGEST, in_time
from .reachable import Place, Reach, place_of

CONNECT_SECONDS = 3.0
LARGEST_BODY = 256 * 1024
"""Bytes of an answer. What providers say is a hundredth of it."""

Resolve = Callable[[str, int], list[str]]

NO_HEADERS: Mapping[str, str] = {}


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses that a name stands for, in the order in which they are to be tried."""
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class Outbound:
    """Asks providers. ``allow`` are networks that may be reached although they are not public, over http too.

    ``seconds`` is what all of it may take; ``timer`` gives seconds, ``trust`` says whose certificates count, and from
    ``until`` on nothing is asked.
    """

    def __init__(
        self,
        allow: tuple[str, ...] = (),
        *,
        seconds: float = LONGEST,
        timer: Callable[[], float] = time.monotonic,
        resolve: Resolve = resolve,
        trust: ssl.SSLContext | None = None,
        until: float | None = None,
    ) -> None:
        self._allow = allow
        self._reach = Reach(allow)
        self._seconds = seconds
        self._timer = timer
        self._resolve = resolve
        self._trust = trust
        self._until = until

    def together(self) -> "Outbound":
        """Return the same way out for several requests that are one message: all of them have the time of one."""
        return Outbound(
            self._allow,
            seconds=self._seconds,
            timer=self._timer,
            resolve=self._resolve,
            trust=self._trusted(),
            until=self._timer() + self._seconds,
        )

    def get(self, url: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
        """Ask for a document. Raises as :meth:`post` does."""
        return self._asked("GET", url, None, headers)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send ``body``; return the answer, whatever its status.

        Raises :class:`~tocsin.errors.Refused` for a URL that may not be reached, and
        :class:`~tocsin.errors.Undelivered` if there was no whole answer. Neither repeats anything of it.
        """
        return self._asked("POST", url, body, headers)

    def _asked(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        place = place_of(url)
        seconds = self._seconds if self._until is None else min(self._until - self._timer(), self._seconds)
        if seconds <= 0:
            message = "there was no time left for all of it"
            raise Undelivered(message)
        opened: list[HTTPConnection] = []
        sent = {"User-Agent": "tocsin", "Accept": "application/json", **headers, "Host": place.named}

        def work() -> Reply | str:
            until = self._timer() + seconds
            try:
                connection = self._connected(place, opened)
                if self._timer() >= until:
                    _hang_up(connection)
                    return "there was no connection in time"  # nobody waits any more: it counts as not sent
                connection.request(method, place.target, body, sent, preload_content=False)
                return whole(connection.getresponse(), largest=LARGEST_BODY, until=until, timer=self._timer)
            except NoReply as error:
                return str(error)
            except (HTTPError, HTTPException, OSError, UnicodeError) as error:
                # Theirs may repeat what was sent.
                return f"there was no whole answer ({type(error).__name__})"

        try:
            found = in_time(work, seconds)
        except TimeoutError:
            found = f"there was no answer within {self._seconds:g} seconds"
        finally:
            for connection in opened:
                _hang_up(connection)
        if isinstance(found, Reply):
            return found
        raise Undelivered(found)

    def _connected(self, place: Place, opened: list[HTTPConnection]) -> HTTPConnection:
        """Connect to the first address that answers; each that is tried is put into ``opened``."""
        addresses = [one for one in self._resolve(place.host, place.port) if self._reach.reaches(one, place.scheme)]
        if not addresses:
            message = "the address leads to a network that may not be reached"
            hint = "It takes https to the Internet; OUTBOUND_ALLOW names networks that may be reached besides."
            raise Refused(message, hint=hint)
        for address in addresses[:-1]:
            try:
                return self._one(address, place, opened)
            except (HTTPError, OSError):
                continue  # the next may answer
        return self._one(addresses[-1], place, opened)

    def _one(self, address: str, place: Place, opened: list[HTTPConnection]) -> HTTPConnection:
        connection: HTTPConnection
        if place.scheme == "https":
            connection = HTTPSConnection(
                address,
                place.port,
                timeout=min(CONNECT_SECONDS, self._seconds),
                server_hostname=place.host,
                ssl_context=self._trusted(),
            )
        else:
            connection = HTTPConnection(address, place.port, timeout=min(CONNECT_SECONDS, self._seconds))
        opened.append(connection)
        connection.connect()
        connection.timeout = self._seconds  # from here on for the answer
        return connection

    def _trusted(self) -> ssl.SSLContext:
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust


def _hang_up(connection: HTTPConnection) -> None:
    """End what may still wait in another thread: closing alone would not wake it."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):  # it is over already
            sock.shutdown(socket.SHUT_RDWR)
    connection.close()
