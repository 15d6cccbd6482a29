"""Files that describe a schedule."""

from pathlib import Path
from typing import Any

from .plain_yaml import read_object


def read_schedule(path: Path) -> dict[str, Any]:
    """Return what a file says, unchecked, but for what only an export has: ids that are drawn anew.

    Raises :class:`~tocsin.errors.InvalidInput`, which says where it is wrong.
    """
    found = read_object(path, "schedule: it needs a name, and layers")
    overrides = found.get("overrides")
    for one in [found, *(overrides if isinstance(overrides, list) else ())]:
        if isinstance(one, dict):
            one.pop("id", None)
            one.pop("version", None)
    return found
