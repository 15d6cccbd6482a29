"""Passwords: argon2id, and zxcvbn's word on how soon one would be guessed. Both are imported by whoever needs them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import BoundedSemaphore, Lock
from typing import TYPE_CHECKING

from tocsin.errors import TooManyAttempts

if TYPE_CHECKING:
    import argon2

MEMORY_KIB = 19 * 1024
TIME_COST = 2
PARALLELISM = 1
"""OWASP's password storage cheat sheet: 19 MiB, two passes, one lane. 20 ms on a laptop; a Lambda of 512 MB has room."""

NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$qt69+UwTynHI5CcYdTcHbg$ALY73yGlkmdzJTArrlSU81WdeMkdrDN7AuZDyI8eBEE"
"""A hash of the same cost, for accounts that are none. Whether a password fits it is asked, and never heeded."""

JUDGED = 24
"""Characters that are judged, the first ones. zxcvbn takes 72, and on 72 made of 4, @, $ and their like 8 s for it."""

AT_ONCE = 4
"""Passwords that one process hashes side by side, each in memory of its own, and with a core of its own if there is one."""

WAIT_SECONDS = 1.0
"""How long a password waits for its turn: who sends many must not hold up those who push alerts."""

JUDGED_WITHIN = 3.0
"""Seconds that a new password waits to be judged: one at a time is, which takes half a second if somebody means it to."""

GOOD = 3
"""The least of zxcvbn's scores from 0 to 4 that is taken: more than 10**8 guesses."""


class Argon2:
    """Hashes passwords, and knows them again. Any number of threads may use it; :data:`AT_ONCE` of them work.

    Hashing and knowing again raise :class:`~tocsin.errors.TooManyAttempts` if the others take too long.
    """

    nobody = NOBODY

    def __init__(self, *, wait: float = WAIT_SECONDS) -> None:
        self._room = BoundedSemaphore(AT_ONCE)
        self._wait = wait

    def hash(self, password: str) -> str:
        """Return the hash of a password, with a salt of its own."""
        with self._working():
            return _hasher().hash(password)

    def matches(self, hashed: str, password: str) -> bool:
        """Say whether a hash is that of a password; false too for what is no hash."""
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            with self._working():
                return _hasher().verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False

    def outdated(self, hashed: str) -> bool:
        """Say whether a hash has another cost than is chosen now."""
        return _hasher().check_needs_rehash(hashed)

    @contextmanager
    def _working(self) -> Iterator[None]:
        if not self._room.acquire(timeout=self._wait):
            raise TooManyAttempts(self._wait)
        try:
            yield
        finally:
            self._room.release()


def _hasher() -> "argon2.PasswordHasher":
    import argon2

    return argon2.PasswordHasher(
        time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=PARALLELISM, hash_len=32, salt_len=16
    )


_judging = Lock()


def weakness(password: str, about: Sequence[str]) -> str:
    """Say why a password is guessed too soon, in words that hold nothing of it; empty: it is not.

    ``about`` are words that whoever guesses would try first: the person's own. Raises
    :class:`~tocsin.errors.TooManyAttempts` if the others take too long.
    """
    from zxcvbn import zxcvbn
    from zxcvbn.matching import RANKED_DICTIONARIES

    # It keeps the words in a dictionary that all threads share.
    if not _judging.acquire(timeout=JUDGED_WITHIN):
        raise TooManyAttempts(JUDGED_WITHIN)
    try:
        found = zxcvbn(password[:JUDGED], user_inputs=list(about))
    finally:
        RANKED_DICTIONARIES.pop("user_inputs", None)
        _judging.release()
    if found["score"] >= GOOD:
        return ""
    said = str(found["feedback"]["warning"]).rstrip(".")
    return said or "It would be guessed too soon"
