"""Datadog's monitor list, page by page: asked again while that can help, and every failure told apart for a person.

A page that was cut short, or is no list, is asked for again like one that failed: none is ever used in part.
Refused keys are never tried twice.
"""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, TypeVar

import orjson

from tocsin.clock import Clock, utc_now
from tocsin.errors import KeysRefused, Nonsense, RateLimited, SourceError, Unreachable, WrongSite

from .datadog_account import Account
from .datadog_http import Http, NoReply, OfficialHttp, Reply, TimeLeft
from .outside import number

MOST_TRIES = 4
"""How often one question is asked in all."""

LONGEST_PAUSE = 30.0
"""Seconds. The longest pause between two tries, whatever the server asks for."""

_FIRST_PAUSE = 0.5
_OK, _REDIRECTS, _NOT_FOUND, _TOO_MANY, _SERVER_ERRORS = 200, range(300, 400), 404, 429, range(500, 600)
_REFUSED = frozenset({401, 403})
_TRANSIENT = frozenset({408, 425})
_CHECK_ADDRESS = "Check DATADOG_SITE and DATADOG_API_URL."

T = TypeVar("T")


class Page(NamedTuple):
    """The raw items of one page, and the moment of the answer by Datadog's clock."""

    items: list[object]
    at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """One try that failed: which error it would be, in words, and whether and when to try again."""

    kind: type[SourceError]
    what: str
    hint: str
    again: bool = False
    pause: float | None = None

    def error(self, tries: int) -> SourceError:
        """Return the error to raise after so many tries."""
        return self.kind(f"{self.what} (gave up after {tries} tries)" if tries > 1 else self.what, hint=self.hint)


class DatadogClient:
    """Asks Datadog. What it waits with, and what it asks through, are parameters.

    ``jitter`` gives numbers from 0 to 1. ``clock`` stands in for a missing ``Date`` header.
    """

    def __init__(
        self,
        account: Account,
        *,
        http: Http | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        jitter: Callable[[], float] = random.random,
        clock: Clock = utc_now,
    ) -> None:
        """Connect nothing yet."""
        self._account = account
        self._http = http or OfficialHttp(account)
        self._sleep = sleep
        self._monotonic = monotonic
        self._jitter = jitter
        self._clock = clock

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def within(self, seconds: float) -> TimeLeft:
        """Return what tells how much of ``seconds``, counted from now, is left."""
        end = self._monotonic() + seconds
        return lambda: end - self._monotonic()

    def page(self, after: int, time_left: TimeLeft) -> Page:
        """Return the monitors whose ids are greater than ``after``; none: the end.

        Raises a :class:`~tocsin.errors.SourceError` that says what went wrong and what to do.
        """
        return self._ask(lambda: self._http.monitors(after, time_left), self._page, time_left)

    def monitor(self, number: int, time_left: TimeLeft) -> Page | None:
        """Return one monitor as a page of its own, or None if Datadog says that there is none of this id."""
        return self._ask(lambda: self._http.monitor(number, time_left), self._monitor, time_left)

    def _ask(self, question: Callable[[], Reply], read: Callable[[Reply], T | Failure], time_left: TimeLeft) -> T:
        failure = self._failure(Unreachable, "was not asked: the time for this sweep is over")
        tries = 0
        while time_left() > 0:
            outcome = self._try(question, read)
            tries += 1
            if not isinstance(outcome, Failure):
                return outcome
            failure = outcome
            pause = self._pause(tries, failure.pause)
            if not failure.again or tries == MOST_TRIES or pause >= time_left():
                break
            self._sleep(pause)
        raise failure.error(tries)

    def _try(self, question: Callable[[], Reply], read: Callable[[Reply], T | Failure]) -> T | Failure:
        try:
            reply = question()
        except NoReply as silence:
            if silence.unknown_host:
                hint = f"{_CHECK_ADDRESS} If they are right, this machine's network or name service is not."
                return self._failure(WrongSite, f"cannot be reached: {silence}", hint, again=True)
            if silence.untrusted:
                hint = "A proxy on the way may replace certificates. Nothing was sent."
                return self._failure(Unreachable, f"cannot be trusted: {silence}", hint)
            return self._failure(Unreachable, f"cannot be reached: {silence}", again=True)
        return read(reply)

    def _pause(self, tries: int, asked: float | None) -> float:
        usual = min(_FIRST_PAUSE * 2.0 ** (tries - 1), LONGEST_PAUSE) * (0.5 + self._jitter() / 2)
        if asked is None:
            return usual
        # A little more than asked, and not the same for everybody who waits for the same moment. A limit that ends
        # within a second says 0: the usual pause keeps the tries from being over before it is.
        return max(min(asked, LONGEST_PAUSE) + self._jitter() * _FIRST_PAUSE, usual)

    def _page(self, reply: Reply) -> Page | Failure:
        if failure := self._refusal(reply):
            return failure
        found = _parsed(reply.body)
        if isinstance(found, list):
            return Page(found, self._date(reply.headers))
        if reply.body.lstrip()[:1] == b"<":
            what = "answered a web page where the list of monitors should be"
            return self._failure(WrongSite, what, _CHECK_ADDRESS, again=True)
        what = "answered something that is no list of monitors"
        return self._failure(Nonsense, what, "A proxy on the way may have changed it.", again=True)

    def _monitor(self, reply: Reply) -> Page | Failure | None:
        found = _parsed(reply.body)
        # Only Datadog's own 404 is proof: a proxy's says nothing about the monitor.
        if reply.status == _NOT_FOUND and isinstance(found, dict) and isinstance(found.get("errors"), list):
            return None
        if failure := self._refusal(reply):
            return failure
        if isinstance(found, dict):
            return Page([found], self._date(reply.headers))
        return self._failure(Nonsense, "answered something that is no monitor", again=True)

    def _refusal(self, reply: Reply) -> Failure | None:
        """Return what a status other than 200 means."""
        status = reply.status
        if status == _OK:
            return None
        if status in _REFUSED:
            site = self._account.site
            hint = (
                f"DATADOG_API_KEY and DATADOG_APP_KEY must belong to one organisation on {site} (DATADOG_SITE), "
                "and the application key needs the scope monitors_read."
            )
            return self._failure(KeysRefused, f"refused the keys ({status})", hint)
        if status == _NOT_FOUND:
            return self._failure(WrongSite, "has no list of monitors (404)", _CHECK_ADDRESS)
        if status in _REDIRECTS:
            what = f"redirects to elsewhere ({status}), and the keys were not sent on"
            return self._failure(WrongSite, what, _CHECK_ADDRESS)
        if status == _TOO_MANY:
            hint = "Others use up the organisation's limit (1,000 lists in 10 seconds). Sync less often."
            pause = _seconds(reply.headers, "x-ratelimit-reset", "retry-after")
            return self._failure(RateLimited, "limits the rate (429)", hint, again=True, pause=pause)
        if status in _SERVER_ERRORS or status in _TRANSIENT:
            pause = _seconds(reply.headers, "retry-after")
            return self._failure(Unreachable, f"has trouble ({status})", again=True, pause=pause)
        return self._failure(Nonsense, f"answered with status {status}", _CHECK_ADDRESS)

    def _failure(
        self, kind: type[SourceError], what: str, hint: str = "", *, again: bool = False, pause: float | None = None
    ) -> Failure:
        hint = hint or "Try again later; Datadog's own state is at https://status.datadoghq.com."
        return Failure(kind, f"Datadog ({self._account.host}) {what}", hint, again, pause)

    def _date(self, headers: Mapping[str, str]) -> datetime:
        """Return Datadog's own time of the answer: its time stamps are compared with nothing else."""
        try:
            moment = parsedate_to_datetime(headers.get("date", ""))
            return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            return self._clock()


def _parsed(body: bytes) -> object:
    """Return what the JSON says, or None if it is none (or ``null``, which is as useless)."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    # The standard parser takes unpaired surrogates and NaN: one odd monitor must not hide the page that it is on.
    try:
        return json.loads(body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _seconds(headers: Mapping[str, str], *names: str) -> float | None:
    """Return the first of these headers that is a number of seconds."""
    for name in names:
        try:
            found = number(float(headers.get(name, "")))
        except ValueError:
            continue
        if found is not None and found >= 0:
            return found
    return None
