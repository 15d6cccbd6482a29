"""Calendar feeds: secret links to a schedule, or to one's own shifts, that a calendar subscribes to.

The secret is in the query, which no log of ours and none of the gateway has.
"""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.schedule import Schedule
from tocsin.domain.user import User
from tocsin.services.feeds import Feeds

from .answers import KEPT, found, nothing, tag, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .schedule_bodies import FeedBody
from .schedule_views import FeedList, FeedView, NewFeed
from .schedules import ONE, own, schedules_of
from .searching import Word
from .users import ME

CALENDAR = "text/calendar"
FEEDS = f"{ONE}/feeds"
OWN = f"{ME}/feeds"

feeds = Endpoints("feeds")


@feeds("POST", FEEDS, answers={201: Answer(NewFeed)}, refuses=[409], keyed=False)
def make_feed(request: Request, schedule_id: str, body: FeedBody) -> Response[str]:
    """Make a link to the calendar of a schedule, and show it this once.

    It works without signing in, until it is revoked, or whoever made it is deactivated.
    """
    call = call_of(request)
    return _made(call, schedules_of(call).named(unquote(schedule_id)), body)


@feeds("GET", FEEDS, answers={200: Answer(FeedList)})
def list_feeds(request: Request, schedule_id: str) -> Response[str]:
    """List the links to the calendar of a schedule, without what opens them."""
    call = call_of(request)
    return _listed(call, schedules_of(call).named(unquote(schedule_id)).id)


@feeds("DELETE", f"{FEEDS}/{{feed_id}}", answers={204: Answer(media="")})
def revoke_feed(request: Request, schedule_id: str, feed_id: str) -> Response[str]:
    """Take a link out of use for good; a responder one that they made."""
    call = call_of(request)
    owner = schedules_of(call).named(unquote(schedule_id)).id
    feeds_of(call).revoke(owner, unquote(feed_id), actor=call.actor, own=own(call))
    return nothing()


@feeds("POST", OWN, answers={201: Answer(NewFeed)}, refuses=[409], keyed=False)
def make_own_feed(request: Request, body: FeedBody) -> Response[str]:
    """Make a link to a calendar of your own shifts on every schedule, and show it this once."""
    call = call_of(request)
    return _made(call, call.parts.users.named(call.caller.user_id), body)


@feeds("GET", OWN, answers={200: Answer(FeedList)})
def list_own_feeds(request: Request) -> Response[str]:
    """List the links to your own shifts, without what opens them."""
    call = call_of(request)
    return _listed(call, call.caller.user_id)


@feeds("DELETE", f"{OWN}/{{feed_id}}", answers={204: Answer(media="")})
def revoke_own_feed(request: Request, feed_id: str) -> Response[str]:
    """Take a link to your own shifts out of use for good."""
    call = call_of(request)
    feeds_of(call).revoke(call.caller.user_id, unquote(feed_id), actor=call.actor)
    return nothing()


@feeds(
    "GET",
    f"{PREFIX}/feeds/{{feed_id}}.ics",
    answers={200: Answer(said="A calendar (RFC 5545).", media=CALENDAR)},
)
def show_feed(
    request: Request,
    feed_id: str,
    *,
    secret: Annotated[Word, Query(description="What opens it, as it was shown with the link.")] = "",
) -> Response[str]:
    """Show shifts as a calendar: those of the last 30 days, and of the next 180.

    Nothing but the link is asked for.
    """
    text, state = feeds_of(call_of(request)).calendar(unquote(feed_id), secret)
    headers = {"ETag": tag(state), "Cache-Control": KEPT}
    return Response(200, f"{CALENDAR}; charset=utf-8", text, headers=headers)


def feeds_of(call: Call) -> Feeds:
    """Return the feeds that a call works on."""
    parts = call.parts
    return Feeds(parts.store, parts.audit, clock=parts.clock, new_id=parts.new_id)


def path_of(feed_id: str, secret: str) -> str:
    """Return where the calendar of a feed is, at the host that serves it."""
    return f"{PREFIX}/feeds/{feed_id}.ics?secret={secret}"


def _made(call: Call, of: Schedule | User, body: FeedBody) -> Response[str]:
    secret = call.parts.new_secret()
    feed = feeds_of(call).make(of, secret=secret, actor=call.actor, label=body.label, maker=call.caller.user_id)
    shown = NewFeed(**dict(FeedView.of(feed)), path=path_of(feed.id, secret))
    place = {"Location": f"{PREFIX}/feeds/{feed.id}.ics"}
    return written(shown, status=HTTPStatus.CREATED, headers=place)


def _listed(call: Call, owner: str) -> Response[str]:
    return found(FeedList(feeds=[FeedView.of(one) for one in feeds_of(call).of(owner)]))
