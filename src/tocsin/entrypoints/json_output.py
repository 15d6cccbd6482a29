"""Models as JSON on standard output: pure ASCII, so that no terminal sequence and no invisible character gets out."""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from pydantic import BaseModel


def write_object(stream: TextIO, value: object, *, on_one_line: bool = False) -> None:
    """Write one JSON value, indented for a reader, or on one line of its own."""
    stream.write(json.dumps(value, indent=None if on_one_line else 2) + "\n")


def write_array(stream: TextIO, models: "Iterable[BaseModel]") -> None:
    """Write an array, one model a line."""
    before = "["
    for model in models:
        stream.write(f"{before}\n{json.dumps(model.model_dump(mode='json'))}")
        before = ","
    stream.write("[]\n" if before == "[" else "\n]\n")
