"""The words of messages that administrators may change: texts with fields, of which there is a closed set.

They are filled in by :class:`string.Template`: a name after a dollar becomes its value, once, and that is all there is.
A language of templates (Jinja, ``str.format``) reaches attributes, runs loops and can be made to run code, and the values
here are written by strangers. A dollar in a value stays as it is.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from string import Template as Filling

from tocsin.errors import InvalidInput

from .frozen import Frozen
from .message import Tells

LONGEST_TEXT = 4_000
"""Characters of a template's text."""

LONGEST_LINE = 200
"""Characters of a subject, and of what is short."""


class TemplateId(StrEnum):
    """What there are templates for: what tells of one incident, and what tells of several at once."""

    PAGE = "page"
    PAGE_MANY = "page_many"
    ALL_CLEAR = "all_clear"
    ALL_CLEAR_MANY = "all_clear_many"
    ACKNOWLEDGED = "acknowledged"
    ACKNOWLEDGED_MANY = "acknowledged_many"

    @classmethod
    def of(cls, tells: Tells, *, many: bool) -> "TemplateId | None":
        """Return the template of what tells of one incident, or of ``many``; None: there is none for that."""
        name = f"{tells.value}_many" if many else tells.value
        return next((one for one in cls if one.value == name), None)

    @property
    def tells(self) -> Tells:
        """Why somebody is told."""
        return Tells(self.value.removesuffix("_many"))

    @property
    def many(self) -> bool:
        """Whether it is for several incidents."""
        return self.value.endswith("_many")


class Part(StrEnum):
    """The parts of a message that have words of their own."""

    SUBJECT = "subject"
    SHORT = "short"
    TEXT = "text"


class Name(StrEnum):
    """The fields. Of several incidents, those of an incident are those of the worst."""

    SEVERITY = "severity"
    ID = "id"
    TITLE = "title"
    SERVICE = "service"
    ENVIRONMENT = "environment"
    SINCE = "since"
    STATUS = "status"
    URL = "url"
    ACKNOWLEDGE = "acknowledge"
    RUNBOOK = "runbook"
    MESSAGE = "message"
    COUNT = "count"
    LIST = "list"


_OF_TEXT = frozenset({Name.URL, Name.RUNBOOK, Name.LIST})
"""What only a text has: a link that was cut leads nowhere, and a list is many lines."""


class Template(Frozen):
    """The words of one message. A part that is empty is as if there were no template.

    ``version`` grows by one with each change; 0: it was never changed.
    """

    id: TemplateId
    subject: str = ""
    short: str = ""
    text: str = ""
    version: int = 0

    @property
    def parts(self) -> Mapping[Part, str]:
        """What it says, by part; without what it leaves as it is."""
        said = {Part.SUBJECT: self.subject, Part.SHORT: self.short, Part.TEXT: self.text}
        return {part: text for part, text in said.items() if text}


def names_of(template_id: TemplateId, part: Part) -> tuple[Name, ...]:
    """Return the fields that a part may have.

    No link is in a subject, which is logged: whoever has the link that acknowledges can follow it.
    """
    without = set() if template_id.many else {Name.COUNT, Name.LIST}
    if part is not Part.TEXT:
        without |= _OF_TEXT
    if part is Part.SUBJECT or template_id is not TemplateId.PAGE:
        without.add(Name.ACKNOWLEDGE)
    return tuple(one for one in Name if one not in without)


def checked(template: Template) -> Template:
    """Return a template as it is kept: without blanks around it. Raises ``InvalidInput``, which says what is wrong."""
    said = {part.value: text.replace("\r\n", "\n").strip() for part, text in template.parts.items()}
    template = template.model_copy(update=said)
    if not template.parts:
        message = "a template needs a subject, a short or a text"
        raise InvalidInput(message, hint="delete it for the words that are built in")
    for part, text in template.parts.items():
        _check(template.id, part, text)
    return template


def warnings(template: Template) -> tuple[str, ...]:
    """Return what is allowed in a template, and most likely a mistake."""
    found = []
    if template.id is TemplateId.PAGE:
        found = [
            f"{part}: there is no $acknowledge, so that nobody can acknowledge from it"
            for part, text in template.parts.items()
            if part is not Part.SUBJECT and Name.ACKNOWLEDGE not in used(text)
        ]
    if template.id.many and template.text and Name.LIST not in used(template.text):
        found.append("text: there is no $list, so that it names one incident alone")
    return tuple(found)


def used(text: str) -> frozenset[str]:
    """Return the names of the fields in a text, known or not."""
    return frozenset(name for name in _names(text) if name is not None)


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its values. A line that has fields, all of them empty, is left out.

    Raises ``KeyError`` for a field that has no value, and ``ValueError`` for a dollar that begins none.
    """
    return "\n".join(
        Filling(line).substitute(values)
        for line in text.split("\n")
        if not (names := used(line)) or any(values[name] for name in names)
    )


def _names(text: str) -> Iterator[str | None]:
    """Yield each name in a text; None for a dollar that begins none."""
    for found in Filling.pattern.finditer(text):
        if found["escaped"] is None:
            yield found["named"] or found["braced"]


def _check(template_id: TemplateId, part: Part, text: str) -> None:
    longest = LONGEST_TEXT if part is Part.TEXT else LONGEST_LINE
    if len(text) > longest:
        message = f"{part}: at most {longest} characters; these are {len(text)}"
        raise InvalidInput(message)
    allowed = "\n\t" if part is Part.TEXT else ""
    if not all(one.isprintable() or one in allowed for one in text):
        message = f"{part}: a character that cannot be printed" if part is Part.TEXT else f"{part}: it is one line"
        raise InvalidInput(message)
    names = names_of(template_id, part)
    for name in _names(text):
        if name is None:
            message = f"{part}: a $ begins no field"
            raise InvalidInput(message, hint="write $$ for a dollar")
        if name not in names:
            message = f"{part}: {template_id} has no field ${name[:50]} there{_meant(name, names)}"
            raise InvalidInput(message, hint=f"its fields are {', '.join(f'${one}' for one in names)}")


def _meant(name: str, names: tuple[Name, ...]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name.lower(), names, n=1)
    return f"; did you mean ${found[0]}?" if found else ""
