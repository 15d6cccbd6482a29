"""How every move of a person is made: read, let the domain decide, commit, and decide again if somebody was first."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NotRequired, TypedDict, TypeVar

from tocsin.clock import Clock
from tocsin.domain.change import AlertWrite, Change, ClaimWrite
from tocsin.domain.draft import Draft, together
from tocsin.domain.ending import end_by_hand
from tocsin.domain.incident import Incident
from tocsin.domain.lifecycle import release
from tocsin.domain.people import person
from tocsin.domain.rules import Rules
from tocsin.errors import Conflict, NotFound, PreconditionFailed
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .claims import claims_of
from .ending import end_the_first
from .idempotency import Once, unanswered
from .tick import MOST_ATTEMPTS

T = TypeVar("T")


class How(TypedDict):
    """What every move takes beside its own.

    ``by``: who makes it. ``expected_revision``: the revision that he saw (None: whichever it is); if it is another,
    :class:`~tocsin.errors.PreconditionFailed` is raised. ``once``: the request may come again, and is done once; the
    second time :class:`~tocsin.services.idempotency.AnsweredBefore` is raised.
    """

    by: str
    expected_revision: NotRequired[int | None]
    once: NotRequired[Once | None]


class Acting:
    """Makes moves in one store."""

    def __init__(self, store: Store, *, rules: Rules, clock: Clock, new_id: NewId) -> None:
        self.store = store
        self.rules = rules
        self.clock = clock
        self.new_id = new_id

    def move(self, incident_id: str, do: Callable[[Draft], None], how: How) -> Incident:
        """Commit what ``do`` makes of an incident, and return it; where that is nothing, nothing is written."""

        def attempt() -> Incident:
            this = Attempt(self, how)
            draft = this.draft(incident_id, how.get("expected_revision"))
            before = draft.incident
            do(draft)
            writes: list[AlertWrite] = []
            if before.active and not draft.incident.active:
                before, ending = end_the_first(
                    self.store, before, self.rules, at=this.at, by=this.by, new_id=self.new_id
                )
                if ending:
                    # What ends comes first: begin again, and resolve behind it.
                    draft = this.following(before)
                    writes = end_by_hand(draft, ending, self.rules)
                    do(draft)
            return this.commit(draft, alerts=writes, claims=self.released(before, draft))

        return self.until_written(attempt, incident_id)

    def until_written(self, attempt: Callable[[], T], what: str) -> T:
        """Return what the first attempt gives that loses no race. Raises ``Conflict`` after a bounded number."""
        for _ in range(MOST_ATTEMPTS):
            with suppress(Conflict):
                return attempt()
        message = f"others kept changing {what} at the same time"
        raise Conflict(message, hint="nothing was written: try again")

    def released(self, before: Incident, draft: Draft) -> tuple[ClaimWrite, ...]:
        """A resolved incident is joined no more: its claims end in the same change."""
        if not before.active or draft.incident.active:
            return ()
        claims = claims_of(self.store, before)
        return tuple(write for claim in claims for write in release(claim, before, draft.at))

    def forget_pages(self, incident_id: str) -> None:
        """Forget what paging left behind of an incident that is over."""
        from .forgetting import forget_paging

        forget_paging(self.store, incident_id, clock=self.clock, new_id=self.new_id)


class Attempt:
    """One attempt at what somebody asks for, at one moment.

    Raises :class:`~tocsin.services.idempotency.AnsweredBefore` if it is done already.
    """

    def __init__(self, acting: Acting, how: How) -> None:
        self._store = acting.store
        self._new_id = acting.new_id
        self.by = person(how["by"])
        self.at = acting.clock()
        once = how.get("once")
        self._answer = None if once is None else unanswered(acting.store, once, now=self.at)

    def opening(self) -> Draft:
        """Begin an incident that is not there yet."""
        return Draft(None, at=self.at, by=self.by, edits=True)

    def draft(self, incident_id: str, expected_revision: int | None = None) -> Draft:
        """Begin the next version of an incident. Raises ``NotFound`` or ``PreconditionFailed``."""
        before = found(self._store, incident_id)
        if expected_revision is not None and before.revision != expected_revision:
            message = f"{incident_id} was changed meanwhile: revision {before.revision}, not {expected_revision}"
            raise PreconditionFailed(message, hint="nothing was written: look at it again")
        return self.following(before)

    def following(self, before: Incident) -> Draft:
        """Begin the version that follows ``before``."""
        return Draft(before, at=self.at, by=self.by, edits=True)

    def commit(
        self, first: Draft, *others: Draft, alerts: Iterable[AlertWrite] = (), claims: Iterable[ClaimWrite] = ()
    ) -> Incident:
        """Commit all drafts in one change, if they took a step; return the incident of the first, which is answered.

        Raises ``Conflict`` if somebody else wrote first.
        """
        answer = () if self._answer is None else (self._answer(first.incident),)
        if first.changed:
            for write in answer:
                first.write_record(write)
            self._store.commit(together(self._new_id(), first, *others, alerts=alerts, claims=claims))
        elif answer:
            self._store.commit(Change(id=self._new_id(), at=self.at, records=answer))
        return first.incident


def found(store: Store, incident_id: str) -> Incident:
    """Return one incident. Raises ``NotFound``."""
    incident = store.incident(incident_id)
    if incident is None:
        message = f"there is no incident {incident_id}"
        raise NotFound(message, hint="the list shows which there are")
    return incident
