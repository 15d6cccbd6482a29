"""Pages: those that a person asks for, and what became of all of them."""

from functools import cache
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote, unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.incident import Incident
from tocsin.domain.page import Page, PageStatus
from tocsin.services.acting import How
from tocsin.services.paging.asking import Asking
from tocsin.services.paging.lookup import Lookup
from tocsin.services.paging.notifications import Notifications
from tocsin.services.schedules import Schedules
from tocsin.services.targets import Targets

from .answers import found, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import existing, made, move
from .page_links import acting_of
from .page_views import (
    AskedView,
    EscalateBody,
    Name,
    NotificationList,
    NotificationView,
    NotificationWithAttempts,
    NotifyBody,
    TestPageBody,
)
from .searching import Cursor, Limit, Word
from .users import ME
from .views import IncidentView

NOTIFICATIONS = f"{PREFIX}/notifications"

pages = Endpoints("pages")


@pages("POST", f"{PREFIX}/escalate", answers={200: Answer(IncidentView)}, refuses=[404, 409, 412])
def escalate(request: Request, body: EscalateBody) -> Response[str]:
    """Page the next step of its policy now, in a new cycle; where the last step was reached, that one again.

    It works on what is acknowledged too, and ends a snooze. What is resolved, muted or silenced is refused: nobody
    would be paged.
    """
    call = call_of(request)

    def act(how: How) -> Incident:
        return asking_of(call).escalate(existing(body.incident_id), how)

    return move(call, body.incident_id, act)


@pages("POST", f"{PREFIX}/notify", answers={201: Answer(AskedView)}, refuses=[404, 409])
def notify(request: Request, body: NotifyBody) -> Response[str]:
    """Page people or rooms by hand: at once, over all of their ways, whatever the hour.

    Where it is about an incident its timeline says so, otherwise the audit log does. Who cannot be paged is listed in
    the answer; if that is everybody, it is refused.
    """
    call = call_of(request)
    reach = call.parts.reach()
    schedules = Schedules(call.parts.store, call.parts.audit, clock=call.parts.clock, new_id=call.parts.new_id)
    named = Targets(call.parts.users, call.parts.teams, schedules, reach.contacts)
    targets = [named.fixed(one) for one in body.targets]
    incident_id = existing(body.incident_id) if body.incident_id else ""
    return made(
        call,
        lambda also: asking_of(call).notify(
            targets,
            body.message,
            incident_id=incident_id,
            channels=body.channels,
            actor=call.actor,
            also=also,
        ),
        lambda asked: written(
            AskedView.of(asked, _name_of(call)), status=HTTPStatus.CREATED, headers=_place(asked.pages[0])
        ),
    )


@pages("GET", NOTIFICATIONS, answers={200: Answer(NotificationList)}, refuses=[404])
def list_notifications(
    request: Request,
    *,
    incident: Annotated[Word, Query(description="About this incident: these are found quickest.")] = "",
    user: Annotated[Word, Query(description="For this person, by id or e-mail address.")] = "",
    status: Annotated[PageStatus | None, Query(description="That came so far.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List pages, by incident and in the order in which they were planned; those of the last 400 days are kept.

    A list may be short, or empty, and still have a cursor.
    """
    call = call_of(request)
    some, rest = Notifications(call.parts.store).find(
        incident_id=existing(incident) if incident else "",
        user=call.parts.users.named(user).id if user else "",
        status=status,
        limit=limit,
        cursor=cursor,
    )
    name = _name_of(call)
    return found(NotificationList(notifications=[NotificationView.of(one, name) for one in some], cursor=rest))


@pages("GET", f"{NOTIFICATIONS}/{{notification_id}}", answers={200: Answer(NotificationWithAttempts)})
def show_notification(request: Request, notification_id: str) -> Response[str]:
    """Show a page, and every attempt to send it."""
    call = call_of(request)
    page, attempts = Notifications(call.parts.store).one(unquote(notification_id))
    return found(NotificationWithAttempts.told(page, attempts, _name_of(call)))


@pages("POST", f"{ME}/test-page", answers={201: Answer(NotificationView)}, refuses=[404, 409])
def send_test_page(request: Request, body: TestPageBody | None = None) -> Response[str]:
    """Have a test page sent to one of your own contacts. It is sent within a minute."""
    call = call_of(request)
    user, contact = call.parts.users.named(call.caller.user_id), (body or TestPageBody()).contact
    asking = asking_of(call)
    return made(
        call,
        lambda also: asking.test_page(user, contact, also=also),
        lambda page: written(
            NotificationView.of(page, _name_of(call)), status=HTTPStatus.CREATED, headers=_place(page)
        ),
    )


def _place(page: Page) -> dict[str, str]:
    return {"Location": f"{NOTIFICATIONS}/{quote(page.id, safe='')}"}


def asking_of(call: Call) -> Asking:
    """Return what pages whom a call asks for."""
    return Asking(acting_of(call), call.parts.audit, _lookup_of(call), call.parts.reach().contacts)


def _name_of(call: Call) -> Name:
    return cache(_lookup_of(call).name)  # a list names a few people many times


def _lookup_of(call: Call) -> Lookup:
    parts, reach = call.parts, call.parts.reach()
    return Lookup(
        parts.store, parts.users, parts.teams, contacts=reach.contacts, rules=reach.rules, silences=parts.silences
    )
