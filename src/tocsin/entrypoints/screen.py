"""Where text reaches a person. Everything that is shown is made harmless here, so that no caller can forget to."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TextIO

from .layout import Column, Row, table, wrapped
from .plain_text import lines, one_line

INDENT = "  "
WIDEST_TEXT = 100
"""Columns. Prose is wrapped here even on a wider terminal: longer lines are hard to read."""

_FALLBACK = 80
_RESET = "\x1b[0m"
# Of the 16 colours that every terminal has and lets its user choose; the meaning is always in the words as well.
_STYLES = {
    "critical": "\x1b[1;97;41m",
    "high": "\x1b[1;31m",
    "medium": "\x1b[33m",
    "low": "\x1b[36m",
    "detected": "\x1b[1m",
    "resolved": "\x1b[32m",
    "closed": "\x1b[2m",
    "heading": "\x1b[1m",
    "quiet": "\x1b[2m",
    "good": "\x1b[32m",
    "bad": "\x1b[1;31m",
}


class Styled(NamedTuple):
    """A text, and the name of the style it has where there are colours."""

    text: str
    style: str = ""


class Screen(NamedTuple):
    """One stream to a person. ``columns`` is None where nothing is cut or wrapped: in a pipe or a file.

    ``erases``: it is a terminal that can write a line over.
    """

    stream: TextIO
    columns: int | None = None
    coloured: bool = False
    erases: bool = False

    @classmethod
    def of(cls, stream: TextIO, environ: Mapping[str, str]) -> "Screen":
        """Return the screen for a stream: coloured and fitted on a terminal, plain and whole elsewhere."""
        if not stream.isatty():
            return cls(stream)
        able = environ.get("TERM") not in {"dumb", "unknown"}
        # https://no-color.org: any value but the empty one.
        coloured = able and not environ.get("NO_COLOR")
        return cls(stream, columns=_columns(stream, environ), coloured=coloured, erases=able)

    @property
    def terminal(self) -> bool:
        """True where a person looks on."""
        return self.columns is not None

    def line(self, *parts: str | Styled) -> None:
        """Write one line made of ``parts``."""
        self.stream.write("".join(map(self._painted, parts)) + "\n")

    def prose(self, text: str, *, indent: str = INDENT, style: str = "") -> None:
        """Write text of several lines, indented, and wrapped on a terminal."""
        columns = None if self.columns is None else min(self.columns, WIDEST_TEXT) - len(indent)
        for line in lines(text):
            for part in wrapped(line, columns):
                self.line(indent if part else "", Styled(part, style))

    def table(
        self, columns: Sequence[Column], rows: Iterable[Sequence[str | Styled]], *, indent: str = "", wrap: bool = False
    ) -> None:
        """Write a table with a heading, aligned by what is seen; on a terminal it is fitted to the width."""
        given = list(rows)
        cells: list[Row] = [tuple(one_line(_text(cell)) for cell in row) for row in given]
        width = None if self.columns is None else self.columns - len(indent)
        shown, made = table(columns, cells, width, wrap=wrap)
        for line in made:
            styles = ["heading" if line.row < 0 else _style(given[line.row][number]) for number in shown]
            self.line(indent, *(Styled(*cell) for cell in zip(line.cells, styles, strict=True)))

    def flush(self) -> None:
        """Hand on what was written."""
        self.stream.flush()

    def _painted(self, part: str | Styled) -> str:
        text = one_line(_text(part))
        code = _STYLES.get(_style(part), "") if self.coloured else ""
        if not code or not text.strip():
            return text
        # The padding beside a word is not coloured: a background would show there.
        bare = text.strip()
        before, after = text.split(bare, 1)
        return f"{before}{code}{bare}{_RESET}{after}"


def _text(part: str | Styled) -> str:
    return part.text if isinstance(part, Styled) else part


def _style(part: str | Styled) -> str:
    return part.style if isinstance(part, Styled) else ""


def _columns(stream: TextIO, environ: Mapping[str, str]) -> int:
    """Return the width of a terminal; COLUMNS goes before what the terminal says, as everywhere."""
    said = environ.get("COLUMNS", "")
    if said.isdecimal() and int(said) > 0:
        return int(said)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _FALLBACK
    except OSError:
        return _FALLBACK
