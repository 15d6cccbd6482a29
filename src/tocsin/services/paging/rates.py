"""How often one place is told: the first message goes at once, and a storm becomes one that lists its incidents.

A place is one way of one person, or one room. Within :data:`PER` it gets :data:`MOST` messages, and what is due beyond
that waits until there is room, and then goes together. What is worse than everything that went there lately never waits.
"""

from datetime import timedelta

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.frozen import Frozen, Utc

PLACE = "place"
"""The record kind of what went to a place lately: pages and all-clears apart. Its id is ``<place>:<what it tells>``.

It lets one pager at a time send there.
"""

MOST = 4
"""Messages that one place gets within :data:`PER`."""

PER = timedelta(minutes=5)


class Sent(Frozen):
    """One message that went, or was about to go. ``rank`` is that of the worst severity that it told of."""

    at: Utc
    rank: int = 0


class Place(Frozen):
    """What went to one place within :data:`PER`."""

    sent: tuple[Sent, ...] = ()

    def wait_until(self, now: Utc, rank: int) -> Utc | None:
        """Return until when a message of this rank waits; None if it may go now."""
        lately = [one for one in self.sent if one.at > now - PER]
        if len(lately) < MOST or rank > max(one.rank for one in lately):
            return None
        return lately[-MOST].at + PER

    def after(self, now: Utc, rank: int) -> "Place":
        """Return the place once a message went there."""
        lately = tuple(one for one in self.sent if one.at > now - PER)
        return Place(sent=(*lately, Sent(at=now, rank=rank))[-2 * MOST :])


def place_of(record: Record | None) -> Place:
    """Return what a record says of a place; an empty one if there is none."""
    return Place() if record is None else Place.model_validate(record.body)


def place_write(place: Place, name: str, before: Record | None, now: Utc) -> RecordWrite:
    """Return the write that keeps a place, as long as it matters."""
    version = 0 if before is None else before.version
    body = place.model_dump(mode="json")
    record = Record(kind=PLACE, id=name, body=body, expires_at=now + 2 * PER, version=version + 1)
    return RecordWrite(kind=PLACE, id=name, record=record, expected=version)
