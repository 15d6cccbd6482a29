"""The escalation policies of a server: the same for the command line, asked for over HTTP."""

from tocsin.api.policy_views import PolicyView

from .policies import Document
from .server_calls import ServerCalls, coded, seen
from .server_store import V1

POLICIES = f"{V1}/policies"


class ServerPolicies:
    """:class:`~tocsin.entrypoints.policies.PolicyDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def every(self) -> list[PolicyView]:
        """Return every policy: the default one first, and then by name."""
        return [PolicyView.model_validate(one) for one in self._calls.get(POLICIES)["policies"]]

    def show(self, name: str) -> PolicyView:
        """Return a policy."""
        return PolicyView.model_validate(self._calls.get(f"{POLICIES}/{coded(name)}"))

    def add(self, document: Document) -> PolicyView:
        """Make a policy."""
        return PolicyView.model_validate(self._calls.ask("POST", POLICIES, document, by=self._by))

    def put(self, name: str, document: Document, expected: int | None = None) -> PolicyView:
        """Put another in the place of a policy."""
        said = self._calls.ask("PUT", f"{POLICIES}/{coded(name)}", document, by=self._by, if_match=seen(expected))
        return PolicyView.model_validate(said)

    def remove(self, name: str, expected: int | None = None) -> None:
        """Delete a policy."""
        self._calls.ask("DELETE", f"{POLICIES}/{coded(name)}", by=self._by, if_match=seen(expected))
