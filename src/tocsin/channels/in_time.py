"""Waiting no longer than somebody has time, whatever the other side does."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TYPE_CHECKING, TypeVar

from tocsin.errors import Undelivered

if TYPE_CHECKING:
    from tocsin.services.courier import Courier, Letter

LONGEST = 10.0
"""Seconds that handing one message over may take: names, connections and answers in all."""

T = TypeVar("T")


def in_time(work: Callable[[], T], longest: float = LONGEST) -> T:
    """Return what ``work`` does, or raise what it raises; TimeoutError after ``longest`` seconds.

    What is under way then comes to its own end: what it hands over may arrive all the same.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001 - raised to who waits
            done.set_exception(error)
        else:
            done.set_result(made)

    Thread(target=run, name="channel", daemon=True).start()
    return done.result(longest)


class CourierInTime:
    """Waits for a courier no longer than ``longest`` seconds.

    What is under way then comes to its own end, and the letter may go all the same: sent again, it is the same letter.
    """

    def __init__(self, courier: "Courier", *, longest: float = LONGEST) -> None:
        self._courier = courier
        self._longest = longest

    def deliver(self, letter: "Letter") -> None:
        """Hand it over. Raises :class:`~tocsin.errors.Undelivered`."""
        try:
            in_time(lambda: self._courier.deliver(letter), self._longest)
        except TimeoutError:
            message = f"the mail server took longer than {self._longest:g} seconds"
            raise Undelivered(message) from None
