"""The local server: waitress around the Lambda handler, several requests at a time, and an end without a lost answer."""

import logging
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from waitress import wasyncore
from waitress.server import create_server

from tocsin.errors import ConfigurationError

from .garbled import Channel

THREADS = 32
"""Requests that are answered at once. Most of them wait, for the disk or for DynamoDB; alerts that wait go together."""

GRACE = 20.0
"""Seconds within which what is under way is answered, once the server was told to end."""

MOST_BYTES = 10 * 1024 * 1024
"""Of a body: as API Gateway. The API itself refuses far less, with a problem document."""

MOST_CONNECTIONS = 1_000
IDLE_SECONDS = 60

_POLL = 1.0
LINGERING = 0.05
"""Seconds for which a server that was told to end still waits for what is on its way."""

Application = Callable[[Any, Any], Iterable[bytes]]


class LocalServer:
    """Serves on ``host`` and ``port`` (0: any that is free) until it is told to end.

    ``trusted_proxy`` is the address of a proxy that is believed where a request comes from; nobody else is.
    ``lingering`` see :data:`LINGERING`.
    Raises :class:`~tocsin.errors.ConfigurationError` for an address that cannot be used.
    """

    def __init__(
        self,
        application: Application,
        *,
        host: str,
        port: int,
        threads: int = THREADS,
        trusted_proxy: str = "",
        lingering: float = LINGERING,
    ) -> None:
        # Waitress warns of every request that waits for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._server: Any = create_server(
            application,
            sockets=[_bound(host, port)],
            threads=threads,
            ident="tocsin",
            asyncore_use_poll=True,
            channel_timeout=IDLE_SECONDS,
            connection_limit=MOST_CONNECTIONS,
            max_request_body_size=MOST_BYTES,
            log_socket_errors=False,
            **({"trusted_proxy": trusted_proxy, "trusted_proxy_headers": {"x-forwarded-for"}} if trusted_proxy else {}),
        )
        self._server.channel_class = Channel
        self._map = self._server._map  # noqa: SLF001 - waitress has no other way to run its loop step by step
        self._lingering = lingering
        self._told = False

    @property
    def url(self) -> str:
        """Where it is."""
        host = str(self._server.effective_host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.effective_port}"

    def run(self) -> None:
        """Serve until :meth:`stop` is called; then answer what is under way, within :data:`GRACE`."""
        while not self._told:
            self._step(_POLL)
        self._drain()

    def stop(self) -> None:
        """End soon. May be called from a signal handler, and from any thread."""
        self._told = True
        with suppress(OSError):  # it has ended already
            self._server.pull_trigger()

    def _drain(self) -> None:
        # No new connections; what already waits in the sockets of the others is still read.
        wasyncore.dispatcher.close(self._server)
        self._step(self._lingering)
        deadline = time.monotonic() + GRACE
        while self._server.active_channels and time.monotonic() < deadline:
            for channel in list(self._server.active_channels.values()):
                if _is_idle(channel):
                    channel.will_close = True
            self._step(self._lingering)
        self._server.task_dispatcher.shutdown(timeout=1)
        self._server.trigger.close()
        wasyncore.close_all(self._map, ignore_all=True)

    def _step(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, map=self._map, count=1, use_poll=True)


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that is bound to one address: ``localhost`` may have several."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(found[0][4][:2], family=found[0][0], reuse_port=False)
    except OSError as error:
        message = f"{host} port {port} cannot be served on: {error.strerror or error}"
        raise ConfigurationError(message, hint="--port takes another one, --host another address") from None


def _is_idle(channel: Any) -> bool:  # noqa: ANN401 - waitress has no types
    """Say whether nothing is under way: no request, whole or in part, and no answer that still has to be sent."""
    return not channel.requests and channel.request is None and not channel.total_outbufs_len
