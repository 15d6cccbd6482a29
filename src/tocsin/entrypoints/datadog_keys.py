"""Where the keys of Datadog come from: the settings themselves, Secrets Manager, or the SSM parameter store.

The last two are asked once and then remembered for a while; when Datadog refuses the keys they are asked again, so
that a rotation needs no deploy. botocore is imported only by who reads keys from AWS. Powertools' Parameters would do
the same, and on each cold start load the clients of four services and all of boto3 for it.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError, TocsinError

from .aws import Aws
from .aws_secrets import READ_SECRET, asked, secret_object

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
            found = asked(self._fetch, self._where, action=self._action, makes=self._makes)
            keys = keys_in(found, self._where)
        except TocsinError as error:
            if self._last is None:
                raise
            _log.warning("%s; the keys that were read before are used", error)
            return self._last[0]
        self._last = keys, now
        return keys


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
        return secret_object(client, name, where, takes='{"api_key": "...", "app_key": "..."}')

    makes = f"aws secretsmanager create-secret --region {aws.region} --name {name} --secret-string file://keys.json"
    return FetchedKeys(fetch, where, action=READ_SECRET, makes=makes, clock=clock)


def _in_parameters(settings: "Settings", aws: Aws, clock: Clock) -> FetchedKeys:
    path = settings.datadog_parameter_path
    pages = aws.client("SSM").get_paginator("get_parameters_by_path")

    def fetch() -> Mapping[str, object]:
        found = pages.paginate(Path=path, WithDecryption=True, Recursive=False)
        return {one["Name"]: one["Value"] for page in found for one in page["Parameters"]}

    where = f"the parameters under {path} (DATADOG_PARAMETER_PATH) in {aws.region}"
    makes = f"aws ssm put-parameter --region {aws.region} --type SecureString --name {path}/api_key --value ..."
    return FetchedKeys(fetch, where, action="ssm:GetParametersByPath", makes=makes, clock=clock)


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
