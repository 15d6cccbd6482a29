"""Links that acknowledge: what is in a page. Following one shows what it would do, and its button does it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.incident import Incident
from tocsin.errors import TocsinError
from tocsin.services.acting import Acting
from tocsin.services.link_tokens import PageLink
from tocsin.services.page_links import acknowledge_cycle, outlook

from .call import Call, call_of
from .endpoints import Answer, Endpoints
from .plain_pages import HTML, refused, shown
from .searching import Word

ACKNOWLEDGE = "/ack"
"""As short as can be: an SMS is to hold the whole link."""

REFUSES = (401, 404, 409, 412)
Token = Annotated[Word, Query(description="What the link of a page says.")]

page_links = Endpoints("acknowledging")


@page_links(
    "GET", ACKNOWLEDGE, answers={200: Answer(said="A page with a button.", media=HTML)}, refuses=REFUSES, shown=False
)
def show_link(request: Request, *, t: Token = "") -> Response[str]:
    """Show what the link of a page would acknowledge, as a page with a button that does it.

    Following a link changes nothing: programs that look into mail follow links, too. Refusals are pages as well.
    """
    call = call_of(request)
    return _answered(lambda: _shown(call, _read(call, t)))


@page_links(
    "POST",
    ACKNOWLEDGE,
    answers={200: Answer(said="It is done.", media=HTML)},
    refuses=REFUSES,
    shown=False,
    keyed=False,
)
def follow_link(request: Request, *, t: Token = "") -> Response[str]:
    """Acknowledge what the link of a page is for: as the person whose page it was, and no later cycle than it told of.

    Nothing but the link is asked for. Twice is no error.
    """
    call = call_of(request)
    return _answered(lambda: _done(call, _read(call, t)))


def acting_of(call: Call) -> Acting:
    """Return what makes moves for a call."""
    parts = call.parts
    return Acting(parts.store, rules=parts.rules, clock=parts.clock, new_id=parts.new_id)


def _read(call: Call, token: str) -> PageLink:
    return call.parts.callers().links.read(token, call.parts.clock())


def _answered(answer: Callable[[], Response[str]]) -> Response[str]:
    try:
        return answer()
    except TocsinError as error:
        if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR and not error.retryable:
            raise  # the log is to say more of it
        return refused("Nothing was acknowledged", error)


def _shown(call: Call, link: PageLink) -> Response[str]:
    found = outlook(acting_of(call), call.parts.users, link)
    if found.done:
        return shown("Acknowledged already", [_line(found.incident), _by(found.incident)])
    return shown(
        f"Acknowledge {link.incident_id}?",
        [_line(found.incident), f"You are {found.user.email}. Nobody else is paged for it then, unless it gets worse."],
        button=f"Acknowledge {link.incident_id}",
    )


def _done(call: Call, link: PageLink) -> Response[str]:
    incident = acknowledge_cycle(acting_of(call), call.parts.users, link)
    return shown(f"{incident.id} is acknowledged", [_line(incident), _by(incident)])


def _line(incident: Incident) -> str:
    where = f" ({incident.service})" if incident.service else ""
    return f"{incident.severity.value.upper()} {incident.id} {incident.title}{where}"


def _by(incident: Incident) -> str:
    return f"Acknowledged by {incident.acknowledged_by}." if incident.acknowledged_by else ""
