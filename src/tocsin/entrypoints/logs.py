"""Logging as lines on standard error, harmless and without keys."""

import logging
from collections.abc import Sequence

from typing_extensions import override

from .redaction import hide
from .screen import Screen


class _Lines(logging.Handler):
    def __init__(self, screen: Screen, secrets: Sequence[str]) -> None:
        super().__init__()
        self._screen = screen
        self._secrets = secrets

    @override
    def emit(self, record: logging.LogRecord) -> None:
        said = hide(record.getMessage(), self._secrets)
        self._screen.line(f"{record.levelname.lower()}: {said}")


def log_to(screen: Screen, level: str, secrets: Sequence[str]) -> None:
    """Log everything from ``level`` up to ``screen``, and nowhere else."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Lines)]:
        root.removeHandler(handler)
    root.addHandler(_Lines(screen, secrets))
    root.setLevel(level)
