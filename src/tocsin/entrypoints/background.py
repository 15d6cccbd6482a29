"""What a local server does beside answering: the sync and the tick, each on its interval, until it is told to end."""

import threading
from collections.abc import Callable
from typing import NamedTuple


class Chore(NamedTuple):
    """Something to do again and again: ``do`` is handed what says whether to begin one more piece of work."""

    name: str
    seconds: float
    do: Callable[[Callable[[], bool]], None]


class Background:
    """Runs each chore in a thread of its own. What a chore raises is told, and it is tried again at its next turn."""

    def __init__(self, chores: list[Chore], *, tell: Callable[[str, Exception], None]) -> None:
        self._over = threading.Event()
        self._tell = tell
        self._threads = [
            threading.Thread(target=self._run, args=(chore,), name=chore.name, daemon=True) for chore in chores
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self, seconds: float) -> None:
        """End: what is under way begins nothing more, and has so many seconds in all to come to an end."""
        self._over.set()
        for thread in self._threads:
            thread.join(seconds / len(self._threads))

    def _run(self, chore: Chore) -> None:
        while not self._over.is_set():
            try:
                chore.do(self._going_on)
            except Exception as error:  # noqa: BLE001 - what gives up in the night loses the page
                self._tell(chore.name, error)
            self._over.wait(chore.seconds)

    def _going_on(self) -> bool:
        return not self._over.is_set()
