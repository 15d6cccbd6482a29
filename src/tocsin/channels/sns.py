"""SMS by Amazon SNS."""

from collections.abc import Mapping
from typing import Any, Protocol

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.services.channel import Receipt

from .aws_call import called
from .sms_text import fitted
from .standing import Standing
from .words import number_of

_TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}
"""What must arrive, in place of what should be cheap ("Publishing SMS messages to a mobile phone")."""


class Sns(Protocol):
    """A client of SNS."""

    def publish(self, **said: object) -> Mapping[str, Any]:
        """Send a message ("Publish")."""

    def get_sms_sandbox_account_status(self) -> Mapping[str, Any]:
        """Say whether SMS go to verified numbers only ("GetSMSSandboxAccountStatus")."""


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
