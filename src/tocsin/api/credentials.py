"""Address and password as they are sent: as JSON, or as the form that OAuth2 has for it (RFC 6749, 4.3.2)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from pydantic import Field, ValidationError

from tocsin.domain.user import LONGEST_EMAIL
from tocsin.errors import MalformedBody

from . import problems
from .answers import JSON
from .bodies import Body
from .call import Call
from .problems import Refused

FORM = "application/x-www-form-urlencoded"
LONGEST_PASSWORD = 1_000
"""Characters that are looked at; what a password may have is less."""

MOST_FIELDS = 20


class Credentials(Body):
    """Who somebody says that they are, and what proves it."""

    email: str = Field(max_length=LONGEST_EMAIL)
    password: str = Field(max_length=LONGEST_PASSWORD, repr=False)


def _text(longest: int, **more: object) -> dict[str, object]:
    return {"type": "string", "maxLength": longest, **more}


CREDENTIALS: Mapping[str, Any] = {
    "required": True,
    "content": {
        JSON: {
            "schema": {
                "type": "object",
                "required": ["email", "password"],
                "additionalProperties": False,
                "properties": {
                    "email": _text(LONGEST_EMAIL),
                    "password": _text(LONGEST_PASSWORD, format="password"),
                },
            }
        },
        FORM: {
            "schema": {
                "type": "object",
                "required": ["username", "password"],
                "properties": {
                    "grant_type": {"type": "string", "enum": ["password", ""]},
                    "username": _text(LONGEST_EMAIL, description="The address."),
                    "password": _text(LONGEST_PASSWORD, format="password"),
                },
            }
        },
    },
}
"""For the OpenAPI document."""


def credentials(call: Call) -> Credentials:
    """Return what a request says. Raises :class:`~tocsin.api.problems.Refused`, with nothing of what was said."""
    # curl calls everything a form unless it is told otherwise.
    is_form = call.headers.get("content-type", "").partition(";")[0].strip().lower() == FORM
    said = _form(call.body) if is_form and not call.body.lstrip().startswith(b"{") else _json(call.body)
    try:
        return Credentials.model_validate(said)
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise Refused(problems.invalid([{**one, "loc": ("body", *one["loc"])} for one in told])) from None


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(error.msg) from None


def _form(body: bytes) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        message = "it is no form"
        raise MalformedBody(message) from None
    said = dict(pairs)
    if len(said) < len(pairs):
        raise _refused("", "a field is there twice")
    if said.get("grant_type", "") not in ("password", ""):
        raise _refused("grant_type", "is not password")
    # Who the program is that asks, and what it wants, is not asked here.
    return {ours: said[theirs] for theirs, ours in (("username", "email"), ("password", "password")) if theirs in said}


def _refused(field: str, why: str) -> Refused:
    return Refused(problems.invalid([{"loc": ("body", *((field,) if field else ())), "msg": why}]))
