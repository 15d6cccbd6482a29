"""Calendar feeds: secret links to a schedule, or to the shifts of a person. What is kept of a link opens nothing.

That one was made or revoked, and the audit entry that tells of it, are one commit.
"""

import hmac
import re
from datetime import UTC, timedelta
from itertools import chain

from tocsin.clock import Clock
from tocsin.domain.api_key import digest_of, key_id_of
from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.calendar import Event, calendar
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.schedule import Schedule
from tocsin.domain.stints import Stint, stints
from tocsin.domain.user import User
from tocsin.errors import Conflict, InvalidInput, NotAllowed, NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog
from .on_call import every_schedule, schedule_by_id
from .users import Users

FEED = "feed"
"""The record kind of a feed. Its id begins with that of the schedule or the person that it is of."""

MOST_FEEDS = 20
"""Of one schedule, and of one person."""

BACK, AHEAD = timedelta(days=30), timedelta(days=180)
"""What a feed shows at least: it begins with a month, so that what is cut there keeps its name for a month."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}\.[0-9a-f]{12}")


class Feed(Frozen):
    """What is kept of a link. ``digest`` is the SHA-256 of its secret, which has 256 random bits of its own.

    ``label`` is what people tell it by. ``schedule`` or ``person`` (ids) says what it shows. ``maker`` is the id of who
    made it, empty for a key: once they have left, it shows nothing.
    """

    id: str
    label: str = ""
    schedule: str = ""
    person: str = ""
    maker: str = ""
    digest: str
    made_at: Utc
    made_by: str

    @property
    def name(self) -> str:
        """What it is called among those of its schedule or person."""
        return self.id.rpartition(".")[2]


class Feeds:
    """The feeds of one store."""

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id
        self._users = Users(store, audit, clock=clock, new_id=new_id)

    def make(self, of: Schedule | User, *, secret: str, actor: Actor, label: str = "", maker: str = "") -> Feed:
        """Make a feed that opens with a secret, which is not kept and cannot be had again.

        Raises :class:`~tocsin.errors.InvalidInput` if there are too many.
        """
        if len(self.of(of.id)) >= MOST_FEEDS:
            message = f"there are {MOST_FEEDS} feeds of it already"
            raise InvalidInput(message, hint="revoke one of them")
        feed = Feed(
            id=f"{of.id}.{key_id_of(self._new_id())}",
            label=label.strip(),
            schedule=of.id if isinstance(of, Schedule) else "",
            person=of.id if isinstance(of, User) else "",
            maker=maker,
            digest=digest_of(secret),
            made_at=self._clock(),
            made_by=actor.name,
        )
        record = Record(kind=FEED, id=feed.id, body=feed.model_dump(mode="json"))
        write = RecordWrite(kind=FEED, id=feed.id, record=record, expected=0)
        self._audit.commit(Deed(AuditAction.FEED_MADE, actor, _target(feed)), write)
        return feed

    def of(self, owner_id: str) -> list[Feed]:
        """Return the feeds of a schedule, or of a person."""
        some = self._store.records(FEED, after=f"{owner_id}.", limit=MOST_FEEDS + 1)
        return [_feed(one) for one in some if one.id.startswith(f"{owner_id}.")]

    def revoke(self, owner_id: str, name: str, *, actor: Actor, own: str = "") -> None:
        """Take a link to a schedule or a person out of use for good. ``own``: the id of who must have made it.

        Raises :class:`~tocsin.errors.NotFound`, and :class:`~tocsin.errors.NotAllowed`.
        """
        feed = self._named(f"{owner_id}.{name}")
        if feed is None:
            raise _no_feed()
        if own and own != feed.maker:
            message = "this link was made by somebody else"
            raise NotAllowed(message, hint="an administrator can revoke it")
        try:
            gone = RecordWrite(kind=FEED, id=feed.id, record=None, expected=1)
            self._audit.commit(Deed(AuditAction.FEED_REVOKED, actor, _target(feed)), gone)
        except Conflict:
            raise _no_feed() from None  # somebody else did

    def calendar(self, feed_id: str, secret: str) -> tuple[str, str]:
        """Return the calendar of a link as iCalendar text, and a text that stays the same as long as its events do.

        Raises :class:`~tocsin.errors.NotFound` for every link that is not good, whatever is wrong with it.
        """
        feed = self._good(feed_id, secret)
        now = self._clock()
        if feed.person:
            schedules, name = [one for one in every_schedule(self._store) if feed.person in one.people], "On call"
        else:
            schedule = schedule_by_id(self._store, feed.schedule)
            if schedule is None:
                raise _no_feed()
            schedules, name = [schedule], f"On call: {schedule.name}"
        people = {one.id: one for one in self._users.every()}
        events = list(chain.from_iterable(_events(one, feed.person, people, now) for one in schedules))
        events.sort(key=lambda one: (one.start, one.uid))
        return calendar(name, events, now), repr((name, events))

    def _good(self, feed_id: str, secret: str) -> Feed:
        feed = self._named(feed_id)
        if feed is None or not hmac.compare_digest(feed.digest, digest_of(secret)):
            raise _no_feed()
        maker = self._users.get(feed.maker) if feed.maker else None
        if feed.maker and (maker is None or not maker.may_sign_in):
            raise _no_feed()
        return feed

    def _named(self, feed_id: str) -> Feed | None:
        record = self._store.record(FEED, feed_id) if _ID.fullmatch(feed_id) else None
        return None if record is None else _feed(record)


def _events(schedule: Schedule, person: str, people: dict[str, User], now: Utc) -> list[Event]:
    begins, ends = _month(now - BACK), _month(now + AHEAD + timedelta(days=31))
    wanted = [one for one in stints(schedule, begins, ends) if one.person and person in ("", one.person)]
    return [_event(schedule, one, people.get(str(one.person)), own=bool(person)) for one in wanted]


def _event(schedule: Schedule, stint: Stint, user: User | None, *, own: bool) -> Event:
    who = user.full_name if user else str(stint.person)
    return Event(
        uid=f"{schedule.id}-{stint.start:%Y%m%dT%H%M%SZ}-{stint.person}@tocsin",
        start=stint.start,
        end=stint.end,
        summary=f"On call: {schedule.name}" if own else f"{who}: {schedule.name}",
        description=f"{who} is on call by the schedule {schedule.name}.",
    )


def _month(at: Utc) -> Utc:
    return at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _feed(record: Record) -> Feed:
    return Feed.model_validate(record.body)


def _target(feed: Feed) -> str:
    return f"feed:{feed.id}"


def _no_feed() -> NotFound:
    message = "there is no such feed, or not any more"
    return NotFound(message, hint="make another one")
