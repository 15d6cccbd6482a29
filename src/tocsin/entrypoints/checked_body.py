"""What somebody describes, checked as the API checks it."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from tocsin.api.bodies import Body
from tocsin.errors import InvalidInput

AnyBody = TypeVar("AnyBody", bound=Body)


def checked(body: type[AnyBody], document: Mapping[str, Any]) -> AnyBody:
    """Return the body that a document describes. Raises ``InvalidInput``, which says where in it what is wrong."""
    try:
        return body.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        # People count from one.
        place = " ".join(str(part + 1) if isinstance(part, int) else part for part in problem["loc"])
        message = f"{place}: {problem['msg'].removeprefix('Value error, ')}"
        raise InvalidInput(message) from None
