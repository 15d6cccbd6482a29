"""What the functions that a schedule calls share: settings, a log whose lines hold no key, and metrics."""

import json
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar, Protocol

from tocsin.clock import Clock
from tocsin.config import Settings, secrets_in
from tocsin.errors import TocsinError
from tocsin.ids import NewId

from .assembly import on_lambda_with_a_table
from .lambda_logs import LambdaLog
from .redaction import hide

NAMESPACE = "Tocsin"
"""Of the metrics, where the environment gives none."""


class LambdaContext(Protocol):
    """Of what Lambda tells about a run, what is used."""

    @property
    def aws_request_id(self) -> str:
        """The id of this run."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the run may still take."""


class ScheduledHandler(ABC):
    """Runs as often as it is called; what costs time to make is made once and kept.

    ``service`` is its name where the environment gives none; ``dotenv`` completes the environment where there is such a
    file.
    """

    service: ClassVar[str]

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        new_id: NewId,
        dotenv: Path | None = None,
    ) -> None:
        self._environ = environ
        self._dotenv = dotenv
        self._clock = clock
        self._sleep = sleep
        self._new_id = new_id
        self._name = environ.get("POWERTOOLS_SERVICE_NAME") or self.service
        self._log = LambdaLog(self._name)
        self._cold = True

    def prepare(self) -> None:
        """Make what can be made before the first run. What fails here fails again there, and is logged and counted."""
        with suppress(Exception):  # while Lambda starts a process, an error is told badly and tried twice
            self._prepared()

    @abstractmethod
    def _prepared(self) -> object:
        """Return what is made once, made if it is not yet."""

    def _read_settings(self) -> Settings:
        """Return the settings, and log as they say. Raises :class:`~tocsin.errors.ConfigurationError`."""
        self._log.hide(self._secrets())
        settings = Settings.read(self._environ, self._dotenv)
        self._log.level(settings.log_level)
        on_lambda_with_a_table(settings, self._environ)
        return settings

    @property
    def _namespace(self) -> str:
        """Where the metrics are counted."""
        return self._environ.get("POWERTOOLS_METRICS_NAMESPACE") or NAMESPACE

    def _print(self, metrics: Mapping[str, object]) -> None:
        """Write metrics to where CloudWatch reads them, on one line."""
        print(json.dumps(metrics, separators=(",", ":")), flush=True)  # noqa: T201 - that is how CloudWatch reads

    def _secrets(self) -> Iterable[str]:
        """Return what no line may show."""
        return secrets_in(self._environ, self._dotenv)

    def _tell_failure(self, error: Exception, text: str) -> None:
        self._log.hide(self._secrets())
        facts: dict[str, object] = {"error": type(error).__name__}
        if isinstance(error, TocsinError):
            facts |= {"hint": error.hint, "retryable": error.retryable}
        self._log.say(logging.ERROR, f"{text}: {error}", **facts)

    def _harmless(self, error: Exception) -> Exception:
        """Return an error that says the same, and no key; the same, if there is none in it."""
        shown = hide(str(error), self._secrets())
        return error if shown == str(error) else RuntimeError(f"{type(error).__name__}: {shown}")
