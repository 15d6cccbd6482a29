"""Datadog for requests, of which one looks at a monitor and another at all: made when first needed, one a thread."""

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError

from .lambda_logs import LambdaLog

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.domain.rules import Rules
    from tocsin.services.deadline import Deadline
    from tocsin.services.source import AlertSource, MonitorReader

    from .aws import Aws
    from .rotating import RotatingDatadog


class Datadogs:
    """Gives the Datadog of the thread that asks, or None where there are no keys of it. What cannot be had is logged."""

    def __init__(
        self,
        settings: "Settings",
        rules: "Rules",
        reach: "Callable[[], Aws]",
        *,
        clock: Clock,
        sleep: Callable[[float], None],
        log: LambdaLog,
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._reach = reach
        self._clock = clock
        self._sleep = sleep
        self._log = log
        self._threads = threading.local()

    def reader(self) -> "MonitorReader | None":
        """Return what reads one monitor: a webhook is taken all the same without."""
        return self._found("monitors cannot be read after their webhooks")

    def until(self, deadline: "Deadline") -> "AlertSource | None":
        """Return what sweeps, within what ``deadline`` leaves to a sweep."""
        self._threads.deadline = deadline
        return self._found("Datadog cannot be read")

    def _found(self, otherwise: str) -> "RotatingDatadog | None":
        if not self._settings.knows_datadog:
            return None
        found: RotatingDatadog | None = getattr(self._threads, "datadog", None)
        if found is None:
            try:
                found = self._threads.datadog = self._made()
            except ConfigurationError as error:
                self._log.say(logging.WARNING, f"{otherwise}: {error}")
                return None
        return found

    def _made(self) -> "RotatingDatadog":
        from tocsin.sources.datadog import SWEEP_SECONDS

        from .assembly import datadog
        from .datadog_keys import key_source

        # Of this thread, as the deadline: nobody else sweeps with what is made here.
        made = datadog(
            self._settings,
            self._rules,
            key_source(self._settings, self._reach(), clock=self._clock),
            clock=self._clock,
            sleep=self._sleep,
            deadline=lambda: self._threads.deadline.for_sweep(SWEEP_SECONDS),
        )
        self._log.hide(made.secrets)
        return made
