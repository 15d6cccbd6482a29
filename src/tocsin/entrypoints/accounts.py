"""Accounts of people, put together as the settings say. Imported by who needs them."""

from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.identity.passwords import Argon2, weakness
from tocsin.ids import NewId
from tocsin.services.accounts import Accounts
from tocsin.services.sessions import Sessions
from tocsin.services.signing import Signer
from tocsin.storage.store import Store

if TYPE_CHECKING:
    from tocsin.config import Settings


def accounts_of(
    settings: "Settings", store: Store, sessions: Sessions, signer: Signer, *, clock: Clock, new_id: NewId
) -> Accounts:
    """Return the accounts of a store. Letters are asked for where the settings say who takes them."""
    return Accounts.of(
        store,
        sessions,
        signer,
        Argon2(),
        weakness,
        clock=clock,
        new_id=new_id,
        letters=settings.sends_letters,
        domains=settings.signup_domains,
    )
