"""Our own keys at providers: as they are set, or as one secret of AWS holds them together."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pydantic import SecretStr

from tocsin.clock import Clock
from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.errors import ConfigurationError, Refused, TocsinError, Undelivered
from tocsin.services.channel import Channel, Receipt

if TYPE_CHECKING:
    from tocsin.channels.standing import Standing
    from tocsin.config import Settings

    from .aws import Aws

NAMES = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "PUSHOVER_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "GITHUB_TOKEN",
)
"""What the secret may hold, in small letters."""


class ProviderKeys:
    """Our keys, by the names of their variables. The secret of ``CHANNELS_SECRET_NAME`` goes before what is set."""

    def __init__(self, settings: "Settings", aws: "Callable[[], Aws]", *, clock: Clock) -> None:
        self._set = {name: _plain(getattr(settings, name.lower())) for name in NAMES}
        self._secret = None
        if settings.channels_secret_name:
            from .aws_secrets import SecretTexts

            self._secret = SecretTexts(settings.channels_secret_name, "CHANNELS_SECRET_NAME", aws(), clock=clock)

    def may_have(self, *names: str) -> bool:
        """Say whether all of these are set, or may be in the secret, which is not read for it."""
        return self._secret is not None or all(self._set[name] for name in names)

    def lacks(self, *names: str) -> bool:
        """Say whether one of these is certainly not there. The secret is read for it; one that cannot be may hold all."""
        try:
            held = self._secret() if self._secret else {}
        except TocsinError:
            return False
        return not all(held.get(name.lower(), "") or self._set[name] for name in names)

    def has(self, *names: str) -> bool:
        """Say whether all of these are there. The secret is read for it; one that cannot be read holds nothing."""
        try:
            self(*names)
        except TocsinError:
            return False
        return True

    def check(self) -> "Standing":
        """Say what the secret holds, by name. Raises as reading it does."""
        from tocsin.channels.standing import Standing

        held = self._secret(anew=True) if self._secret else {}
        found = [name.lower() for name in NAMES if name.lower() in held]
        mend = "" if found else f"It takes some of {', '.join(name.lower() for name in NAMES)}."
        return Standing(f"the secret holds {', '.join(found) or 'none of them'}", mend)

    def __call__(self, *names: str, anew: bool = False) -> tuple[str, ...]:
        """Return these keys; ``anew``: as the secret has them now.

        Raises :class:`~tocsin.errors.ConfigurationError` if one is missing, and what reading a secret raises.
        """
        held = self._secret(anew=anew) if self._secret else {}
        found = {name: held.get(name.lower(), "") or self._set[name] for name in names}
        missing = [name for name, key in found.items() if not key]
        if missing:
            where = f"set, nor in {self._secret.where}" if self._secret else "set"
            message = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not {where}"
            raise ConfigurationError(message)
        return tuple(found.values())


def _plain(value: str | SecretStr) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else value


class Renewed:
    """A channel that is made of keys, and made anew of others once they have changed.

    When a provider refuses, they are read anew, and what was refused is tried with others if there are some: no page
    is lost because a key was exchanged. Keys that cannot be read can be set right: that is told as the provider being
    away.
    """

    def __init__(self, keys: ProviderKeys, names: Sequence[str], make: Callable[..., Channel]) -> None:
        self._keys = keys
        self._names = names
        self._make = make
        self._made: tuple[tuple[str, ...], Channel] | None = None

    def send(self, message: Message, to: Address) -> Receipt:
        """Hand a message over. Raises as :class:`~tocsin.services.channel.Channel` says."""
        channel = self._channel(anew=False)
        try:
            return channel.send(message, to)
        except Refused:
            renewed = self._channel(anew=True)
            if renewed is channel:
                raise
            return renewed.send(message, to)

    def _channel(self, *, anew: bool) -> Channel:
        try:
            keys = self._read(anew=anew)
        except TocsinError as error:
            why = f"{error}. {error.hint}" if error.hint else str(error)
            raise Undelivered(why) from None
        if self._made is None or self._made[0] != keys:
            self._made = keys, self._make(*keys)
        return self._made[1]

    def _read(self, *, anew: bool) -> tuple[str, ...]:
        try:
            return self._keys(*self._names, anew=anew)
        except ConfigurationError:
            # What the secret lacked when it was read may be there by now.
            return self._keys(*self._names, anew=True)
