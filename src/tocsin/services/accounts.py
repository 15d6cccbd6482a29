"""What people do about their own access, put together: signing in, passwords, recovery, signing up."""

from collections.abc import Collection
from typing import NamedTuple

from tocsin.clock import Clock
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .attempts import Attempts
from .auditing import AuditLog
from .first_administrator import FirstAdministrator
from .passwords import PasswordHasher, Passwords, Weakness
from .recovery import Recovery
from .sessions import Sessions
from .signing import Signer
from .signing_in import SigningIn
from .signing_up import SigningUp
from .tickets import Tickets
from .users import Users


class Accounts(NamedTuple):
    """The accounts of one store. ``users`` and ``passwords`` are what the others work with."""

    users: Users
    passwords: Passwords
    signing_in: SigningIn
    recovery: Recovery
    signing_up: SigningUp
    first: FirstAdministrator

    @classmethod
    def of(
        cls,
        store: Store,
        sessions: Sessions,
        signer: Signer,
        hasher: PasswordHasher,
        weakness: Weakness,
        *,
        clock: Clock,
        new_id: NewId,
        letters: bool = False,
        domains: Collection[str] = (),
    ) -> "Accounts":
        """Return them. ``letters``: whether somebody delivers them; whose mail is in ``domains`` may sign up then."""
        audit = AuditLog(store, clock=clock, new_id=new_id)
        users = Users(store, audit, clock=clock, new_id=new_id)
        passwords = Passwords(store, hasher, weakness, clock=clock, new_id=new_id)
        tickets = Tickets(store, signer, clock=clock, new_id=new_id)
        attempts = Attempts(store, clock=clock, new_id=new_id)
        return cls(
            users=users,
            passwords=passwords,
            signing_in=SigningIn(users, passwords, attempts, sessions, audit),
            recovery=Recovery(users, passwords, tickets, attempts, audit=audit, sessions=sessions, letters=letters),
            signing_up=SigningUp(users, passwords, tickets, attempts, audit, domains=domains if letters else ()),
            first=FirstAdministrator(store, users, passwords, tickets, attempts, clock=clock, new_id=new_id),
        )
