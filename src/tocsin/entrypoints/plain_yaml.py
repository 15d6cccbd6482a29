"""Files of YAML, or JSON, which is the same to a reader of YAML; and writing it."""

import re
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import InvalidInput


class _Plain(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads no times and no numbers to the base of 60: 17:00 and 2026-03-02 are what they look like."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as its base has it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[str, Any]:
        """Return an object, whose fields have names as in JSON."""
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        if not all(isinstance(name, str) for name in found):
            raise yaml.constructor.ConstructorError(problem="no name of a field", problem_mark=node.start_mark)
        return found


_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$"), ["~", "n", ""])
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?[0-9]+$"), list("-0123456789"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])


def read_yaml(path: Path) -> Any:  # noqa: ANN401 - any document
    """Return what a file says, unchecked. Raises :class:`~tocsin.errors.InvalidInput`, which says where it is wrong."""
    try:
        return yaml.load(path.read_bytes(), _Plain)  # noqa: S506 - it is a safe one
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise InvalidInput(message) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        message = f"{path} is no YAML that can be read{where}"
        raise InvalidInput(message) from None


def read_object(path: Path, what: str) -> dict[str, Any]:
    """Return the object that a file describes; ``what`` it should be. Raises as :func:`read_yaml` does."""
    found = read_yaml(path)
    if not isinstance(found, dict):
        message = f"{path} describes no {what}"
        raise InvalidInput(message)
    return found
