"""How people are reached, put together as the settings say. Imported by who needs it."""

from tocsin.clock import Clock
from tocsin.identity.sealing import KeySealer
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import NewId
from tocsin.services.reach import Reach
from tocsin.storage.store import Store


def reach_of(store: Store, keys: SigningKeys, *, clock: Clock, new_id: NewId, private: bool = False) -> Reach:
    """Return how the people of a store are reached; addresses are sealed with keys that are made of the signing keys."""
    return Reach.of(store, keys, KeySealer(keys), clock=clock, new_id=new_id, private=private)
