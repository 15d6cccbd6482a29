"""What a request that is refused, or that fails, is answered: RFC 9457 problem documents, in one form for all.

``type`` is stable: programs may compare it. What is our own fault says nothing of our insides; the request's id leads
to the line in the log that does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from math import ceil
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from tocsin.errors import IllegalMove, SourceError, TocsinError, TooManyAttempts

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:tocsin:problem:"
MOST_ERRORS = 20
"""Fields that one answer names."""

LONGEST_DETAIL = 1_000
RETRY_AFTER = 2
"""Seconds after which to try again what failed for a moment."""


_HOW_TO_SHOW_ONE = {"WWW-Authenticate": 'Bearer realm="tocsin"'}


class FieldError(BaseModel):
    """One field of the request that cannot be used."""

    field: str = Field(description="Its name, such as `severity` or `[3].labels`; empty: the whole.")
    where: str = Field(alias="in", description="`body`, `query`, `path` or `header`.")
    detail: str = Field(description="What is wrong with it.")


class ProblemDocument(BaseModel):
    """Why a request was refused, or failed."""

    type: str = Field(description="What kind of problem this is: a stable name that programs may compare.")
    title: str = Field(description="The same for people.")
    status: int = Field(description="The HTTP status once more.")
    detail: str = Field(description="What is the matter this time.")
    instance: str = Field(description="The id of the request, as in `X-Request-Id`.")
    hint: str | None = Field(default=None, description="What can be done about it.")
    allowed: list[str] | None = Field(default=None, description="What is allowed instead: the legal next states.")
    errors: list[FieldError] | None = Field(default=None, description="The fields that cannot be used.")


class Problem(NamedTuple):
    """A problem before it is written down. ``headers`` go with it."""

    status: int
    slug: str
    title: str
    detail: str
    hint: str = ""
    allowed: Sequence[str] = ()
    errors: Sequence[Mapping[str, str]] = ()
    headers: Mapping[str, str] = {}

    def document(self, request_id: str) -> dict[str, Any]:
        """Return it as it is sent."""
        said: dict[str, Any] = {
            "type": f"{TYPE}{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail[:LONGEST_DETAIL],
            "instance": request_id,
        }
        more = {"hint": self.hint, "allowed": list(self.allowed), "errors": list(self.errors)}
        return said | {name: value for name, value in more.items() if value}


class Refused(Exception):
    """Ends a request with a problem that is not an error of the program: a wrong method, a missing key."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


def no_such_path() -> Problem:
    """Nothing lives at this address."""
    hint = "GET /docs shows what there is."
    return Problem(404, "no-such-path", "No such path", "There is nothing at this path.", hint)


def wrong_method(method: str, allowed: Iterable[str]) -> Problem:
    """Something lives there, but it does not do this."""
    methods = sorted(allowed)
    detail = f"{method} does not work here."
    headers = {"Allow": ", ".join(methods)}
    return Problem(405, "wrong-method", "Wrong method", detail, allowed=methods, headers=headers)


def unauthorized() -> Problem:
    """No key or sign-in, or none that works: which of the two, and why, is for the log alone."""
    detail = "This needs an API key that works, or a sign-in that is not over."
    return Problem(401, "unauthorized", "A key is needed", detail, headers=_HOW_TO_SHOW_ONE)


def forbidden() -> Problem:
    """The key works, but not for this; or not from there."""
    return Problem(403, "forbidden", "Not allowed", "This is not allowed.")


def too_large(most: int) -> Problem:
    """The body is larger than is read."""
    return Problem(413, "too-large", "Too large", f"The body is larger than {most:,} bytes.", "Send it in parts.")


def wrong_media_type() -> Problem:
    """The body is something else than JSON."""
    detail = "The body must be JSON, and its Content-Type must say so: application/json."
    return Problem(415, "wrong-media-type", "Wrong media type", detail)


def too_many(seconds: int) -> Problem:
    """More requests than the limit lets through."""
    headers = {"Retry-After": str(seconds)}
    detail = f"That is too many requests; try again in {seconds} s."
    return Problem(429, "too-many-requests", "Too many requests", detail, headers=headers)


def ours() -> Problem:
    """Something that should not have happened."""
    hint = "Send the id of the request, which is in `instance`, to whoever runs this."
    return Problem(500, "our-fault", "Our fault", "Something went wrong on our side.", hint)


def no_datadog() -> Problem:
    """Datadog is to be read, and there are no keys for it."""
    detail = "This server has no keys of Datadog that it could read it with."
    hint = "Set DATADOG_API_KEY and DATADOG_APP_KEY where it runs, or name the secret that holds them."
    return Problem(409, "no-datadog", "No Datadog", detail, hint)


def garbled(status: HTTPStatus, why: str) -> Problem:
    """What came is no request, or not to its end."""
    title = status.phrase.capitalize()
    detail = f"This is no HTTP request that can be read: {why.rstrip('.')}."
    return Problem(int(status), title.lower().replace(" ", "-"), title, detail)


def malformed(why: str) -> Problem:
    """The body is not JSON at all."""
    return Problem(400, "malformed-body", "Malformed body", f"The body is not JSON: {why}.")


def invalid(errors: Iterable[Mapping[str, Any]]) -> Problem:
    """Fields cannot be used, as pydantic tells of them."""
    found = [_field_error(one) for one in errors]
    first = found[0]
    name = f"{first['in']} {first['field']}".strip()
    return Problem(422, "invalid-input", "Invalid input", f"{name}: {first['detail']}", errors=found[:MOST_ERRORS])


def of_error(error: TocsinError) -> Problem:
    """Return what an error of ours is to whoever asked."""
    status = error.http_status
    slug = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    title = slug.replace("-", " ").capitalize()
    headers = {"Retry-After": str(RETRY_AFTER)} if error.retryable else {}
    if isinstance(error, TooManyAttempts):
        headers |= {"Retry-After": str(max(ceil(error.seconds), 1))}
    if status == HTTPStatus.UNAUTHORIZED:
        headers |= _HOW_TO_SHOW_ONE
    # Only administrators ask for what a source answers, and they are the ones who can mend it.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, SourceError):
        # Its own text may name tables, files and addresses.
        detail = "It cannot be done at this moment; nothing that was asked for is known to be done."
        return Problem(status, slug, title, detail, headers=headers) if status != ours().status else ours()
    allowed = [str(one) for one in error.allowed] if isinstance(error, IllegalMove) else []
    return Problem(status, slug, title, str(error), error.hint, allowed, headers=headers)


def _field_error(error: Mapping[str, Any]) -> dict[str, str]:
    where, *path = error.get("loc") or ("body",)
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
    return {"field": name, "in": str(where), "detail": str(error.get("msg") or error.get("type"))}
