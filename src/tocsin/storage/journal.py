"""The file: lines are appended and synced; now and then it is written anew and renamed into place.

What is on the disk after a kill at any moment is a whole file up to some line, and perhaps one line more that is not
whole: it has no newline, nobody was told that it was committed, and the next writer cuts it off. So it is after a power
cut too, but for a disk that kept later bytes of an unfinished write and lost earlier ones: that file is refused as
damaged, and a recovery saves all that was committed.
Nothing is kept open between calls, so that a rename works on Windows and a fork does no harm.
"""

import gc
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from .disk import Disk, write_all
from .dossier import filed
from .image import Image
from .line import FIRST, Format, header_of, new_header, number_of, parsed, sealed, whole
from .refusals import damaged, newer, not_ours, unreadable, unwritable

LONGEST_LOOK = 1 << 24
"""Bytes that are read of a file's first lines to see whose it is."""

READ_AT_ONCE = 1 << 16
WRITTEN_AT_ONCE = 1 << 20
"""Bytes."""

_MARK = 18  # bytes of a line that hold its checksum: they tell it from every other line


@dataclass(slots=True)
class Position:
    """How far the file was read. ``offset`` is the end of the last whole line, ``mark`` its first bytes."""

    header: bytes = b""
    version: int = 0
    offset: int = 0
    number: int = FIRST
    mark_at: int = 0
    mark: bytes = b""

    def advance(self, raw: bytes) -> None:
        """Note that ``raw`` is the next line."""
        self.mark_at, self.mark = self.offset, raw[:_MARK]
        self.offset += len(raw)
        self.number += 1


class Journal:
    """The file and its :class:`Image`. Writing methods are for whoever holds the lock."""

    def __init__(self, path: Path, *, disk: Disk, file_format: Format, image: Image | None = None) -> None:
        self._path = path
        self._disk = disk
        self._format = file_format
        self._at = Position()
        self._image = image or Image()
        self._durable_name = b""
        self._tidied = False

    @property
    def size(self) -> int:
        """Bytes of the file, as far as it was read; 0 while there is none."""
        return self._at.offset

    def forget(self) -> None:
        """Drop what was read, because it may not be what the file says."""
        self._at, self._image = Position(), Image()

    def catch_up(self) -> Image:
        """Read what was written since, by whomever. Raises a ``StoreError`` for what cannot be read."""
        try:
            with opened(self._path) as file:
                self._read(file)
        except FileNotFoundError:
            self.forget()
        except OSError as error:
            raise unreadable(self._path, error) from error
        return self._image

    def append(self, bodies: Sequence[bytes], *, sync: bool = True) -> None:
        """Write ``bodies`` durably, all or nothing; the image has applied them already, and is wrong if this raises.

        Without ``sync`` they are durable once something later is: a power cut may take them.
        """
        try:
            self._tidy()
            if not self._at.header:
                self._write_anew(())
            if self._at.version == self._format.version:
                self._append(bodies, sync=sync)
            else:
                self.rewrite()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def settle(self) -> None:
        """Make durable what was found in the file, perhaps left by a process that died before it could."""
        try:
            with self._path.open("r+b", buffering=0) as file:
                self._disk.sync(file.fileno())
            self._settle_name()
        except OSError as error:
            raise unwritable(self._path, error) from error

    def rewrite(self) -> None:
        """Write the image as a new file in place of this one, of which a copy is kept if its format is older.

        Raises ``OSError``; whatever happens, a whole file is there.
        """
        if self._at.header and self._at.version != self._format.version:
            self._keep_a_copy()
        self._write_anew(self._image.snapshot())
        self._image.forget_expired()
        self._settle_name()

    def _read(self, file: BinaryIO) -> None:
        if not self._continues(file):
            self.forget()
            self._open(file)
        try:
            with _uncollected():
                self._follow(file)
        except BaseException:
            self.forget()  # a line may have been applied, and not yet counted
            raise

    def _continues(self, file: BinaryIO) -> bool:
        """Say whether ``file`` begins with all that was read of it, and was only added to.

        Inode, size and time do not tell: a file written anew may get the inode of the one before, within one tick.
        """
        at = self._at
        if not at.header or file.read(len(at.header)) != at.header or os.fstat(file.fileno()).st_size < at.offset:
            return False
        file.seek(at.mark_at)
        return file.read(len(at.mark)) == at.mark

    def _open(self, file: BinaryIO) -> None:
        file.seek(0)
        first = file.readline(LONGEST_LOOK)
        if not first:
            return
        header = header_of(first)
        if header is None:
            if whole(first) or whole(file.readline(LONGEST_LOOK)):
                raise damaged(self._path, "line 1 is not its header")
            raise not_ours(self._path)
        if header.version > self._format.version:
            raise newer(self._path, header.version, self._format.version)
        self._at = Position(header=first, version=header.version, offset=len(first), mark=first[:_MARK])

    def _follow(self, file: BinaryIO) -> None:
        at, image, upgraded = self._at, self._image, self._format.upgraded
        current = at.version == self._format.version
        file.seek(at.offset)
        for raw in file:
            if not raw.endswith(b"\n"):
                break
            if number_of(raw) != at.number:
                raise damaged(self._path, f"line {at.number} is not what was written")
            try:
                dossier = filed(raw) if current else None
                if dossier is None:
                    image.apply(upgraded(parsed(raw), at.version))
                else:
                    image.file(dossier)
            except (AttributeError, KeyError, TypeError, ValueError):
                raise damaged(self._path, f"line {at.number} cannot be understood") from None
            at.advance(raw)

    def _append(self, bodies: Sequence[bytes], *, sync: bool) -> None:
        at = self._at
        self._settle_name()
        lines = [sealed(number, body) for number, body in enumerate(bodies, at.number)]
        with self._path.open("r+b", buffering=0) as file:
            end = at.offset
            try:
                if os.fstat(file.fileno()).st_size > end:
                    self._disk.truncate(file, end)
                file.seek(end)
                write_all(self._disk, file, b"".join(lines))
                if sync:
                    self._disk.sync(file.fileno())
            except BaseException:
                with suppress(OSError):
                    self._disk.truncate(file, end)
                raise
            for line in lines:
                at.advance(line)

    def _settle_name(self) -> None:
        # Whoever renamed the file may have died before the folder was synced: each process makes sure for itself.
        if self._durable_name != self._at.header:
            self._disk.sync_directory(self._path.parent)
            self._durable_name = self._at.header

    def _write_anew(self, bodies: Iterable[bytes]) -> None:
        fresh = Position()
        self._put(self._path, self._lines(bodies, fresh))
        self._at = fresh

    def _lines(self, bodies: Iterable[bytes], fresh: Position) -> Iterator[bytes]:
        fresh.header = new_header(self._format)
        fresh.version = self._format.version
        fresh.offset, fresh.mark = len(fresh.header), fresh.header[:_MARK]
        yield fresh.header
        for number, body in enumerate(bodies, FIRST):
            line = sealed(number, body)
            fresh.advance(line)
            yield line

    def _keep_a_copy(self) -> None:
        copy = self._path.with_name(f"{self._path.name}.v{self._at.version}.bak")
        with self._path.open("rb") as old:
            self._put(copy, iter(lambda: old.read(WRITTEN_AT_ONCE), b""))
        self._disk.sync_directory(self._path.parent)

    def _put(self, target: Path, pieces: Iterable[bytes]) -> None:
        """Write ``pieces`` to a file of its own, and only once it is whole and synced name it ``target``."""
        unfinished = self._unfinished()
        unfinished.unlink(missing_ok=True)
        try:
            with self._disk.create(unfinished) as file:
                for chunk in _in_chunks(pieces):
                    write_all(self._disk, file, chunk)
                self._disk.sync(file.fileno())
            self._disk.replace(unfinished, target)
        except BaseException:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise

    def _unfinished(self) -> Path:
        return self._path.with_name(f"{self._path.name}.new")

    def _tidy(self) -> None:
        if not self._tidied:
            self._unfinished().unlink(missing_ok=True)
            self._tidied = True


def opened(path: Path) -> BinaryIO:
    """Open ``path`` for reading. Raises ``NotOurFile`` for a folder, and for a pipe, which would keep us waiting."""
    # One look: between two of them somebody may make the file.
    if not stat.S_ISREG(path.stat().st_mode):
        raise not_ours(path)
    return path.open("rb", buffering=READ_AT_ONCE)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector from walking through a growing image that holds no garbage."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _in_chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= WRITTEN_AT_ONCE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)
