"""Why somebody was, or was not, paged: read from what paging left behind, and asked of what paging itself asks."""

from collections.abc import Iterator, Sequence
from itertools import islice

from tocsin.domain.contact import ChannelKind
from tocsin.domain.decision import EXPLAINED
from tocsin.domain.escalation import Escalation, Turn
from tocsin.domain.explanation import WHY_NOT, AnyReason, Explanation, Line, Part, Told, WhyNot
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import Tells
from tocsin.domain.page import WHY, Page, PageReason, PageStatus
from tocsin.domain.policy import Notify, Policy, holding
from tocsin.domain.timeline import Event, EventKind
from tocsin.services.channel import Channels
from tocsin.storage.store import Store

from .desk import Desk
from .directory import Directory, Found
from .escalating import Escalating
from .fates import fate, foreseen, hour, why_chosen
from .on_record import OnRecord
from .planning import FALLBACK, step_said, told
from .rehearsal import rehearse

MOST_NEXT = 10

_SKIPPED = frozenset({EventKind.NOTED, EventKind.EDITED, EventKind.ROOT_CAUSE_ADDED, EventKind.ALERTS_CHANGED})
"""Events that decide nothing about pages."""


def explain(
    store: Store, directory: Directory, channels: Channels, incident: Incident, person: str = "", *, now: Utc
) -> Explanation:
    """Return why ``person`` (the id of a user or a room; empty: anybody) was, or was not, told of an incident.

    Of ``channels`` only which there are matters.
    """
    return _Case(store, directory, channels, incident=incident, person=person, now=now).explained()


class _Case:
    """One incident, and one person or everybody, while it is explained."""

    def __init__(
        self, store: Store, directory: Directory, channels: Channels, *, incident: Incident, person: str, now: Utc
    ) -> None:
        self._directory = directory
        self._incident = incident
        self._person = person
        self._now = now
        self._turn = Escalating(Desk(store, directory, clock=lambda: now, new_id=str)).turn
        self._kept = kept = OnRecord(store, incident)
        self._rehearsed = rehearse(store, directory, channels, incident, kept.records, now=now)
        ahead = {one.id: one for one in self._rehearsed.pages}
        self._mine = [foreseen(one, ahead.get(one.id)) for one in kept.pages if self._is_mine(one)]

    def explained(self) -> Explanation:
        lines = [*self._timeline(), *self._page_lines(), *self._policy_lines()]
        steps = list(self._step_lines())
        order = {part: place for place, part in enumerate(Part)}
        lines += steps
        lines.sort(key=lambda one: (one.at or self._now, order[one.part]))
        ends = list(self._ends())
        following = tuple(islice(self._following(), MOST_NEXT))
        sent = [one for one in self._mine if one.status is PageStatus.SENT and one.tells is Tells.PAGE]
        if sent:
            reason: AnyReason = PageReason.DUE
            summary = self._paged(sent)
        else:
            reason, why = self._why_not(steps, ends, following)
            who = f"{self._name(self._person)} was not paged" if self._person else "nobody was paged"
            summary = f"{who}: {why}"
        return Explanation(
            incident_id=self._incident.id,
            person=self._person,
            paged=bool(sent),
            reason=reason,
            summary=summary,
            lines=(*lines, *ends),
            messages=tuple(map(self._told, self._mine)),
            next=following,
        )

    # What is on record.

    def _timeline(self) -> Iterator[Line]:
        for event in self._kept.events:
            if event.kind not in _SKIPPED:
                said = f"{event.kind.value.replace('_', ' ')} by {event.by}: {EXPLAINED[event.reason]}"
                text = f"{said} ({event.text})" if event.text else said
                yield Line(part=Part.TIMELINE, reason=event.reason, text=text, at=event.at)

    def _policy_lines(self) -> Iterator[Line]:
        for cycle in self._kept.cycles:
            if cycle.policy is None:
                continue
            then = self._kept.when_begun(cycle)
            team = self._directory.team_of(then)
            held = holding(self._directory.policies(), then, cycle.at, team=team)
            text = f"cycle {cycle.cycle} goes by the policy {cycle.policy.name}: {why_chosen(cycle.policy, held)}"
            yield Line(part=Part.POLICY, reason=PageReason.DUE, text=text, at=cycle.at, cycle=cycle.cycle)

    def _page_lines(self) -> Iterator[Line]:
        for page in self._mine:
            place = {"cycle": page.cycle, "step": page.step}
            over = f"{self._name(page.user or page.contact)} by {page.channel.value}"
            what = "" if page.tells is Tells.PAGE else f" ({page.tells.value.replace('_', ' ')})"
            why = f": {self._directory.called(page.target) if page.target else 'by hand'}"
            text = f"{over}{what}{why}, due at {hour(page.not_before)}"
            yield Line(part=Part.PAGE, reason=PageReason.DUE, text=text, at=page.made_at, **place)
            for one in self._kept.tries.get(page.id, ()):
                said = f"delivered to the provider in {one.seconds:.1f} s" if one.sent else f"failed: {one.why}"
                provider = f" (id {one.provider_id})" if one.provider_id else ""
                reason = PageReason.DUE if one.sent else PageReason.TRIED_AGAIN
                text = f"{over}, try {one.number}: {said}{provider}"
                yield Line(part=Part.DELIVERY, reason=reason, text=text, at=one.at, **place)
            if page.status is not PageStatus.SENT and page.reason is not PageReason.DUE:
                at = max(page.made_at, page.not_before) if page.status.over else page.made_at
                yield Line(part=Part.PAGE, reason=page.reason, text=f"{over}: {fate(page)}", at=at, **place)

    # Steps, and whom they named.

    def _step_lines(self) -> Iterator[Line]:
        for cycle in self._kept.cycles if self._person else ():
            for repeat, step, event in self._kept.taken(cycle):
                reason, text = self._in_step(cycle, step, repeat, event)
                said = f"{step_said(cycle.cycle, step, repeat)}: {text}"
                yield Line(part=Part.STEP, reason=reason, text=said, at=event.at, cycle=cycle.cycle, step=step)

    def _in_step(self, cycle: Escalation, step: int, repeat: int, event: Event) -> tuple[AnyReason, str]:
        """Say whether a step named the person, and how they were to be told, or why not."""
        name = self._name(self._person)
        of_step = self._kept.pages_of(cycle.cycle, step, repeat)
        mine = [one for one in of_step if self._is_mine(one)]
        if mine:
            why = (
                "the fallback"
                if mine[0].action == FALLBACK
                else mine[0].detail or self._directory.called(mine[0].target)
            )
            ways = ", ".join(dict.fromkeys(one.channel.value for one in mine))
            how = self._how(cycle, mine[0]) if mine[0].user else ""
            return PageReason.DUE, f"names {name} ({why}), by {ways}{how}"
        then = self._kept.before(event)
        for action in _notifies(cycle.policy, step) if cycle.policy else ():
            found = self._directory.found(action.target, then, event.at)
            if self._person in found.people:
                if action.round_robin and len(found.people) > 1:
                    return WhyNot.ANOTHERS_TURN, f"{name} is {found.why}: {WHY_NOT[WhyNot.ANOTHERS_TURN]}"
                if not self._directory.ways(self._person, then.severity, action.channels):
                    return PageReason.NO_CONTACT, f"{name} is {found.why}: {WHY[PageReason.NO_CONTACT]}"
                return WhyNot.SINCE_CHANGED, f"{name} is {found.why}: {WHY_NOT[WhyNot.SINCE_CHANGED]}"
        others = told(of_step, self._directory) or "nobody"
        return WhyNot.NOT_NAMED, f"{name} is not among those whom it names; paged is {others}"

    def _how(self, cycle: Escalation, page: Page) -> str:
        """Say why somebody is told over these ways."""
        channels: Sequence[ChannelKind] = ()
        if cycle.policy is not None and page.action.isdigit():
            action = cycle.policy.steps[page.step - 1].actions[int(page.action)]
            channels = action.channels if isinstance(action, Notify) else ()
        asked = f"the policy asks for {', '.join(channels)}; " if channels else ""
        return f" ({asked}{self._directory.ways_said(page.user, self._incident.severity, channels)})"

    # What ended it, and what follows.

    def _ends(self) -> Iterator[Line]:
        for cycle in self._kept.cycles:
            turn = self._turned(cycle)
            if turn.until is not None:
                yield from self._waits(cycle, turn)
            if turn.step is not None or turn.until is not None:
                continue
            reason = cycle.over or turn.reason
            before = f" before step {cycle.step + 1}" if reason is not PageReason.EXHAUSTED else ""
            detail = cycle.detail if cycle.over else turn.detail
            if reason is PageReason.ACKNOWLEDGED:
                detail = self._who_answered(cycle.cycle)
            by = f" ({detail})" if detail else ""
            text = f"cycle {cycle.cycle} is over{before}: {WHY[reason]}{by}"
            yield Line(part=Part.END, reason=reason, text=text, cycle=cycle.cycle, step=cycle.step + 1)

    def _waits(self, cycle: Escalation, turn: Turn) -> Iterator[Line]:
        """Yield what holds a cycle, but for the minutes of its policy."""
        if turn.reason is not PageReason.DUE:
            until = f" until {turn.until:%Y-%m-%d %H:%M} UTC" if turn.reason is PageReason.HELD_UNTIL_MORNING else ""
            text = f"cycle {cycle.cycle} waits before step {cycle.step + 1}{until}: {WHY[turn.reason]}"
            yield Line(part=Part.WAIT, reason=turn.reason, text=text, cycle=cycle.cycle, step=cycle.step + 1)

    def _turned(self, cycle: Escalation) -> Turn:
        if cycle.over is not None:
            return Turn(cycle.policy, cycle.over, detail=cycle.detail)
        # What holds it now is looked at again when it is due.
        turn = self._turn(cycle, self._incident, self._now)
        if turn.until is not None and turn.reason is not PageReason.DUE:
            return turn
        return self._turn(cycle, self._incident, max(self._now, self._kept.due_at(cycle) or self._now))

    def _following(self) -> Iterator[Line]:
        """Yield what would be sent next."""
        known = {one.id for one in self._kept.pages if one.status is PageStatus.SENT}
        new = [one for one in self._rehearsed.pages if one.sent_at is not None and one.id not in known]
        for one in sorted(new, key=lambda page: (page.sent_at or self._now, page.id)):
            step = f"step {one.step}" if one.step else "by hand"
            why = "the fallback" if one.action == FALLBACK else one.detail or self._directory.called(one.target)
            text = f"{step}: {self._name(one.user or one.contact)} by {one.channel.value} ({why})"
            yield Line(part=Part.NEXT, reason=PageReason.DUE, text=text, at=one.sent_at, cycle=one.cycle, step=one.step)

    # The sentence.

    def _paged(self, sent: Sequence[Page]) -> str:
        sent = sorted(sent, key=lambda one: one.sent_at or one.made_at)
        if not self._person:
            who = [f"{self._name(p.user or p.contact)} by {p.channel.value} at {hour(p.sent_at)}" for p in sent[:5]]
            more = f", and {len(sent) - 5} more times" if len(sent) > 5 else ""  # noqa: PLR2004 - as many as are listed
            answered = self._who_answered(sent[-1].cycle)
            return f"paged were {', '.join(who)}{more}" + (f"; {answered}" if answered else "")
        first = sent[0]
        more = f", and {len(sent) - 1} more times" if len(sent) > 1 else ""
        tries = [one for one in self._kept.tries.get(first.id, ()) if one.sent]
        took = f" (delivered to the provider in {tries[-1].seconds:.1f} s)" if tries else ""
        return f"{self._name(self._person)} was paged by {first.channel.value} at {hour(first.sent_at)}{took}{more}"

    def _why_not(self, steps: Sequence[Line], ends: Sequence[Line], following: Sequence[Line]) -> tuple[AnyReason, str]:
        mine = [one for one in self._mine if one.tells is Tells.PAGE]
        if mine:
            page = mine[-1]
            reason = page.reason
            return reason, f"the page by {page.channel.value} of {hour(page.not_before)}: {fate(page)}"
        for line in steps:
            if line.reason is not WhyNot.NOT_NAMED:
                return line.reason, line.text
        paged = [one for one in self._kept.pages if one.status is PageStatus.SENT and one.tells is Tells.PAGE]
        others = f"{told(paged, self._directory)}; " if paged else ""
        for cycle in reversed(self._kept.cycles):
            end = next((one for one in ends if one.cycle == cycle.cycle), None)
            number = self._named_later(cycle) if self._person else cycle.step + 1
            if number and end is not None:
                return end.reason, f"{others}{end.text}" + (
                    f", and step {number} names them" if self._person and number > cycle.step + 1 else ""
                )
            if number and self._person:
                return WhyNot.NOT_YET, f"{others}step {number} names them, and was not taken yet"
        if not self._kept.cycles:
            opened = EXPLAINED[self._kept.events[0].reason] if self._kept.events else ""
            return WhyNot.NO_CYCLE, f"{WHY_NOT[WhyNot.NO_CYCLE]} ({opened})"
        if not self._person:
            return WhyNot.NOT_YET, following[0].text if following else WHY_NOT[WhyNot.NOT_YET]
        return WhyNot.NOT_NAMED, f"{others}{WHY_NOT[WhyNot.NOT_NAMED]}"

    def _named_later(self, cycle: Escalation) -> int:
        """Return the first step that was not taken and names the person; 0 if none does."""
        policy = self._turned(cycle).policy
        if policy is None:
            return 0
        taken = {step for _, step, _ in self._kept.taken(cycle)}
        for number in range(1, len(policy.steps) + 1):
            if number in taken:
                continue
            for action in _notifies(policy, number):
                if self._person in _all(self._directory.found(action.target, self._incident, self._now)):
                    return number
        return 0

    def _who_answered(self, cycle: int) -> str:
        """Say who acknowledged a cycle, and when; empty if nobody did."""
        answer = self._kept.answer(cycle)
        return "" if answer is None else f"{answer.by} acknowledged at {hour(answer.at)}"

    # Smaller things.

    def _told(self, page: Page) -> Told:
        tries = self._kept.tries.get(page.id, ())
        return Told(
            page_id=page.id,
            who=self._name(page.user or page.contact),
            user=page.user,
            channel=page.channel,
            tells=page.tells,
            status=page.status,
            reason=page.reason,
            cycle=page.cycle,
            step=page.step,
            due_at=page.not_before,
            sent_at=page.sent_at,
            seconds=tries[-1].seconds if tries else None,
            provider_id=page.provider_id,
            tries=page.tries,
            why="" if page.status is PageStatus.SENT else fate(page),
        )

    def _is_mine(self, page: Page) -> bool:
        return self._person in ("", page.user or page.contact)

    def _name(self, who: str) -> str:
        return self._directory.name(who)


def _notifies(policy: Policy, step: int) -> list[Notify]:
    return [one for one in policy.steps[step - 1].actions if isinstance(one, Notify)]


def _all(found: Found) -> tuple[str, ...]:
    return (*found.people, *(one.id for one in found.rooms))
