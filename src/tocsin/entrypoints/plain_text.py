"""Text from outside, made harmless for a terminal; and how many columns it takes there.

Titles, messages, labels and names are written by anybody. Nothing of them may move the cursor, hide or reorder what
stands beside it, or pretend to be another line. Whatever is shown to a person goes through :func:`one_line` or
:func:`lines`; :class:`~tocsin.entrypoints.screen.Screen` sees to it.
"""

import re
import unicodedata
from collections.abc import Iterable

ELLIPSIS = "…"
UNSHOWABLE = "\N{REPLACEMENT CHARACTER}"

MOST_MARKS = 6
"""Combining marks kept on one letter: more than any script needs, too few to cover the lines around it."""

# Compiled when something is to be cleaned, which is rare: it takes a hundredth of what `list` may.
# Whole sequences go, so that no "[31m" is left of them. What stays of a broken one has lost its escape character.
_SEQUENCES = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erasing
    r"|(?:\x1b[P\]X^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS ...: titles, links
    r"|\x1b[ -/]*[0-~]"
)
_BREAKS = frozenset("\t\n\v\f\r\x85\u2028\u2029")
# Unicode says of these, too, that nothing is drawn; their category does not tell. Variation selectors are among
# them: terminals disagree on the width of what they make.
_INVISIBLE = (
    (0x034F, 0x034F),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
    (0x180B, 0x180F),
    (0x2800, 0x2800),
    (0x3164, 0x3164),
    (0xFE00, 0xFE0F),
    (0xFFA0, 0xFFA0),
    (0xE0100, 0xE01EF),
)
_DROPPED = ("Cc", "Cf")
_UNKNOWN = ("Cs", "Co", "Cn")


class _Shown(dict[int, str]):
    """What is shown for each code point, found out once."""

    def __missing__(self, code: int) -> str:
        shown = self[code] = _shown(code)
        return shown


def _shown(code: int) -> str:
    char = chr(code)
    category = unicodedata.category(char)
    if char in _BREAKS or category == "Zs":
        return " "
    if category in _DROPPED or any(first <= code <= last for first, last in _INVISIBLE):
        return ""
    return UNSHOWABLE if category in _UNKNOWN else char


_SHOWN = _Shown()


def one_line(text: str) -> str:
    """Return ``text`` without escape sequences, control, bidi and invisible characters; line breaks become spaces."""
    if text.isascii() and text.isprintable():
        return text
    shown = re.sub(_SEQUENCES, "", text).translate(_SHOWN)
    return shown if shown.isascii() else _with_few_marks(unicodedata.normalize("NFC", shown))


def lines(text: str) -> list[str]:
    """Return the lines of ``text``, each made harmless; tabs become four spaces, empty lines at either end go."""
    cleaned = [one_line(line.replace("\t", "    ")).rstrip() for line in text.splitlines()]
    filled = [number for number, line in enumerate(cleaned) if line]
    return cleaned[filled[0] : filled[-1] + 1] if filled else []


def width(text: str) -> int:
    """Return the columns that ``text``, made harmless before, takes on a terminal."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def fit(text: str, columns: int) -> str:
    """Return ``text`` cut to at most ``columns`` columns, the last of them an ellipsis if anything was cut."""
    if width(text) <= columns:
        return text
    return head(text, columns - 1).rstrip() + ELLIPSIS if columns > 0 else ""


def head(text: str, columns: int) -> str:
    """Return the longest beginning of ``text`` that takes at most ``columns`` columns."""
    left = columns
    for number, char in enumerate(text):
        left -= _columns(char)
        if left < 0:
            return text[:number]
    return text


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """Return ``text`` filled with spaces to ``columns`` columns; ``right``: before it."""
    filling = " " * (columns - width(text))
    return filling + text if right else text + filling


def widest(texts: Iterable[str]) -> int:
    """Return the columns of the widest of ``texts``."""
    return max(map(width, texts), default=0)


def _columns(char: str) -> int:
    if _is_mark(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _is_mark(char: str) -> bool:
    return unicodedata.category(char) in ("Mn", "Me")


def _with_few_marks(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        marks = marks + 1 if _is_mark(char) else 0
        if marks <= MOST_MARKS:
            kept.append(char)
    return "".join(kept)
