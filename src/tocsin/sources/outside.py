"""Values from outside, read without trust: whatever comes, a usable value or none at all, never an exception."""

import math
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

CUT = "… (cut)"
"""What ends a text that was too long to keep."""

LONGEST_LINK = 2_000
"""Characters."""

_MOST_DIGITS = 19
"""A 64-bit number has no more, and Python refuses to read thousands."""

_MILLISECONDS_FROM = 1e11
"""As seconds this is the year 5138, as milliseconds 1973: what is larger was meant as milliseconds."""


def text(value: object, longest: int) -> str:
    """Return ``value`` if it is a text, without NULs and unpaired surrogates, of at most ``longest`` characters.

    Both break stores and terminals further on. Anything but a text gives the empty one.
    """
    if not isinstance(value, str):
        return ""
    if value.isascii():
        clean = value.replace("\0", "") if "\0" in value else value
    else:
        clean = value.encode("utf-8", "replace").decode("utf-8").replace("\0", "")
    return clean if len(clean) <= longest else clean[: longest - len(CUT)] + CUT


def number(value: object) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def whole(value: object) -> int | None:
    """Return a whole number, also where it is written as ``7.0`` or as digits in quotes, or None."""
    if type(value) is int:
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    if isinstance(value, str) and len(value) <= _MOST_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    return None


def moment(value: object, *, until: datetime | None = None) -> datetime | None:
    """Return an epoch time stamp (seconds or milliseconds, a number or its digits) in UTC, or None.

    Zero and less mean never. A stamp more than a day later than ``until`` cannot be true and counts as none.
    """
    seconds = number(whole(value) if isinstance(value, str) else value)
    if seconds is None or seconds <= 0:
        return None
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    try:
        found = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    # Compared as a difference: the end of time plus a day would overflow.
    return None if until is not None and found - until > timedelta(days=1) else found


def http_link(value: object) -> str:
    """Return an http(s) address of at most :data:`LONGEST_LINK` characters as it came, or the empty text."""
    if not isinstance(value, str) or not value.isprintable() or any(char in value for char in " <>\"'`\\"):
        return ""
    try:
        parts = urlsplit(value)
        named = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        return ""
    return value if named and len(value) <= LONGEST_LINK else ""
