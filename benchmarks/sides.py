"""Each side of a comparison in a process of its own, so that neither pays for what the other keeps in memory.

That matters: the garbage collector walks through everything in its process, and a store of 100,000 incidents beside
one of 1,000 would slow the small one and flatter the ratio.
"""

import gc
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Self

from .measure import Measured

_PROCESSES = get_context("spawn")
_SECONDS_TO_END = 30.0


class Side:
    """Runs ``prepare(*arguments)`` in a new process, and there what it returned, each time that it is called.

    ``prepare`` must be a function at the top of a module. The garbage of one run is collected before the next.
    """

    def __init__(self, prepare: Callable[..., Measured], *arguments: object) -> None:
        self._here, there = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_serve, args=(there, prepare, arguments), name=prepare.__name__)
        self._process.start()
        there.close()

    def __call__(self) -> float:
        """Run once; return what it cost."""
        self._here.send("run")
        try:
            return float(self._here.recv())
        except EOFError:
            message = f"{self._process.name} broke off; what it said stands above"
            raise RuntimeError(message) from None

    def __enter__(self) -> Self:
        """Return the side itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process."""
        with suppress(OSError):
            self._here.send("end")
        self._here.close()
        self._process.join(_SECONDS_TO_END)
        if self._process.is_alive():
            self._process.terminate()


def _serve(there: Connection, prepare: Callable[..., Measured], arguments: tuple[object, ...]) -> None:
    with suppress(KeyboardInterrupt, EOFError):
        measured = prepare(*arguments)
        while there.recv() == "run":
            gc.collect()
            there.send(measured())


def in_another_process(work: Callable[..., None], *arguments: object) -> None:
    """Run ``work`` to its end in a new process, so that what it needed of memory is given back."""
    process = _PROCESSES.Process(target=work, args=arguments, name=work.__name__)
    process.start()
    process.join()
    if process.exitcode:
        message = f"{work.__name__} broke off; what it said stands above"
        raise RuntimeError(message)


def timed(work: Callable[[], object], *, times: int = 1) -> float:
    """Return the seconds that ``work`` takes, as the mean of so many runs."""
    began = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - began) / times


def peak_memory() -> float:
    """Return the most bytes that this process has held in memory so far."""
    # On Linux a new process inherits the peak of the one that started it; the kernel's own mark does not.
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024.0
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most if sys.platform == "darwin" else most * 1024)
