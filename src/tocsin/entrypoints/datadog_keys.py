"""Where the keys of Datadog come from: the settings themselves, Secrets Manager, or the SSM parameter store.

The last two are asked once and then remembered for a while; when Datadog refuses the keys they are asked again, so
that a rotation needs no deploy. botocore is imported only by who reads keys from AWS. Powertools' Parameters would do
the same, and on each cold start load the clients of four services and all of boto3 for it.
"""

import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError, TocsinError, Unreachable

from .aws import Aws

if TYPE_CHECKING:
    from tocsin.config import Settings

REMEMBERED = timedelta(minutes=15)
"""A key that was taken out of the secret while it still works is used no longer than this."""

_API = frozenset({"apikey"})
_APP = frozenset({"appkey", "applicationkey"})

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of a Datadog organisation. They never show in a ``repr``."""

    api_key: str = field(repr=False)
    app_key: str = field(repr=False)


class KeySource(Protocol):
    """Gives the keys."""

    def keys(self, *, anew: bool = False) -> Keys:
        """Return the keys; ``anew``: as they are now, whatever is remembered.

        Raises :class:`~tocsin.errors.ConfigurationError` if there are none, and
        :class:`~tocsin.errors.Unreachable` if they cannot be read now.
        """


class FixedKeys:
    """Keys that stand in the settings."""

    def __init__(self, settings: "Settings", *, otherwise: str = "") -> None:
        self._settings = settings
        self._otherwise = otherwise

    def keys(self, *, anew: bool = False) -> Keys:  # noqa: ARG002 - a process's environment does not change
        """Return the keys of the settings."""
        return Keys(*self._settings.keys(otherwise=self._otherwise))


class FetchedKeys:
    """Keys that ``fetch`` reads from AWS; what it read is remembered for :data:`REMEMBERED`.

    ``where`` says for people what is read, ``action`` is the permission for it, ``makes`` the command that makes it.
    Keys that worked are kept while AWS gives no answer: a secrets service that is down must not blind us.
    """

    def __init__(
        self, fetch: Callable[[], Mapping[str, object]], where: str, *, action: str, makes: str, clock: Clock
    ) -> None:
        self._fetch = fetch
        self._where = where
        self._action = action
        self._makes = makes
        self._clock = clock
        self._last: tuple[Keys, datetime] | None = None

    def keys(self, *, anew: bool = False) -> Keys:
        """Return the keys, asking AWS if they were not asked for lately."""
        now = self._clock()
        if self._last is not None and not anew and now - self._last[1] < REMEMBERED:
            return self._last[0]
        try:
            keys = keys_in(self._asked(), self._where)
        except TocsinError as error:
            if self._last is None:
                raise
            _log.warning("%s; the keys that were read before are used", error)
            return self._last[0]
        self._last = keys, now
        return keys

    def _asked(self) -> Mapping[str, object]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return self._fetch()
        except (BotoCoreError, ClientError) as error:
            complaint = _explained(error, self._where, self._action, self._makes)
        raise complaint


def key_source(settings: "Settings", aws: Aws, *, clock: Clock, otherwise: str = "") -> KeySource:
    """Return where the settings say that the keys are: a secret goes before parameters, and those before plain keys.

    ``otherwise`` is what works without keys.
    """
    if settings.datadog_secret_name:
        return _in_secret(settings, aws, clock)
    if settings.datadog_parameter_path:
        return _in_parameters(settings, aws, clock)
    return FixedKeys(settings, otherwise=otherwise)


def _in_secret(settings: "Settings", aws: Aws, clock: Clock) -> FetchedKeys:
    name = settings.datadog_secret_name
    where = f"the secret {name} (DATADOG_SECRET_NAME) in {aws.region}"
    client = aws.client("Secrets Manager")

    def fetch() -> Mapping[str, object]:
        found = client.get_secret_value(SecretId=name)
        return _parsed(found.get("SecretString") or found.get("SecretBinary"), where)

    makes = f"aws secretsmanager create-secret --region {aws.region} --name {name} --secret-string file://keys.json"
    return FetchedKeys(fetch, where, action="secretsmanager:GetSecretValue", makes=makes, clock=clock)


def _in_parameters(settings: "Settings", aws: Aws, clock: Clock) -> FetchedKeys:
    path = settings.datadog_parameter_path
    pages = aws.client("SSM").get_paginator("get_parameters_by_path")

    def fetch() -> Mapping[str, object]:
        found = pages.paginate(Path=path, WithDecryption=True, Recursive=False)
        return {one["Name"]: one["Value"] for page in found for one in page["Parameters"]}

    where = f"the parameters under {path} (DATADOG_PARAMETER_PATH) in {aws.region}"
    makes = f"aws ssm put-parameter --region {aws.region} --type SecureString --name {path}/api_key --value ..."
    return FetchedKeys(fetch, where, action="ssm:GetParametersByPath", makes=makes, clock=clock)


def _parsed(secret: object, where: str) -> Mapping[str, object]:
    """Return the JSON object that a secret is. What it holds is never repeated."""
    try:
        found = json.loads(secret) if isinstance(secret, str | bytes) else None
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    message = f"{where} is no JSON object"
    raise ConfigurationError(message, hint='It takes {"api_key": "...", "app_key": "..."}.')


def keys_in(found: Mapping[str, object], where: str) -> Keys:
    """Return the two keys among ``found``, whose names may be spelt in many ways: ``DD_API_KEY``, ``apiKey`` ...

    Raises :class:`~tocsin.errors.ConfigurationError`, which names what is missing and never what is there.
    """
    named = {_bare(name): value.strip() for name, value in found.items() if isinstance(value, str) and value.strip()}
    api_key = next((named[name] for name in named if name in _API), "")
    app_key = next((named[name] for name in named if name in _APP), "")
    missing = [name for name, key in (("api_key", api_key), ("app_key", app_key)) if not key]
    if missing:
        message = f"{where}: there is no {' and no '.join(missing)}"
        raise ConfigurationError(message, hint="The names are api_key and app_key, or DD_API_KEY and DD_APP_KEY.")
    return Keys(api_key, app_key)


def _bare(name: str) -> str:
    """Return a name without what differs between its spellings: ``DATADOG_API_KEY`` is ``apikey``."""
    return re.sub(r"^(datadog|dd)", "", re.sub(r"[^a-z]", "", name.rpartition("/")[2].lower()))


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
