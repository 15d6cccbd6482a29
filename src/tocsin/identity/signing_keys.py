"""The keys that tokens are signed with: two of them are good at once, so that one can be exchanged while people work.

On AWS they are a secret, read by whoever wires this; elsewhere a file beside the incidents, which is made when
something is signed for the first time. Of either, two texts are kept: ``{"current": "...", "previous": "..."}``.

Addresses of contacts are sealed with keys that are worked out from these (``sealing``), and a seal has no end: ``older``
lists the keys before the two. They are good for opening seals alone.
"""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Lock
from typing import Protocol

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError, StoreUnreachable, TocsinError
from tocsin.ids import NewSecret
from tocsin.services.signing import STAMP
from tocsin.storage.disk import Disk
from tocsin.storage.lock import SidecarLock

from .private_file import read_private, write_private

REMEMBERED = timedelta(minutes=15)
"""How long keys are used without another look."""

LOOKED = timedelta(minutes=1)
"""The least time between two looks for a key that is not known: whoever makes key ids up costs no more than that."""

SHORTEST = 32
"""Characters. HMAC with SHA-256 wants as many bytes (RFC 7518, 3.2)."""

LOCK_TIMEOUT = 10.0

_KID = 8
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key. It never shows in a ``repr``; its id, which is a digest, may be known to anybody."""

    secret: str = field(repr=False)

    @property
    def kid(self) -> str:
        """What names it: the first eight hexadecimal digits of its SHA-256."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:_KID]


@dataclass(frozen=True, slots=True)
class Keyring:
    """The key that signs, and the one before it, whose signatures are still good; ``older`` ones open seals."""

    current: SigningKey
    previous: SigningKey | None = None
    older: tuple[SigningKey, ...] = ()

    @property
    def good(self) -> tuple[SigningKey, ...]:
        """The keys whose signatures are good."""
        return (self.current,) if self.previous is None else (self.current, self.previous)

    def named(self, kid: str) -> SigningKey | None:
        """Return the key of this id."""
        return next((key for key in self.good if key.kid == kid), None)

    def ever(self, kid: str) -> SigningKey | None:
        """Return the key of this id, however old it is."""
        return self.named(kid) or next((key for key in self.older if key.kid == kid), None)

    def rotated(self, secret: str) -> "Keyring":
        """Return the ring with a new key; the one that signed until now stays good, the one before that does not."""
        older = self.older if self.previous is None else (self.previous, *self.older)
        return Keyring(SigningKey(secret), self.current, older)

    @property
    def document(self) -> dict[str, str | list[str]]:
        """What is kept."""
        kept: dict[str, str | list[str]] = {
            "current": self.current.secret,
            "previous": self.previous.secret if self.previous else "",
        }
        return kept | ({"older": [key.secret for key in self.older]} if self.older else {})


class KeyPlace(Protocol):
    """Where the keys are kept."""

    def read(self) -> Keyring | None:
        """Return the keys as they are now; None if there are none yet."""

    def make(self) -> Keyring:
        """Return the keys, made if there are none yet."""


class KeyFile:
    """Keys in a file that only its owner may read. Any number of processes may use it."""

    def __init__(self, path: Path, *, new_secret: NewSecret, disk: Disk | None = None) -> None:
        self._path = path
        self._new_secret = new_secret
        self._disk = disk or Disk()
        self._lock = SidecarLock(path, timeout=LOCK_TIMEOUT)

    def read(self) -> Keyring | None:
        """Return what is in the file. Raises ``ConfigurationError`` if others may read it, or it holds something else."""
        found = read_private(self._path)
        if found is None:
            return None
        try:
            said = json.loads(found)
        except ValueError:
            said = None
        return keyring_in(said if isinstance(said, dict) else {}, str(self._path))

    def make(self) -> Keyring:
        """Return the keys; of several processes that make them at once, one does, and all get those."""
        with self._lock.held():
            return self.read() or self._put(Keyring(SigningKey(self._new_secret())))

    def rotate(self, tell: Callable[[str, str], None]) -> Keyring:
        """Sign with a new key from now on. ``tell`` is told the ids of the new and the old key before it is written."""
        with self._lock.held():
            before, secret = self.read(), self._new_secret()
            after = before.rotated(secret) if before else Keyring(SigningKey(secret))
            tell(after.current.kid, before.current.kid if before else "")
            return self._put(after)

    def _put(self, ring: Keyring) -> Keyring:
        write_private(self._path, json.dumps(ring.document).encode() + b"\n", self._disk)
        return ring


class KeySecret:
    """Keys in a secret of AWS that ``fetch`` reads. It is made by whoever made the stack."""

    def __init__(self, fetch: Callable[[], Mapping[str, object]], where: str) -> None:
        self._fetch = fetch
        self._where = where

    def read(self) -> Keyring:
        """Return the keys as they are now."""
        return keyring_in(self._fetch(), self._where)

    make = read


class NoKeys:
    """Where no keys can be kept: nothing was ever signed, and nothing can be."""

    def read(self) -> None:
        """Return none."""

    def make(self) -> Keyring:
        """Refuse."""
        message = "SIGNING_KEYS_SECRET is not set: nobody can sign in here"
        raise ConfigurationError(message, hint='It names a secret that holds {"current": "...", "previous": ""}.')


class SigningKeys:
    """The keys of one place, remembered for a while. Any number of threads may use it.

    Keys that are known are kept while the place gives no answer.
    """

    def __init__(self, place: KeyPlace, *, clock: Clock) -> None:
        self._place = place
        self._clock = clock
        self._lock = Lock()
        self._ring: Keyring | None = None
        self._looked: datetime | None = None

    def current(self) -> SigningKey:
        """Return the key to sign with, which is made if there is none yet."""
        with self._lock:
            ring = self._known()
            if ring is None:
                ring = self._ring = self._place.make()
            return ring.current

    def named(self, kid: str) -> SigningKey | None:
        """Return the key of this id; None if none is good that has it. Nothing is made."""
        with self._lock:
            return self._found(lambda ring: ring.named(kid))

    def ever(self, kid: str) -> SigningKey | None:
        """Return the key of this id, however old; None if there never was one, or it was lost. Nothing is made."""
        with self._lock:
            return self._found(lambda ring: ring.ever(kid))

    def mac(self, purpose: str, text: str) -> str:
        """Sign, as :class:`~tocsin.services.signing.Signer` has it."""
        return _mac(self.current(), purpose, text)

    def good(self, purpose: str, text: str, mac: str) -> bool:
        """Check, as :class:`~tocsin.services.signing.Signer` has it."""
        key = self.named(mac.partition(".")[0])
        return key is not None and hmac.compare_digest(_mac(key, purpose, text).encode(), mac.encode())

    def stamp(self, purpose: str, data: bytes) -> bytes:
        """Sign in short, as :class:`~tocsin.services.signing.Signer` has it."""
        return _stamp(self.current(), purpose, data)

    def stamped(self, purpose: str, data: bytes, stamp: bytes) -> bool:
        """Check, as :class:`~tocsin.services.signing.Signer` has it."""

        def good(key: SigningKey) -> bool:
            return hmac.compare_digest(_stamp(key, purpose, data), stamp)

        with self._lock:
            return self._found(lambda ring: next(filter(good, ring.good), None)) is not None

    def _found(self, name: Callable[[Keyring], SigningKey | None]) -> SigningKey | None:
        ring = self._known()
        key = name(ring) if ring else None
        if key is None and (self._looked is None or self._clock() - self._looked >= LOOKED):
            ring = self._look()
            key = name(ring) if ring else None
        return key

    def _known(self) -> Keyring | None:
        fresh = self._looked is not None and self._clock() - self._looked < REMEMBERED
        return self._ring if self._ring is not None and fresh else self._look()

    def _look(self) -> Keyring | None:
        self._looked = self._clock()
        try:
            self._ring = self._place.read()
        except TocsinError as error:
            if self._ring is None:
                raise
            _log.warning("%s; the signing keys that were read before are used", error)
        return self._ring


def keyring_in(found: Mapping[str, object], where: str) -> Keyring:
    """Return the keys that ``found`` holds. Raises ``ConfigurationError``, which never repeats what is there."""
    current, previous, older = found.get("current"), found.get("previous") or "", found.get("older") or []
    if not isinstance(current, str) or not isinstance(previous, str) or not current or not isinstance(older, list):
        message = f"{where} holds no signing keys"
        raise ConfigurationError(message, hint='It takes {"current": "...", "previous": "..."}.')
    if any(not isinstance(key, str) or 0 < len(key) < SHORTEST for key in (current, previous, *older)):
        message = f"{where}: a signing key has at least {SHORTEST} characters"
        raise ConfigurationError(message, hint="`aws secretsmanager get-random-password` draws one.")
    kept = tuple(SigningKey(key) for key in older if key)
    return Keyring(SigningKey(current), SigningKey(previous) if previous else None, kept)


def unreachable(error: TocsinError) -> StoreUnreachable:
    """Return what a place that cannot be asked now is to those who wait: something to try again."""
    return StoreUnreachable(str(error), hint=error.hint)


def _mac(key: SigningKey, purpose: str, text: str) -> str:
    # A JWT's signature is over a text without a line break: neither can be taken for the other.
    signed = hmac.digest(key.secret.encode(), f"{purpose}\n{text}".encode(), "sha256")
    return f"{key.kid}.{base64.urlsafe_b64encode(signed).rstrip(b'=').decode()}"


def _stamp(key: SigningKey, purpose: str, data: bytes) -> bytes:
    # Another first line than a signature's: neither is the beginning of the other.
    return hmac.digest(key.secret.encode(), f"stamp: {purpose}\n".encode() + data, "sha256")[:STAMP]
