"""What AWS says to a message: taken, another time, or never. Its words may repeat the address, and are not told."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from tocsin.errors import Refused, Undelivered

from .in_time import in_time

ANOTHER_TIME = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InternalError",
        "InternalErrorException",
        "InternalFailure",
        "KMSThrottling",
        "KMSThrottlingException",
        "LimitExceededException",
        "RequestExpired",
        "RequestTimeout",
        "ServiceUnavailable",
        "SlowDown",
        "Throttled",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Codes of errors that pass ("Common Errors" of AWS's API references, and those of SNS and SES)."""

_SERVER_ERROR = 500

# botocore writes whole requests and answers at DEBUG: numbers and addresses are in them.
logging.getLogger("botocore").setLevel(logging.WARNING)


def called(who: str, ask: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return what ``ask`` does. Raises :class:`~tocsin.errors.Undelivered` or :class:`~tocsin.errors.Refused`."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ParamValidationError

    try:
        return in_time(ask)
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        said = f"{who} answered {code if code.isalnum() else status}"
        passes = code in ANOTHER_TIME or status >= _SERVER_ERROR
    except (NoCredentialsError, ParamValidationError) as error:
        said, passes = f"{who} was not asked ({type(error).__name__})", False
    except (BotoCoreError, TimeoutError) as error:
        said, passes = f"{who} gave no answer ({type(error).__name__})", True
    raise Undelivered(said) if passes else Refused(said)
