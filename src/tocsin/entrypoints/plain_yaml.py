"""Files of YAML, or JSON."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import InvalidInput


class _Plain(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads no times and no numbers to the base of 60 or 8: 17:00, 010 and 2026-03-02 are what they look like."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as its base has it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Return an object, whose names are as in JSON; of two values for one of them the first would be lost."""
        names = [name.value for name, _ in node.value if isinstance(name, yaml.ScalarNode)]
        if (twice := _twice(names)) is not None:
            raise yaml.MarkedYAMLError(problem=_said(twice), problem_mark=node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        if not all(isinstance(name, str) for name in found):
            raise yaml.MarkedYAMLError(problem="no name of a field", problem_mark=node.start_mark)
        return found


_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$"), ["~", "n", ""])
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - any document
    """Return what a file says, unchecked. Raises :class:`~tocsin.errors.InvalidInput`, which says where it is wrong."""
    try:
        return _read(path.read_bytes())
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise InvalidInput(message) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        message = f"{path} is no YAML that can be read{where}{f': {problem}' if problem else ''}"
        raise InvalidInput(message) from None


def _read(raw: bytes) -> Any:  # noqa: ANN401 - any document
    try:
        # Of a large one in a fraction of the time; and a reader of YAML knows neither pairs of escapes nor tabs.
        return json.loads(raw, object_pairs_hook=_object)
    except ValueError:
        return yaml.load(raw, _Plain)  # noqa: S506 - it is a safe one


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if (twice := _twice([name for name, _ in pairs])) is not None:
        raise yaml.MarkedYAMLError(problem=_said(twice))
    return dict(pairs)


def _twice(names: Sequence[str]) -> str | None:
    return None if len({*names}) == len(names) else next(name for name in names if names.count(name) > 1)


def _said(twice: str) -> str:
    return f"it says {twice[:100]!r} twice"


def read_object(path: Path, what: str) -> dict[str, Any]:
    """Return the object that a file describes; ``what`` it should be. Raises as :func:`read_yaml` does."""
    found = read_yaml(path)
    if not isinstance(found, dict):
        message = f"{path} describes no {what}"
        raise InvalidInput(message)
    return found
