"""Texts from outside on one line each, and incidents as one line each."""

from collections.abc import Sequence

from tocsin.domain.message import Subject, Tells

MOST_LISTED = 20
"""Incidents that one message names; the others are counted."""

LONGEST_LINE = 200


def one_line(text: str) -> str:
    """Return ``text`` on one line, without control characters, and not too long."""
    return cut(" ".join("".join(char if char.isprintable() else " " for char in text).split()), LONGEST_LINE)


def cut(text: str, most: int) -> str:
    """Return ``text`` in at most so many characters; three dots tell that there is more."""
    return text if len(text) <= most else text[: most - 1] + "…"


def since(subject: Subject) -> str:
    """Return when it opened, as people read it."""
    return f"{subject.opened_at:%Y-%m-%d %H:%M} UTC"


def listed(subjects: Sequence[Subject], tells: Tells) -> list[str]:
    """Return one line for each, the first :data:`MOST_LISTED` of them, and how many more there are."""
    lines = [_line(one, tells) for one in subjects[:MOST_LISTED]]
    if len(subjects) > MOST_LISTED:
        lines.append(f"… and {len(subjects) - MOST_LISTED} more")
    return lines


def _line(subject: Subject, tells: Tells) -> str:
    line = f"{subject.severity.value.upper()} {subject.id} {subject.title}"
    line += f" ({subject.service})" if subject.service else ""
    line += f" merged into {subject.merged_into}" if subject.merged_into else ""
    if tells is Tells.PAGE:
        line += f" since {since(subject)}"
        line += f" acknowledge: {subject.acknowledge}" if subject.acknowledge else ""
    return line
