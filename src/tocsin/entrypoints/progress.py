"""How far long work has come: one line on a terminal that is written over and goes when the work is done."""

from types import TracebackType
from typing import Self

from .screen import Screen

_ERASE = "\r\x1b[K"


class Progress:
    """Use it as a context manager, and call it with pages and items so far. Anywhere but on a terminal it is silent."""

    def __init__(self, screen: Screen, what: str) -> None:
        # A terminal that knows no escape sequences cannot write a line over.
        self._stream = screen.stream if screen.erases else None
        self._what = what

    def __call__(self, pages: int, number: int) -> None:
        """Say how many so far."""
        self.say(f"{number:,} so far, page {pages}")

    def say(self, text: str) -> None:
        """Say how far it is."""
        if self._stream is not None:
            self._stream.write(f"{_ERASE}{self._what}: {text}")
            self._stream.flush()

    def __enter__(self) -> Self:
        """Begin."""
        if self._stream is not None:
            self._stream.write(f"{_ERASE}{self._what} ...")
            self._stream.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the line away, whatever happened."""
        if self._stream is not None:
            self._stream.write(_ERASE)
            self._stream.flush()
