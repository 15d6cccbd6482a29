"""Pages that a person asks for: to somebody, to whom targets name, as a test to oneself; and an escalation by hand.

Each is one commit, with what puts it on record: the timeline of its incident, or else the audit log. Whoever dies before
has paged nobody, and whoever dies behind it need not come back: the pages are due like all others.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple

from pydantic import JsonValue

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.domain.change import Change, RecordWrite
from tocsin.domain.contact import ChannelKind, Contact
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.escalation import Escalation, escalation_of, record_of
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.intents import ESCALATION
from tocsin.domain.lengths import cut
from tocsin.domain.lifecycle import start_cycle, wake
from tocsin.domain.message import Tells
from tocsin.domain.notification_rules import ACCOUNT
from tocsin.domain.page import Page, PageReason
from tocsin.domain.policy import LONGEST_TEXT, Policy, TargetKind, chosen, parts_of
from tocsin.domain.severity import Severity
from tocsin.domain.timeline import EventKind
from tocsin.domain.user import User
from tocsin.errors import Conflict, IllegalMove, InvalidInput
from tocsin.services.acting import Acting, How, found
from tocsin.services.auditing import AuditLog
from tocsin.services.contact_records import account_of
from tocsin.services.contacts import Contacts
from tocsin.services.tick import MOST_ATTEMPTS

from .desk import KEPT, MOST_WRITES, planned
from .directory import Directory, Missing
from .planning import missing_told, told

BY_HAND = "by_hand"
"""The ``action`` of a page that no policy asked for."""

MOST_TARGETS = 10
LONGEST_SAID = LONGEST_TEXT - 100
"""Characters of a text: who says it is put before it."""


class Asked(NamedTuple):
    """The pages that were made, and who could not be paged."""

    pages: Sequence[Page]
    missing: Sequence[Missing] = ()


Also = Callable[[Asked], tuple[RecordWrite, ...]]
"""Gives what else is written with the pages."""


class Asking:
    """Pages whom somebody wants paged. ``directory`` looks up who that is now."""

    def __init__(self, acting: Acting, audit: AuditLog, directory: Directory, contacts: Contacts) -> None:
        self._acting = acting
        self._audit = audit
        self._directory = directory
        self._contacts = contacts

    def notify(
        self,
        targets: Sequence[str],
        text: str = "",
        *,
        incident_id: str = "",
        channels: Sequence[ChannelKind] = (),
        actor: Actor,
        also: Also = lambda _asked: (),
    ) -> Asked:
        """Page whom targets name, by id as in a policy that is kept: at once, and over all of their ways.

        ``channels``: only over these, where they have one. Neither quiet hours nor a silence hold it, nor does an
        acknowledgement end it: a person wants it. Raises :class:`~tocsin.errors.NotFound` for an incident that there is
        not, ``InvalidInput`` if nobody can be reached or the text is too long, and ``Conflict``.
        """
        said = _said(actor.name, text)
        if not 0 < len(targets) <= MOST_TARGETS:
            message = f"give 1 to {MOST_TARGETS} targets"
            raise InvalidInput(message)
        for _ in range(MOST_ATTEMPTS):
            now = self._acting.clock()
            incident = found(self._acting.store, incident_id) if incident_id else None
            asked = self._planned(dict.fromkeys(targets), said, incident, channels, now)
            try:
                self._commit(asked, incident, actor, now, also(asked))
            except Conflict:
                if incident is None or self._acting.store.incident(incident_id) == incident:
                    raise  # it was about what else is written
                continue
            return asked
        message = f"others kept changing {incident_id} at the same time"
        raise Conflict(message, hint="nobody was paged: try again")

    def test_page(
        self, user: User, ref: str, *, also: Callable[[Page], tuple[RecordWrite, ...]] = lambda _page: ()
    ) -> Page:
        """Page somebody over one of their own ways, by id or number, to see whether it arrives.

        Raises :class:`~tocsin.errors.NotFound`, and ``InvalidInput`` if it is not used, or not verified.
        """
        contact = self._own(user, ref)
        if not contact.usable:
            message = "nobody is told there: it is not verified, or turned off"
            raise InvalidInput(message, hint="`contact code` sends what verifies it")
        now = self._acting.clock()
        page = Page(
            id=f"test:{self._acting.new_id()}:{user.id}:{contact.id}",
            tells=Tells.TEST,
            action=BY_HAND,
            target=f"user:{user.id}",
            user=user.id,
            contact=contact.id,
            channel=contact.kind,
            made_at=now,
            not_before=now,
        )
        writes = (planned(page), *also(page))
        self._acting.store.commit(Change(id=self._acting.new_id(), at=now, records=writes))
        return page

    def escalate(self, incident_id: str, how: How) -> Incident:
        """Begin a new cycle at once, with the step behind the last one that was taken; the last step comes again.

        It ends a snooze, and goes on where somebody had acknowledged: a person wants more people on it. The policy is
        the one of the cycle so far, without hours that it would wait for. Raises ``NotFound``, and
        :class:`~tocsin.errors.IllegalMove` where nobody would be paged: the incident is over, muted, or silenced.
        """

        def do(draft: Draft) -> None:
            incident = self._pageable(draft.incident, draft.at)
            escalation = self._next(incident, draft.at)
            why = f"escalated by hand, from step {escalation.step + 1}"
            if incident.snoozed_until is not None:
                wake(draft, why=why, reason=Reason.BY_HAND, page=True)
            else:
                start_cycle(draft, why=why, reason=Reason.BY_HAND)
            begun = escalation.model_copy(update={"cycle": draft.incident.cycles})
            record = record_of(begun, due_at=draft.at, version=1, keep_until=draft.at + KEPT)
            draft.write_record(RecordWrite(kind=ESCALATION, id=record.id, record=record))

        return self._acting.move(incident_id, do, how)

    def _planned(
        self,
        targets: Iterable[str],
        said: str,
        incident: Incident | None,
        channels: Sequence[ChannelKind],
        now: Utc,
    ) -> Asked:
        place = f"{incident.id}:0:0.0.{self._acting.new_id()}" if incident else f"{BY_HAND}:{self._acting.new_id()}"
        pages: dict[tuple[str, str], Page] = {}
        missing: list[Missing] = []

        def add(contact: Contact, target: str, why: str) -> None:
            page = Page(
                id=f"{place}:{contact.user or 'room'}:{contact.id}",
                incident_id=incident.id if incident else "",
                action=BY_HAND,
                target=target,
                user=contact.user,
                contact=contact.id,
                channel=contact.kind,
                text=said,
                detail=why,
                made_at=now,
                not_before=now,
            )
            # Whom two targets name is told once.
            pages.setdefault((contact.user, contact.id), page)

        for target in targets:
            those = self._directory.found(target, incident, now)
            missing += those.missing
            for user in those.people:
                ways = self._directory.ways(user, Severity.CRITICAL, channels)
                if not ways:
                    missing.append(Missing(PageReason.NO_CONTACT, self._directory.name(user)))
                for way in ways:
                    # No policy names whoever is named here.
                    add(way.contact, target, "named" if parts_of(target)[0] is TargetKind.USER else those.why)
            for room in those.rooms:
                add(room, target, those.why)
        if not pages:
            message = f"nobody can be paged: {missing_told(missing) or 'the targets name nobody'}"
            raise InvalidInput(message)
        if len(pages) > MOST_WRITES:
            message = f"these would be {len(pages)} pages at once; {MOST_WRITES} are the most"
            raise InvalidInput(message, hint="name fewer people, or fewer channels")
        return Asked(tuple(pages.values()), tuple(dict.fromkeys(missing)))

    def _commit(
        self, asked: Asked, incident: Incident | None, actor: Actor, now: Utc, also: Iterable[RecordWrite]
    ) -> None:
        writes = [*(planned(page) for page in asked.pages), *also]
        who = told(asked.pages, self._directory)
        if asked.missing:
            who += f"; {missing_told(asked.missing)}"
        if incident is None:
            named: JsonValue = list(dict.fromkeys(page.target for page in asked.pages))
            deed = Deed(AuditAction.PAGED, actor, cut(who, 500), {"targets": named, "text": asked.pages[0].text})
            self._audit.commit(deed, *writes)
            return
        draft = Draft(incident, at=now, by=actor.name)
        draft.step(incident, EventKind.PAGED, Reason.BY_HAND, text=f"by hand: {who} ({asked.pages[0].text})")
        for write in writes:
            draft.write_record(write)
        self._acting.store.commit(draft.change(self._acting.new_id()))

    def _own(self, user: User, ref: str) -> Contact:
        account = account_of(user) if ref == ACCOUNT else []
        return account[0] if account else self._contacts.own(user, ref)

    def _pageable(self, incident: Incident, now: Utc) -> Incident:
        """Return the incident. Raises ``IllegalMove`` where a cycle that begins now would page nobody."""
        why = ""
        if not incident.active:
            why = f"is {incident.status.value}"
        elif incident.alerts.all_muted:
            why = "is muted at its source"
        elif silence := self._directory.silence_of(incident, now):
            why = f"is hidden by the silence {silence}"
        if why:
            message = f"{incident.id} {why}: no escalation of it pages anybody"
            raise IllegalMove(message, hint="`page` tells somebody all the same")
        return incident

    def _next(self, incident: Incident, now: Utc) -> Escalation:
        """Return the cycle that goes on where the last one is, under the number of the last one."""
        record = self._acting.store.record(ESCALATION, f"{incident.id}:{incident.cycles}") if incident.cycles else None
        before = None if record is None else escalation_of(record)
        if before is None or before.policy is None:
            # No step was taken yet: nothing was reached.
            team = self._directory.team_of(incident)
            policy, step = chosen(self._directory.policies(), incident, now, team=team), 0
        else:
            policy = before.policy
            last = len(policy.steps) - 1
            step = last if before.repeat and before.step == 0 else min(before.step, last)
        return Escalation(
            incident_id=incident.id,
            cycle=incident.cycles,
            # A first step that waits counts from here, and is not to wait.
            at=now - timedelta(minutes=policy.steps[0].delay_minutes),
            policy=_unheld(policy),
            step=step,
        )


def _unheld(policy: Policy) -> Policy:
    return policy.model_copy(update={"hold": None})


def _said(name: str, text: str) -> str:
    line = " ".join(text.split())
    if len(line) > LONGEST_SAID:
        message = f"a text has at most {LONGEST_SAID} characters"
        raise InvalidInput(message)
    who = f"{cut(name, 80)} pages you"
    return f"{who}: {line}" if line else who
