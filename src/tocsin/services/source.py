"""What the services ask of an alert source that is polled, and of one that can be asked for one monitor."""

from collections.abc import Sequence
from typing import Protocol

from tocsin.domain.alert import Alert, Source, Sweep


class AlertSource(Protocol):
    """A source that can be asked what fires now."""

    @property
    def source(self) -> Source:
        """The source whose alerts this reads."""

    def sweep(self, known: Sequence[Alert]) -> Sweep:
        """Pull everything once.

        ``known`` are the alerts that fire as far as we know: whatever the source says of them is in the sweep,
        whatever their state, and the absence of theirs is confirmed one by one as far as a budget allows.
        Raises :class:`~tocsin.errors.SourceError` if nothing at all could be read; a sweep that broke off later
        is returned with ``complete`` false and the reason.
        """


class MonitorReader(Protocol):
    """A source that can be asked what one monitor says now."""

    def look(self, origin: str, known: Sequence[Alert]) -> Sweep:
        """Read one monitor, of whose alerts ``known`` fire as far as we know.

        What is returned is never complete: nothing may be concluded of any other monitor. Raises
        :class:`~tocsin.errors.SourceError` if the monitor could not be read.
        """
