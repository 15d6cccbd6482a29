"""Who may come in: the key of a request, found, checked, and remembered for a minute.

Whoever is refused learns nothing by it: a key that is missing, wrong, expired or revoked gets one and the same answer.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from tocsin.clock import Clock
from tocsin.domain.access import Principal
from tocsin.domain.api_key import Token
from tocsin.services.api_keys import ApiKeys

from .limits import Buckets

REMEMBERED = timedelta(seconds=60)
"""How long a key that was checked is let in without another look, so that a repeated alert reads nothing."""

MOST_REMEMBERED = 1_000

HEADER = "x-tocsin-key"
"""For senders that can set neither a bearer token nor basic authentication."""


class TooManyAttempts(Exception):
    """An address tried too many keys; ``seconds`` until it may try another."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Doorkeeper:
    """Checks keys. ``attempts`` bounds how many that open nothing an address may try, each of which costs a read."""

    def __init__(self, keys: ApiKeys, *, clock: Clock, attempts: Buckets) -> None:
        self._keys = keys
        self._clock = clock
        self._attempts = attempts
        self._checked: dict[bytes, tuple[Principal, datetime]] = {}

    def admit(self, headers: Mapping[str, str], address: str) -> Principal | None:
        """Return who holds the key of these headers, or None. Raises :class:`TooManyAttempts`."""
        said = presented(headers)
        token = Token.read(said)
        if token is None:
            return None
        # What is remembered opens nothing if somebody reads this process's memory.
        name = hashlib.sha256(said.encode()).digest()
        known = self._checked.get(name)
        now = self._clock()
        if known is not None and now - known[1] < REMEMBERED:
            return known[0]
        if wait := self._attempts.look(address):
            raise TooManyAttempts(wait)
        principal = self._keys.check(token)
        if principal is None:
            # Only now: what opens may be shown by any number of requests at once, whoever else is at that address.
            self._attempts.take(address)
            self._checked.pop(name, None)
            return None
        if len(self._checked) >= MOST_REMEMBERED:
            self._checked.clear()
        self._checked[name] = (principal, now)
        return principal


def presented(headers: Mapping[str, str]) -> str:
    """Return the key that a request shows: a header of its own, a bearer token, or the password of basic access."""
    own = headers.get(HEADER, "").strip()
    if own:
        return own
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    match scheme.lower():
        case "bearer":
            return rest.strip()
        case "basic":
            try:
                return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
            except (binascii.Error, UnicodeDecodeError):
                return ""
        case _:
            return ""
