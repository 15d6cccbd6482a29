"""What a message would say: written as the pager writes it, about an incident or about one that is made up."""

from collections.abc import Sequence

from tocsin.domain.contact import ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import Message
from tocsin.domain.page import Page
from tocsin.domain.severity import Severity
from tocsin.domain.source import Source
from tocsin.domain.template import Template

from .messages import Messages

LINK = f"https://tocsin.example.com/ack?t={'-example-' * 6}"
"""It acknowledges nothing, and is as long as one that does."""

SAID = "What the step of a policy says, if it says anything."


def examples(at: Utc) -> tuple[Incident, Incident]:
    """Return two incidents that there are not."""
    first = Incident.model_validate(
        {
            "id": "INC-1042",
            "title": "Checkout answers with errors",
            "severity": Severity.HIGH,
            "source": Source.MANUAL,
            "service": "checkout",
            "environment": "production",
            "opened_at": at,
            "links": {"runbook": "https://wiki.example.com/checkout"},
        }
    )
    changed = {"id": "INC-1043", "title": "Search is slow", "severity": Severity.LOW, "service": "search"}
    return first, first.model_copy(update=changed)


def previewed(template: Template, incident: Incident | None, *, at: Utc) -> Message:
    """Return what a template makes of an incident (None: of one that there is not). The link in it does nothing."""
    first, second = examples(at)
    first = incident or first
    incidents: Sequence[Incident] = (first, second) if template.id.many else (first,)
    pages = [
        Page(
            id=f"preview-{one.id}",
            tells=template.id.tells,
            incident_id=one.id,
            contact="preview",
            channel=ChannelKind.EMAIL,
            text=SAID,
            made_at=at,
            not_before=at,
        )
        for one in incidents
    ]
    messages = Messages(link=lambda _page: LINK, templates=lambda _template_id: template)
    return messages.of(pages, {one.id: one for one in incidents}, bundle="preview", at=at)
