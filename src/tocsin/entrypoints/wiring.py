"""What the commands need of the outside, made once a process and handed to each: clock, environment, store, source."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
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
    from tocsin.identity.signing_keys import SigningKeys
    from tocsin.services.accounts import Accounts
    from tocsin.services.api_keys import ApiKeys
    from tocsin.services.incidents import IncidentService
    from tocsin.storage.store import Store

    from .aws import Aws
    from .credentials import Credentials
    from .rotating import RotatingDatadog
    from .server_calls import Pass, ServerCalls
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

    def calls(self, settings: "Settings", url: str = "") -> "ServerCalls":
        """Return what asks the server at ``url``, or the one that is set: with the key that is set, or else the login.

        Raises ``ConfigurationError`` where there is neither.
        """
        from .passes import KeyPass, LoginPass

        url = url or settings.tocsin_server
        key = settings.tocsin_api_key.get_secret_value()
        if key:
            return self.calls_with(KeyPass(key), url)
        credentials = self.credentials(settings)
        if credentials.of(url) is None:
            message = "TOCSIN_API_KEY is not set, and there is no login at this server"
            raise ConfigurationError(
                message, hint="`login` signs you in; `key create`, where its store is, makes a key"
            )
        return self.calls_with(LoginPass(credentials, url, clock=self.clock, reach=lambda: self.stranger(url)), url)

    def stranger(self, url: str) -> "ServerCalls":
        """Return what asks a server without showing anything."""
        from .passes import NoPass

        return self.calls_with(NoPass(), url)

    def calls_with(self, held: "Pass", url: str) -> "ServerCalls":
        """Return what asks a server and shows this."""
        from .server_calls import ServerCalls

        return ServerCalls(url, held, sleep=self.sleep, new_id=self.new_id)

    def credentials(self, settings: "Settings") -> "Credentials":
        """Return the logins of whoever runs this."""
        from .credentials import Credentials, default_path

        return Credentials(settings.tocsin_credentials or default_path(self.environ))

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
    def service(self, settings: "Settings | None" = None, *, ticks: bool = False) -> "Iterator[IncidentService]":
        """Open the store with all that is needed to change what it holds, or reach the server, and close it.

        ``ticks``: also what is due beside incidents is done: pages, letters, silences.
        """
        settings = settings or self.settings()
        if self.asks_server(settings):
            with self.server(settings) as served:
                yield served
            return
        from tocsin.services.incidents import IncidentService

        rules = self.rules(settings)
        with self.store(settings) as store:
            if not ticks:
                yield IncidentService(store, rules=rules, clock=self.clock, new_id=self.new_id)
                return
            from .paging import paging_of

            keys, aws = self.signing_keys(settings), partial(self.aws, settings)
            paging = paging_of(settings, store, rules, keys, aws, clock=self.clock, new_id=self.new_id)
            yield IncidentService(
                store,
                rules=rules,
                clock=self.clock,
                new_id=self.new_id,
                others=paging.others,
                pages=paging.pages,
            )

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

    def accounts(self, settings: "Settings", store: "Store") -> "Accounts":
        """Return the accounts of the people of a store here."""
        from .accounts import accounts_of
        from .sign_in import sessions_of

        keys = self.signing_keys(settings)
        sessions = sessions_of(store, keys, clock=self.clock, new_id=self.new_id)
        return accounts_of(settings, store, sessions, keys, clock=self.clock, new_id=self.new_id)

    def signing_keys(self, settings: "Settings") -> "SigningKeys":
        """Return the keys that sign-ins are signed with. They are read, or made, when the first is used."""
        from tocsin.identity.signing_keys import SigningKeys

        from .key_places import key_place

        environ = {**self.environ, **self.chosen}
        place = key_place(settings, lambda: self.aws(settings), environ, new_secret=self.new_secret)
        return SigningKeys(place, clock=self.clock)

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
