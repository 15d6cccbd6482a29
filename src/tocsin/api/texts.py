"""Texts of requests that must say something. The schemas say it as well."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError


def _not_blank(value: str) -> str:
    if not value.strip():
        kind, message = "blank", "needs some text"
        raise PydanticCustomError(kind, message)
    return value


Something = Annotated[str, AfterValidator(_not_blank), Field(min_length=1, json_schema_extra={"pattern": r"\S"})]
"""A text that is not blank."""
