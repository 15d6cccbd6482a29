"""Everything that Tocsin refuses or fails at, in one tree.

::

    TocsinError
    ├── ConfigurationError      a setting is wrong or missing
    ├── InvalidInput            a value that somebody gave cannot be used
    │   ├── MalformedBody       what was sent is no JSON
    │   └── KeyReused
    ├── NotFound                no such incident, file or record
    ├── IllegalMove             the incident may not go there from where it is
    ├── PreconditionFailed      it is not any more what the caller says that he saw
    ├── Conflict                somebody else wrote first; read again and decide again
    │   └── AlreadyThere        what was to be made is there; trying again does not help
    ├── AccessError             whoever asks is not let in, or not to do this
    │   ├── SignInRefused
    │   ├── NotAllowed
    │   ├── TooManyAttempts
    │   └── IssuerFailed
    ├── Undelivered             a message could not be handed over
    │   └── Refused
    ├── SourceError             an alert source could not be read
    │   ├── KeysRefused
    │   ├── WrongSite
    │   ├── RateLimited
    │   ├── Unreachable
    │   └── Nonsense
    └── StoreError              the store could not be read or written
        ├── NotOurFile
        ├── DamagedFile
        ├── NewerFormat
        ├── StoreBusy
        ├── StoreUnreachable
        ├── StoreRefused
        └── NoTable

Each class knows the HTTP status that fits it, the exit status of the command line, and whether trying again
helps. The message is one line; ``hint`` says what the operator can do.
"""

from collections.abc import Iterable
from math import ceil
from typing import ClassVar


class TocsinError(Exception):
    """The root. ``str(error)`` is one line for a person; ``hint`` says what to do about it."""

    http_status: ClassVar[int] = 500
    exit_status: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ConfigurationError(TocsinError):
    """A setting is wrong or missing; the message names the variable."""

    exit_status = 2


class InvalidInput(TocsinError):
    """A value that somebody gave cannot be used; the message says what is allowed."""

    http_status = 422
    exit_status = 2


class MalformedBody(InvalidInput):
    """What was sent is no JSON that can be read; the message says where it goes wrong."""

    http_status = 400


class KeyReused(InvalidInput):
    """The key that makes a repeated request do nothing twice came with another request."""


class NotFound(TocsinError):
    """What was asked for does not exist."""

    http_status = 404
    exit_status = 4


class IllegalMove(TocsinError):
    """The incident may not go there from where it is; ``allowed`` lists the legal next states."""

    http_status = 409
    exit_status = 5

    def __init__(self, message: str, *, allowed: Iterable[str] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.allowed = tuple(allowed)


class PreconditionFailed(TocsinError):
    """Somebody changed it since the caller looked at it. Nothing was written: look again, and decide."""

    http_status = 412
    exit_status = 5


class Conflict(TocsinError):
    """Somebody else wrote first. Nothing was written: read again and decide again."""

    http_status = 409
    exit_status = 5
    retryable = True


class AlreadyThere(Conflict):
    """What was to be made is there already. Nothing was written, and trying again does not help."""

    retryable = False


class AccessError(TocsinError):
    """Whoever asks is not let in, or not to do this. The message helps nobody who should not be."""

    http_status = 403
    exit_status = 5


class SignInRefused(AccessError):
    """Who they are was not proved: one message for whatever was wrong."""

    http_status = 401


class NotAllowed(AccessError):
    """They are known, and may not do this."""


class TooManyAttempts(AccessError):
    """It was tried too often; ``seconds`` until it may be tried again."""

    http_status = 429

    def __init__(self, seconds: float) -> None:
        super().__init__("there were too many attempts", hint=f"try again in {max(ceil(seconds), 1)} s")
        self.seconds = seconds


class IssuerFailed(AccessError):
    """The external issuer gave no usable answer, so that nobody can be known by it."""

    http_status = 502
    exit_status = 3
    retryable = True


class Undelivered(TocsinError):
    """A message could not be handed over now; whoever takes it may have it all the same.

    ``retry_after``: in how many seconds it may be tried again, where the provider says so.
    """

    http_status = 502
    exit_status = 3
    retryable = True

    def __init__(self, message: str, *, hint: str = "", retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


class Refused(Undelivered):
    """It will not be taken, however often it is tried."""

    retryable = False


class SourceError(TocsinError):
    """An alert source could not be read. Nothing may be concluded from what is absent."""

    http_status = 502
    exit_status = 3


class KeysRefused(SourceError):
    """The source answered 401 or 403 to our keys."""


class WrongSite(SourceError):
    """What answers at the configured address is not the source."""


class RateLimited(SourceError):
    """The source's rate limit did not clear within the time allowed."""

    retryable = True


class Unreachable(SourceError):
    """No usable answer: no connection, time-outs, or server errors until the retries ran out."""

    retryable = True


class Nonsense(SourceError):
    """The source answered something that is not its own format."""

    retryable = True


class StoreError(TocsinError):
    """The store could not be read or written; what had been committed before stays committed."""

    http_status = 503
    exit_status = 6


class NotOurFile(StoreError):
    """The file holds something else. It was left untouched."""


class DamagedFile(StoreError):
    """The file is damaged in a way that no interrupted write explains. It was left untouched."""


class NewerFormat(StoreError):
    """What is stored was written by a newer program. It was left untouched."""


class StoreBusy(StoreError):
    """Others kept the store busy for too long: a lock that was held, throttling that did not clear."""

    retryable = True


class StoreUnreachable(StoreError):
    """No usable answer from the store; whether the last write was done is not known: read again."""

    retryable = True


class StoreRefused(StoreError):
    """The store does not let us in, or not do this."""


class NoTable(StoreError):
    """The table does not exist."""
