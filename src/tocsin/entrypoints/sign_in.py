"""Sessions, put together. Nothing is read before it is used."""

from tocsin.clock import Clock
from tocsin.identity.signing_keys import SigningKeys
from tocsin.identity.tokens import JwtTokens
from tocsin.ids import NewId
from tocsin.services.auditing import AuditLog
from tocsin.services.sessions import Sessions
from tocsin.services.users import Users
from tocsin.storage.store import Store


def sessions_of(store: Store, keys: SigningKeys, *, clock: Clock, new_id: NewId) -> Sessions:
    """Return the sessions of a store, signed with these keys."""
    audit = AuditLog(store, clock=clock, new_id=new_id)
    users = Users(store, audit, clock=clock, new_id=new_id)
    tokens = JwtTokens(keys, new_id=new_id)
    return Sessions(store, audit, users, tokens=tokens, signer=keys, clock=clock, new_id=new_id)
