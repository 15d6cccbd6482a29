"""One round of the pager on Lambda: all that is due is done, people are told, and it is said how that went.

**Who calls.** A schedule, every minute, and the table's stream, as soon as something of paging has become due. A round is
the same either way: it does whatever is due, and several at once do no harm. So nobody's page waits for one shard.

**What raises.** A round that failed as a whole: the settings, the table, a fault of ours. Lambda counts it as an error. One
record that cannot be worked on is logged, spoils nothing for the others, and is told when all of them are done: the
schedule's run raises then, and the stream is given the numbers of those of its batch that were tried and are due still.
What is held for later, or was not come to in time, is no failure: the next minute goes on with it.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from typing_extensions import override

from tocsin.config import Settings
from tocsin.domain.change import Record
from tocsin.domain.intents import ESCALATION, NEWS
from tocsin.domain.page import PAGE
from tocsin.domain.rules import Rules
from tocsin.ids import random_secret
from tocsin.services.deadline import Deadline
from tocsin.services.due import CODE, LETTER, NOTICE, SHIFT_NOTICE, SLACK_REPLY
from tocsin.services.heartbeats import Pulse, beat, note_tick
from tocsin.services.tick import Act, EnoughTime, TickReport, tick
from tocsin.storage.store import Store

from . import pager_metrics
from .assembly import open_store, rules_of
from .aws import Aws
from .late import late
from .paging import Paging, paging_of
from .scheduled import LambdaContext, ScheduledHandler
from .stream_batch import Woken, again, batch_of, soonest

if TYPE_CHECKING:
    from tocsin.identity.signing_keys import SigningKeys

WAKING = frozenset({ESCALATION, NEWS, PAGE, LETTER, CODE, NOTICE, SHIFT_NOTICE, SLACK_REPLY})
"""The kinds of records by which somebody is told something: the stream hands over these, and they should never wait."""

SENDING_SECONDS = 20.0
"""What must be left to begin something that may send: ten for the provider, ten for a secret that takes its time.

With the margin it is less than a lease, so that nobody else takes what is being sent.
"""

SOON = timedelta(seconds=2)
"""How far the clock of whoever wrote a record may be ahead of ours: what is due within that time is waited for."""

MOST_LOOKED_AT = 400
"""Records that are read to see what is still due; those that have been due longest are among them."""

SERVICE = "tocsin-pager"


class _Parts(NamedTuple):
    """What is made once a process."""

    rules: Rules
    store: Store
    paging: Paging
    pulse: Pulse | None


class PagerHandler(ScheduledHandler):
    """Runs rounds of the pager. Of the event only the stream's keys and due times are read."""

    service = SERVICE
    _parts: _Parts | None = None

    def __call__(self, event: object, context: LambdaContext) -> dict[str, object]:
        """Do all that is due, and return what is to come again (``batchItemFailures``: nothing for the schedule).

        Raises what made the round fail; its text holds no key.
        """
        batch = batch_of(event)
        if batch is not None and not self._has_come(batch):
            return again((), ())
        done = pager_metrics.Round(cold_start=self._cold, scheduled=batch is None)
        self._cold = False
        with self._log.request(context.aws_request_id, cold_start=done.cold_start):
            try:
                answer = self._round(done, batch, Deadline(lambda: context.get_remaining_time_in_millis() / 1000))
            except Exception as error:  # it is counted, and raised again
                if error not in done.broke:
                    done.broke.append(error)
                    self._tell_failure(error, "the round failed")
                self._count(done)
                harmless = self._harmless(error)
                if harmless is error:
                    raise
                raise harmless from None
            self._count(done)
            return answer

    def _has_come(self, batch: tuple[Woken, ...]) -> bool:
        """Say whether anything of a batch is due, after waiting for what is in a moment. The schedule sees to the rest."""
        now = self._clock()
        wait = soonest(batch, now) - now
        if wait > SOON:
            return False
        if wait > timedelta(0):
            self._sleep(wait.total_seconds())
        return True

    def _round(
        self, done: pager_metrics.Round, batch: tuple[Woken, ...] | None, deadline: Deadline
    ) -> dict[str, object]:
        parts = self._prepared()
        began = self._clock()
        ticked = self._ticked(parts, done, lambda: deadline.enough(SENDING_SECONDS))
        still = self._still_due(parts.store, done)
        in_time = deadline.enough(SENDING_SECONDS)
        if not in_time:
            self._log.say(logging.WARNING, "the time was over, and the next round goes on", left=ticked.left)
        if batch is not None:
            # Until time is over a round comes to an end only when all was tried that was due.
            return again(batch, still if in_time else ())
        note_tick(parts.store, at=began, change_id=self._new_id())
        if done.broke:
            raise done.broke[0]
        beat(parts.pulse, ticked)
        return again((), ())

    def _ticked(self, parts: _Parts, done: pager_metrics.Round, enough_time: EnoughTime) -> TickReport:
        """Do all that is due. What breaks of it is logged, is in ``done.broke``, and keeps nobody's page waiting."""

        def pages(enough: EnoughTime) -> int:
            report = parts.paging.pages.round(enough_time=enough)
            done.pages = report if done.pages is None else done.pages.then(report)
            return done.pages.left

        def guarded(kind: str, act: Act) -> Act:
            def guarded_act(due: Record) -> bool:
                try:
                    acted = act(due)
                except Exception as error:  # noqa: BLE001 - told when all the others are done
                    self._tell_failure(error, f"the {kind} {due.id} could not be worked on, and stays due")
                    done.broke.append(error)
                    return True
                done.held_up |= kind == LETTER and not acted
                return acted

            return guarded_act

        others = {kind: guarded(kind, act) for kind, act in parts.paging.others.items()}
        try:
            return tick(
                parts.store,
                parts.rules,
                clock=self._clock,
                new_id=self._new_id,
                enough_time=enough_time,
                others=others,
                pages=pages,
            )
        except Exception as error:  # a fault of ours, or an answer of the table's that nobody foresaw
            if done.pages is None:
                raise
            # A timer: whoever is to be told something did not wait for it.
            self._tell_failure(error, "what is due of incidents could not be done")
            done.broke.append(error)
            return TickReport(left=done.pages.left + 1)

    def _still_due(self, store: Store, done: pager_metrics.Round) -> Iterable[Record]:
        now = self._clock()
        due = [one for one in store.due(now, limit=MOST_LOOKED_AT) if one.kind in WAKING]
        done.oldest = max((now - one.due_at for one in due if one.due_at is not None), default=timedelta(0))
        return due

    def _keys(self, settings: Settings, aws: Aws) -> "SigningKeys":
        from tocsin.identity.signing_keys import SigningKeys

        from .key_places import key_place

        place = key_place(settings, lambda: aws, self._environ, new_secret=random_secret)
        return SigningKeys(place, clock=self._clock)

    @override
    def _prepared(self) -> _Parts:
        if self._parts is None:
            settings = self._read_settings()
            aws = Aws(settings.aws_region, self._environ)
            rules = rules_of(settings)
            store = open_store(settings, lambda: aws, sleep=self._sleep)
            keys = late(partial(self._keys, settings, aws))
            paging = paging_of(settings, store, rules, keys, lambda: aws, clock=self._clock, new_id=self._new_id)
            self._parts = _Parts(rules, store, paging, _pulse(settings))
        return self._parts

    def _count(self, done: pager_metrics.Round) -> None:
        self._print(pager_metrics.document(done, namespace=self._namespace, service=self._name))
        pages = done.pages
        if pages is not None and (pages.done or pages.left):
            self._log.say(logging.INFO, "paged", **pages.model_dump())


class _OwnHeartbeat:
    """Our own heartbeat, imported when there is one to send."""

    def __init__(self, url: str) -> None:
        self._url = url

    def beat(self) -> None:
        """Call, once."""
        from tocsin.channels.heartbeat import HttpPulse

        HttpPulse(self._url).beat()


def _pulse(settings: Settings) -> Pulse | None:
    return _OwnHeartbeat(settings.heartbeat_url) if settings.heartbeat_url else None
