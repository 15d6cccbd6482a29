"""What can be saved of a damaged file."""

import os
from pathlib import Path
from typing import NamedTuple

from tocsin.domain.alert import Alert, Source
from tocsin.domain.change import Claim, Record
from tocsin.domain.frozen import Frozen, Utc
from tocsin.domain.incident import Incident
from tocsin.domain.timeline import Event
from tocsin.errors import NotFound, StoreError

from .disk import Disk
from .image import Image
from .journal import Journal, opened
from .line import CURRENT, FIRST, Format, header_of, number_of, parsed
from .refusals import newer, not_ours, unreadable, unwritable


class Loss(NamedTuple):
    """Lines that could not be saved, by the numbers that they had, and why."""

    first: int
    last: int
    why: str


class RecoveryReport(NamedTuple):
    """What came of it: ``kept`` lines of ``source`` and all ``incidents`` in them are in ``target``."""

    source: Path
    target: Path
    kept: int
    incidents: int
    lost: tuple[Loss, ...]


class _Readable(Frozen):
    """A line that every reader will understand."""

    at: Utc | None = None
    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()
    archived: tuple[Alert, ...] = ()
    claims: tuple[Claim, ...] = ()
    records: tuple[Record, ...] = ()
    touched: tuple[tuple[Source, str, Utc, Utc], ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    numbers: int = 0
    removed: str = ""
    change: str = ""
    recent: tuple[str, ...] = ()


def recover(path: str | os.PathLike[str], *, disk: Disk | None = None, file_format: Format = CURRENT) -> RecoveryReport:
    """Write every line of ``path`` that is whole and can be understood to a new file, ``FILE.recovered``.

    ``path`` itself is only read. Each line is a whole change, so nothing half is kept; an incident whose last lines
    are lost is there as it was before them. Raises ``NotFound``, ``NotOurFile``, ``NewerFormat``, and ``StoreError``
    if the new file exists already or cannot be written.
    """
    source = Path(os.path.realpath(path))
    target = source.with_name(f"{source.name}.recovered")
    if os.path.lexists(target):
        raise StoreError(f"{target} is there already", hint="move it away, and try again")
    saved = _Saved(source, file_format)
    try:
        with opened(source) as file:
            for raw in file:
                saved.take(raw)
    except FileNotFoundError:
        raise NotFound(f"there is no file {source}") from None
    except OSError as error:
        raise unreadable(source, error) from error
    image = saved.finish()
    try:
        Journal(target, disk=disk or Disk(), file_format=file_format, image=image).rewrite()
    except OSError as error:
        raise unwritable(target, error) from error
    return RecoveryReport(source, target, saved.kept, len(image.places), tuple(saved.lost))


class _Saved:
    """Takes the lines of a file one after the other and keeps those that can be kept."""

    def __init__(self, source: Path, file_format: Format) -> None:
        self._source = source
        self._format = file_format
        self._version = 0
        self._image = Image()
        self._next = FIRST
        self._unreadable = 0
        self._cut = False
        self.kept = 0
        self.lost: list[Loss] = []

    def take(self, raw: bytes) -> None:
        """Keep what ``raw`` says, or note why not."""
        header = None if self._version else header_of(raw)
        if header is not None:
            if header.version > self._format.version:
                raise newer(self._source, header.version, self._format.version)
            self._version = header.version
        elif not raw.endswith(b"\n"):
            self._cut = True
        elif (number := number_of(raw)) >= self._next:
            self._keep(number, raw)
        else:
            self._unreadable += 1

    def finish(self) -> Image:
        """Return what was kept. Raises ``NotOurFile`` if the file shows no sign of being ours."""
        if not self._version:
            if not self.kept:
                raise not_ours(self._source)
            self.lost.insert(0, Loss(1, 1, "is not the header that a file begins with"))
        if self._unreadable:
            self._lose(self._next + self._unreadable)
        if self._cut:
            self.lost.append(Loss(self._next, self._next, "was cut off while it was written, and never committed"))
        newest = max((number for _, number, _ in self._image.places), default=0)
        self._image.next_number = max(self._image.next_number, newest + 1)
        return self._image

    def _keep(self, number: int, raw: bytes) -> None:
        if number > self._next:
            self._lose(number)
        self._next, self._unreadable = number + 1, 0
        try:
            line = self._format.upgraded(parsed(raw), self._version or self._format.version)
            _Readable.model_validate(line)
            self._image.apply(line)
        except (AttributeError, KeyError, TypeError, ValueError):
            self.lost.append(Loss(number, number, "cannot be understood"))
        else:
            self.kept += 1

    def _lose(self, until: int) -> None:
        self.lost.append(Loss(self._next, until - 1, "is not what was written" if self._unreadable else "is missing"))
        self._next = until
