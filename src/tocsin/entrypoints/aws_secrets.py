"""What is read from Secrets Manager and SSM: their answers, and what they mean where there is none.

botocore is imported only by who reads something.
"""

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from typing_extensions import override

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError, TocsinError, Unreachable

if TYPE_CHECKING:
    from .aws import Aws

READ_SECRET = "secretsmanager:GetSecretValue"  # noqa: S105 - the name of a permission

REMEMBERED = timedelta(minutes=15)
"""How long what was read is used without another look."""

AGAIN = timedelta(minutes=1)
"""The same after a look that failed: each look takes seconds, for which a page would wait."""

_log = logging.getLogger(__name__)


Found = TypeVar("Found")


class _Remembered(ABC, Generic[Found]):
    """Something that AWS keeps: remembered for a while, and while AWS gives no answer."""

    def __init__(self, name: str, setting: str, aws: "Aws", *, clock: Clock) -> None:
        self._name = name
        self._aws = aws
        self._clock = clock
        self.where = f"the secret {name} ({setting}) in {aws.region}"
        self._last: tuple[Found, datetime] | None = None

    def __call__(self, *, anew: bool = False) -> Found:
        """Return what is kept; ``anew``: as it is now. Raises what :func:`asked` does."""
        now = self._clock()
        if self._last is not None and not anew and now - self._last[1] < REMEMBERED:
            return self._last[0]
        try:
            found = self._read()
        except TocsinError as error:
            if self._last is None:
                raise
            _log.warning("%s; what was read before is used", error)
            self._last = self._last[0], now - REMEMBERED + AGAIN
            return self._last[0]
        self._last = found, now
        return found

    @abstractmethod
    def _read(self) -> Found:
        """Ask AWS for it."""

    def _object(self, takes: str) -> Mapping[str, object]:
        """Return the JSON object that the secret is; ``takes`` shows one."""
        makes = f"aws secretsmanager create-secret --region {self._aws.region} --name {self._name} --secret-string ..."
        client = self._aws.client("Secrets Manager")
        return asked(
            lambda: secret_object(client, self._name, self.where, takes=takes),
            self.where,
            action=READ_SECRET,
            makes=makes,
        )


class SecretText(_Remembered[str]):
    """A text that AWS keeps, as ``{"key": "..."}``. ``setting`` is the variable that names the secret."""

    def __init__(self, name: str, key: str, setting: str, aws: "Aws", *, clock: Clock) -> None:
        super().__init__(name, setting, aws, clock=clock)
        self._key = key

    @override
    def _read(self) -> str:
        takes = f'{{"{self._key}": "..."}}'
        text = self._object(takes).get(self._key)
        if isinstance(text, str) and text.strip():
            return text.strip()
        message = f"{self.where}: there is no {self._key}"
        raise ConfigurationError(message, hint=f"It takes {takes}.")


class SecretTexts(_Remembered[Mapping[str, str]]):
    """Texts that AWS keeps together, as ``{"key": "...", "other": "..."}``; what is empty, or no text, is left out."""

    @override
    def _read(self) -> Mapping[str, str]:
        found = self._object('{"NAME": "...", ...}')
        return {name: text.strip() for name, text in found.items() if isinstance(text, str) and text.strip()}


def asked(fetch: Callable[[], Mapping[str, object]], where: str, *, action: str, makes: str) -> Mapping[str, object]:
    """Return what ``fetch`` reads from AWS.

    ``where`` says for people what is read, ``action`` is the permission for it, ``makes`` the command that makes it.
    Raises :class:`~tocsin.errors.ConfigurationError`, and :class:`~tocsin.errors.Unreachable` if it cannot be read now.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return fetch()
    except (BotoCoreError, ClientError) as error:
        complaint = _explained(error, where, action, makes)
    raise complaint


def secret_object(client: Any, name: str, where: str, *, takes: str) -> Mapping[str, object]:  # noqa: ANN401 - botocore's
    """Return the JSON object that a secret is; ``takes`` is what it should look like. What it holds is never repeated."""
    answer = client.get_secret_value(SecretId=name)
    secret = answer.get("SecretString") or answer.get("SecretBinary")
    try:
        found = json.loads(secret) if isinstance(secret, str | bytes) else None
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    message = f"{where} is no JSON object"
    raise ConfigurationError(message, hint=f"It takes {takes}.")


def _explained(error: BaseException, where: str, action: str, makes: str) -> TocsinError:
    """Say what AWS's answer means, in one line. Its own words may hold account numbers, and are not repeated."""
    from botocore.exceptions import ClientError, NoCredentialsError, PartialCredentialsError

    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        message = f"{where} cannot be read: there are no AWS credentials here"
        return ConfigurationError(message, hint="`aws configure` sets them, or AWS_PROFILE names some.")
    if not isinstance(error, ClientError):
        message = f"{where} cannot be read: AWS did not answer ({type(error).__name__})"
        return Unreachable(message, hint="Try again; check the region (AWS_REGION) and the network.")
    code = error.response.get("Error", {}).get("Code", "")
    if code in {"ResourceNotFoundException", "ParameterNotFound"}:
        return ConfigurationError(
            f"{where} does not exist", hint=f"{makes} makes it; or correct its name or AWS_REGION."
        )
    if code in {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"}:
        hint = f"The role needs {action} on it, and kms:Decrypt if it has a key of its own."
        return ConfigurationError(f"{where} may not be read by these credentials", hint=hint)
    if code in {"InvalidRequestException", "DecryptionFailure", "InvalidKeyId", "ValidationException"}:
        hint = "It may be marked for deletion, or its encryption key may be disabled."
        return ConfigurationError(f"{where} cannot be used ({code})", hint=hint)
    if code in {"UnrecognizedClientException", "InvalidClientTokenId", "ExpiredTokenException", "ExpiredToken"}:
        message = f"{where} cannot be read: AWS does not accept these credentials ({code})"
        return ConfigurationError(message, hint="They may have expired: sign in again.")
    return Unreachable(f"{where} cannot be read now ({code or 'no reason given'})", hint="Try again later.")
