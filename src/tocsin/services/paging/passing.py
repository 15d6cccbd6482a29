"""A page that cannot go where it was meant to: another way of the same person, whoever is on call by now, the fallback."""

from datetime import timedelta

from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.escalation import escalation_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ESCALATION
from tocsin.domain.message import Tells
from tocsin.domain.page import PAGE, WHY, Page, PageReason, PageStatus, stopped
from tocsin.domain.policy import Policy, TargetKind, parts_of
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import EventKind
from tocsin.errors import Conflict

from .desk import MOST_ATTEMPTS, Desk, every_page, kept_as, planned, replaced
from .planning import ADMINS, FALLBACK, Planner, missing_told, told

LOOKED_UP_FOR = timedelta(minutes=5)
"""How long it counts who was on call when a page was planned. A page that goes later is for whoever is on call then."""

_ON_DUTY = frozenset({TargetKind.ON_CALL, TargetKind.SCHEDULE, TargetKind.TEAM})

_SAME = {"tells", "incident_id", "cycle", "step", "repeat", "action", "target", "user", "text"}
"""What a page over another way has in common with the one that failed."""


class Passing:
    """Passes pages on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def is_off_duty(self, page: Page, incident: Incident, now: Utc) -> bool:
        """Say whether a page that waited is for somebody who was on call, and whose duty has gone to another."""
        if page.tells is not Tells.PAGE or not page.user or page.cycle == 0 or now - page.made_at <= LOOKED_UP_FOR:
            return False
        if parts_of(page.target)[0] not in _ON_DUTY:
            return False
        found = self._desk.directory.found(page.target, incident, now)
        # Nobody at all: whoever was on call then is better than nobody.
        return bool(found.people) and page.user not in found.people

    def hand_over(self, record: Record, page: Page, incident: Incident, now: Utc) -> bool:
        """Page whoever is on call by now in place of who was, and say whether nobody else was first."""
        plan = self._planner(page, incident, now).notify(page.target, action=page.action, text=page.text)
        if not plan.pages:
            return self.give_up(record, page, PageReason.NO_CONTACT, missing_told(plan.missing))
        dropped = {"status": PageStatus.DROPPED, "reason": PageReason.HANDED_OVER, "lease_until": None}
        after = kept_as(page.model_copy(update=dropped), record, due_at=None)
        return self._desk.commit(replaced(after, record), *self._new(plan.pages))

    def give_up(self, record: Record, page: Page, reason: PageReason, why: str, *also: RecordWrite) -> bool:
        """Note that a page failed, and page another way or the fallback in the same commit.

        ``also`` is written with it. False: others kept writing to the incident; the page is tried again.
        """
        failed = page.model_copy(
            update={"status": PageStatus.FAILED, "reason": reason, "detail": why, "lease_until": None}
        )
        write = replaced(kept_as(failed, record, due_at=None), record)
        self._desk.log.warning("the page %s failed: %s", page.id, why)
        for _ in range(MOST_ATTEMPTS):
            now = self._desk.clock()
            incident = self._desk.store.incident(page.incident_id) if page.incident_id else None
            if page.tells is not Tells.PAGE:
                return self._desk.commit(write, *also)
            if page.cycle and (incident is None or stopped(incident, page.cycle) is not None):
                return self._desk.commit(write, *also)
            following = self._next_way(page, incident, now)
            if following is not None or incident is None or page.cycle == 0:
                if self._desk.commit(write, *also, *(following or ())):
                    return True
                continue
            draft = self._to_fallback(failed, incident, now)
            for one in (write, *also):
                draft.write_record(one)
            try:
                self._desk.store.commit(draft.change(self._desk.new_id()))
            except Conflict:
                continue
            self._desk.count([write])
            return True
        return False

    def _next_way(self, page: Page, incident: Incident | None, now: Utc) -> list[RecordWrite] | None:
        """Return what makes the same person's next way go now; None if there is none, empty if one went already."""
        family = list(every_page(self._desk.store, page.family)) if page.user else []
        others = {one.contact: (record, one) for record, one in family if one.contact != page.contact}
        if any(one.status is PageStatus.SENT or one.not_before <= now for _, one in others.values() if _goes_on(one)):
            return []
        severity = Severity.CRITICAL if incident is None else incident.severity
        for way in self._desk.directory.ways(page.user, severity) if page.user else ():
            if way.contact.id in others:
                record, one = others[way.contact.id]
                if _goes_on(one):
                    sooner = one.model_copy(update={"not_before": now})
                    return [replaced(kept_as(sooner, record, due_at=now), record)]
            elif way.contact.id != page.contact:
                said = {
                    **page.model_dump(include=_SAME),
                    "id": page.family + way.contact.id,
                    "contact": way.contact.id,
                    "channel": way.contact.kind,
                    "made_at": now,
                    "not_before": now,
                    "detail": f"{page.channel.value} failed",
                }
                return [planned(Page.model_validate(said))]
        return None

    def _to_fallback(self, page: Page, incident: Incident, now: Utc) -> Draft:
        """Say in the timeline that somebody could not be reached, and page the fallback, but for one that failed."""
        draft = Draft(incident, at=now)
        who = self._desk.directory.name(page.user or page.contact)
        text = f"{who} could not be reached by {page.channel.value} ({WHY[page.reason]}: {page.detail})"
        pages: list[Page] = []
        if page.target != ADMINS or page.action != FALLBACK:
            # Where the fallback cannot be reached either, the administrators are left.
            policy = None if page.action == FALLBACK else self._policy(page)
            plan = self._planner(page, incident, now).fallback(policy)
            pages = [one for one in plan.pages if one.user != page.user or one.contact != page.contact]
            text += f"; the fallback is paged: {told(pages, self._desk.directory)}" if pages else ""
        if not pages:
            text += "; nobody is left to page"
            self._desk.log.error("%s: %s", incident.id, text)
        draft.step(incident, EventKind.UNREACHABLE, Reason.NOBODY_REACHED, text=text)
        for write in self._new(pages):
            draft.write_record(write)
        return draft

    def _planner(self, page: Page, incident: Incident, now: Utc) -> Planner:
        return Planner(self._desk.directory, incident, cycle=page.cycle, step=page.step, repeat=page.repeat, now=now)

    def _policy(self, page: Page) -> Policy | None:
        record = self._desk.store.record(ESCALATION, f"{page.incident_id}:{page.cycle}")
        return None if record is None else escalation_of(record).policy

    def _new(self, pages: list[Page]) -> list[RecordWrite]:
        """Return what makes those pages that are not there yet."""
        return [planned(page) for page in pages if self._desk.store.record(PAGE, page.id) is None]


def _goes_on(page: Page) -> bool:
    return page.status not in (PageStatus.FAILED, PageStatus.DROPPED)
