"""Alerts that are sent: read by whoever knows the sender, made durable, and answered the same however often they come."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import Field

from tocsin.domain.alert import Problem, Push
from tocsin.domain.decision import EXPLAINED
from tocsin.errors import InvalidInput, MalformedBody
from tocsin.services.idempotency import answered, keep
from tocsin.services.ingest import Ingested, IngestReport

from . import problems
from .answers import written
from .call import Call
from .moving import idempotency, kept, replayed
from .problems import Refused
from .views import View

Apply = Callable[[Push], IngestReport]


class TakenAlert(View):
    """An alert that was taken; what it came to is durable."""

    index: int = Field(description="Its place in what was sent, from 0.")
    alert: str = Field(description="Its id.")
    incident: str = Field(description="The incident that it belongs to; empty if there is none.")
    why: str = Field(default="", description="Why there is none.")


class RefusedAlert(View):
    """An alert that cannot be used. Sending it again will not help."""

    index: int = Field(description="Its place in what was sent, from 0.")
    field: str = Field(description="The field that is at fault; empty: the whole.")
    detail: str = Field(description="What is wrong with it.")


class Delivery(View):
    """What became of a delivery, item by item. The same is answered when it comes again."""

    taken: list[TakenAlert]
    refused: list[RefusedAlert]
    truncated: int = Field(description="How many alerts the sender says that it left out.")


def deliver(call: Call, push: Callable[[], Push], apply: Apply | None = None) -> Response[str]:
    """Read a delivery, apply it, and say what became of each item.

    A delivery of which nothing can be used is refused as a whole.
    """
    request = idempotency(call)
    now = call.parts.clock()
    before = None if request is None else answered(call.parts.store, request, now=now)
    if before is not None:
        return replayed(before.value)
    sent = _read(push)
    if sent.items and all(isinstance(item, Problem) for item in sent.items):
        raise Refused(problems.invalid(_errors(sent)))
    parts = call.parts
    response = written(_delivery(parts.intake.take(sent, by=call.by) if apply is None else apply(sent)))
    if request is not None:
        keep(parts.store, request, kept(response), now=now, change_id=parts.new_id())
    return response


def _read(push: Callable[[], Push]) -> Push:
    try:
        return push()
    except MalformedBody:
        raise
    except InvalidInput as error:
        # The field at fault is named as that of an item would be.
        named = _located(Problem(origin="", why=str(error)))
        raise Refused(problems.invalid([named])._replace(hint=error.hint)) from None


def _delivery(report: IngestReport) -> Delivery:
    taken, refused = [], []
    for index, item in enumerate(report.items):
        if isinstance(item, Ingested):
            why = "" if item.incident_id else EXPLAINED[item.reason]
            taken.append(TakenAlert(index=index, alert=item.alert_id, incident=item.incident_id, why=why))
        else:
            field, detail = _parted(item)
            refused.append(RefusedAlert(index=index, field=field, detail=detail))
    return Delivery(taken=taken, refused=refused, truncated=report.truncated)


def _errors(push: Push) -> Iterable[Mapping[str, Any]]:
    """Yield what is wrong, each where its sender finds it: ``alerts[0].labels``, ``[0].labels`` or ``labels``."""
    for index, item in enumerate(push.items):
        if isinstance(item, Problem):
            yield _located(item, *_place(push.within, index))


def _place(within: str | None, index: int) -> tuple[str | int, ...]:
    if within is None:
        return ()
    return (within, index) if within else (index,)


def _located(problem: Problem, *place: str | int) -> Mapping[str, Any]:
    """Return a problem as pydantic would tell of it."""
    field, detail = _parted(problem)
    return {"loc": ("body", *place, *((field,) if field else ())), "msg": detail}


def _parted(problem: Problem) -> tuple[str, str]:
    """Return the field that a problem names, and what it says of it."""
    field, colon, detail = problem.why.partition(": ")
    if field in WHOLES:
        return "", detail
    return (field, detail) if colon and " " not in field else ("", problem.why)


WHOLES = ("alert", "the body")
"""What parsers call an item, or a body, as a whole."""
