"""Silences for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from tocsin.api.silence_views import SilenceView, SilenceWithCount
from tocsin.domain.audit import Actor
from tocsin.domain.silence import Matcher, Silence
from tocsin.services.auditing import AuditLog
from tocsin.services.silences import SilenceEdit, Silences
from tocsin.services.users import Users

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.storage.store import Store

    from .wiring import Wiring


class SilenceDesk(Protocol):
    """Silences, changed in somebody's name."""

    def every(self) -> list[SilenceView]:
        """Return every silence that is known."""

    def one(self, silence_id: str) -> SilenceWithCount:
        """Return a silence."""

    def add(
        self, where: Matcher, *, reason: str, starts_at: "datetime | None", ends_at: "datetime"
    ) -> SilenceWithCount:
        """Make a silence."""

    def edit(self, silence_id: str, edit: SilenceEdit) -> SilenceWithCount:
        """Change a silence."""

    def end(self, silence_id: str) -> None:
        """End a silence."""


@contextmanager
def silences(wiring: "Wiring", by: str) -> Iterator[SilenceDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_silences import ServerSilences

        with closing(wiring.calls(settings)) as calls:
            yield ServerSilences(calls, by)
        return
    with wiring.store(settings) as store:
        yield StoreSilences(store, wiring, Actor(by))


class StoreSilences:
    """:class:`SilenceDesk` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        self._silences = Silences(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._users = Users(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._clock = wiring.clock
        self._actor = actor

    def every(self) -> list[SilenceView]:
        """Return every silence that is known."""
        now = self._clock()
        return [SilenceView.of(one, now) for one in self._silences.every()]

    def one(self, silence_id: str) -> SilenceWithCount:
        """Return a silence."""
        return self._shown(self._silences.named(silence_id))

    def add(
        self, where: Matcher, *, reason: str, starts_at: "datetime | None", ends_at: "datetime"
    ) -> SilenceWithCount:
        """Make a silence."""
        person = self._users.by_email(self._actor.name)
        made = self._silences.add(
            where,
            reason=reason,
            starts_at=starts_at,
            ends_at=ends_at,
            actor=self._actor,
            author_id="" if person is None else person.id,
        )
        return self._shown(made)

    def edit(self, silence_id: str, edit: SilenceEdit) -> SilenceWithCount:
        """Change a silence."""
        return self._shown(self._silences.edit(silence_id, edit, actor=self._actor))

    def end(self, silence_id: str) -> None:
        """End a silence."""
        self._silences.end(silence_id, actor=self._actor)

    def _shown(self, silence: Silence) -> SilenceWithCount:
        return SilenceWithCount.counted(silence, self._clock(), self._silences.hidden_by(silence))
