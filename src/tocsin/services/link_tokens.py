"""What a link that acknowledges says, and its token: 54 characters as a rule, so that a link fits one SMS.

A token is base64url (RFC 4648, section 5) of bytes: the incident's number, the cycle, the end, the person, and a stamp
over all of these. A number is written seven bits a byte, the last ones first; an id of 32 hexadecimal digits, as ours
are, is 16 bytes.
"""

import base64
import re
from typing import NamedTuple

from tocsin.domain.incident import incident_id

from .signing import STAMP

LONGEST = 200
"""Characters of a token."""

_HEX = re.compile(r"[0-9a-f]{32}")
_INCIDENT = re.compile(r"INC-([0-9]{1,18})")
_MORE = 0x80


class PageLink(NamedTuple):
    """What a link says: who acknowledges which cycle of which incident, and until when it is good (seconds of Unix)."""

    incident_id: str
    cycle: int
    user: str
    until: int

    @property
    def packed(self) -> bytes:
        """What is stamped. Raises ValueError where the incident's id is none of ours."""
        found = _INCIDENT.fullmatch(self.incident_id)
        if found is None:
            message = f"{self.incident_id!r} is no id of an incident"
            raise ValueError(message)
        short = _HEX.fullmatch(self.user) is not None
        user = bytes.fromhex(self.user) if short else self.user.encode()
        return _number(int(found[1])) + _number(self.cycle << 1 | short) + _number(self.until) + user

    @classmethod
    def unpacked(cls, packed: bytes) -> "PageLink":
        """Return what :attr:`packed` was made of; only what bears a good stamp is to be handed in."""
        number, rest = _taken(packed)
        cycle, rest = _taken(rest)
        until, user = _taken(rest)
        return cls(incident_id(number), cycle >> 1, user.hex() if cycle & 1 else user.decode(), until)


def written(packed: bytes, stamp: bytes) -> str:
    """Return a token."""
    return base64.urlsafe_b64encode(packed + stamp).rstrip(b"=").decode()


def read(token: str) -> tuple[bytes, bytes]:
    """Return what is stamped, and the stamp; both empty for what was never written so."""
    if len(token) > LONGEST or not token.isascii():
        return b"", b""
    try:
        found = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return b"", b""
    # The same bytes can be written in several ways, of which one is ours.
    if len(found) <= STAMP or written(found, b"") != token:
        return b"", b""
    return found[:-STAMP], found[-STAMP:]


def _number(value: int) -> bytes:
    written = bytearray()
    while value >= _MORE:
        written.append(value % _MORE + _MORE)
        value //= _MORE
    return bytes([*written, value])


def _taken(packed: bytes) -> tuple[int, bytes]:
    """Return the number with which bytes begin, and the bytes behind it."""
    value = 0
    for place, byte in enumerate(packed):
        value += (byte % _MORE) << 7 * place
        if byte < _MORE:
            return value, packed[place + 1 :]
    return value, b""
