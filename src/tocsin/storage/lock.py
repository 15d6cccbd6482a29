"""One writer at a time, over all processes: a lock on a file beside the store's."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tocsin.errors import StoreBusy, StoreError

from .refusals import unwritable

if TYPE_CHECKING:
    from filelock import FileLock

POLL_INTERVAL = 0.002
"""Seconds between two attempts. A commit holds the lock for about as long."""


class SidecarLock:
    """Locks ``FILE.lock``. The system frees it when its holder dies, however it dies.

    Not for two threads at once: each store has a mutex of its own. The library is imported with the first lock, so
    that who only reads, which takes none, does not wait for it.
    """

    def __init__(self, path: Path, *, timeout: float) -> None:
        self._path = path
        self._timeout = timeout
        self._lock: FileLock | None = None
        self._process = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock, or raise ``StoreBusy`` after the time-out, ``StoreError`` if there can be no lock."""
        from filelock import Timeout

        lock = self._of_this_process()
        try:
            if not self._path.parent.is_dir():
                message = f"there is no folder {self._path.parent}"
                raise StoreError(message, hint="make it, or name another file with INCIDENTS_FILE")
            lock.acquire(poll_interval=POLL_INTERVAL)
        except Timeout:
            message = f"another process has kept {self._path} locked for {self._timeout:g} s"
            raise StoreBusy(
                message, hint="try again; if nothing else should run, look for a process that hangs"
            ) from None
        except OSError as error:
            raise unwritable(self._path, error) from error
        try:
            yield
        finally:
            lock.release()

    def _of_this_process(self) -> "FileLock":
        from filelock import FileLock

        # A lock made before a fork must not be used after it.
        if self._lock is None or self._process != os.getpid():
            name = self._path.with_name(f"{self._path.name}.lock")
            self._lock = FileLock(name, timeout=self._timeout, mode=0o600, thread_local=False)
            self._process = os.getpid()
        return self._lock
