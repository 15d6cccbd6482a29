"""What a route answers when all is well: JSON with a tag, so that who has it already need not fetch it again."""

import hashlib
from collections.abc import Mapping
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel

JSON = "application/json"

KEPT = "private, no-cache"
"""Browsers may keep an answer, and ask with its tag whether it is still true."""


def found(model: BaseModel, *, revision: int | None = None, state: str = "") -> Response[str]:
    """Return what was asked for; see :func:`tag` for ``revision``.

    ``state`` names what the answer tells of, where the answer itself changes with the clock alone.
    """
    body = model.model_dump_json(by_alias=True)
    return Response(200, JSON, body, headers={"Cache-Control": KEPT, "ETag": tag(state or body, revision)})


def written(
    model: BaseModel,
    *,
    status: int = HTTPStatus.OK,
    revision: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """Return a model as JSON, with its tag."""
    body = model.model_dump_json(by_alias=True)
    return Response(int(status), JSON, body, headers={**(headers or {}), "ETag": tag(body, revision)})


def nothing() -> Response[str]:
    """Return nothing: it is done."""
    return Response(int(HTTPStatus.NO_CONTENT), None, "")


def taken() -> Response[str]:
    """Say that it was taken, and nothing more: whoever asks is not to learn what becomes of it."""
    return Response(int(HTTPStatus.ACCEPTED), None, "")


def tag(body: str, revision: int | None = None) -> str:
    """Return the ETag of a body.

    What a person can edit carries its ``revision`` in front: ``If-Match`` looks at that alone, so that a flapping
    monitor refuses nobody's note, while ``If-None-Match`` sees every change.
    """
    digest = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f'"{digest}"' if revision is None else f'"{revision}-{digest}"'
