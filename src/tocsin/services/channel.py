"""What paging knows of channels; each is a module of ``channels``."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from tocsin.domain.contact import Address, ChannelKind
from tocsin.domain.message import Message


class Receipt(NamedTuple):
    """What a provider said: its id of the message; empty where it gives none."""

    provider_id: str = ""


class Channel(Protocol):
    """Hands messages to a provider."""

    def send(self, message: Message, to: Address) -> Receipt:
        """Hand a message over, within ten seconds; the provider is given ``message.id`` wherever it knows such an id.

        Raises :class:`~tocsin.errors.Undelivered` where it may go well another time (the provider is away, slow, or
        limits us; its ``retry_after`` says when, in seconds), and :class:`~tocsin.errors.Refused` where it will not
        (there is no such address, it was revoked, the credentials are wrong). Neither repeats an address or a secret.
        """


Channels = Mapping[ChannelKind, Callable[[], Channel]]
"""The channels that are set up. Each is made, and imported, when the first page needs it."""
