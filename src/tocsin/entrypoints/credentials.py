"""What `login` keeps: a person's tokens for each server, in a file that only they may read."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field, ValidationError

from tocsin.domain.frozen import Frozen, Utc
from tocsin.errors import ConfigurationError, StoreError
from tocsin.identity.private_file import read_private, write_private
from tocsin.storage.disk import Disk
from tocsin.storage.lock import SidecarLock

LOCK_TIMEOUT = 60.0
"""Seconds. Whoever holds the lock may be waiting for a server's answer."""

NAME = "tocsin/credentials.json"


class Login(Frozen):
    """One person's tokens for one server. ``good_until`` is by this machine's clock."""

    email: str
    access_token: str = Field(repr=False)
    good_until: Utc
    refresh_token: str = Field(repr=False)


class _Kept(Frozen):
    servers: dict[str, Login] = Field(default_factory=dict)


class Credentials:
    """The logins of one file, which is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = SidecarLock(path, timeout=LOCK_TIMEOUT)

    def of(self, server: str) -> Login | None:
        """Return the login at a server. Raises ``ConfigurationError`` if others may read the file."""
        return self._read().servers.get(server)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep every other command from changing the file meanwhile."""
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = f"there can be no folder {self._path.parent}: {error.strerror or error}"
            raise StoreError(message, hint="name another file with TOCSIN_CREDENTIALS") from None
        with self._lock.held():
            yield

    def put(self, server: str, login: Login | None) -> None:
        """Keep a login, or forget it, while the file is held."""
        servers = {name: one for name, one in self._read().servers.items() if name != server}
        if login is not None:
            servers[server] = login
        document = _Kept(servers=servers).model_dump_json(indent=2)
        write_private(self._path, f"{document}\n".encode(), Disk())

    def _read(self) -> _Kept:
        found = read_private(self._path)
        if found is None:
            return _Kept()
        try:
            return _Kept.model_validate(json.loads(found))
        except (ValueError, ValidationError):
            message = f"{self._path} is no file of logins"
        raise ConfigurationError(message, hint="remove it and `login` again, or name another with TOCSIN_CREDENTIALS")


def default_path(environ: Mapping[str, str]) -> Path:
    """Return where logins are kept unless a setting says otherwise: in the person's configuration folder."""
    folder = environ.get("XDG_CONFIG_HOME") or environ.get("APPDATA") or "~/.config"
    return Path(folder).expanduser() / NAME
