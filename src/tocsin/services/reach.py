"""How people are reached, put together: their contacts, the codes that verify them, and their notification rules."""

from typing import NamedTuple

from tocsin.clock import Clock
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .contacts import Contacts
from .notification_rules import NotificationRulesOfPeople
from .sealing import Sealer
from .signing import Signer
from .verification import Verification


class Reach(NamedTuple):
    """How the people of one store are reached."""

    contacts: Contacts
    verification: Verification
    rules: NotificationRulesOfPeople

    @classmethod
    def of(
        cls, store: Store, signer: Signer, sealer: Sealer, *, clock: Clock, new_id: NewId, private: bool = False
    ) -> "Reach":
        """Return it. ``private`` lets urls through that lead to no public network, as some were allowed."""
        audit = AuditLog(store, clock=clock, new_id=new_id)
        contacts = Contacts(store, audit, sealer, clock=clock, private=private)
        return cls(
            contacts=contacts,
            verification=Verification(store, audit, contacts, signer, clock=clock, new_id=new_id),
            rules=NotificationRulesOfPeople(store, audit, contacts),
        )
