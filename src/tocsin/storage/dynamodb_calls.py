"""Calls to DynamoDB that are tried again: what passes is waited out, with jitter, so often and so long, no longer.

What comes of a call is its answer, :class:`ConditionFailed`, or an error of ours in one line.
"""

import random
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, TypeVar, cast

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError, IncompleteReadError
from botocore.parsers import ResponseParserError

from tocsin.errors import NoTable, StoreBusy, StoreError, StoreRefused, StoreUnreachable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

    Found = Mapping[str, AttributeValueTypeDef] | None

MOST_TRIES = 8
"""How often one call is tried; a batch begins to count anew whenever some of it was done."""

PATIENCE = 20.0
"""Seconds after which a call is not tried again, however few tries there were."""

FIRST_PAUSE = 0.05
LONGEST_PAUSE = 2.0
"""Seconds. Pauses double from the first to the longest, and each lasts a random part of that."""

_SERVER_ERROR = 500

_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_REFUSED = frozenset(
    {
        "AccessDeniedException",
        "ExpiredTokenException",
        "IncompleteSignatureException",
        "InvalidSignatureException",
        "MissingAuthenticationTokenException",
        "NotAuthorizedException",
        "UnrecognizedClientException",
    }
)
_NO_ANSWER = (HTTPClientError, exceptions.ConnectionError, IncompleteReadError, ResponseParserError)
_CANCELLED = "TransactionCanceledException"
_CONDITION = "ConditionalCheckFailed"

Answer = TypeVar("Answer")
Part = TypeVar("Part")


class ConditionFailed(Exception):
    """A condition did not hold, and nothing was written.

    ``failed`` holds, by the number of the action, the item that was found instead (None: there was none);
    ``passed`` the numbers of the actions whose conditions are known to hold.
    """

    def __init__(self, failed: Mapping[int, "Found"], passed: Collection[int] = ()) -> None:
        super().__init__("a condition did not hold")
        self.failed = failed
        self.passed = passed


class TokenReused(Exception):
    """The request token was used before, with another content."""


class Calls:
    """Makes calls. ``sleep`` takes seconds, ``clock`` gives them, ``jitter`` gives numbers from 0 to 1."""

    def __init__(
        self,
        table: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._table = table
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter

    def run(self, call: Callable[[], Answer]) -> Answer:
        """Return what ``call`` returns, trying again what may pass.

        It must do no harm if it is done twice. Raises :class:`ConditionFailed`, :class:`TokenReused` or a
        ``StoreError``.
        """
        tries = self._tries()
        while True:
            try:
                return call()
            except ClientError as error:
                trouble = self._trouble(error)
            except _NO_ANSWER as error:
                trouble = self._unreachable(str(error))
            except BotoCoreError as error:
                raise StoreRefused(_line(error), hint="check the region and the credentials for AWS") from error
            if not (trouble.retryable and tries()):
                raise trouble

    def batch(self, parts: Iterable[Part], size: int, call: Callable[[Sequence[Part]], Sequence[Part]]) -> None:
        """Do ``call`` for at most ``size`` of ``parts`` at a time; it returns those that were left undone."""
        todo = list(parts)
        tries = self._tries()
        while todo:
            some, rest = todo[:size], todo[size:]
            left = list(self.run(partial(call, some)))
            if len(left) < len(some):
                tries = self._tries()
            if left and not tries():
                raise self._busy("it left parts of a batch undone")
            todo = [*left, *rest]

    def _tries(self) -> Callable[[], bool]:
        """Return what waits and says True as long as another try is allowed."""
        tried = count(1)
        end = self._clock() + PATIENCE

        def again() -> bool:
            number = next(tried)
            pause = self._jitter() * min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** (number - 1))
            if number >= MOST_TRIES or self._clock() + pause > end:
                return False
            self._sleep(pause)
            return True

        return again

    def _trouble(self, error: ClientError) -> StoreError:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "ConditionalCheckFailedException":
            raise ConditionFailed({0: cast("Found", error.response.get("Item"))}) from None
        if code == _CANCELLED:
            return self._cancelled(error)
        if code == "IdempotentParameterMismatchException":
            raise TokenReused from None
        if code == "ResourceNotFoundException":
            return NoTable(f"there is no table {self._table}", hint="python cli.py table create")
        if code in _REFUSED:
            return StoreRefused(f"AWS refuses access to table {self._table}: {_line(error)}", hint="check the role")
        if code in _THROTTLED:
            return self._busy(code)
        if status >= _SERVER_ERROR:
            return self._unreachable(_line(error))
        return StoreError(f"table {self._table} did not take a request: {_line(error)}")

    def _cancelled(self, error: ClientError) -> StoreError:
        reasons = error.response.get("CancellationReasons", [])
        codes = [reason.get("Code", "None") for reason in reasons]
        failed = {at: cast("Found", reasons[at].get("Item")) for at, code in enumerate(codes) if code == _CONDITION}
        if failed:
            raise ConditionFailed(failed, [number for number, code in enumerate(codes) if code == "None"]) from None
        what = sorted(set(codes) - {"None"})
        if what and _THROTTLED.issuperset(what):
            return self._busy(", ".join(what))
        return StoreError(f"table {self._table} did not take a change: {_line(error)}")

    def _busy(self, why: str) -> StoreBusy:
        return StoreBusy(f"table {self._table} was busy for too long ({why})", hint="try again in a moment")

    def _unreachable(self, why: str) -> StoreUnreachable:
        said = why.splitlines()[0] if why else "no answer"
        hint = "what was being written may be there or not: read again"
        return StoreUnreachable(f"table {self._table} gave no usable answer: {said}", hint=hint)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
