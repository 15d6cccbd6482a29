"""What answers questions about paging, put together as the settings say. Imported by who is asked."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import NewId
from tocsin.services.auditing import AuditLog
from tocsin.services.paging.answering import Answering
from tocsin.services.paging.lookup import Lookup
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.storage.store import Store

from .channel_setup import channels_of
from .paging import lookup_of
from .reaching import reach_of

if TYPE_CHECKING:
    from tocsin.config import Settings

    from .aws import Aws


def answering_of(
    settings: "Settings", store: Store, keys: SigningKeys, aws: "Callable[[], Aws]", *, clock: Clock, new_id: NewId
) -> Answering:
    """Return what answers questions about the paging of a store."""
    audit = AuditLog(store, clock=clock, new_id=new_id)

    def directory_of(seen: Store) -> Lookup:
        return lookup_of(seen, keys, clock=clock, new_id=new_id)

    return Answering(
        store,
        Users(store, audit, clock=clock, new_id=new_id),
        Teams(store, audit, clock=clock, new_id=new_id),
        contacts=reach_of(store, keys, clock=clock, new_id=new_id).contacts,
        channels=channels_of(settings, aws, clock=clock, look=True),
        directory_of=directory_of,
        clock=clock,
    )
