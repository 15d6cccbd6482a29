"""Datadog read with keys that may be exchanged while we run."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from tocsin.domain.alert import Alert, Source, Sweep
from tocsin.errors import KeysRefused
from tocsin.sources.datadog import DatadogSource

from .datadog_keys import Keys, KeySource


class RotatingDatadog:
    """An alert source that asks for the keys before each sweep, and once more if Datadog refuses them.

    ``build`` makes a source for a pair of keys; it is kept, with its connections, until the keys are others. Raises
    what ``keys`` and ``build`` raise, at once: settings that cannot work are no surprise of the first sweep.
    """

    def __init__(self, keys: KeySource, build: Callable[[Keys], DatadogSource]) -> None:
        self._key_source = keys
        self._build = build
        self._keys = keys.keys()
        self._datadog = build(self._keys)

    def __enter__(self) -> Self:
        """Return the source itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the connections back."""
        self.close()

    def close(self) -> None:
        """Give the connections back. The source can still be used: it connects anew."""
        self._datadog.close()

    @property
    def source(self) -> Source:
        """Datadog."""
        return self._datadog.source

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        return (self._keys.api_key, self._keys.app_key)

    def sweep(self, known: Sequence[Alert]) -> Sweep:
        """Sweep as :class:`~tocsin.sources.datadog.DatadogSource` does, with the keys as they are now."""
        return self._asked(lambda datadog: datadog.sweep(known))

    def look(self, origin: str, known: Sequence[Alert]) -> Sweep:
        """Read one monitor as :class:`~tocsin.sources.datadog.DatadogSource` does, with the keys as they are now."""
        return self._asked(lambda datadog: datadog.look(origin, known))

    def _asked(self, ask: Callable[[DatadogSource], Sweep]) -> Sweep:
        self._take(self._key_source.keys())
        try:
            return ask(self._datadog)
        except KeysRefused:
            # Somebody may have rotated them since they were last read. The same ones would be refused again.
            if not self._take(self._key_source.keys(anew=True)):
                raise
        return ask(self._datadog)

    def _take(self, keys: Keys) -> bool:
        """Use ``keys`` from now on; return whether they are others than before."""
        if keys == self._keys:
            return False
        self._datadog.close()
        self._keys, self._datadog = keys, self._build(keys)
        return True
