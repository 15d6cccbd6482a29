"""What a message says, in every length. Texts from outside are kept to one line each, and escaped where they are HTML."""

from collections.abc import Callable, Mapping, Sequence
from html import escape

from tocsin.domain.contact import ChannelKind
from tocsin.domain.frozen import Utc
from tocsin.domain.incident import Incident
from tocsin.domain.message import Message, Subject, Tells, on_the_web
from tocsin.domain.page import Page
from tocsin.domain.template import TemplateId

from .lines import MOST_LISTED, listed, one_line, since
from .wording import Templates, Words, document_of, html_of, no_templates, with_link, worded

Link = Callable[[Page], str]
"""Returns a signed address at which whom a page is for can acknowledge; empty if there is none."""


def no_link(_page: Page) -> str:
    """Return no link."""
    return ""


class Messages:
    """Writes messages.

    ``templates`` is asked once a message, for words that are not those built in; if it fails, those are.
    """

    def __init__(self, *, link: Link = no_link, templates: Templates = no_templates) -> None:
        self._link = link
        self._templates = templates

    def of(self, pages: Sequence[Page], incidents: Mapping[str, Incident], *, bundle: str, at: Utc) -> Message:
        """Return the one message of pages that go to one place and tell the same. ``bundle`` is its id."""
        subjects = self._subjects(pages, incidents)
        tells = pages[0].tells
        extra = [page.text for page in pages if page.text and page.channel is not ChannelKind.GITHUB]
        said = list(dict.fromkeys(extra))
        words = self._words(tells, subjects, said)
        head = _head(tells, subjects, extra)
        first = subjects[0] if len(subjects) == 1 else None
        details = listed(subjects, tells) if first is None else _details(first)
        text = words.text or "\n".join([head, "", *said, *details]).rstrip() + "\n"
        subject = words.subject or one_line(head)
        return Message(
            id=bundle,
            tells=tells,
            subject=subject,
            # Without an incident the head is made of the texts, which need not be said twice where there is little room.
            short=words.short or _short(head if subjects or not said else "Tocsin:", said, first),
            text=text,
            html=html_of(subject, text, subjects) if words.text else _html(words.subject or head, said, subjects),
            subjects=tuple(subjects),
            sent_at=at,
        )

    def _words(self, tells: Tells, subjects: Sequence[Subject], said: Sequence[str]) -> Words:
        template_id = TemplateId.of(tells, many=len(subjects) > 1)
        if template_id is None or not subjects or any(one.merged_into for one in subjects):
            # No template tells apart what is over and what goes on under another number.
            return Words()
        return worded(self._templates, template_id, subjects, said)

    def _subjects(self, pages: Sequence[Page], incidents: Mapping[str, Incident]) -> list[Subject]:
        found: dict[str, Subject] = {}
        for page in pages:
            incident = incidents.get(page.incident_id)
            if incident is None:
                continue
            found[incident.id] = Subject(
                id=incident.id,
                cycle=page.cycle or _cycle(incident, page.tells),
                title=one_line(incident.title),
                severity=incident.severity,
                status=incident.status,
                service=one_line(incident.service),
                environment=one_line(incident.environment),
                source=incident.source.value,
                opened_at=incident.opened_at,
                runbook=incident.links.runbook,
                url=next(filter(on_the_web, (incident.links.group, incident.links.monitor)), ""),
                acknowledge=self._link(page) if page.tells is Tells.PAGE else "",
                merged_into=incident.merged_into or "",
            )
        return sorted(found.values(), key=lambda one: (-one.severity.rank, one.opened_at))


def _cycle(incident: Incident, tells: Tells) -> int:
    # An acknowledgement covers no cycle that began since, however late it is told.
    return incident.acknowledged_cycles if tells is Tells.ACKNOWLEDGED else incident.cycles


def _head(tells: Tells, subjects: Sequence[Subject], extra: Sequence[str]) -> str:
    if not subjects:
        said = one_line(extra[0].partition("\n")[0]) if extra else "a message for you"
        return "Tocsin: a test page. Nothing has happened." if tells is Tells.TEST else f"Tocsin: {said}"
    first = subjects[0]
    where = f" ({first.service})" if first.service else ""
    one = f"{first.id} {first.title}{where}"
    if len(subjects) == 1:
        match tells:
            case Tells.ALL_CLEAR if first.merged_into:
                return f"Merged into {first.merged_into}: {one}"
            case Tells.ALL_CLEAR:
                return f"All clear: {one}"
            case Tells.ACKNOWLEDGED:
                return f"Acknowledged: {one}"
            case _:
                return f"{first.severity.value.upper()}: {one}"
    match tells:
        case Tells.ALL_CLEAR:
            return _all_clear(len(subjects), sum(1 for one in subjects if one.merged_into))
        case Tells.ACKNOWLEDGED:
            return f"Acknowledged: {len(subjects)} incidents"
        case _:
            return f"{first.severity.value.upper()}: {len(subjects)} incidents need you, the worst is {one}"


def _all_clear(number: int, merged: int) -> str:
    if merged == number:
        return f"Merged into others: {number} incidents"
    if merged:
        return f"All clear: {number - merged} over, {merged} merged into others"
    return f"All clear: {number} incidents are over"


def _facts(subject: Subject) -> dict[str, str]:
    """Return what is known of an incident, links apart, by what it is called."""
    said = {
        "Severity": subject.severity.value,
        "Status": subject.status.value,
        "Service": subject.service,
        "Environment": subject.environment,
        "Since": since(subject),
    }
    return {name: value for name, value in said.items() if value}


def _details(subject: Subject) -> list[str]:
    """Return the lines of a plain text about one incident."""
    links = {"Runbook": subject.runbook, "Alert": subject.url, "Acknowledge": subject.acknowledge}
    return [f"{name}: {value}" for name, value in (_facts(subject) | links).items() if value]


def _short(head: str, said: Sequence[str], only: Subject | None) -> str:
    return with_link(one_line(" ".join([head, *said])), only.acknowledge if only is not None else "")


def _html(head: str, extra: Sequence[str], subjects: Sequence[Subject]) -> str:
    parts = [f"<h1>{escape(head)}</h1>", *(f"<p>{escape(text)}</p>".replace("\n", "<br>") for text in extra)]
    for subject in subjects[:MOST_LISTED]:
        rows = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in _facts(subject).items())
        links = "".join(
            f'<p><a href="{escape(address)}">{label}</a></p>'
            for label, address in (
                ("Acknowledge", subject.acknowledge),
                ("Show the alert", subject.url),
                ("Runbook", subject.runbook),
            )
            if on_the_web(address)
        )
        parts.append(f"<h2>{escape(subject.id)} {escape(subject.title)}</h2><table>{rows}</table>{links}")
    if len(subjects) > MOST_LISTED:
        parts.append(f"<p>… and {len(subjects) - MOST_LISTED} more</p>")
    return document_of("".join(parts))
