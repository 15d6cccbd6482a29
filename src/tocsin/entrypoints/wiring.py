"""What the commands need of the outside, made once a process and handed to each: clock, environment, store, source."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import click

from tocsin.errors import ConfigurationError, InvalidInput

from .screen import Screen

if TYPE_CHECKING:
    from datetime import datetime

    from tocsin.config import Settings
    from tocsin.domain.rules import Rules
    from tocsin.services.api_keys import ApiKeys
    from tocsin.services.incidents import IncidentService
    from tocsin.storage.store import Store

    from .aws import Aws
    from .rotating import RotatingDatadog
    from .server_calls import ServerCalls
    from .server_incidents import ServerIncidents


def login_name() -> str:
    """Return the login name. What it raises where there is none differs by system and by Python."""
    import getpass

    return getpass.getuser()


def random_secret() -> str:
    """Return a new secret for an API key."""
    from tocsin.ids import random_secret as drawn

    return drawn()


_NOTHING: Mapping[str, str] = MappingProxyType({})


class Wiring(NamedTuple):
    """Everything from outside. ``program`` is what a person types to get here.

    ``chosen`` are variables that the command line says; they go before those of the environment.

    What costs time to import is imported where it is first asked for: ``--help`` asks for none of it.
    """

    environ: Mapping[str, str]
    clock: "Callable[[], datetime]"
    sleep: Callable[[float], None]
    new_id: Callable[[], str]
    program: str = "tocsin"
    dotenv: Path = Path(".env")
    login: Callable[[], str] = login_name
    chosen: Mapping[str, str] = _NOTHING
    new_secret: Callable[[], str] = random_secret

    @property
    def out(self) -> Screen:
        """Where results go."""
        return Screen.of(sys.stdout, self.environ)

    @property
    def err(self) -> Screen:
        """Where everything else goes that a person should know: progress, notes, errors."""
        return Screen.of(sys.stderr, self.environ)

    def settings(self) -> "Settings":
        """Read the settings, and log as they say. Raises :class:`~tocsin.errors.ConfigurationError`."""
        from tocsin.config import Settings

        from .logs import log_to

        settings = Settings.read({**self.environ, **self.chosen}, self.dotenv)
        log_to(self.err, settings.log_level, self.secrets())
        return settings

    def secrets(self) -> tuple[str, ...]:
        """Return what must never be shown."""
        from tocsin.config import secrets_in

        return secrets_in(self.environ, self.dotenv)

    def rules(self, settings: "Settings") -> "Rules":
        """Return how to decide. Raises :class:`~tocsin.errors.ConfigurationError`."""
        from .assembly import rules_of

        return rules_of(settings)

    def aws(self, settings: "Settings") -> "Aws":
        """Return AWS in the region that the settings name."""
        from .aws import Aws

        return Aws(settings.aws_region, self.environ)

    def asks_server(self, settings: "Settings") -> bool:
        """Say whether a server is asked in place of a store. ``--store`` goes before a server that is set."""
        return bool(settings.tocsin_server) and "USE_DYNAMODB" not in self.chosen

    def here(self, settings: "Settings | None" = None) -> "Settings":
        """Return the settings of what works on a store here. Raises ``InvalidInput`` if they name a server."""
        settings = settings or self.settings()
        if self.asks_server(settings):
            message = f"this works on a store, and TOCSIN_SERVER names the server {settings.tocsin_server}"
            raise InvalidInput(message, hint="leave TOCSIN_SERVER out, or say --store json:PATH or dynamodb:TABLE")
        return settings

    def calls(self, settings: "Settings", url: str = "", *, keyless: bool = False) -> "ServerCalls":
        """Return what asks the server at ``url``, or the one that is set.

        Raises ``ConfigurationError`` without a key, unless it is ``keyless``: asked for what needs none.
        """
        from .server_calls import ServerCalls

        key = settings.tocsin_api_key.get_secret_value()
        if not key and not keyless:
            message = "TOCSIN_API_KEY is not set: put it into the environment, or as a line NAME=KEY into .env"
            raise ConfigurationError(message, hint="`key create` makes a key where the server's store is")
        return ServerCalls(url or settings.tocsin_server, key, sleep=self.sleep, new_id=self.new_id)

    @contextmanager
    def store(self, settings: "Settings | None" = None) -> "Iterator[Store]":
        """Open the store that the settings name, or reach the server in its place, and close it."""
        settings = settings or self.settings()
        if self.asks_server(settings):
            from .server_store import ServerStore

            with closing(ServerStore(self.calls(settings))) as served:
                yield served
            return
        from .assembly import open_store

        with closing(open_store(settings, lambda: self.aws(settings), sleep=self.sleep)) as store:
            yield store

    @contextmanager
    def service(self, settings: "Settings | None" = None) -> "Iterator[IncidentService]":
        """Open the store with all that is needed to change what it holds, or reach the server, and close it."""
        settings = settings or self.settings()
        if self.asks_server(settings):
            with self.server(settings) as served:
                yield served
            return
        from tocsin.services.incidents import IncidentService

        rules = self.rules(settings)
        with self.store(settings) as store:
            yield IncidentService(store, rules=rules, clock=self.clock, new_id=self.new_id)

    @contextmanager
    def server(self, settings: "Settings") -> "Iterator[ServerIncidents]":
        """Reach the incidents of the server that is set, and leave it."""
        from .server_incidents import ServerIncidents

        with closing(self.calls(settings)) as calls:
            yield ServerIncidents(calls)

    @contextmanager
    def keys(self) -> "Iterator[ApiKeys]":
        """Open the store for its API keys, or reach those of the server, and close it."""
        from tocsin.services.api_keys import ApiKeys

        settings = self.settings()
        if self.asks_server(settings):
            from .server_keys import ServerKeys

            with closing(self.calls(settings)) as calls:
                yield ServerKeys(calls, clock=self.clock, new_id=self.new_id)
            return
        with self.store(settings) as store:
            yield ApiKeys(store, clock=self.clock, new_id=self.new_id)

    def source(self, settings: "Settings", rules: "Rules", progress: Callable[[int, int], None]) -> "RotatingDatadog":
        """Return the Datadog that the settings name. Raises :class:`~tocsin.errors.ConfigurationError`."""
        from .assembly import datadog
        from .datadog_keys import key_source

        keys = key_source(
            settings, self.aws(settings), clock=self.clock, otherwise=f"`{self.program} demo` works without"
        )
        return datadog(settings, rules, keys, clock=self.clock, sleep=self.sleep, progress=progress)

    def actor(self, by: str) -> str:
        """Return who acts: ``by``, or the login name. Raises :class:`~tocsin.errors.InvalidInput` if nobody is known."""
        if by.strip():
            return by.strip()
        try:
            return self.login()
        except (OSError, KeyError, ImportError):  # no such user id in this container; no pwd module
            message = "there is no login name here: say who you are with --by NAME"
            raise InvalidInput(message) from None


pass_wiring = click.make_pass_decorator(Wiring)
