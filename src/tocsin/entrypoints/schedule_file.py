"""Files that describe a schedule: YAML, or JSON, which is the same to a reader of YAML."""

import re
from pathlib import Path
from typing import Any

import yaml

from tocsin.errors import InvalidInput


class _Plain(yaml.SafeLoader):  # type: ignore[misc]  # it has no types
    """Reads no times and no numbers to the base of 60: 17:00 and 2026-03-02 are what they look like."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as its base has it


_Plain.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|)$"), ["~", "n", ""])
_Plain.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?[0-9]+$"), list("-0123456789"))
_Plain.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(?:true|false)$"), ["t", "f"])


def read_schedule(path: Path) -> dict[str, Any]:
    """Return what a file says, unchecked, but for what only an export has: ids that are drawn anew.

    Raises :class:`~tocsin.errors.InvalidInput`, which says where it is wrong.
    """
    try:
        found = yaml.load(path.read_bytes(), _Plain)  # noqa: S506 - it is a safe one
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
        raise InvalidInput(message) from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f" in line {mark.line + 1}"
        message = f"{path} is no YAML that can be read{where}"
        raise InvalidInput(message) from None
    if not isinstance(found, dict):
        message = f"{path} describes no schedule: it needs a name, and layers"
        raise InvalidInput(message)
    overrides = found.get("overrides")
    for one in [found, *(overrides if isinstance(overrides, list) else ())]:
        if isinstance(one, dict):
            one.pop("id", None)
            one.pop("version", None)
    return found
