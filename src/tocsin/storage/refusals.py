"""What a person reads when the file cannot be used: one line each, and what to do."""

import shlex
from pathlib import Path

from tocsin.errors import DamagedFile, NewerFormat, NotOurFile, StoreError


def damaged(path: Path, where: str) -> DamagedFile:
    """Return the error for a file whose ``where`` (a line, a document) cannot be what was written."""
    return DamagedFile(
        f"{path} is damaged: {where}; it was left untouched", hint=f"save what can be read: {cure(path)}"
    )


def cure(path: Path) -> str:
    """Return the command that saves what can be read of a damaged file."""
    return f"python cli.py recover {shlex.quote(str(path))}"


def not_ours(path: Path) -> NotOurFile:
    """Return the error for a file that holds something else."""
    message = f"{path} is not an incidents file of Tocsin; it was left untouched"
    return NotOurFile(message, hint="name another file with INCIDENTS_FILE")


def newer(path: Path, version: int, known: int) -> NewerFormat:
    """Return the error for a file that a newer program wrote."""
    message = f"{path} was written by a newer Tocsin: format {version}, and this one knows {known}"
    return NewerFormat(message, hint="update Tocsin; the file was left untouched")


def unreadable(path: Path, error: OSError) -> StoreError:
    """Return the error for a file that the system does not let us read."""
    return StoreError(f"{path} could not be read: {error.strerror or error}", hint="check the file and its permissions")


def unwritable(path: Path, error: OSError) -> StoreError:
    """Return the error for a write that failed and was taken back."""
    message = f"{path} could not be written: {error.strerror or error}; nothing that was committed is lost"
    return StoreError(message, hint="make sure that there is room and permission, and try again")
