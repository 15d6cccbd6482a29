"""A cycle's turn: its next step becomes pages and whatever else the policy asks for, in the commit that takes the step."""

import logging
from collections.abc import Sequence
from datetime import datetime

from tocsin.domain.assigning import put_on
from tocsin.domain.change import Record, RecordWrite
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.escalation import Escalation, Turn, after_step, escalation_of, record_of, turn_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident, Status, transition
from tocsin.domain.intents import ESCALATION
from tocsin.domain.page import PAGE, Page, PageReason
from tocsin.domain.policy import Assign, CreateIssue, Notify, Policy, SetSeverity, SetStatus, Step, Webhook
from tocsin.domain.timeline import EventKind
from tocsin.errors import Conflict

from .desk import KEPT, MOST_ATTEMPTS, MOST_WRITES, Desk, planned
from .directory import Missing
from .issues import issue_page
from .planning import Planner, missing_told, step_said, told

ROUND_ROBIN = "round_robin"
"""The record kind that counts whose turn it is; its id is ``<policy>:<step>.<action>``."""


class Escalating:
    """Takes the steps of cycles."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def __call__(self, record_id: str) -> Sequence[Page] | None:
        """Take the step that is due, and return its pages. None: others kept writing first, and it stays due."""
        for _ in range(MOST_ATTEMPTS):
            record = self._desk.current(ESCALATION, record_id)
            if record is None:
                return ()
            pages = self._taken(record)
            if pages is not None:
                return pages
        return None

    def turn(self, escalation: Escalation, incident: Incident | None, now: Utc) -> Turn:
        """Return what is to become of a cycle at a moment: what is asked to explain, too."""
        directory = self._desk.directory
        active = incident if incident is not None and incident.active else None
        fresh = active is not None and escalation.policy is None
        return turn_of(
            escalation,
            incident,
            directory.policies() if fresh else (),
            now,
            team=directory.team_of(active) if fresh and active is not None else "",
            silenced="" if active is None else directory.silence_of(active, now),
        )

    def _taken(self, record: Record) -> Sequence[Page] | None:
        now = self._desk.clock()
        escalation = escalation_of(record)
        incident = self._desk.store.incident(escalation.incident_id)
        turn = self.turn(escalation, incident, now)
        if turn.until is not None:
            waiting = escalation.model_copy(update={"policy": turn.policy, "detail": turn.reason.value})
            return _nothing(self._desk.commit(_write(waiting, record, turn.until, now)))
        if turn.step is not None and turn.policy is not None and incident is not None:
            step = _Step(self._desk, record, escalation, incident=incident, policy=turn.policy, step=turn.step, now=now)
            return step.take()
        over = escalation.model_copy(update={"policy": turn.policy, "over": turn.reason, "detail": turn.detail})
        write = _write(over, record, None, now)
        if turn.reason is not PageReason.EXHAUSTED or incident is None:
            return _nothing(self._desk.commit(write))
        draft = Draft(incident, at=now)
        text = f"cycle {escalation.cycle}: nobody acknowledged, and the policy has no further step"
        draft.step(incident, EventKind.EXHAUSTED, Reason.NOBODY_ACKNOWLEDGED, text=text)
        draft.write_record(write)
        return _nothing(_committed(self._desk, draft))


class _Step:
    """One step, while it is taken."""

    def __init__(
        self,
        desk: Desk,
        record: Record,
        escalation: Escalation,
        *,
        incident: Incident,
        policy: Policy,
        step: Step,
        now: Utc,
    ) -> None:
        self._desk = desk
        self._record = record
        self._escalation = escalation
        self._policy = policy
        self._step = step
        self._now = now
        self._draft = Draft(incident, at=now)
        self._pages: dict[tuple[str, str], Page] = {}
        self._missing: list[Missing] = []
        self._asked = self._reached = False

    @property
    def _planner(self) -> Planner:
        # By the incident as the actions before have made it: who was just assigned can be paged.
        cycle = self._escalation
        return Planner(
            self._desk.directory,
            self._draft.incident,
            cycle=cycle.cycle,
            step=cycle.step + 1,
            repeat=cycle.repeat,
            now=self._now,
        )

    def take(self) -> Sequence[Page] | None:
        """Commit the step, and return its pages; None if somebody else was first."""
        for number, action in enumerate(self._step.actions):
            match action:
                case Notify():
                    self._notify(action, number)
                case Webhook():
                    self._plan(action.target, number)
                case CreateIssue():
                    self._issue(action)
                case Assign():
                    self._assign(action)
                case SetSeverity():
                    self._set_severity(action)
                case SetStatus():
                    self._set_status(action)
        self._say()
        after, due_at = after_step(self._escalation, self._policy, self._now)
        self._draft.write_record(_write(after, self._record, due_at, self._now))
        writes = [planned(page) for page in self._pages.values()]
        while len(writes) > MOST_WRITES:
            # Valid alone: each is looked at again when it is sent, and the step is taken again if we die here.
            some, writes = writes[:MOST_WRITES], writes[MOST_WRITES:]
            new = [one for one in some if self._desk.store.record(PAGE, one.id) is None]
            if new and not self._desk.commit(*new):
                return None
        for write in writes:
            self._draft.write_record(write)
        return list(self._pages.values()) if _committed(self._desk, self._draft) else None

    def _notify(self, action: Notify, number: int) -> None:
        turn = None
        if action.round_robin:
            turn = self._turn(f"{self._policy.id}:{self._escalation.step + 1}.{number}")
        self._asked = True
        plan = self._planner.notify(
            action.target, action=str(number), channels=action.channels, text=action.message, turn=turn
        )
        self._reached |= plan.reached
        self._add(plan.pages)
        self._missing += plan.missing

    def _plan(self, target: str, number: int) -> None:
        plan = self._planner.notify(target, action=str(number))
        self._add(plan.pages)
        self._missing += plan.missing

    def _add(self, pages: list[Page]) -> None:
        for page in pages:
            # Whom two actions name is told once.
            self._pages.setdefault((page.user, page.contact), page)

    def _turn(self, counter: str) -> int:
        record = self._desk.store.record(ROUND_ROBIN, counter)
        number = 0 if record is None else int(str(record.body["next"]))
        version = 0 if record is None else record.version
        after = Record(kind=ROUND_ROBIN, id=counter, body={"next": number + 1}, version=version + 1)
        self._draft.write_record(RecordWrite(kind=ROUND_ROBIN, id=counter, record=after, expected=version))
        return number

    def _issue(self, action: CreateIssue) -> None:
        page = issue_page(self._draft.incident, action, self._now)
        if self._desk.store.record(PAGE, page.id) is None:
            self._add([page])

    def _assign(self, action: Assign) -> None:
        found = self._desk.directory.found(action.target, self._draft.incident, self._now)
        self._missing += found.missing
        for user in found.people:
            put_on(self._draft, self._desk.directory.name(user), why=found.why or self._policy.name)

    def _set_severity(self, action: SetSeverity) -> None:
        incident = self._draft.incident
        if incident.severity_pinned or incident.severity is action.severity:
            return
        text = f"{incident.severity.value} → {action.severity.value}, by the policy {self._policy.name}"
        after = incident.model_copy(update={"severity": action.severity})
        self._draft.step(after, EventKind.SEVERITY_CHANGED, Reason.POLICY, text=text)

    def _set_status(self, action: SetStatus) -> None:
        incident, to = self._draft.incident, Status(action.status)
        if incident.status is to or incident.status is Status.IN_PROGRESS:
            return
        by = f"policy {self._policy.name}"
        kind = EventKind.ACKNOWLEDGED if to is Status.ACKNOWLEDGED else EventKind.STARTED
        after = transition(incident, to, at=self._now, by=by).model_copy(update={"assignees": incident.assignees})
        self._draft.step(after, kind, Reason.POLICY, text=f"by the policy {self._policy.name}")

    def _say(self) -> None:
        """Put into the timeline who is paged, and who cannot be; page the fallback where nobody is reached."""
        draft, directory = self._draft, self._desk.directory
        number = step_said(self._escalation.cycle, self._escalation.step + 1, self._escalation.repeat)
        nobody = self._asked and not self._reached
        if nobody:
            plan = self._planner.fallback(self._policy)
            self._reached = plan.reached
            self._add(plan.pages)
            self._missing += plan.missing
        if self._missing:
            after = "; the fallback is paged" if self._reached else "; nobody is left to page"
            after = after if nobody else ""
            text = f"{number}: {missing_told(self._missing)}{after}"
            draft.step(draft.incident, EventKind.UNREACHABLE, Reason.NOBODY_REACHED, text=text)
        if nobody and not self._reached:
            # Where there are no people at all, nobody was to be paged: whoever looks at incidents sees them.
            level = logging.INFO if directory.is_empty() else logging.ERROR
            self._desk.log.log(level, "%s %s: nobody can be reached, nor the fallback", draft.incident.id, number)
        if self._pages:
            text = f"{number}: {told(self._pages.values(), directory)}"
            draft.step(draft.incident, EventKind.PAGED, Reason.POLICY, text=text)
        elif not draft.changed:
            draft.step(draft.incident, EventKind.PAGED, Reason.POLICY, text=f"{number}: nothing was left to do")


def _nothing(written: bool) -> Sequence[Page] | None:  # noqa: FBT001 - what came of a commit
    return () if written else None


def _write(after: Escalation, before: Record, due_at: datetime | None, now: Utc) -> RecordWrite:
    record = record_of(after, due_at=due_at, version=before.version + 1, keep_until=now + KEPT)
    return RecordWrite(kind=ESCALATION, id=record.id, record=record, expected=before.version)


def _committed(desk: Desk, draft: Draft) -> bool:
    try:
        desk.store.commit(draft.change(desk.new_id()))
    except Conflict:
        return False
    return True
