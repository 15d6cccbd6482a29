"""The words of messages for the command line: on a store, or on a server. Both show what the API shows."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Protocol

from tocsin.api.template_views import PreviewView, TemplateBody, TemplateView
from tocsin.domain.audit import Actor
from tocsin.domain.documents import checked
from tocsin.errors import NotFound
from tocsin.services.auditing import AuditLog
from tocsin.services.templates import Templates

if TYPE_CHECKING:
    from tocsin.storage.store import Store

    from .wiring import Wiring

Document = Mapping[str, object]
"""What the API takes as a body; whoever takes it checks it."""


class TemplateDesk(Protocol):
    """Templates, changed in somebody's name."""

    def every(self) -> list[TemplateView]:
        """Return every template, also those that say nothing."""

    def show(self, name: str) -> TemplateView:
        """Return a template."""

    def put(self, name: str, document: Document) -> TemplateView:
        """Change the words of a message."""

    def remove(self, name: str) -> None:
        """Go back to the words that are built in."""

    def preview(self, name: str, document: Document, incident_id: str) -> PreviewView:
        """Return what a message would say; empty: what is kept, and an incident that is made up."""


@contextmanager
def templates(wiring: "Wiring", by: str) -> Iterator[TemplateDesk]:
    """Open the store that the settings name, or reach the server, and close it; ``by`` is who acts."""
    settings = wiring.settings()
    if wiring.asks_server(settings):
        from .server_templates import ServerTemplates

        with closing(wiring.calls(settings)) as calls:
            yield ServerTemplates(calls, by)
        return
    with wiring.store(settings) as store:
        yield StoreTemplates(store, wiring, Actor(by))


class StoreTemplates:
    """:class:`TemplateDesk` of a store."""

    def __init__(self, store: "Store", wiring: "Wiring", actor: Actor) -> None:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)
        self._templates = Templates(store, audit, clock=wiring.clock, new_id=wiring.new_id)
        self._store = store
        self._clock = wiring.clock
        self._actor = actor

    def every(self) -> list[TemplateView]:
        """Return every template, also those that say nothing."""
        return [TemplateView.of(one) for one in self._templates.every()]

    def show(self, name: str) -> TemplateView:
        """Return a template."""
        return TemplateView.of(self._templates.named(name))

    def put(self, name: str, document: Document) -> TemplateView:
        """Change the words of a message."""
        return TemplateView.of(self._templates.put(name, checked(TemplateBody, document).parts, actor=self._actor))

    def remove(self, name: str) -> None:
        """Go back to the words that are built in."""
        self._templates.remove(name, actor=self._actor)

    def preview(self, name: str, document: Document, incident_id: str) -> PreviewView:
        """Return what a message would say."""
        from tocsin.services.paging.previewing import previewed

        parts = checked(TemplateBody, document).parts
        one = self._templates.checked(name, parts) if parts else self._templates.named(name)
        incident = self._store.incident(incident_id) if incident_id else None
        if incident_id and incident is None:
            message = f"there is no incident {incident_id}"
            raise NotFound(message)
        return PreviewView.of(one, previewed(one, incident, at=self._clock()))
