"""Escalation policies for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from tocsin.api.policy_views import PolicyBody, PolicyView
from tocsin.domain.audit import Actor
from tocsin.domain.documents import checked
from tocsin.domain.policy import Policy
from tocsin.services.auditing import AuditLog
from tocsin.services.policies import Policies
from tocsin.services.schedules import Schedules
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams
from tocsin.services.users import Users

from .reaching import reach_of

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.storage.store import Store

    from .wiring import Wiring

Document = dict[str, Any]
"""What the API takes as a body. Any: whoever takes it checks it."""


class PolicyDesk(Protocol):
    """Policies, changed in somebody's name, and named by name or id. ``expected``: only if that is their version."""

    def every(self) -> list[PolicyView]:
        """Return every policy: the default one first, and then by name."""

    def show(self, name: str) -> PolicyView:
        """Return a policy."""

    def add(self, document: Document) -> PolicyView:
        """Make a policy."""

    def put(self, name: str, document: Document, expected: int | None = None) -> PolicyView:
        """Put another in the place of a policy."""

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a policy."""


@contextmanager
def policies(wiring: "Wiring", by: str) -> Iterator[PolicyDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_policies import ServerPolicies

        with closing(wiring.calls(settings)) as calls:
            yield ServerPolicies(calls, by)
        return
    with wiring.store(settings) as store:
        yield StorePolicies(store, wiring, settings, Actor(by))


class StorePolicies:
    """:class:`PolicyDesk` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", settings: "Settings", actor: Actor) -> None:
        clock, new_id = wiring.clock, wiring.new_id
        audit = AuditLog(store, clock=clock, new_id=new_id)
        targets = Targets(
            Users(store, audit, clock=clock, new_id=new_id),
            Teams(store, audit, clock=clock, new_id=new_id),
            Schedules(store, audit, clock=clock, new_id=new_id),
            reach_of(store, wiring.signing_keys(settings), clock=clock, new_id=new_id).contacts,
        )
        self._policies = Policies(store, audit, targets, clock=clock, new_id=new_id)
        self._actor = actor

    def every(self) -> list[PolicyView]:
        """Return every policy: the default one first, and then by name."""
        return [self._shown(one) for one in self._policies.every()]

    def show(self, name: str) -> PolicyView:
        """Return a policy."""
        return self._shown(self._policies.named(name))

    def add(self, document: Document) -> PolicyView:
        """Make a policy."""
        return self._shown(self._policies.add(checked(PolicyBody, document).document, actor=self._actor))

    def put(self, name: str, document: Document, expected: int | None = None) -> PolicyView:
        """Put another in the place of a policy."""
        body = checked(PolicyBody, document).document
        return self._shown(self._policies.put(name, body, actor=self._actor, expected=expected))

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a policy."""
        self._policies.remove(name, actor=self._actor, expected=expected)

    def _shown(self, policy: Policy) -> PolicyView:
        return PolicyView.of(self._policies.shown(policy))
