"""Mail as a channel: a page as a letter, handed to whoever takes letters."""

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt
from tocsin.services.courier import Courier, Letter

from .in_time import LONGEST, CourierInTime
from .mime import message_id
from .words import cut, one_line, word

LONGEST_SUBJECT = 250
"""Characters. A subject beyond 998 bytes is refused by mail servers, and nobody reads one of 250."""


def letter_of(message: Message, to: Address) -> Letter:
    """Return a message as a letter. Raises :class:`~tocsin.errors.Refused` if there is no address."""
    return Letter(
        to=word(to, "email"),
        subject=cut(one_line(message.subject), LONGEST_SUBJECT),
        text=message.text,
        html=message.html,
        id=message.id,
    )


class MailChannel:
    """Sends letters by ``courier``. ``sender`` is whom they are from; the provider id is the letter's Message-ID."""

    def __init__(self, courier: Courier, sender: str, *, longest: float = LONGEST) -> None:
        self._courier = CourierInTime(courier, longest=longest)
        self._sender = sender

    def send(self, message: Message, to: Address) -> Receipt:
        """Hand one letter over. Raises as :class:`~tocsin.services.channel.Channel` says."""
        letter = letter_of(message, to)
        self._courier.deliver(letter)
        return Receipt(message_id(letter, self._sender))
