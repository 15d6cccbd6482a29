"""The simulated Datadog that the sweeps are measured against, in a process of its own."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection

from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, organisation

MONITORS = 10_000

KEYS = (DEMO_API_KEY, DEMO_APP_KEY)


@contextmanager
def simulated_datadog(monitors: int = MONITORS) -> Iterator[str]:
    """Serve an organisation; yield the address.

    A tenth of the monitors have 20 groups, 1 % alert, 2 % are muted, 5 % have no data, a fifth have long messages.
    Its pages are encoded and compressed beforehand and its limits are off, so that a client is measured and not
    this server.
    """
    processes = get_context("spawn")
    here, there = processes.Pipe()
    process = processes.Process(target=_serve, args=(there, monitors), name="simulated Datadog")
    process.start()
    there.close()
    try:
        yield str(here.recv())
    finally:
        here.close()
        process.join()


def _serve(there: Connection, monitors: int) -> None:
    with suppress(KeyboardInterrupt, EOFError), DatadogServer(organisation(monitors), limits={}) as server:
        server.freeze()
        there.send(server.url)
        there.recv()
