"""The turn of pages that go to one place: taken with a lease, looked at once more, sent as one message, recorded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import Address, ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import Tells
from tocsin.domain.page import (
    LOOKED_AGAIN,
    PAGE,
    Delivery,
    Page,
    PageReason,
    PageStatus,
    Verdict,
    decided,
    delivery_write,
    page_of,
    settles_until,
)
from tocsin.domain.pursue import chunks
from tocsin.errors import Refused, TocsinError, Undelivered
from tocsin.services.channel import Channels, Receipt

from .desk import KEPT, MOST_WRITES, Desk, kept_as, replaced
from .issues import issue_address
from .messages import Messages
from .passing import Passing
from .rates import PLACE, place_of, place_write

LEASE = timedelta(seconds=60)
"""How long whoever takes pages has for sending them; longer than any channel may take."""

LONGEST_SENDING = timedelta(seconds=20)
"""What must be left of a lease to begin sending: ten seconds for the provider, ten for a secret that takes its time."""

MOST_TRIES = 5
MOST_TAKEN = 2 * MOST_TRIES
"""How often a page is taken at all: what kills whoever sends it goes another way."""

SHORTEST_WAIT, LONGEST_WAIT = 15.0, 300.0
"""Seconds between two tries; each wait is twice the one before."""

MOST_ONE_BY_ONE = 40
"""Incidents in one message to what takes a request for each: all of them have the ten seconds of one message."""

_ONE_BY_ONE = frozenset({ChannelKind.PAGERDUTY, ChannelKind.OPSGENIE})

ASKED_FOR = frozenset({Tells.TEST, Tells.CODE})
URGENT = 99
"""A rank above every severity's."""

Timer = Callable[[], float]
"""Seconds that pass, from any beginning: how long a provider took."""


class _Taken(NamedTuple):
    record: Record
    page: Page


class _NoWay(Refused):
    """There is no way to send it, and no provider was asked."""

    def __init__(self, reason: PageReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Delivering:
    """Sends the pages of one place. ``jitter`` gives a factor, from 0 up to 1, that spreads what is tried again."""

    def __init__(
        self, desk: Desk, channels: Channels, messages: Messages, *, timer: Timer, jitter: Callable[[], float]
    ) -> None:
        self._desk = desk
        self._channels = channels
        self._messages = messages
        self._timer = timer
        self._jitter = jitter
        self._passing = Passing(desk)

    def __call__(self, page_ids: Sequence[str]) -> Sequence[Page] | None:
        """Send what is due of these pages, which go to one place and tell the same. None: others were first."""
        found = [_Taken(record, page_of(record)) for one in page_ids if (record := self._desk.current(PAGE, one))]
        # What was taken before, by a pager that died, goes as it would have gone then: as the same message.
        bundles: dict[str, list[_Taken]] = {}
        for one in found:
            bundles.setdefault(one.page.bundle, []).append(one)
        outcomes = [self._send(some, bundle) for bundle, some in bundles.items()]
        return () if all(outcomes) else None

    def verdict(self, page: Page, incident: Incident | None, now: Utc) -> Verdict:
        """Return what is to become of a page at a moment: what is asked to explain, too."""
        directory = self._desk.directory
        active = incident if incident is not None and incident.active else None
        pages = active is not None and page.tells is Tells.PAGE and page.cycle > 0
        silenced = directory.silence_of(active, now) if pages and active is not None else ""
        quiet = directory.quiet_until(page.user, active.severity, now) if pages and active and page.user else None
        settling = settles_until(active, page.made_at, now) if pages and active is not None else None
        return decided(page, incident, silenced=silenced, quiet_until=quiet, settling_until=settling)

    def _send(self, some: Sequence[_Taken], bundle: str) -> bool:
        now = self._desk.clock()
        incidents = self._incidents(some)
        going, settled = self._sorted(some, incidents, now)
        if not going:
            return settled
        rank = max(_rank(one.page, incidents) for one in going)
        name = f"{going[0].page.place}:{going[0].page.tells.value}"
        kept = self._desk.store.record(PLACE, name)
        place = place_of(kept)
        if not bundle and (until := place.wait_until(now, rank)) is not None:
            return self._held_back(going, until) and settled
        if not bundle and going[0].page.channel in _ONE_BY_ONE:
            going.sort(key=lambda one: -_rank(one.page, incidents))
            settled &= self._held_back(going[MOST_ONE_BY_ONE:], now + LOOKED_AGAIN)
            going = going[:MOST_ONE_BY_ONE]
        bundle = bundle or going[0].page.id
        # What a person asked for goes at any rate, and keeps nothing back that comes after it.
        first, *others = chunks(going, MOST_WRITES)
        taken = self._taken(
            first, bundle, now, place_write(place.after(now, 0 if rank == URGENT else rank), name, kept, now)
        )
        if not taken:
            return False
        for chunk in others:
            # Whoever has these tells of them. Only who has the place sends.
            taken += self._taken(chunk, bundle, now)
        return self._deliver(taken, bundle) and settled and len(taken) == len(going)

    def _held_back(self, some: Sequence[_Taken], until: Utc) -> bool:
        held = {"status": PageStatus.HELD, "reason": PageReason.RATE_LIMITED, "not_before": until}
        return self._all(self._write(one, held, due_at=until) for one in some)

    def _taken(self, some: Sequence[_Taken], bundle: str, now: Utc, *also: RecordWrite) -> list[_Taken]:
        """Take pages, so that no other pager sends them for :data:`LEASE`; none of them if others were first."""
        taken: list[_Taken] = []
        for one in some:
            update = {
                "status": PageStatus.PENDING,
                "tries": one.page.tries + 1,
                "bundle": bundle,
                "lease_until": now + LEASE,
            }
            page = one.page.model_copy(update=update)
            taken.append(_Taken(kept_as(page, one.record, due_at=now + LEASE), page))
        writes = (replaced(after.record, before.record) for before, after in zip(some, taken, strict=True))
        return taken if self._desk.commit(*writes, *also) else []

    def _sorted(self, some: Sequence[_Taken], incidents: Mapping[str, Incident], now: Utc) -> tuple[list[_Taken], bool]:
        """Return what goes now, and settle the rest: what is dropped, held, or handed over."""
        going: list[_Taken] = []
        settled = True
        for one in some:
            incident = incidents.get(one.page.incident_id)
            verdict = self.verdict(one.page, incident, now)
            if verdict.sends and incident is not None and self._passing.is_off_duty(one.page, incident, now):
                settled &= self._passing.hand_over(one.record, one.page, incident, now)
            elif verdict.sends and one.page.tries >= MOST_TAKEN:
                why = f"{one.page.tries} pagers took it, and none came to an end"
                settled &= self._passing.give_up(one.record, one.page, PageReason.GIVEN_UP, why)
            elif verdict.sends:
                going.append(one)
            else:
                settled &= self._desk.commit(self._settled(one, verdict))
        return going, settled

    def _settled(self, one: _Taken, verdict: Verdict) -> RecordWrite:
        update: dict[str, object] = {"reason": verdict.reason, "detail": verdict.detail, "lease_until": None}
        if verdict.until is None:
            return self._write(one, {**update, "status": PageStatus.DROPPED}, due_at=None)
        update |= {"status": PageStatus.HELD, "not_before": verdict.until}
        return self._write(one, update, due_at=verdict.until)

    def _deliver(self, taken: Sequence[_Taken], bundle: str) -> bool:
        # The last look. Whoever acknowledges from here on may still be paged, and nobody who did before is.
        incidents = self._incidents(taken)
        going: list[_Taken] = []
        settled = True
        for one in taken:
            verdict = decided(one.page, incidents.get(one.page.incident_id))
            if verdict.sends:
                going.append(one)
            else:
                settled &= self._desk.commit(self._settled(one, verdict))
        if not going:
            return settled
        began, at = self._timer(), self._desk.clock()
        if any(one.page.lease_until is None or at > one.page.lease_until - LONGEST_SENDING for one in going):
            # Held up since it took them, a frozen process for one: by the time it has sent them another may, too.
            return False
        try:
            receipt = self._handed_over(going, incidents, bundle)
        except Undelivered as error:
            return self._not_sent(going, error, at=at, seconds=self._timer() - began)
        seconds = self._timer() - began
        sent = {
            "status": PageStatus.SENT,
            "reason": PageReason.DUE,
            "sent_at": at,
            "provider_id": receipt.provider_id,
            "lease_until": None,
        }
        writes = []
        for one in going:
            told = Delivery(
                page_id=one.page.id,
                number=one.page.tries,
                at=at,
                seconds=seconds,
                sent=True,
                provider_id=receipt.provider_id,
            )
            writes += [self._write(one, sent, due_at=None), delivery_write(told, keep_until=at + KEPT)]
        return self._all(writes)

    def _handed_over(self, going: Sequence[_Taken], incidents: Mapping[str, Incident], bundle: str) -> Receipt:
        page = going[0].page
        make = self._channels.get(page.channel)
        if make is None:
            message = f"the channel {page.channel.value} is not set up"
            raise _NoWay(PageReason.CHANNEL_NOT_SET_UP, message)
        address = issue_address(page) if page.channel is ChannelKind.GITHUB else self._address(page)
        message_ = self._messages.of([one.page for one in going], incidents, bundle=bundle, at=self._desk.clock())
        try:
            return make().send(message_, address)
        except Undelivered:
            raise
        except TocsinError as error:
            # A setting that is missing, a secret that cannot be read: it can be set right.
            raise Undelivered(str(error), hint=error.hint) from error
        except Exception as error:  # logged, and on record as an attempt that failed
            # A fault of ours in one channel must not keep the page from going another way.
            self._desk.log.exception("the channel %s failed", page.channel.value)
            message = f"the channel failed: {type(error).__name__}"
            raise Undelivered(message) from error

    def _address(self, page: Page) -> Address:
        contact = self._desk.directory.contact(page.user, page.contact)
        if contact is None:
            message = "this way is not there any more, or not verified"
            raise _NoWay(PageReason.CONTACT_GONE, message)
        return self._desk.directory.address(contact)

    def _not_sent(self, going: Sequence[_Taken], error: Undelivered, *, at: Utc, seconds: float) -> bool:
        settled = True
        for one in going:
            told = Delivery(
                page_id=one.page.id, number=one.page.tries, at=at, seconds=seconds, sent=False, why=str(error)
            )
            attempt = delivery_write(told, keep_until=at + KEPT)
            if error.retryable and one.page.tries < MOST_TRIES:
                due_at = self._next_try(one.page.tries, error.retry_after)
                again = {"reason": PageReason.TRIED_AGAIN, "detail": str(error), "lease_until": None}
                settled &= self._desk.commit(self._write(one, {**again, "not_before": due_at}, due_at=due_at), attempt)
            else:
                refused = error.reason if isinstance(error, _NoWay) else PageReason.REFUSED
                reason = PageReason.GIVEN_UP if error.retryable else refused
                settled &= self._passing.give_up(one.record, one.page, reason, str(error), attempt)
        return settled

    def _next_try(self, tries: int, retry_after: float | None) -> datetime:
        seconds = min(SHORTEST_WAIT * 2 ** (tries - 1), LONGEST_WAIT) * (0.5 + self._jitter() / 2)
        return self._desk.clock() + timedelta(seconds=max(seconds, min(retry_after or 0.0, LONGEST_WAIT)))

    def _write(self, one: _Taken, update: Mapping[str, object], *, due_at: Utc | None) -> RecordWrite:
        return replaced(kept_as(one.page.model_copy(update=dict(update)), one.record, due_at=due_at), one.record)

    def _incidents(self, some: Sequence[_Taken]) -> Mapping[str, Incident]:
        return self._desk.store.incidents({one.page.incident_id for one in some if one.page.incident_id})

    def _all(self, writes: Iterable[RecordWrite]) -> bool:
        outcomes = [self._desk.commit(*chunk) for chunk in chunks(writes, MOST_WRITES)]
        return all(outcomes)


def _rank(page: Page, incidents: Mapping[str, Incident]) -> int:
    """Return how urgent a page is. What a person asked for waits for nothing."""
    incident = incidents.get(page.incident_id)
    if page.tells is not Tells.PAGE or page.cycle == 0 or incident is None:
        return URGENT if page.tells in ASKED_FOR or page.cycle == 0 else 0
    return incident.severity.rank
