"""The words of an address, and how texts are put into a request."""

import json
import re
from collections.abc import Mapping

from tocsin.domain.contact import Address
from tocsin.errors import Refused

JSON: Mapping[str, str] = {"Content-Type": "application/json"}
FORM: Mapping[str, str] = {"Content-Type": "application/x-www-form-urlencoded"}


def word(to: Address, name: str) -> str:
    """Return one word of an address. Raises :class:`~tocsin.errors.Refused` if it is missing."""
    found = to.get(name, "").strip()
    if not found:
        message = f"the address has no {name}"
        raise Refused(message)
    return found


def number_of(to: Address) -> str:
    """Return the telephone number of an address, as E.164 has it. Raises :class:`~tocsin.errors.Refused`."""
    number = re.sub(r"[ ().-]", "", word(to, "number"))
    if not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
        message = "the number is none of the form +4915112345678"
        raise Refused(message)
    return number


def as_json(document: Mapping[str, object]) -> bytes:
    """Return a document as it is sent: half a character, which no encoding knows, becomes a question mark."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def header(value: str) -> str:
    """Return what may stand in a header. Raises :class:`~tocsin.errors.Refused` for what would begin another."""
    if not value.isascii() or not value.isprintable():
        message = "a key of the address holds what no header may"
        raise Refused(message)
    return value


def cut(text: str, longest: int) -> str:
    """Return ``text`` in at most ``longest`` characters; three dots tell that there is more."""
    return text if len(text) <= longest else text[: longest - 3].rstrip() + "..."


def one_line(text: str) -> str:
    """Return ``text`` on one line, without control characters."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
