"""A message in the words of a template. Whatever is wrong with one, there are words: those that are built in."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import NamedTuple

from tocsin.domain.message import SHORTEST, Subject, on_the_web
from tocsin.domain.template import Name, Part, Template, TemplateId, filled, used

from .lines import cut, listed, one_line, since

LONGEST_FILLED = 20_000
"""Characters of a text that was filled in."""

Templates = Callable[[TemplateId], Template | None]
"""Returns a template as it is kept; None where nobody changed those words. It may raise whatever a store raises."""

_log = logging.getLogger(__name__)


class Words(NamedTuple):
    """The parts of a message. Empty: what is built in."""

    subject: str = ""
    short: str = ""
    text: str = ""


def no_templates(_template_id: TemplateId) -> Template | None:
    """Return none."""
    return None


def worded(templates: Templates, template_id: TemplateId, subjects: Sequence[Subject], said: Sequence[str]) -> Words:
    """Return the words of a message about incidents, the worst first; ``said`` is what a policy, or a person, adds.

    Raises nothing: a template that cannot be read or filled in must not hold a page.
    """
    try:
        template = templates(template_id)
    except Exception as error:  # noqa: BLE001 - words are no reason to lose a page, whatever they fail by
        _log.warning("template %s cannot be read (%s): built-in words", template_id, type(error).__name__)
        return Words()
    found: dict[str, str] = {}
    for part, text in template.parts.items() if template is not None else ():
        try:
            found[part.value] = _part(part, text, template_id, subjects, said)
        except Exception as error:  # noqa: BLE001 - the same
            _log.warning("template %s, %s cannot be filled in (%s)", template_id, part, type(error).__name__)
    return Words(**found)


def html_of(subject: str, text: str, subjects: Sequence[Subject]) -> str:
    """Return a whole document of a text: every line escaped, and nothing a link but the incidents' own to the web."""
    links = {link for one in subjects for link in (one.acknowledge, one.url, one.runbook)}
    # The longest first: one may be the beginning of another.
    known = sorted(filter(on_the_web, links), key=len, reverse=True)
    pattern = re.compile(f"({'|'.join(map(re.escape, known))})") if known else None

    def shown(line: str) -> str:
        pieces = pattern.split(line) if pattern is not None else [line]
        return "".join(
            f'<a href="{escape(piece)}">{escape(piece)}</a>' if place % 2 else escape(piece)
            for place, piece in enumerate(pieces)
        )

    body = "".join(f"<p>{shown(line)}</p>" for line in text.split("\n") if line.strip())
    return document_of(f"<h1>{escape(subject)}</h1>{body}")


def document_of(body: str) -> str:
    """Return a whole document around what is HTML already."""
    return f'<!doctype html><html><head><meta charset="utf-8"></head><body>{body}</body></html>'


def with_link(words: str, link: str) -> str:
    """Return words of one SMS, and the link behind them: a call says the words alone, and an SMS makes room for it."""
    return f"{cut(words, SHORTEST)} {link}".rstrip()


def _part(part: Part, text: str, template_id: TemplateId, subjects: Sequence[Subject], said: Sequence[str]) -> str:
    values = _values(template_id, subjects, said)
    if part is Part.SUBJECT:
        return one_line(filled(text, values))
    if part is Part.SHORT:
        link = values[Name.ACKNOWLEDGE] if Name.ACKNOWLEDGE in used(text) else ""
        words = one_line(filled(text, {**values, Name.ACKNOWLEDGE: ""}))
        return with_link(words, link) if words else ""
    body = filled(text, values).strip()
    if body and values[Name.MESSAGE] and Name.MESSAGE not in used(text):
        # What somebody who pages by hand wrote is not to get lost.
        body += f"\n\n{values[Name.MESSAGE]}"
    return f"{_whole_lines(body)}\n" if body else ""


def _values(template_id: TemplateId, subjects: Sequence[Subject], said: Sequence[str]) -> Mapping[str, str]:
    first = subjects[0]
    values = {
        Name.SEVERITY: first.severity.value,
        Name.ID: first.id,
        Name.TITLE: first.title,
        Name.SERVICE: first.service,
        Name.ENVIRONMENT: first.environment,
        Name.SINCE: since(first),
        Name.STATUS: first.status.value,
        Name.URL: first.url,
        Name.ACKNOWLEDGE: "" if template_id.many else first.acknowledge,
        Name.RUNBOOK: first.runbook,
        Name.MESSAGE: "\n".join(said),
        Name.COUNT: str(len(subjects)),
        Name.LIST: "\n".join(listed(subjects, template_id.tells)),
    }
    return {name.value: value for name, value in values.items()}


def _whole_lines(text: str) -> str:
    """Return as much of ``text`` as a message holds; no line, and so no link, is cut."""
    if len(text) <= LONGEST_FILLED:
        return text
    return f"{text[:LONGEST_FILLED].rpartition(chr(10))[0]}\n…"
