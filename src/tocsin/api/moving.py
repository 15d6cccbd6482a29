"""How what is asked for is done and answered: on what was seen of it, and once however often it is asked for."""

import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from aws_lambda_powertools.event_handler import Response
from pydantic import JsonValue

from tocsin.domain.change import RecordWrite
from tocsin.domain.incident import Incident
from tocsin.errors import Conflict, NotFound, PreconditionFailed
from tocsin.services.acting import How
from tocsin.services.idempotency import Idempotency, Once, first_time

from .answers import JSON, written
from .call import Call
from .endpoints import PREFIX
from .views import IncidentView

REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""

_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_TAGS = re.compile(r'(?<![/\w])"([^"]*)"')
_REVISION = re.compile(r"([0-9]{1,18})-[0-9a-f]+")

Act = Callable[[How], Incident]
Made = TypeVar("Made")


def is_id(text: str) -> bool:
    """Say whether this may be the id of an incident at all."""
    return _ID.fullmatch(text) is not None


def existing(incident_id: str) -> str:
    """Return an id that there may be. Raises ``NotFound`` for what no store would even look for."""
    if not is_id(incident_id):
        message = "there is no such incident"
        raise NotFound(message)
    return incident_id


def move(call: Call, incident_id: str, act: Act, *, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """Make a move, and show the incident as it is then."""
    how: How = {
        "by": call.by,
        "expected_revision": expected_revision(call, incident_id),
        "once": once(call, status),
    }
    return shown(act(how), status=status)


def once(call: Call, status: HTTPStatus) -> Once | None:
    """Return what makes this request be done once, if it asks for that."""
    request = idempotency(call)
    return None if request is None else Once(request, lambda incident: kept(shown(incident, status=status)))


def made(
    call: Call,
    make: Callable[[Callable[[Made], tuple[RecordWrite, ...]]], Made],
    shown: Callable[[Made], Response[str]],
) -> Response[str]:
    """Make something, once however often this request is sent, and show it.

    ``make`` is handed what gives the records to write with it.
    """
    request = idempotency(call)
    if request is None:
        return shown(make(lambda _made: ()))
    keep = first_time(call.parts.store, request, now=call.parts.clock())
    try:
        return shown(make(lambda made: (keep(kept(shown(made))),)))
    except Conflict:
        # The same request may have been answered at this moment, elsewhere.
        first_time(call.parts.store, request, now=call.parts.clock())
        raise


def idempotency(call: Call) -> Idempotency | None:
    """Return what names this request among all of its sender, if it has a key for that."""
    key = call.headers.get("idempotency-key")
    return None if key is None else Idempotency.of(call.caller.id, key, call.method, call.path, call.body)


def shown(incident: Incident, *, status: HTTPStatus = HTTPStatus.OK) -> Response[str]:
    """Return an incident; where it was made, and where it is."""
    place = {"Location": f"{PREFIX}/incidents/{incident.id}"} if status is HTTPStatus.CREATED else {}
    return written(IncidentView.of(incident), status=status, revision=incident.revision, headers=place)


def kept(response: Response[str]) -> JsonValue:
    """Return an answer as it is kept for whoever asks again."""
    headers: dict[str, JsonValue] = {name: str(value) for name, value in response.headers.items()}
    return {"status": response.status_code, "headers": headers, "body": response.body or ""}


def replayed(answer: JsonValue) -> Response[str]:
    """Return an answer that was kept."""
    said: Mapping[str, Any] = answer if isinstance(answer, dict) else {}
    return Response(said["status"], JSON, said["body"], headers={**said["headers"], REPLAYED: "true"})


def expected_revision(call: Call, incident_id: str) -> int | None:
    """Return the revision of an incident that ``If-Match`` asks for; see :func:`expected`."""
    return expected(call, incident_id, lambda: call.parts.incidents.incident(incident_id).revision)


def expected(call: Call, what: str, current: Callable[[], int]) -> int | None:
    """Return the revision that ``If-Match`` asks for; None if it asks for none.

    Of a tag only the revision counts: what a machine changed since refuses nobody. Raises ``PreconditionFailed`` for a
    tag that was never given out.
    """
    header = call.headers.get("if-match", "").strip()
    if header in ("", "*"):
        return None
    named = {int(found[1]) for tag in _TAGS.findall(header) if (found := _REVISION.fullmatch(tag))}
    if len(named) == 1:
        return named.pop()
    revision = current()
    if revision not in named:
        message = f"If-Match names no version that {what} is in"
        raise PreconditionFailed(message, hint="nothing was written: look at it again")
    return revision
