"""What a message says, in every length. Texts from outside are kept to one line each, and escaped where they are HTML."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from tocsin.domain.contact import ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import SHORTEST, Message, Subject, Tells
from tocsin.domain.page import Page

MOST_LISTED = 20
"""Incidents that one message names; the others are counted."""

LONGEST_LINE = 200

Link = Callable[[Page], str]
"""Returns a signed address at which whom a page is for can acknowledge; empty if there is none."""


def no_link(_page: Page) -> str:
    """Return no link."""
    return ""


class Messages:
    """Writes messages. ``shows`` returns the address at which an incident can be seen, empty if there is none."""

    def __init__(self, *, link: Link = no_link, shows: Callable[[str], str] = lambda _incident_id: "") -> None:
        self._link = link
        self._shows = shows

    def of(self, pages: Sequence[Page], incidents: Mapping[str, Incident], *, bundle: str, at: Utc) -> Message:
        """Return the one message of pages that go to one place and tell the same. ``bundle`` is its id."""
        subjects = self._subjects(pages, incidents)
        tells = pages[0].tells
        extra = [page.text for page in pages if page.text and page.channel is not ChannelKind.GITHUB]
        head = _head(tells, subjects, extra)
        lines = [_line(one, tells) for one in subjects[:MOST_LISTED]]
        if len(subjects) > MOST_LISTED:
            lines.append(f"… and {len(subjects) - MOST_LISTED} more")
        first = subjects[0] if len(subjects) == 1 else None
        details = [] if first is None else _details(first)
        text = "\n".join([head, "", *dict.fromkeys(extra), *(lines if first is None else details)]).rstrip() + "\n"
        return Message(
            id=bundle,
            tells=tells,
            subject=_one_line(head),
            short=_short(head, extra, first),
            text=text,
            html=_html(head, list(dict.fromkeys(extra)), subjects),
            subjects=tuple(subjects),
            sent_at=at,
        )

    def _subjects(self, pages: Sequence[Page], incidents: Mapping[str, Incident]) -> list[Subject]:
        found: dict[str, Subject] = {}
        for page in pages:
            incident = incidents.get(page.incident_id)
            if incident is None:
                continue
            found[incident.id] = Subject(
                id=incident.id,
                cycle=page.cycle or incident.cycles,
                title=_one_line(incident.title),
                severity=incident.severity,
                status=incident.status,
                service=_one_line(incident.service),
                environment=_one_line(incident.environment),
                source=incident.source.value,
                opened_at=incident.opened_at,
                runbook=incident.links.runbook,
                url=self._shows(incident.id),
                acknowledge=self._link(page) if page.tells is Tells.PAGE else "",
            )
        return sorted(found.values(), key=lambda one: (-one.severity.rank, one.opened_at))


def _head(tells: Tells, subjects: Sequence[Subject], extra: Sequence[str]) -> str:
    if not subjects:
        said = _one_line(extra[0].partition("\n")[0]) if extra else "a message for you"
        return "Tocsin: a test page. Nothing has happened." if tells is Tells.TEST else f"Tocsin: {said}"
    first = subjects[0]
    where = f" ({first.service})" if first.service else ""
    one = f"{first.id} {first.title}{where}"
    if len(subjects) == 1:
        match tells:
            case Tells.ALL_CLEAR:
                return f"All clear: {one}"
            case Tells.ACKNOWLEDGED:
                return f"Acknowledged: {one}"
            case _:
                return f"{first.severity.value.upper()}: {one}"
    match tells:
        case Tells.ALL_CLEAR:
            return f"All clear: {len(subjects)} incidents are over"
        case Tells.ACKNOWLEDGED:
            return f"Acknowledged: {len(subjects)} incidents"
        case _:
            return f"{first.severity.value.upper()}: {len(subjects)} incidents need you, the worst is {one}"


def _line(subject: Subject, tells: Tells) -> str:
    line = f"{subject.severity.value.upper()} {subject.id} {subject.title}"
    line += f" ({subject.service})" if subject.service else ""
    if tells is Tells.PAGE:
        line += f" since {subject.opened_at:%Y-%m-%d %H:%M} UTC"
        line += f" acknowledge: {subject.acknowledge}" if subject.acknowledge else ""
    return line


def _details(subject: Subject) -> list[str]:
    said = {
        "Severity": subject.severity.value,
        "Status": subject.status.value,
        "Service": subject.service,
        "Environment": subject.environment,
        "Since": f"{subject.opened_at:%Y-%m-%d %H:%M} UTC",
        "Runbook": subject.runbook,
        "Incident": subject.url,
        "Acknowledge": subject.acknowledge,
    }
    return [f"{name}: {value}" for name, value in said.items() if value]


def _short(head: str, extra: Sequence[str], only: Subject | None) -> str:
    """Return what fits one SMS: a link is left whole or left out, never cut."""
    text = _one_line(" ".join([head, *dict.fromkeys(extra)]))
    link = only.acknowledge if only is not None else ""
    if link and len(link) <= SHORTEST // 2:
        return f"{_cut(text, SHORTEST - len(link) - 1)} {link}"
    return _cut(text, SHORTEST)


def _html(head: str, extra: Sequence[str], subjects: Sequence[Subject]) -> str:
    parts = [f"<h1>{escape(head)}</h1>", *(f"<p>{escape(text)}</p>" for text in extra)]
    for subject in subjects[:MOST_LISTED]:
        rows = "".join(
            f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"
            for name, value in (line.split(": ", 1) for line in _details(subject))
            if name not in ("Acknowledge", "Incident", "Runbook")
        )
        links = "".join(
            f'<p><a href="{escape(address)}">{label}</a></p>'
            for label, address in (
                ("Acknowledge", subject.acknowledge),
                ("Show the incident", subject.url),
                ("Runbook", subject.runbook),
            )
            if address.startswith(("https://", "http://"))
        )
        parts.append(f"<h2>{escape(subject.id)} {escape(subject.title)}</h2><table>{rows}</table>{links}")
    if len(subjects) > MOST_LISTED:
        parts.append(f"<p>… and {len(subjects) - MOST_LISTED} more</p>")
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{"".join(parts)}</body></html>'


def _one_line(text: str) -> str:
    return _cut(" ".join("".join(char if char.isprintable() else " " for char in text).split()), LONGEST_LINE)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
