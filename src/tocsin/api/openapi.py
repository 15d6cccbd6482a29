"""The OpenAPI document, made from what is declared; and the page that shows it."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from tocsin import __version__
from tocsin.services.idempotency import LONGEST_KEY

from .endpoints import Answer, Declared
from .problems import MEDIA_TYPE, ProblemDocument

TITLE = "Tocsin"
ABOUT = (
    "Alerts in, incidents to work on. Every request but those about health, this document and signing in needs an API "
    "key (as a bearer token, as the password of basic authentication, or in the header X-Tocsin-Key) or the access token "
    "of a person (as a bearer token). Errors are problem "
    "documents (RFC 9457). An answer's ETag works with If-None-Match (304) and, of what is edited, with If-Match (412)."
)

SECURITY: Mapping[str, Mapping[str, str]] = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "Authorization: Bearer KEY, or the access token of a person who signed in.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "The key is the password; the user does not count."},
    "key": {"type": "apiKey", "in": "header", "name": "X-Tocsin-Key", "description": "X-Tocsin-Key: KEY"},
}
"""The ways to show a key."""

_SAID: Mapping[int, str] = {
    200: "Done, or found.",
    201: "Made; `Location` says where it is.",
    202: "Taken; what becomes of it is not told here.",
    204: "Done; there is nothing to say.",
    304: "Not modified: it is still what `If-None-Match` names.",
    400: "The body is not JSON.",
    401: "No key or sign-in, or none that works.",
    403: "The key or sign-in works, but not for this; or not from there.",
    404: "There is no such thing.",
    409: "Refused in this state (`allowed` names the legal moves), or somebody else wrote first.",
    412: "Somebody else edited it: it is not what `If-Match` names.",
    413: "The body is too large.",
    415: "The body must be JSON.",
    422: "A field cannot be used; `errors` names it.",
    429: "Too many requests; `Retry-After` says when to try again.",
    500: "Something went wrong on our side.",
    502: "Datadog could not be read.",
    503: "It cannot be done at this moment; try again.",
}

_HEADERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "Idempotency-Key": (
        "Makes this be done once, however often it is sent within a day with this key.",
        {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    ),
    "If-Match": ("The ETag of what was seen: if somebody edited it since, nothing is done.", {"type": "string"}),
    "If-None-Match": ("The ETag of what is there already: if it is still true, it is not sent.", {"type": "string"}),
}
"""Of requests."""

_SENT: Mapping[str, str] = {
    "ETag": "Names what is sent, for `If-None-Match` and `If-Match`.",
    "Location": "Where it is.",
    "Retry-After": "Seconds after which to try again.",
    "WWW-Authenticate": "How to show a key.",
}
"""Headers of answers."""

_POWERTOOLS_OWN = ("HTTPValidationError", "ValidationError", "ResponseValidationError")


def document(declared: Iterable[Declared]) -> str:
    """Return the document as JSON."""
    resolver = APIGatewayHttpResolver(enable_validation=True)
    shown = [one for one in declared if one.shown]
    for one in shown:
        _describe(resolver, one)
    said: dict[str, Any] = orjson.loads(
        resolver.get_openapi_json_schema(
            title=TITLE,
            version=__version__,
            description=ABOUT,
            security_schemes=SECURITY,  # type: ignore[arg-type]  # as its models would be written
        )
    )
    schemas = said["components"]["schemas"]
    for name in _POWERTOOLS_OWN:
        schemas.pop(name, None)
    for one in shown:
        operation = said["paths"][one.endpoint.path][one.endpoint.method.lower()]
        if one.takes is not None:
            operation["requestBody"] = one.takes
        _describe_headers(one, operation)
    said["components"]["parameters"] = {
        name: {"name": name, "in": "header", "description": about, "schema": schema}
        for name, (about, schema) in _HEADERS.items()
    }
    return orjson.dumps(said).decode()


def _describe_headers(one: Declared, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    taken = ["Idempotency-Key"] if one.endpoint.method == "POST" and one.keyed else []
    if one.endpoint.method == "GET":
        taken.append("If-None-Match")
        responses["304"] = {"description": _SAID[304]}
    if HTTPStatus.PRECONDITION_FAILED in one.refuses:
        taken.append("If-Match")
    parameters = operation.setdefault("parameters", [])
    parameters += [{"$ref": f"#/components/parameters/{name}"} for name in taken]
    for status, response in responses.items():
        if sent := _sent(int(status), one):
            response["headers"] = {
                name: {"description": _SENT[name], "required": True, "schema": {"type": "string"}} for name in sent
            }


def _sent(status: int, one: Declared) -> tuple[str, ...]:
    """Return the headers that an answer always has."""
    match status:
        case HTTPStatus.CREATED:
            return ("Location", "ETag")
        case HTTPStatus.UNAUTHORIZED:
            return ("WWW-Authenticate",)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return ("Retry-After",)
        case _ if status in one.answers and one.answers[status].media:
            return ("ETag",)
        case _:
            return ()


def _describe(resolver: APIGatewayHttpResolver, one: Declared) -> None:
    summary, _, rest = (one.function.__doc__ or "").partition("\n")
    access = one.endpoint.access
    scopes = [access.scope.value] if access.scope else []
    described = {status: _answer(status, answer) for status, answer in one.answers.items()}
    refused = {status: _refusal(status) for status in sorted(one.refuses - set(one.answers))}
    resolver.route(
        one.endpoint.route,
        method=one.endpoint.method,
        summary=summary.strip().removesuffix("."),
        description=" ".join(rest.split()) or None,
        responses=described | refused,
        tags=[one.tag],
        operation_id=one.endpoint.name,
        security=None if access.anybody else [{scheme: scopes} for scheme in (SECURITY if scopes else ("bearer",))],
    )(one.function)


def _answer(status: int, answer: Answer) -> Any:  # noqa: ANN401 - Powertools has a type for each of its shapes
    content: dict[str, Any] = {}
    if answer.model is not None:
        content[answer.media] = {"model": answer.model}
    elif answer.media:
        content[answer.media] = {"schema": {"type": "string" if answer.media.startswith("text/") else "object"}}
    return {"description": answer.said or _SAID[status], "content": content}


def _refusal(status: int) -> Any:  # noqa: ANN401 - as above
    return {"description": _SAID[status], "content": {MEDIA_TYPE: {"model": ProblemDocument}}}


@lru_cache(maxsize=2)
def page(document_json: str, *, compressed: bool) -> bytes:
    """Return a page that shows the document: Swagger UI, which Powertools carries, with nothing fetched from elsewhere.

    Anybody may ask for it, and it is large: it is made once a process.
    """
    import gzip
    from pathlib import Path

    from aws_lambda_powertools.event_handler import openapi
    from aws_lambda_powertools.event_handler.openapi.swagger_ui import generate_swagger_html

    folder = Path(openapi.__file__).parent / "swagger_ui"
    script, style = (
        (folder / name).read_text(encoding="utf-8") for name in ("swagger-ui-bundle.min.js", "swagger-ui.min.css")
    )
    # What closes a script element inside of it would end it.
    made = generate_swagger_html(document_json.replace("</", "<\\/"), script, style, "", None).encode()
    return gzip.compress(made, mtime=0) if compressed else made
