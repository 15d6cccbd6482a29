"""The templates of a server: the same for the command line, asked for over HTTP."""

from tocsin.api.template_views import PreviewView, TemplateView

from .server_calls import ServerCalls, coded
from .server_store import V1
from .templates import Document

TEMPLATES = f"{V1}/templates"


class ServerTemplates:
    """:class:`~tocsin.entrypoints.templates.TemplateDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def every(self) -> list[TemplateView]:
        """Return every template, also those that say nothing."""
        return [TemplateView.model_validate(one) for one in self._calls.get(TEMPLATES)["templates"]]

    def show(self, name: str) -> TemplateView:
        """Return a template."""
        return TemplateView.model_validate(self._calls.get(f"{TEMPLATES}/{coded(name)}"))

    def put(self, name: str, document: Document) -> TemplateView:
        """Change the words of a message."""
        said = self._calls.ask("PUT", f"{TEMPLATES}/{coded(name)}", document, by=self._by)
        return TemplateView.model_validate(said)

    def remove(self, name: str) -> None:
        """Go back to the words that are built in."""
        self._calls.ask("DELETE", f"{TEMPLATES}/{coded(name)}", by=self._by)

    def preview(self, name: str, document: Document, incident_id: str) -> PreviewView:
        """Return what a message would say."""
        body = {**document, **({"incident_id": incident_id} if incident_id else {})}
        return PreviewView.model_validate(self._calls.ask("POST", f"{TEMPLATES}/{coded(name)}/preview", body))
