"""Clients of a server over real HTTP: so many connections that stay open, each asking again once it was answered.

One thread drives all of them, with as little work a request as Python allows: on a machine with two cores what the
clients take is missing in the server, and a thread for each would measure their waiting for each other.
"""

import selectors
import socket
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Self
from urllib.parse import urlsplit

_PATIENCE = 30.0
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Load(NamedTuple):
    """What a server did: how long all of it took, and each request, in seconds; the latter in order of length."""

    seconds: float
    times: list[float]

    @property
    def each(self) -> float:
        """Seconds a request, with so many under way at once."""
        return self.seconds / len(self.times)

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of the requests was answered."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))]


class Clients:
    """Connections to the server at ``url``, which stay open until the block ends."""

    def __init__(self, url: str, connections: int) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._lines = [_Line(self._address) for _ in range(connections)]

    def __enter__(self) -> Self:
        """Return them."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        for line in self._lines:
            line.close()

    def ask(self, requests: Iterable[bytes], *, status: int = 200) -> Load:
        """Send all requests, each as soon as a connection is free. Raises RuntimeError for an answer of another status."""
        waiting = iter(requests)
        times: list[float] = []
        with selectors.DefaultSelector() as selector:
            for line in self._lines:
                selector.register(line, selectors.EVENT_READ, line)
            began = time.perf_counter()
            under_way = sum(line.send_next(waiting) for line in self._lines)
            while under_way:
                ready = selector.select(_PATIENCE)
                if not ready:
                    message = f"no answer within {_PATIENCE:g} s"
                    raise RuntimeError(message)
                for key, _ in ready:
                    line = key.data
                    if line.receive(status):
                        times.append(line.spent)
                        under_way -= not line.send_next(waiting)
            seconds = time.perf_counter() - began
        times.sort()
        return Load(seconds, times)


class _Line:
    """One connection, on which one request at a time is under way."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=_PATIENCE)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._received = b""
        self._sent = 0.0
        self.spent = 0.0

    def fileno(self) -> int:
        """Return what a selector waits for."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def send_next(self, waiting: Iterator[bytes]) -> bool:
        """Send the next request, and say whether there was one."""
        request = next(waiting, b"")
        if request:
            self._received = b""
            self._sent = time.perf_counter()
            self._socket.sendall(request)
        return bool(request)

    def receive(self, status: int) -> bool:
        """Read what has come, and say whether it is the whole answer."""
        self._received += self._socket.recv(1 << 16)
        head, ended, body = self._received.partition(_END_OF_HEAD)
        if not ended or len(body) < _length_in(head):
            if self._received:
                return False
            message = "the server hung up"
            raise RuntimeError(message)
        self.spent = time.perf_counter() - self._sent
        if int(head[9:12]) != status:
            message = f"answered {head[9:12].decode()}: {body.decode()}"
            raise RuntimeError(message)
        return True


def _length_in(head: bytes) -> int:
    _, named, rest = head.lower().partition(_LENGTH)
    return int(rest.partition(b"\r\n")[0]) if named else 0


def request(method: str, path: str, *, key: str = "", body: bytes = b"") -> bytes:
    """Return a request as it is sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost", "User-Agent: bench"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body
