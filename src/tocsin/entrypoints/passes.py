"""What the command line shows a server: an API key, or the login of a person, which is prolonged when it runs out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from tocsin.errors import AccessError, ConfigurationError, NotAllowed, SignInRefused, TocsinError

from .credentials import Credentials, Login
from .server_calls import ServerCalls

MARGIN = timedelta(seconds=30)
"""A token that ends so soon is exchanged first: it must outlast the request."""

LOGIN = "/api/v1/auth/login"
LOGOUT = "/api/v1/auth/logout"
REFRESH = "/api/v1/auth/refresh"


class KeyPass:
    """An API key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def shown(self) -> str:
        """Return the key."""
        return self._key

    def refused(self, status: int, url: str) -> TocsinError:
        """Say that it does not open."""
        if status == HTTPStatus.UNAUTHORIZED:
            message = f"the server at {url} does not accept the API key"
            return ConfigurationError(message, hint="set TOCSIN_API_KEY to a key of it; `key create` makes one there")
        message = f"the server at {url} does not let this API key do that"
        return ConfigurationError(message, hint="it needs another scope: `key create --scope` on the server makes one")


class NoPass:
    """Nothing: what signs in is in the request itself."""

    def shown(self) -> str:
        """Return nothing."""
        return ""

    def refused(self, status: int, url: str) -> TocsinError:
        """Say that it does not open."""
        if status == HTTPStatus.UNAUTHORIZED:
            return SignInRefused(f"the server at {url} does not accept this e-mail address and password")
        return AccessError(f"the server at {url} does not let you in")


class LoginPass:
    """The login of a person at the server at ``url``. ``reach`` gives what asks it without any pass."""

    def __init__(
        self, credentials: Credentials, url: str, *, clock: Callable[[], datetime], reach: Callable[[], ServerCalls]
    ) -> None:
        self._credentials = credentials
        self._url = url
        self._clock = clock
        self._reach = reach

    def shown(self) -> str:
        """Return an access token that is good for a while. Raises ``ConfigurationError`` if the login is over."""
        login = self._credentials.of(self._url)
        if login is None or not self._fresh(login):
            # A refresh token is good once: of several commands one uses it, and the others take what that one got.
            with self._credentials.held():
                login = self._renewed()
        return login.access_token

    def refused(self, status: int, url: str) -> TocsinError:
        """Say that it does not open."""
        if status == HTTPStatus.UNAUTHORIZED:
            return _over(url)
        return NotAllowed(f"the server at {url} does not let you do that", hint="your role does not include it")

    def _renewed(self) -> Login:
        login = self._credentials.of(self._url)
        if login is None:
            raise _over(self._url)
        if self._fresh(login):
            return login
        calls = self._reach()
        try:
            # Once: should the answer be lost, the token may be used up, and a second try would end the session.
            said = calls.ask("POST", REFRESH, {"refresh_token": login.refresh_token}, tries=1)
        except SignInRefused:
            self._credentials.put(self._url, None)
            raise _over(self._url) from None
        finally:
            calls.close()
        renewed = login_of(said, login.email, self._clock())
        self._credentials.put(self._url, renewed)
        return renewed

    def _fresh(self, login: Login) -> bool:
        return self._clock() + MARGIN < login.good_until


def login_of(said: Any, email: str, now: datetime) -> Login:  # noqa: ANN401 - any JSON
    """Return the login that a server's answer is."""
    try:
        return Login(
            email=email,
            access_token=said["access_token"],
            refresh_token=said["refresh_token"],
            good_until=now + timedelta(seconds=said["expires_in"]),
        )
    except (KeyError, TypeError, ValueError):
        message = "what answers is no server of ours: it gave no tokens"
    raise ConfigurationError(message, hint="correct --server, or TOCSIN_SERVER")


def _over(url: str) -> ConfigurationError:
    return ConfigurationError(f"the login at {url} is over", hint="`login` signs you in again")
