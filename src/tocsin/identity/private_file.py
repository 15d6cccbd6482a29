"""Small files that only their owner may read: signing keys, the tokens of a login. Written whole or not at all."""

import os
import stat
from pathlib import Path

from tocsin.errors import ConfigurationError
from tocsin.storage.disk import Disk, write_all
from tocsin.storage.refusals import unreadable, unwritable

OTHERS = 0o077
HAS_MODES = os.name != "nt"


def read_private(path: Path) -> bytes | None:
    """Return what is in a file; None if there is none.

    Raises :class:`~tocsin.errors.ConfigurationError` if others than its owner may read or write it.
    """
    try:
        # What was opened is looked at, not what its name stands for a moment later.
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if not (HAS_MODES and mode & OTHERS):
                return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unreadable(path, error) from None
    message = f"{path} may be read by others (mode {mode:o}), and was left unread"
    raise ConfigurationError(message, hint=f"chmod 600 {path}; if others could read it, make what is in it anew")


def write_private(path: Path, data: bytes, disk: Disk) -> None:
    """Put ``data`` in place of the file, in one step, for its owner alone. For one writer at a time."""
    new = path.with_name(f"{path.name}.new")
    try:
        new.unlink(missing_ok=True)  # of a process that was killed
        file = disk.create(new)
        try:
            write_all(disk, file, data)
            disk.sync(file.fileno())
        finally:
            file.close()
        disk.replace(new, path)
        disk.sync_directory(path.parent)
    except OSError as error:
        raise unwritable(path, error) from None
