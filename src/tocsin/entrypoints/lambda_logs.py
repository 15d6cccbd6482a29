"""Logging on Lambda: a line is a JSON object with the request's id, and never holds a key."""

import json
import logging
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TextIO

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from typing_extensions import override

from .redaction import hide

OURS = "tocsin"
"""The logger that every module of ours logs beneath."""


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to what standard output is at that moment."""

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _stream: TextIO) -> None:
        """Leave it: there is nothing to remember."""


class _Redacting(LambdaPowertoolsFormatter):
    """Blots keys out of the finished line, wherever in it they came to stand."""

    def __init__(self) -> None:
        super().__init__(utc=True, use_rfc3339=True)
        self.secrets: set[str] = set()

    @override
    def format(self, record: logging.LogRecord) -> str:
        return hide(super().format(record), self.secrets)


@cache
def _logger(service: str) -> Logger:
    # A second one of the same name would share the first one's lines and lack its formatter.
    return Logger(service=service, logger_handler=_StandardOutput(), logger_formatter=_Redacting())


class LambdaLog:
    """The log of this process. There is one for each service name, however often it is made."""

    def __init__(self, service: str) -> None:
        self._logger = _logger(service)
        # What the rest of the program says goes the same way. Libraries' own debug lines may hold what they sent.
        self._ours = logging.getLogger(OURS)
        if not any(isinstance(one, _StandardOutput) for one in self._ours.handlers):
            self._ours.addHandler(self._logger.registered_handler)
        self._ours.propagate = False

    def level(self, level: str) -> None:
        """Log from ``level`` up."""
        self._logger.setLevel(level)
        self._ours.setLevel(level)

    def hide(self, secrets: Iterable[str]) -> None:
        """Blot these out from now on."""
        formatter = self._logger.registered_formatter
        if isinstance(formatter, _Redacting):
            formatter.secrets |= {written for one in secrets for written in (one, json.dumps(one)[1:-1])}

    @contextmanager
    def request(self, request_id: str, *, cold_start: bool) -> Iterator[None]:
        """Mark every line until the end of the block, in this thread, as one of this request."""
        self._logger.thread_safe_append_keys(correlation_id=request_id, cold_start=cold_start)
        try:
            yield
        finally:
            self._logger.thread_safe_clear_keys()

    def say(self, level: int, text: str, **facts: object) -> None:
        """Log one line, with ``facts`` as fields of their own."""
        say = {logging.ERROR: self._logger.error, logging.WARNING: self._logger.warning}.get(level, self._logger.info)
        # As a parameter: a text that happens to be JSON stays a text.
        say("%s", text, extra=facts)
