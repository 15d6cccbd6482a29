"""Accounts of people, and the letters to them, put together as the settings say. Imported by who needs them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError
from tocsin.identity.passwords import Argon2, weakness
from tocsin.ids import NewId
from tocsin.services.accounts import Accounts
from tocsin.services.auditing import AuditLog
from tocsin.services.courier import LETTER, Post
from tocsin.services.sessions import Sessions
from tocsin.services.signing import Signer
from tocsin.services.tick import Act
from tocsin.services.tickets import Tickets
from tocsin.services.users import Users
from tocsin.storage.store import Store

if TYPE_CHECKING:
    from tocsin.config import Settings


def accounts_of(
    settings: "Settings", store: Store, sessions: Sessions, signer: Signer, *, clock: Clock, new_id: NewId
) -> Accounts:
    """Return the accounts of a store. Letters are asked for where ``SMTP_URL`` says who takes them."""
    return Accounts.of(
        store,
        sessions,
        signer,
        Argon2(),
        weakness,
        clock=clock,
        new_id=new_id,
        letters=bool(settings.smtp_url),
        domains=settings.signup_domains,
    )


def letters_of(settings: "Settings", store: Store, signer: Signer, *, clock: Clock, new_id: NewId) -> Mapping[str, Act]:
    """Return what sends the letters that are due, for the tick; nothing where ``SMTP_URL`` is not set.

    Raises :class:`~tocsin.errors.ConfigurationError` if nothing says whom they are from.
    """
    if not settings.smtp_url:
        return {}
    if not settings.mail_from:
        message = "MAIL_FROM is not set, and SMTP_URL is: say whom letters are from"
        raise ConfigurationError(message)
    from tocsin.channels.smtp import SmtpCourier

    users = Users(store, AuditLog(store, clock=clock, new_id=new_id), clock=clock, new_id=new_id)
    tickets = Tickets(store, signer, clock=clock, new_id=new_id)
    courier = SmtpCourier(settings.smtp_url, settings.mail_from, clock=clock)
    return {LETTER: Post(store, tickets, users, courier, clock=clock, new_id=new_id)}
