"""Silences: whose pages are dropped for a while, by whom, and why."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response
from aws_lambda_powertools.event_handler.openapi.params import Query

from tocsin.domain.silence import Silence

from .answers import found, nothing, written
from .call import Call, call_of
from .endpoints import PREFIX, Answer, Endpoints
from .moving import expected, made
from .searching import Cursor, Limit
from .silence_views import NewSilence, SilenceEditBody, SilenceList, SilenceView, SilenceWithCount

SILENCES = f"{PREFIX}/silences"
ONE = f"{SILENCES}/{{silence_id}}"

silences = Endpoints("silences")


@silences("GET", SILENCES, answers={200: Answer(SilenceList)})
def list_silences(
    request: Request,
    *,
    active: Annotated[bool | None, Query(description="Those that are active now, or all others.")] = None,
    limit: Limit = 50,
    cursor: Cursor = "",
) -> Response[str]:
    """List silences, also those that were over within the last 30 days.

    A page may be short, or empty, and still have a cursor.
    """
    call = call_of(request)
    now = call.parts.clock()
    some, rest = call.parts.silences.find(active=active, limit=limit, cursor=cursor)
    return found(SilenceList(silences=[SilenceView.of(one, now) for one in some], cursor=rest))


@silences("POST", SILENCES, answers={201: Answer(SilenceWithCount)}, refuses=[409])
def add_silence(request: Request, body: NewSilence) -> Response[str]:
    """Drop the pages of what matches for a while, and say how many active incidents that are.

    What it held and nobody acknowledged is paged when it ends. Fifteen minutes before that its author is told, if it
    hides something then.
    """
    call = call_of(request)
    return made(
        call,
        lambda also: call.parts.silences.add(
            body.where.matcher,
            reason=body.reason,
            ends_at=body.ends_at,
            starts_at=body.starts_at,
            actor=call.actor,
            author_id=call.caller.user_id,
            also=also,
        ),
        lambda silence: written(
            _view(call, silence),
            status=HTTPStatus.CREATED,
            revision=silence.version,
            headers={"Location": f"{SILENCES}/{silence.id}"},
        ),
    )


@silences("GET", ONE, answers={200: Answer(SilenceWithCount)})
def show_silence(request: Request, silence_id: str) -> Response[str]:
    """Show a silence, also one that was over within the last 30 days."""
    call = call_of(request)
    silence = call.parts.silences.named(unquote(silence_id))
    return found(_view(call, silence), revision=silence.version)


@silences("PATCH", ONE, answers={200: Answer(SilenceWithCount)}, refuses=[409, 412])
def edit_silence(request: Request, silence_id: str, body: SilenceEditBody) -> Response[str]:
    """Change what a silence hides, why, or until when. What it hides no more is paged within a minute."""
    call = call_of(request)
    named = unquote(silence_id)
    silence = call.parts.silences.edit(named, body.edit, actor=call.actor, expected=_expected(call, named))
    return written(_view(call, silence), revision=silence.version)


@silences("DELETE", ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def end_silence(request: Request, silence_id: str) -> Response[str]:
    """End a silence, within five seconds. Twice is no error, and it is known for 30 days."""
    call = call_of(request)
    named = unquote(silence_id)
    call.parts.silences.end(named, actor=call.actor, expected=_expected(call, named))
    return nothing()


def _expected(call: Call, silence_id: str) -> int | None:
    return expected(call, silence_id, lambda: call.parts.silences.named(silence_id).version)


def _view(call: Call, silence: Silence) -> SilenceWithCount:
    return SilenceWithCount.counted(silence, call.parts.clock(), call.parts.silences.hidden_by(silence))
