"""Letters to people, put together as the settings say. What speaks to a mail server is imported with the first letter."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from tocsin.addresses import mail_server
from tocsin.channels.in_time import CourierInTime
from tocsin.clock import Clock
from tocsin.errors import TocsinError, Undelivered
from tocsin.ids import NewId
from tocsin.services.auditing import AuditLog
from tocsin.services.courier import Courier, Letter, Post
from tocsin.services.due import LETTER
from tocsin.services.signing import Signer
from tocsin.services.tick import Act
from tocsin.services.tickets import Tickets
from tocsin.services.users import Users
from tocsin.storage.store import Store

from .aws_secrets import SecretText

if TYPE_CHECKING:
    from tocsin.channels.smtp import SmtpCourier
    from tocsin.channels.standing import Standing
    from tocsin.config import Settings

    from .aws import Aws


def letters_of(
    settings: "Settings",
    store: Store,
    signer: Signer,
    aws: "Callable[[], Aws]",
    *,
    clock: Clock,
    new_id: NewId,
) -> Mapping[str, Act]:
    """Return what sends the letters that are due, for the tick; nothing where the settings name no mail server.

    Raises what :func:`courier_of` does.
    """
    if not settings.sends_letters:
        return {}
    taker = courier_of(settings, aws, clock=clock)
    users = Users(store, AuditLog(store, clock=clock, new_id=new_id), clock=clock, new_id=new_id)
    tickets = Tickets(store, signer, clock=clock, new_id=new_id)
    return {LETTER: Post(store, tickets, users, CourierInTime(taker), clock=clock, new_id=new_id)}


def courier_of(settings: "Settings", aws: "Callable[[], Aws]", *, clock: Clock) -> "Checked":
    """Return what hands letters to the mail server of the settings, which name one.

    Raises :class:`~tocsin.errors.ConfigurationError` if nothing says whom they are from.
    """
    sender = settings.letters_from

    def courier(url: str) -> "SmtpCourier":
        from tocsin.channels.smtp import SmtpCourier

        return SmtpCourier(url, sender, clock=clock)

    if not settings.smtp_secret_name:
        return courier(settings.smtp_url)
    return SecretCourier(SecretText(settings.smtp_secret_name, "url", "SMTP_SECRET_NAME", aws(), clock=clock), courier)


class Checked(Courier, Protocol):
    """A courier that can be tried without a letter."""

    def check(self) -> "Standing":
        """Say that the server lets us in. Raises :class:`~tocsin.errors.Undelivered`."""


class SecretCourier:
    """Hands letters to the mail server that a secret names. After a letter that was not taken the secret is read anew.

    A secret that cannot be read, or is none, is told as the mail server being away: it can be set right.
    """

    def __init__(self, secret: SecretText, courier: "Callable[[str], Checked]") -> None:
        self._secret = secret
        self._courier = courier
        self._anew = False

    def deliver(self, letter: Letter) -> None:
        """Hand it over. Raises :class:`~tocsin.errors.Undelivered`."""
        anew, self._anew = self._anew, True
        self._courier(self._url(anew=anew)).deliver(letter)
        self._anew = False

    def check(self) -> "Standing":
        """Say that the server lets us in. Raises :class:`~tocsin.errors.Undelivered`."""
        return self._courier(self._url(anew=True)).check()

    def _url(self, *, anew: bool) -> str:
        try:
            url = self._secret(anew=anew)
        except TocsinError as error:
            message = f"{error}. {error.hint}" if error.hint else str(error)
            raise Undelivered(message) from None
        try:
            return mail_server(url)
        except ValueError:
            message = f"{self._secret.where}: its url is not smtp://USER:PASSWORD@HOST or smtps://USER:PASSWORD@HOST"
            raise Undelivered(message) from None
