"""Tables and paragraphs as lines of plain text, by the columns that they take on a terminal. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from .plain_text import fit, head, padded, widest, width

GAP = "  "
WIDEST_COLUMN = 40
"""Columns. One cell with a very long word must not push every other row apart."""
NARROWEST_FLEXIBLE = 32
"""Columns. Before the flexible column gets narrower, others are left out."""

Row = tuple[str, ...]


class Line(NamedTuple):
    """One line of a table as padded cells, and the number of the row that it belongs to (the heading: -1)."""

    row: int
    cells: list[str]


class Column(NamedTuple):
    """A column: its heading, and what happens when the terminal is too narrow.

    One column, the last, may be ``flexible``: it takes what is left. Those with ``leave_out`` go first, the highest
    number before the others.
    """

    heading: str
    right: bool = False
    flexible: bool = False
    leave_out: int = 0


def table(
    columns: Sequence[Column], rows: Sequence[Row], total: int | None, *, wrap: bool = False
) -> tuple[list[int], list[Line]]:
    """Return the numbers of the columns shown, and the lines of the table, its heading first.

    ``total`` is the width of the terminal; None cuts nothing. ``wrap``: what does not fit into the flexible column
    goes on in further lines, in place of being cut.
    """
    widths = [
        min(widest([column.heading, *(row[number] for row in rows)]), WIDEST_COLUMN)
        for number, column in enumerate(columns)
    ]
    shown = list(range(len(columns)))
    if total is not None:
        shown = _shown(columns, widths, total)
        rest = total - sum(widths[number] + len(GAP) for number in shown if not columns[number].flexible)
        # A terminal too narrow for anything wraps the line; that is still readable.
        widths = [max(rest, 8) if column.flexible else widths[number] for number, column in enumerate(columns)]
    headings = tuple(column.heading for column in columns)
    made: list[Line] = []
    for row_number, row in enumerate((headings, *rows), start=-1):
        for part in _parts(columns, row, widths, wrap=wrap and total is not None):
            cells = [
                _cell(part[number], columns[number], widths[number], cut=total is not None, last=number == shown[-1])
                for number in shown
            ]
            made.append(Line(row_number, _without_tail(cells)))
    return shown, made


def _without_tail(cells: list[str]) -> list[str]:
    """Return the cells of a line without the spaces at its end."""
    for number in reversed(range(len(cells))):
        cells[number] = cells[number].rstrip()
        if cells[number]:
            break
    return cells


def _parts(columns: Sequence[Column], row: Row, widths: Sequence[int], *, wrap: bool) -> list[Row]:
    """Return the row, followed by what its flexible column does not hold, in rows of their own."""
    if not wrap or not columns[-1].flexible:
        return [row]
    first, *rest = wrapped(row[-1], widths[-1])
    return [(*row[:-1], first), *((*("" for _ in row[:-1]), text) for text in rest)]


def _shown(columns: Sequence[Column], widths: Sequence[int], total: int) -> list[int]:
    shown = list(range(len(columns)))
    while _needed(columns, widths, shown) > total:
        spare = max(shown, key=lambda number: columns[number].leave_out)
        if not columns[spare].leave_out:
            break
        shown.remove(spare)
    return shown


def _needed(columns: Sequence[Column], widths: Sequence[int], shown: Sequence[int]) -> int:
    least = (
        min(widths[number], NARROWEST_FLEXIBLE) if columns[number].flexible else widths[number] for number in shown
    )
    return sum(least) + len(GAP) * (len(shown) - 1)


def _cell(text: str, column: Column, columns: int, *, cut: bool, last: bool) -> str:
    if cut:
        text = fit(text, columns)
    filled = text if last and not column.right else padded(text, columns, right=column.right)
    return filled if last else filled + GAP


def wrapped(text: str, columns: int | None) -> list[str]:
    """Return one line of text as lines of at most ``columns`` columns, broken at spaces where there are any."""
    if columns is None or width(text) <= columns:
        return [text]
    columns = max(columns, 8)
    made: list[str] = []
    line = ""
    for word in text.split(" "):
        candidate = f"{line} {word}" if line else word
        if width(candidate) <= columns:
            line = candidate
            continue
        if line:
            made.append(line)
        line = word
        while width(line) > columns:
            beginning = head(line, columns)
            made.append(beginning)
            line = line[len(beginning) :]
    return [*made, line] if line else made
