"""The few calls that can fail half-way. Tests pass a disk that does."""

import errno
import os
from io import FileIO
from pathlib import Path
from typing import BinaryIO

DIRECTORIES_CAN_BE_SYNCED = os.name != "nt"

_NOT_HERE = (errno.EINVAL, errno.ENOTSUP)


class Disk:
    """The real one. Every method raises ``OSError`` as the operating system does.

    ``sync`` is what the system calls that: on macOS the drive may keep what it was given in its own cache.
    """

    def __init__(self, *, sync_directories: bool = DIRECTORIES_CAN_BE_SYNCED) -> None:
        self._sync_directories = sync_directories

    def create(self, path: Path) -> BinaryIO:
        """Open a new file that only its owner may read; there must be none of this name."""
        return FileIO(path, "x", opener=_private)

    def write(self, file: BinaryIO, data: bytes) -> int:
        """Write some of ``data``; return how many bytes."""
        return file.write(data)

    def truncate(self, file: BinaryIO, size: int) -> None:
        """Cut ``file`` to ``size`` bytes."""
        file.truncate(size)

    def sync(self, descriptor: int) -> None:
        """Return once the bytes written so far would survive a power cut."""
        os.fsync(descriptor)

    def replace(self, source: Path, target: Path) -> None:
        """Give ``source`` the name ``target``, in one step."""
        source.replace(target)

    def sync_directory(self, folder: Path) -> None:
        """Return once the names in ``folder`` would survive a power cut, where the system can promise that."""
        if not self._sync_directories:
            return
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            self.sync(descriptor)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
        finally:
            os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def write_all(disk: Disk, file: BinaryIO, data: bytes) -> None:
    """Write all of ``data``, however little the disk takes at a time."""
    rest = data
    while rest:
        taken = disk.write(file, rest)
        if not taken:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[taken:]
