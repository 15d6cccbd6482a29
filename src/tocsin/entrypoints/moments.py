"""Moments and durations in a person's words, and back. Times are UTC, durations seconds."""

import re
from datetime import UTC, datetime, timedelta

from tocsin.errors import InvalidInput

EXAMPLES = "a date such as 2026-03-31 or 2026-03-31T14:05 (UTC), or an age such as 30m, 2h, 3d or 1w"

AHEAD = "how long from now, such as 30m, 2h or 3d, or a time such as 2026-03-31T09:00 (UTC)"

_LENGTH = r"([0-9]{1,6})\s*(s|sec|m|min|h|hours?|d|days?|w|weeks?)"
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_STEPS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def moment(text: str, now: datetime) -> datetime:
    """Return the moment that a person means: an ISO date or time (UTC unless it says otherwise), or an age.

    Raises :class:`~tocsin.errors.InvalidInput`.
    """
    age = re.fullmatch(rf"{_LENGTH}(?:\s+ago)?", text.strip(), re.IGNORECASE)
    try:
        return _written(text) if age is None else now - _length(age)
    except (ValueError, OverflowError):
        message = f"'{text}' is no moment; give {EXAMPLES}"
        raise InvalidInput(message) from None


def ahead(text: str, now: datetime) -> datetime:
    """Return the moment to come that a person means: an ISO date or time, or how long it is from now.

    Raises :class:`~tocsin.errors.InvalidInput`.
    """
    length = re.fullmatch(rf"(?:in\s+)?{_LENGTH}", text.strip(), re.IGNORECASE)
    try:
        return _written(text) if length is None else now + _length(length)
    except (ValueError, OverflowError):
        message = f"'{text}' is no time to come; give {AHEAD}"
        raise InvalidInput(message) from None


def _written(text: str) -> datetime:
    parsed = datetime.fromisoformat(text.strip())
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _length(said: re.Match[str]) -> timedelta:
    return timedelta(seconds=int(said[1]) * _SECONDS[said[2][0].lower()])


def exact(moment: datetime | None) -> str:
    """Say a moment to the second: ``2026-03-31 14:05:00``, in UTC; nothing for None."""
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"


def age(since: datetime, now: datetime) -> str:
    """Say how long ago a moment is, in its largest unit: ``40 s``, ``4 min``, ``2 h``, ``3 d``."""
    seconds = int(max((now - since).total_seconds(), 0))
    size, unit = next((step for step in _STEPS if seconds >= step[0]), _STEPS[-1])
    return f"{seconds // size} {unit}"


def duration(seconds: float | None) -> str:
    """Say a duration in its two largest units: ``3 h 20 min``; a dash for None."""
    if seconds is None:
        return "-"
    left = round(max(seconds, 0))
    parts = []
    for size, unit in _STEPS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
        elif parts:
            break
        if len(parts) == 2:  # noqa: PLR2004 - a third unit is noise beside the first
            break
    return " ".join(parts) or "0 s"
