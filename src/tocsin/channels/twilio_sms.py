"""SMS by Twilio ("Messages resource")."""

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt

from .answers import text_in
from .sms_text import fitted
from .twilio import Twilio
from .words import number_of


class TwilioSms:
    """Sends SMS; the provider id is the message's SID."""

    def __init__(self, twilio: Twilio) -> None:
        self._twilio = twilio

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one SMS. Raises as :class:`~tocsin.services.channel.Channel` says."""
        said = {"To": number_of(to), "From": self._twilio.sender, "Body": fitted(message.short)}
        found = self._twilio.make("Messages", said)
        return Receipt(text_in(found, "sid"))
