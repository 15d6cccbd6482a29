"""Datadog for whoever has to look at one monitor at once: made when it is first needed, one for each thread."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tocsin.clock import Clock
from tocsin.errors import ConfigurationError

from .lambda_logs import LambdaLog

if TYPE_CHECKING:
    from tocsin.config import Settings
    from tocsin.domain.rules import Rules
    from tocsin.services.source import MonitorReader

    from .aws import Aws
    from .rotating import RotatingDatadog


class MonitorReaders:
    """Gives the reader of the thread that asks, or None where no keys of Datadog are set."""

    def __init__(
        self, settings: "Settings", rules: "Rules", reach: "Callable[[], Aws]", *, clock: Clock, log: LambdaLog
    ) -> None:
        self._settings = settings
        self._rules = rules
        self._reach = reach
        self._clock = clock
        self._log = log
        self._threads = threading.local()

    def __call__(self) -> "MonitorReader | None":
        """Return what reads a monitor. Keys that cannot be had are logged: a webhook is taken all the same."""
        if not self._settings.knows_datadog:
            return None
        found: RotatingDatadog | None = getattr(self._threads, "datadog", None)
        if found is None:
            try:
                found = self._threads.datadog = self._made()
            except ConfigurationError as error:
                self._log.say(logging.WARNING, f"monitors cannot be read after their webhooks: {error}")
                return None
        return found

    def _made(self) -> "RotatingDatadog":
        from .assembly import datadog
        from .datadog_keys import key_source

        made = datadog(
            self._settings,
            self._rules,
            key_source(self._settings, self._reach(), clock=self._clock),
            clock=self._clock,
            sleep=time.sleep,
        )
        self._log.hide(made.secrets)
        return made
