"""An issue in a repository is asked for as a page is, once an incident: its id names no cycle and no step."""

from tocsin.domain.contact import Address, ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import Tells
from tocsin.domain.page import Page
from tocsin.domain.policy import CreateIssue


def issue_address(page: Page) -> Address:
    """Return where the issue of a page goes: no contact keeps it, for the policy says it."""
    return {"repository": page.target, "labels": page.text}


def issue_page(incident: Incident, action: CreateIssue, now: Utc) -> Page:
    """Return the page that opens an issue about an incident."""
    return Page(
        tells=Tells.NOTICE,
        id=f"{incident.id}:issue:{action.repository}",
        incident_id=incident.id,
        cycle=incident.cycles,
        action="create_issue",
        target=action.repository,
        contact=action.repository,
        channel=ChannelKind.GITHUB,
        text=",".join(action.labels),
        made_at=now,
        not_before=now,
    )
