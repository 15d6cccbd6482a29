"""Names for types: anything that JSON can say, and what Python 3.11 does not have yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeVar

# Mapping and Sequence rather than dict and list: they are covariant, so that a dict[str, str] is JSON too.
JSON: TypeAlias = "Mapping[str, JSON] | Sequence[JSON] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, JSON]

if TYPE_CHECKING:
    from typing_extensions import override
else:
    # Python 3.12 has it. Only a type checker looks at it, so that the demo needs no package for it.
    _Method = TypeVar("_Method")

    def override(method: _Method) -> _Method:
        """Mark a method that replaces one of its base class."""
        return method


__all__ = ["JSON", "JsonObject", "override"]
