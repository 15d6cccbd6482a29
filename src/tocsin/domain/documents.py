"""Documents that people write, made into models: what is wrong with one is told with its place in it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.errors import InvalidInput

Model = TypeVar("Model", bound=BaseModel)

_TIME_OF_DAY = "^([01][0-9]|"
"""How the patterns of times of day begin."""


def checked(model: type[Model], document: Mapping[str, object]) -> Model:
    """Return what a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        # People count from one.
        place = " ".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
        why = _said(problem)
        raise InvalidInput(f"{place}: {why}" if place else why) from None


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
