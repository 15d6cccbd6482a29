"""The turn of news: those who were told of an incident hear that it is over, and rooms hear who is on it."""

from collections.abc import Sequence
from datetime import timedelta

from pydantic import JsonValue

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.contact import ChannelKind
from tocsin.domain.draft import TIMER
from tocsin.domain.escalation import escalation_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ACKNOWLEDGED, ESCALATION, NEWS
from tocsin.domain.lifecycle import ACK_TIMEOUT
from tocsin.domain.message import Tells
from tocsin.domain.page import PAGE, Page, PageStatus
from tocsin.domain.policy import chosen
from tocsin.domain.pursue import chunks

from .desk import MOST_ATTEMPTS, MOST_WRITES, Desk, every_page, planned

SOUND_ON = frozenset({ChannelKind.PUSHOVER})
"""What goes on by itself until it is called off: an emergency, which would sound after somebody acknowledged."""


class Telling:
    """Makes pages of news."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, record_id: str) -> Sequence[Page] | None:
        """Plan who hears of it, and return their pages. None: others kept writing first, and it stays due."""
        for _ in range(MOST_ATTEMPTS):
            record = self._desk.current(NEWS, record_id)
            if record is None:
                return ()
            planned_ = self._told(record)
            if planned_ is not None:
                return planned_
        return None

    def _told(self, record: Record) -> Sequence[Page] | None:
        now = self._desk.clock()
        incident_id, what = str(record.body["incident_id"]), str(record.body["what"])
        incident = self._desk.store.incident(incident_id)
        pages = [page for _, page in every_page(self._desk.store, f"{incident_id}:")]
        under_way = [one.lease_until for one in pages if _is_being_sent(one, now) and one.lease_until is not None]
        if under_way:
            # Whether they were told is known when their pages are.
            later = record.model_copy(update={"due_at": max(under_way), "version": record.version + 1})
            write = RecordWrite(kind=NEWS, id=record.id, record=later, expected=record.version)
            return () if self._desk.commit(write) else None
        told = {one.place: one for one in pages if one.tells is Tells.PAGE and one.status is PageStatus.SENT}
        if what == ACKNOWLEDGED:
            # Only rooms, and whose telephone sounds on: who was paged sees it when he looks, and is left in peace.
            told = {place: one for place, one in told.items() if not one.user or one.channel in SOUND_ON}
        tells = Tells.ACKNOWLEDGED if what == ACKNOWLEDGED else Tells.ALL_CLEAR
        new = [_page(one, record.id, tells, now) for one in told.values()] if incident is not None else []
        new = [one for one in new if self._desk.store.record(PAGE, one.id) is None]
        writes = [planned(one) for one in new]
        done = [RecordWrite(kind=NEWS, id=record.id, record=None, expected=record.version)]
        if what == ACKNOWLEDGED and incident is not None:
            done += self._times_out(incident)
        *before, last = [*chunks(writes, MOST_WRITES)] or [[]]
        written = all(self._desk.commit(*chunk) for chunk in before) and self._desk.commit(*last, *done)
        return new if written else None

    def _times_out(self, incident: Incident) -> list[RecordWrite]:
        """Return the timer that ends an acknowledgement, where the policy says that it does not hold for ever."""
        if incident.acknowledged_cycles == 0 or not incident.active:
            return []
        record = self._desk.store.record(ESCALATION, f"{incident.id}:{incident.acknowledged_cycles}")
        policy = None if record is None else escalation_of(record).policy
        if policy is None:
            directory = self._desk.directory
            policy = chosen(directory.policies(), incident, self._desk.clock(), team=directory.team_of(incident))
        if policy.ack_timeout_minutes is None:
            return []
        due_at = self._desk.clock() + timedelta(minutes=policy.ack_timeout_minutes)
        timer_id = f"{ACK_TIMEOUT}:{incident.id}"
        body: dict[str, JsonValue] = {
            "what": ACK_TIMEOUT,
            "incident_id": incident.id,
            "cycles": incident.acknowledged_cycles,
        }
        timer = Record(kind=TIMER, id=timer_id, body=body, due_at=due_at, version=incident.version + 1)
        return [RecordWrite(kind=TIMER, id=timer_id, record=timer)]


def _is_being_sent(page: Page, now: Utc) -> bool:
    return page.lease_until is not None and page.lease_until > now and not page.status.over


def _page(told: Page, news_id: str, tells: Tells, now: Utc) -> Page:
    return Page(
        id=f"{news_id}:{told.place}",
        tells=tells,
        incident_id=told.incident_id,
        target=told.target,
        user=told.user,
        contact=told.contact,
        channel=told.channel,
        made_at=now,
        not_before=now,
    )
