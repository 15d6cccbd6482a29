"""What goes around every request: who may ask, how much, how often; and how each is answered and logged.

The order is that of least harm: where it comes from, who asks, whether there were too many, how large it is. Only
then is anything read or parsed.
"""

import base64
import logging
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from http import HTTPStatus
from math import ceil
from typing import Any, NamedTuple

import orjson

from tocsin.domain.access import Principal
from tocsin.domain.throttle import neighbourhood
from tocsin.errors import TocsinError
from tocsin.services.refusing import Refusals

from . import problems
from .call import Call, Log, Parts
from .doorkeeper import Doorkeeper, TooManyAttempts
from .endpoints import Declared, Directory, Endpoint
from .limits import Buckets
from .options import MOST_BYTES, Options
from .problems import Problem, Refused
from .resolver import Resolver

BURST_SECONDS = 5
"""A key that was quiet may send as many requests at once as its rate allows in this time."""

ATTEMPTS_PER_SECOND = 1.0
ATTEMPTS_AT_ONCE = 20.0
"""Keys that open nothing, which one address may show."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000",  # browsers heed it over https only
    "Cache-Control": "no-store",
}

LOOKS = frozenset({"GET", "HEAD"})
"""Methods that change nothing."""

PREFLIGHT_SECONDS = "600"
TAKEN_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-Request-Id, X-Tocsin-By, X-Tocsin-Key"
)

MOST_SECONDS = 25.0
"""What a request may take that does much. API Gateway waits for 30 seconds, the start of a process among them."""

MOST_TOLD = 12
"""Of a traceback, the innermost lines."""

_TAG = re.compile(r'(?:W/)?("[^"]*")')

Answered = dict[str, Any]
"""What API Gateway takes for an answer: statusCode, headers, body."""


Late = Callable[[], Iterable[Declared]]
"""Returns all that is served; asked when something is asked for that is not served yet."""


class _Served(NamedTuple):
    """What is served, and where."""

    declared: tuple[Declared, ...]
    directory: Directory

    @classmethod
    def of(cls, declared: Iterable[Declared]) -> "_Served":
        """Return it."""
        every = tuple(declared)
        return cls(every, Directory(one.endpoint for one in every))


class Api:
    """Answers events of payload version 2.0. Any number of threads may call it.

    ``declared`` is served from the start, ``late`` adds the rest when it is first asked for.
    """

    def __init__(
        self, declared: Iterable[Declared], parts: Parts, options: Options, log: Log, *, late: Late | None = None
    ) -> None:
        self._served = _Served.of(declared)
        self._late = late
        self._parts = parts
        self._options = options
        self._log = log
        rate = options.requests_per_second
        self._requests = Buckets(rate, burst=rate * BURST_SECONDS, clock=parts.clock)
        attempts = Buckets(ATTEMPTS_PER_SECOND, burst=ATTEMPTS_AT_ONCE, clock=parts.clock)
        self._doorkeeper = Doorkeeper(parts.keys, parts.sessions, clock=parts.clock, attempts=attempts, oidc=parts.oidc)
        self._refusals = Refusals(parts.audit, clock=parts.clock)
        self._threads = threading.local()
        self._document = ""

    def __call__(self, event: Mapping[str, Any], context: object = None) -> Answered:
        """Answer one request. Nothing is raised: what should not have happened is logged, and answered with 500."""
        began = self._parts.clock()
        call = Call.of(event, self._parts, description=self.description, left=self._left(began, context))
        endpoint: Endpoint | None = None
        try:
            there = self._at(call.path)
            endpoint = there.get("GET" if call.method == "HEAD" else call.method)
            if call.method == "OPTIONS" and there:
                answered = self._options_of(there)
            else:
                answered = self._answer(call, event, context, self._let_in(call, there, endpoint))
        except Refused as refused:
            answered = _written(refused.problem, call)
        except Exception as error:  # noqa: BLE001 - the outermost frame: whoever asked is owed an answer
            self._tell_fault(call, error)
            told = problems.of_error(error) if isinstance(error, TocsinError) else problems.ours()
            answered = _written(told, call)
        if answered["statusCode"] == HTTPStatus.FORBIDDEN and call.principal and endpoint:
            self._note_refusal(call, call.principal, endpoint)
        self._finish(call, answered)
        self._tell(call, endpoint, answered, (self._parts.clock() - began).total_seconds())
        return answered

    def description(self) -> str:
        """Return the OpenAPI document of what is served."""
        from .openapi import document

        if not self._document:
            self._document = document(self._all().declared)
        return self._document

    def _at(self, path: str) -> Mapping[str, Endpoint]:
        return self._served.directory.at(path) or self._all().directory.at(path)

    def _all(self) -> _Served:
        late = self._late
        if late is not None:
            # Two threads that do so at once come to the same.
            self._served = _Served.of(late())
            self._late = None
        return self._served

    def _left(self, began: datetime, context: object) -> Callable[[], float]:
        """Return what gives the seconds that are left; on Lambda they are no more than the function has."""
        told: Callable[[], int] | None = getattr(context, "get_remaining_time_in_millis", None)

        def left() -> float:
            ours = MOST_SECONDS - (self._parts.clock() - began).total_seconds()
            return ours if told is None else min(ours, told() / 1000)

        return left

    def _let_in(self, call: Call, there: Mapping[str, Endpoint], endpoint: Endpoint | None) -> Endpoint:
        """Return the endpoint if the request may reach it. Raises :class:`Refused` otherwise."""
        if not there:
            raise Refused(problems.no_such_path())
        if endpoint is None:
            raise Refused(problems.wrong_method(call.method, _methods(there)))
        if endpoint.source and not self._options.lets_in(endpoint.source, call.address):
            raise Refused(problems.forbidden())
        if not endpoint.access.anybody:
            try:
                anew = call.method not in LOOKS
                call.principal = self._doorkeeper.admit(call.headers, call.address, anew=anew)
            except TooManyAttempts as error:
                raise Refused(problems.too_many(ceil(error.seconds))) from None
            if call.principal is None:
                raise Refused(problems.unauthorized())
        asking = call.principal.id if call.principal else f"address {neighbourhood(call.address)}"
        if wait := self._requests.take(asking):
            raise Refused(problems.too_many(ceil(wait)))
        if not endpoint.access.admits(call.principal):
            raise Refused(problems.forbidden())
        if len(call.body) > MOST_BYTES:
            raise Refused(problems.too_large(MOST_BYTES))
        if call.body and not _is_json(call.headers.get("content-type", "")):
            raise Refused(problems.wrong_media_type())
        return endpoint

    def _answer(self, call: Call, event: Mapping[str, Any], context: object, endpoint: Endpoint) -> Answered:
        resolver = self._resolver()
        resolver.request_id = call.request_id
        resolver.context.update(call.context)
        answered: Answered = resolver.resolve(_as_seen_by_routes(event, call, endpoint), context)
        headers = answered["headers"]
        tag = headers.get("ETag")
        if endpoint.method == "GET" and tag and _names(call.headers.get("if-none-match", ""), tag):
            answered |= {"statusCode": int(HTTPStatus.NOT_MODIFIED), "body": "", "isBase64Encoded": False}
            headers.pop("Content-Type", None)
        return answered

    def _resolver(self) -> Resolver:
        """Return this thread's own, of what is served by now: resolving is not safe across threads."""
        served = self._served
        if getattr(self._threads, "served", None) is not served:
            self._threads.resolver = Resolver(served.declared, fault=self._tell_route_fault)
            self._threads.served = served
        found: Resolver = self._threads.resolver
        return found

    def _options_of(self, there: Mapping[str, Endpoint]) -> Answered:
        methods = ", ".join(sorted(_methods(there)))
        headers = {"Allow": methods}
        if self._options.origins:
            headers |= {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": TAKEN_HEADERS,
                "Access-Control-Max-Age": PREFLIGHT_SECONDS,
            }
        return {"statusCode": int(HTTPStatus.NO_CONTENT), "headers": headers, "body": "", "isBase64Encoded": False}

    def _note_refusal(self, call: Call, principal: Principal, endpoint: Endpoint) -> None:
        try:
            self._refusals.note(principal.id, f"{endpoint.method} {endpoint.path}", call.actor)
        except TocsinError as error:
            self._tell_fault(call, error)  # it is refused all the same

    def _finish(self, call: Call, answered: Answered) -> None:
        own = answered["headers"]
        vary = {"Vary": f"{own['Vary']}, Origin"} if "Vary" in own and self._options.origins else {}
        cors = self._options.cors(call.headers.get("origin", ""))
        answered["headers"] = {**SECURITY_HEADERS, **own, **cors, **vary, "X-Request-Id": call.request_id}
        if call.method == "HEAD":
            if answered["statusCode"] != HTTPStatus.NOT_MODIFIED:
                answered["headers"]["Content-Length"] = str(_size(answered))
            answered |= {"body": "", "isBase64Encoded": False}

    def _tell(self, call: Call, endpoint: Endpoint | None, answered: Answered, seconds: float) -> None:
        status = answered["statusCode"]
        self._log.say(
            logging.INFO,
            f"{call.method} {call.path[:200]} {status}",
            request_id=call.request_id,
            method=call.method,
            route=endpoint.path if endpoint else "",
            status=status,
            milliseconds=round(seconds * 1000, 1),
            key=call.principal.name if call.principal else "",
            address=call.address,
            bytes_in=len(call.body),
            bytes_out=_size(answered),
        )

    def _tell_route_fault(self, error: Exception) -> None:
        self._tell_fault(self._resolver().context.get("call"), error)

    def _tell_fault(self, call: Call | None, error: Exception) -> None:
        import traceback

        facts: dict[str, object] = {"error": type(error).__name__, "request_id": call.request_id if call else ""}
        if isinstance(error, TocsinError):
            facts |= {"hint": error.hint, "retryable": error.retryable}
        else:
            facts["trace"] = traceback.format_exception(error)[-MOST_TOLD:]
        self._log.say(logging.ERROR, f"a request failed: {error}", **facts)


def _is_json(media_type: str) -> bool:
    """Say whether a body may be JSON. What curl says unless it is told otherwise is let through, and so is silence."""
    kind = media_type.partition(";")[0].strip().lower()
    return not kind or kind in ("text/plain", "application/x-www-form-urlencoded") or kind.endswith(("/json", "+json"))


def _as_seen_by_routes(event: Mapping[str, Any], call: Call, endpoint: Endpoint) -> dict[str, Any]:
    """Return the event with its body as text, and a HEAD as the GET that it asks about."""
    http = {**event["requestContext"]["http"], "method": endpoint.method}
    try:
        body = call.body.decode()
    except UnicodeDecodeError:
        # Routes that read the body by themselves have it in the call; to the others it is no JSON.
        body = "\ufffd"
    return {
        **event,
        "requestContext": {**event["requestContext"], "http": http},
        "headers": {**call.headers, "content-type": "application/json"},
        "body": body or None,
        "isBase64Encoded": False,
    }


def _size(answered: Answered) -> int:
    body = answered.get("body") or ""
    return len(base64.b64decode(body)) if answered["isBase64Encoded"] else len(body.encode())


def _methods(there: Mapping[str, Endpoint]) -> set[str]:
    return {*there, "OPTIONS", *(("HEAD",) if "GET" in there else ())}


def _names(header: str, tag: str) -> bool:
    """Say whether If-None-Match names this tag; weakly, as RFC 9110 has it."""
    return header.strip() == "*" or tag in _TAG.findall(header)


def _written(problem: Problem, call: Call) -> Answered:
    return {
        "statusCode": problem.status,
        "headers": {"Content-Type": problems.MEDIA_TYPE, **problem.headers},
        "body": orjson.dumps(problem.document(call.request_id)).decode(),
        "isBase64Encoded": False,
    }
