"""What fits into one SMS: 160 characters of GSM 03.38's own alphabet, or 70 of UCS-2 (3GPP TS 23.038)."""

import re
import unicodedata

LONGEST_GSM = 160
LONGEST_UCS = 70

LEAST_WORDS = 30
"""Places that are no link: enough to say how bad it is, and which incident."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€\f")
"""Two places each."""

_PLAIN = str.maketrans(
    {
        "\u2013": "-",
        "\u2014": "-",
        "\u2018": "'",
        "\u2019": "'",
        "\u201c": '"',
        "\u201d": '"',
        "\u2026": "...",
        "\u2192": "->",
        "\u00a0": " ",
        **dict(zip("łŁđĐıħĦŧŦ", "lLdDihHtT", strict=True)),
    }
)
"""Dashes, quotation marks, dots, an arrow and a space of typography, as GSM's alphabet has them; and struck letters."""

_LINK = re.compile(r"\shttps?://\S+$")


def fitted(text: str) -> str:
    """Return ``text``, cut to one SMS. A link at its end stays whole, or goes whole: half of one leads nowhere."""
    said = _simple("".join(one for one in text if one == "\n" or one.isprintable()).strip())
    longest = LONGEST_GSM if _is_gsm(said) else LONGEST_UCS
    if _length(said) <= longest:
        return said
    found = _LINK.search(said)
    link = found.group() if found else ""
    words = said.removesuffix(link)
    if link:
        # A sign that costs more than half of the room goes before the link does.
        plain = _without_signs(words)
        room = (LONGEST_GSM if _is_gsm(plain + link) else LONGEST_UCS) - _length(link)
        if room >= LEAST_WORDS:
            return _cut(plain, room) + link
    return _cut(words, LONGEST_GSM if _is_gsm(words) else LONGEST_UCS)


def _simple(text: str) -> str:
    """Return ``text`` in GSM's alphabet where typography or an accent is all that keeps it out."""
    plain = text.translate(_PLAIN)
    return "".join(one if _is_gsm(one) else _bare(one) for one in plain)


def _bare(one: str) -> str:
    """Return a letter without its accent, if that makes it one of GSM's."""
    first = unicodedata.normalize("NFD", one)[0]
    return first if first.isascii() and first.isalpha() else one


def _without_signs(text: str) -> str:
    """Return ``text`` with a space for each emoji, or other sign, if letters do not need the larger alphabet anyway."""
    plain = " ".join("".join(one if _is_gsm(one) or one.isalnum() else " " for one in text).split())
    return plain if _is_gsm(plain) else text


def _is_gsm(text: str) -> bool:
    return all(one in _BASIC or one in _EXTENDED for one in text)


def _length(text: str) -> int:
    """Return how many places a text takes: those of GSM, or of UCS-2, in which an emoji takes two."""
    if _is_gsm(text):
        return sum(2 if one in _EXTENDED else 1 for one in text)
    return len(text.encode("utf-16-le", "replace")) // 2


def _cut(text: str, longest: int) -> str:
    if _length(text) <= longest:
        return text
    gsm = _is_gsm(text)
    room, kept = longest - len("..."), []
    for one in text:
        room -= (2 if one in _EXTENDED else 1) if gsm else (2 if ord(one) > 0xFFFF else 1)  # noqa: PLR2004 - one unit
        if room < 0:
            break
        kept.append(one)
    return "".join(kept).rstrip() + "..."
