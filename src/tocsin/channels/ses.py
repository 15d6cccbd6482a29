"""Mail by Amazon SES. It gives every letter a Message-ID of its own, which is the provider's id of it here."""

from collections.abc import Mapping
from email.utils import formataddr, parseaddr
from typing import Any, Protocol

from tocsin.clock import Clock
from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.errors import Refused
from tocsin.services.channel import Receipt

from .aws_call import called
from .mail import letter_of
from .mime import written
from .standing import Standing


class Ses(Protocol):
    """A client of SES's second API, ``sesv2``."""

    def send_email(self, **said: object) -> Mapping[str, Any]:
        """Send a letter ("SendEmail")."""

    def get_email_identity(self, **said: object) -> Mapping[str, Any]:
        """Say what is known of an identity ("GetEmailIdentity")."""

    def get_account(self) -> Mapping[str, Any]:
        """Say what the account may ("GetAccount")."""


class SesChannel:
    """Sends letters from ``sender``, a verified identity of SES."""

    def __init__(self, client: Ses, sender: str, *, clock: Clock) -> None:
        self._client = client
        self._sender = sender
        self._clock = clock

    def send(self, message: Message, to: Address) -> Receipt:
        """Hand one letter over. Raises as :class:`~tocsin.services.channel.Channel` says."""
        letter = letter_of(message, to)
        try:
            raw = written(letter, self._sender, at=self._clock()).as_bytes()
        except ValueError:
            why = "this is no letter that can be sent"
            raise Refused(why) from None
        answer = called(
            "SES",
            lambda: self._client.send_email(
                # A name that is not ASCII is taken as an encoded word alone ("SendRawEmail").
                FromEmailAddress=formataddr(parseaddr(self._sender)),
                Destination={"ToAddresses": [letter.to]},
                Content={"Raw": {"Data": raw}},
            ),
        )
        return Receipt(str(answer.get("MessageId", "")))


def check_ses(client: Ses, sender: str) -> Standing:
    """Say that SES sends from ``sender``: its address, or its domain. Raises :class:`~tocsin.errors.Refused` if not."""
    address = parseaddr(sender)[1]
    if not any(_verified(client, one) for one in (address, address.rpartition("@")[2])):
        message = f"SES has not verified {address}, nor its domain"
        raise Refused(message, hint="aws sesv2 create-email-identity --email-identity verifies one or the other.")
    account = called("SES", client.get_account)
    if not account.get("SendingEnabled", True):
        message = "SES has stopped this account's sending"
        raise Refused(message)
    if account.get("ProductionAccessEnabled") is False:
        mend = "Ask AWS for production access (SES, Account dashboard)."
        return Standing(f"SES sends from {address}, in its sandbox: to verified addresses only", mend)
    return Standing(f"SES sends from {address}")


def _verified(client: Ses, identity: str) -> bool:
    try:
        answer = called("SES", lambda: client.get_email_identity(EmailIdentity=identity))
    except Refused as error:
        if "NotFoundException" in str(error):
            return False
        raise
    return answer.get("VerifiedForSendingStatus") is True
