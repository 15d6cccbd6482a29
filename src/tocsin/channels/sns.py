"""SMS by Amazon SNS."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.errors import Refused
from tocsin.services.channel import Receipt

from .aws_call import called
from .sms_text import fitted
from .standing import Standing
from .words import word

_TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
"""What must arrive, in place of what should be cheap ("Publishing SMS messages to a mobile phone")."""


class Sns(Protocol):
    """A client of SNS."""

    def publish(self, **said: object) -> Mapping[str, Any]:
        """Send a message ("Publish")."""

    def get_sms_sandbox_account_status(self) -> Mapping[str, Any]:
        """Say whether SMS go to verified numbers only ("GetSMSSandboxAccountStatus")."""


def number_of(to: Address) -> str:
    """Return the telephone number of an address, as E.164 has it. Raises :class:`~tocsin.errors.Refused`."""
    number = re.sub(r"[ ().-]", "", word(to, "number"))
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        message = "the number is none of the form +4915112345678"
        raise Refused(message)
    return number


class SnsChannel:
    """Sends SMS; the provider id is SNS's MessageId."""

    def __init__(self, client: Sns) -> None:
        self._client = client

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one SMS. Raises as :class:`~tocsin.services.channel.Channel` says."""
        number = number_of(to)
        answer = called(
            "SNS",
            lambda: self._client.publish(
                PhoneNumber=number, Message=fitted(message.short), MessageAttributes=_TRANSACTIONAL
            ),
        )
        return Receipt(str(answer.get("MessageId", "")))


def check_sns(client: Sns) -> Standing:
    """Say whether SMS go to everybody. Raises as :meth:`SnsChannel.send` does."""
    if called("SNS", client.get_sms_sandbox_account_status).get("IsInSandbox"):
        mend = "Leave it (SNS, Text messaging, Exit SMS sandbox), or verify the numbers there."
        return Standing("SNS is in its SMS sandbox: to verified numbers only", mend)
    return Standing("SNS sends SMS")
