"""What one step of a policy comes to: pages, and what is to be said of those who cannot be paged. Nothing is written."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.domain.contact import ChannelKind, Contact
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.page import WHY, Page, PageReason
from tocsin.domain.policy import Policy, TargetKind

from .directory import Directory, Missing

FALLBACK = "fallback"
"""The ``action`` of a page to the fallback, where others have the place of an action of the policy."""

ADMINS = TargetKind.ADMINS.value
"""Who is paged where nobody else is left."""


@dataclass
class Plan:
    """The pages of one step, and who is missing. ``reached``: some page goes to somebody."""

    pages: list[Page] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    @property
    def reached(self) -> bool:
        """Say whether anybody is paged at all."""
        return bool(self.pages)


class Planner:
    """Plans the pages of one step of one cycle, at one moment. ``step`` counts from 1."""

    def __init__(
        self, directory: Directory, incident: Incident, *, cycle: int, step: int, repeat: int, now: Utc
    ) -> None:
        self._directory = directory
        self._incident = incident
        self._cycle, self._step, self._repeat = cycle, step, repeat
        self._now = now

    def notify(
        self,
        target: str,
        *,
        action: str,
        channels: Sequence[ChannelKind] = (),
        text: str = "",
        turn: int | None = None,
    ) -> Plan:
        """Return the pages to whom a target names. ``turn``: to the one of them whose turn it is, by its number."""
        found = self._directory.found(target, self._incident, self._now)
        people: Iterable[str] = found.people
        if turn is not None and found.people:
            people = (found.people[turn % len(found.people)],)
        plan = Plan(missing=list(found.missing))
        like = {"action": action, "target": target, "text": text, "detail": found.why}
        for user in people:
            ways = self._directory.ways(user, self._incident.severity, channels)
            if not ways:
                plan.missing.append(Missing(PageReason.NO_CONTACT, self._directory.name(user)))
            plan.pages += [
                self._page(way.contact, user, like).model_copy(update={"not_before": self._now + way.after})
                for way in ways
            ]
        plan.pages += [self._page(room, "", like) for room in found.rooms]
        if not plan.pages and not plan.missing:
            plan.missing.append(Missing(PageReason.NO_CONTACT, target))
        return plan

    def fallback(self, policy: Policy | None) -> Plan:
        """Return the pages to the fallback: to the policy's, or where that is nobody, to the administrators."""
        plan = Plan()
        for target in (*(policy.fallback if policy else ()), ADMINS):
            if not plan.reached:
                found = self.notify(target, action=FALLBACK)
                plan.pages += found.pages
                plan.missing += found.missing
        return plan

    def _page(self, contact: Contact, user: str, like: Mapping[str, str]) -> Page:
        place = f"{self._incident.id}:{self._cycle}:{self._step}.{self._repeat}.{like['action']}:{user or 'room'}"
        return Page.model_validate(
            {
                **like,
                "id": f"{place}:{contact.id}",
                "incident_id": self._incident.id,
                "cycle": self._cycle,
                "step": self._step,
                "repeat": self._repeat,
                "user": user,
                "contact": contact.id,
                "channel": contact.kind,
                "made_at": self._now,
                "not_before": self._now,
            }
        )


def step_said(cycle: int, step: int, repeat: int) -> str:
    """Name a step that was taken, as timelines do: ``cycle 1, step 2``, from the second round on with its number."""
    return f"cycle {cycle}, step {step}" + (f", round {repeat + 1}" if repeat else "")


def told(pages: Iterable[Page], directory: Directory) -> str:
    """Say who is paged, and how: ``ana by email, sms (on call of Primary)``."""
    said: dict[tuple[str, str], list[str]] = {}
    for page in pages:
        said.setdefault((page.user or page.contact, page.detail), []).append(page.channel.value)
    return "; ".join(
        f"{directory.name(who)} by {', '.join(dict.fromkeys(channels))}" + (f" ({why})" if why else "")
        for (who, why), channels in said.items()
    )


def missing_told(missing: Iterable[Missing]) -> str:
    """Say who cannot be paged, and why."""
    return "; ".join(dict.fromkeys(f"{one.what}: {WHY[one.reason]}" for one in missing))
