"""What somebody describes, checked as the API checks it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.errors import InvalidInput

AnyBody = TypeVar("AnyBody", bound=BaseModel)

_TIME_OF_DAY = "^([01][0-9]|"
"""How the patterns of times of day begin."""


def checked(body: type[AnyBody], document: Mapping[str, Any]) -> AnyBody:
    """Return the body that a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    try:
        return body.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        # People count from one.
        place = " ".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
        raise InvalidInput(f"{place}: {_said(problem)}") from None


def _said(problem: Mapping[str, Any]) -> str:
    """Say what is wrong in the words of files: whoever writes one knows no tuples and no patterns."""
    match problem["type"]:
        case "extra_forbidden":
            return "there is nothing of this name"
        case "tuple_type":
            return "Input should be a list"
        case "string_pattern_mismatch" if problem["ctx"]["pattern"].startswith(_TIME_OF_DAY):
            return f"{str(problem['input'])[:100]!r} is no time of day, as 09:00"
        case "date_from_datetime_parsing":
            return f"{str(problem['input'])[:100]!r} is no day, as 2026-03-31"
        case _:
            said = str(problem["msg"]).removeprefix("Value error, ")
            return said.replace("Tuple should", "List should").replace(" after validation", "")
