"""What a sign-in costs that is refused: of somebody whom there is not, against a wrong password of somebody there is.

The very service on a JSON store, with the very hashing; each attempt comes from an address of its own. Were the two
apart, their time would tell who has an account. What a hash alone costs stands in the figures.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.errors import SignInRefused
from tocsin.identity.passwords import Argon2, weakness
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_secret
from tocsin.services.accounts import Accounts
from tocsin.storage.json_store import JsonStore

from .measure import Bench, Measured, Row, alternately

ATTEMPTS = 5
BAR = 1.1


def measure(bench: Bench) -> Iterator[Row]:
    """Yield a row for the two, and one for the share of it that is hashing."""
    store = JsonStore(bench.folder / "accounts.json")
    moments = (datetime(2026, 3, 2, 12, tzinfo=UTC) + timedelta(seconds=10 * number) for number in itertools.count())
    ids = (f"id-{number}" for number in itertools.count(1))

    def clock() -> datetime:
        return next(moments)

    def new_id() -> str:
        return next(ids)

    keys = SigningKeys(KeyFile(bench.folder / "accounts.json.keys", new_secret=random_secret), clock=clock)
    hasher = Argon2()
    accounts = Accounts.of(
        store,
        sessions_of(store, keys, clock=clock, new_id=new_id),
        keys,
        hasher,
        weakness,
        clock=clock,
        new_id=new_id,
    )
    accounts.users.add(
        "ann@example.com",
        "Ann",
        UserRole.RESPONDER,
        actor=Actor("bench"),
        also=lambda user: accounts.passwords.first(user, "violet tractor umbrella"),
    )
    addresses = (f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}" for number in itertools.count())

    def refused(email: str) -> Measured:
        def run() -> float:
            began = time.perf_counter()
            for _ in range(ATTEMPTS):
                address = next(addresses)
                try:
                    accounts.signing_in.sign_in(email, "a wrong password", actor=Actor(address, address))
                except SignInRefused:
                    continue
                message = "somebody was let in"
                raise RuntimeError(message)
            return (time.perf_counter() - began) / ATTEMPTS

        return run

    def hashed() -> float:
        began = time.perf_counter()
        hasher.matches(hasher.nobody, "a wrong password")
        return time.perf_counter() - began

    nobody, somebody = refused("nobody@example.com"), refused("ann@example.com")
    found = alternately(nobody, somebody, bench.pairs(24))
    yield Row("a sign-in refused, no such account / a wrong password", found.ratio, found.said(1e3, "ms"), bar=BAR)
    found = alternately(somebody, hashed, bench.pairs(24))
    yield Row("a sign-in refused / argon2id alone (19 MiB, 2 passes)", found.ratio, found.said(1e3, "ms"))
    store.close()
