"""Moments that a sender names: RFC 3339, or seconds or milliseconds since 1970."""

from datetime import UTC, datetime, timedelta

from tocsin.errors import InvalidInput

from .outside import moment, whole

AHEAD = timedelta(minutes=5)
"""How far a sender's clock may be ahead of ours before its word on the time is no longer taken."""

_LONGEST = 64
_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def instant(value: object, name: str) -> datetime | None:
    """Return the moment that a JSON value names, in UTC.

    None for null, an empty text, zero, and whatever lies before 1970: year 1 is how Go says "none". What comes after
    the microseconds is dropped. Raises :class:`~tocsin.errors.InvalidInput`, which calls the value ``name``.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and whole(value) is None:
        return _written(value.strip(), name)
    number = whole(value) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise InvalidInput(f"{name}: it should be a moment such as 2026-03-31T14:05:00Z, or seconds since 1970")
    if number <= 0:
        return None
    found = moment(number)
    if found is None:
        raise InvalidInput(f"{name}: this is no number of seconds or milliseconds since 1970")
    return _after_1970(found)


def believed(at: datetime, received_at: datetime) -> datetime:
    """Return ``at``, or the time of arrival if ``at`` lies more than :data:`AHEAD` after it.

    A moment in the future would make everything that follows look late, until that moment has come. A clock that is a
    little ahead keeps its own order; one that is far ahead gets the order of arrival.
    """
    return received_at if at - received_at > AHEAD else at


def _written(value: str, name: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(value.upper()) if len(value) <= _LONGEST else None
    except ValueError:
        found = None
    if found is None:
        raise InvalidInput(f"{name}: this is no moment; write it as 2026-03-31T14:05:00Z")
    if found.tzinfo is None:
        raise InvalidInput(f"{name}: its time zone is missing; write it as 2026-03-31T14:05:00Z or with +02:00")
    try:
        found = found.astimezone(UTC)
    except OverflowError:
        # At the first and the last day that there is, an offset leads outside.
        return None if found.year == 1 else _END_OF_TIME
    return _after_1970(found)


def _after_1970(found: datetime) -> datetime | None:
    return found if found.timestamp() > 0 else None
