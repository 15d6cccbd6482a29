"""Documents that people write, made into models: what is wrong with one is told with its place in it."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from tocsin.errors import InvalidInput

Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], document: Mapping[str, object]) -> Model:
    """Return what a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        # People count from one.
        place = " ".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
        why = problem["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{place}: {why}" if place else why) from None
