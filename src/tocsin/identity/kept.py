"""What an issuer publishes, fetched when it is needed and kept as long as it is good."""

import logging
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from tocsin.clock import Clock
from tocsin.errors import IssuerFailed

LONGEST = timedelta(hours=1)
"""How long a document is good; less if the issuer says so."""

SHORTEST = timedelta(minutes=1)
"""How often a document is fetched at most, whatever the issuer, or a token with a made-up key, would have."""

OUTLASTS = timedelta(hours=24)
"""How long a document is used that could not be fetched anew: an issuer that is down for an hour locks nobody out."""

AFTER_NOTHING = timedelta(seconds=5)
"""How long after a failure the next is taken for granted, where there is nothing to go by: not every request waits."""

_LONG_AGO = datetime.min.replace(tzinfo=UTC)

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Fetched(NamedTuple, Generic[T]):
    """What was fetched, and how long it is good."""

    value: T
    good_for: timedelta = LONGEST


class Kept(Generic[T]):
    """One document. ``fetch`` raises :class:`~tocsin.errors.IssuerFailed`. Any number of threads may ask."""

    def __init__(self, fetch: Callable[[], Fetched[T]], *, clock: Clock) -> None:
        self._fetch = fetch
        self._clock = clock
        self._fetching = threading.Lock()
        self._value: T | None = None
        self._fetched_at = self._tried_at = _LONG_AGO
        self._good_for = LONGEST
        self._failure = ""

    def get(self, *, anew: bool = False) -> T:
        """Return the document; ``anew``: as it is now, if it was not fetched within the last minute."""
        known = self._value
        if known is not None and not anew:
            # Who has something to go by does not wait for another who fetches.
            if self._is_good(self._clock()) or not self._fetching.acquire(blocking=False):
                return known
        else:
            self._fetching.acquire()
        try:
            return self._renewed(anew=anew)
        finally:
            self._fetching.release()

    def _renewed(self, *, anew: bool) -> T:
        """Return the document, fetched if that is due. One thread at a time."""
        now = self._clock()
        if self._value is not None:
            if (self._is_good(now) and not anew) or now - self._tried_at < SHORTEST:
                return self._value
        elif now - self._tried_at < AFTER_NOTHING:
            raise IssuerFailed(self._failure)
        self._tried_at = now
        try:
            fetched = self._fetch()
        except IssuerFailed as error:
            if self._value is not None and now - self._fetched_at < OUTLASTS:
                _log.warning("%s; what it said before is used", error)
                return self._value
            self._value, self._failure = None, str(error)
            raise
        self._value, self._fetched_at = fetched.value, now
        self._good_for = max(SHORTEST, min(LONGEST, fetched.good_for))
        return fetched.value

    def _is_good(self, now: datetime) -> bool:
        return now - self._fetched_at < self._good_for


def good_for(cache_control: str) -> timedelta:
    """Return how long an answer may be kept by its Cache-Control; an hour if that says nothing."""
    said = cache_control.lower()
    if "no-store" in said or "no-cache" in said:
        return SHORTEST
    found = re.search(r"\bmax-age=(\d{1,9})", said)
    return timedelta(seconds=int(found[1])) if found else LONGEST
