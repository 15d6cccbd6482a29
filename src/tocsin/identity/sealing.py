"""Seals: AES-GCM with 256 bits, under a key that is worked out from a signing key (HKDF, RFC 5869).

A seal is ``1.<key id>.<nonce and ciphertext>``; what it is about is authenticated with it. The library is imported when
something is sealed or opened.
"""

import base64
import re

from tocsin.errors import ConfigurationError
from tocsin.ids import NewNonce, random_nonce

from .signing_keys import SigningKey, SigningKeys

NONCE = 12
"""Bytes. Drawn at random they do not meet before some 2^32 seals under one key (NIST SP 800-38D, 8.3)."""

_SEAL = re.compile(r"1\.([0-9a-f]{8})\.([A-Za-z0-9_-]{38,})")
_PURPOSE = b"tocsin: addresses of contacts"


class KeySealer:
    """Seals with the current signing key, and opens what any key has sealed that is kept."""

    def __init__(self, keys: SigningKeys, *, new_nonce: NewNonce = random_nonce) -> None:
        self._keys = keys
        self._new_nonce = new_nonce

    def seal(self, text: str, about: str) -> str:
        """Seal, as :class:`~tocsin.services.sealing.Sealer` has it."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key, nonce = self._keys.current(), self._new_nonce()
        sealed = nonce + AESGCM(_worked_out(key)).encrypt(nonce, text.encode(), about.encode())
        return f"1.{key.kid}.{base64.urlsafe_b64encode(sealed).rstrip(b'=').decode()}"

    def open(self, sealed: str, about: str) -> str:
        """Open, as :class:`~tocsin.services.sealing.Sealer` has it."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        found = _SEAL.fullmatch(sealed)
        if found is None:
            raise _unopened(about, "is not sealed as this program seals")
        key = self._keys.ever(found[1])
        if key is None:
            raise _unopened(about, f"is sealed with the key {found[1]}, which is not here")
        try:
            data = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
            return AESGCM(_worked_out(key)).decrypt(data[:NONCE], data[NONCE:], about.encode()).decode()
        except (InvalidTag, ValueError):  # of a length that nothing is encoded in
            pass
        raise _unopened(about, "has a seal that was changed, or is another's")


def _worked_out(key: SigningKey) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(SHA256(), 32, None, _PURPOSE).derive(key.secret.encode())


def _unopened(about: str, why: str) -> ConfigurationError:
    message = f"the address of the contact {about} {why}"
    hint = "Bring the signing keys back that it was sealed with (SIGNING_KEYS_FILE, SIGNING_KEYS_SECRET), or enter it anew."
    return ConfigurationError(message, hint=hint)
