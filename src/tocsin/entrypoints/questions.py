"""Questions about paging for the command line: asked of a store, or of a server. Both answer the same."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from tocsin.domain.explanation import Explanation
from tocsin.domain.readiness import Readiness

if TYPE_CHECKING:
    from .server_calls import ServerCalls
    from .wiring import Wiring


class Questions(Protocol):
    """What can be asked about paging."""

    def explain(self, incident_id: str, person: str = "") -> Explanation:
        """Return why somebody (by address, id, or ``room:`` and a name; empty: everybody) was, or was not, paged."""

    def readiness(self, at: datetime | None = None) -> Readiness:
        """Return whether a page would reach a human."""


@contextmanager
def questions(wiring: "Wiring") -> Iterator[Questions]:
    """Open the store that the settings name, or reach the server, and close it."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        with closing(wiring.calls(settings)) as calls:
            yield ServerQuestions(calls)
        return
    from .answering import answering_of

    with wiring.store(settings) as store:
        keys = wiring.signing_keys(settings)
        yield answering_of(
            settings, store, keys, lambda: wiring.aws(settings), clock=wiring.clock, new_id=wiring.new_id
        )


class ServerQuestions:
    """:class:`Questions` to a server."""

    def __init__(self, calls: "ServerCalls") -> None:
        self._calls = calls

    def explain(self, incident_id: str, person: str = "") -> Explanation:
        """Return why somebody was, or was not, paged."""
        from .server_store import V1

        return Explanation.model_validate(self._calls.get(f"{V1}/incidents/{incident_id}/explain", {"person": person}))

    def readiness(self, at: datetime | None = None) -> Readiness:
        """Return whether a page would reach a human."""
        from .server_store import V1

        asked = {"at": "" if at is None else at.isoformat()}
        return Readiness.model_validate(self._calls.get(f"{V1}/readiness", asked))
