"""An answer over HTTP, read whole or not at all: no more of it than can be true, and no longer than somebody waits."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol


class Reply(NamedTuple):
    """An answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoReply(Exception):
    """No answer, or not all of one; the text says why in a few words, and repeats nothing of either side."""


class Arriving(Protocol):
    """An answer whose body is still to come: urllib3's."""

    @property
    def status(self) -> int:
        """Its status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """Its headers."""

    def read1(self, amt: int) -> bytes:
        """Return what is there, at most ``amt`` bytes; none at the end."""


_CHUNK = 16 * 1024


def whole(response: Arriving, *, largest: int, until: float, timer: Callable[[], float]) -> Reply:
    """Read piece by piece, so that what trickles in cannot outlast the time, nor what floods in the memory.

    ``largest`` is in bytes, ``until`` the ``timer``'s second at which nobody waits any more. Raises :class:`NoReply`.
    """
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > largest:
            raise NoReply("the answer was too large to be true")
        if timer() > until:
            raise NoReply("the answer took too long to arrive")
    return Reply(response.status, {name.lower(): value for name, value in response.headers.items()}, bytes(body))
