"""``template``: the words of messages."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from tocsin.api.template_views import PreviewView, TemplateView
from tocsin.entrypoints.choices import BY, INCIDENT_ID, TEXT
from tocsin.entrypoints.json_output import write_array, write_object
from tocsin.entrypoints.layout import Column
from tocsin.entrypoints.screen import Styled
from tocsin.entrypoints.templates import Document, templates
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput

LIST = (Column("TEMPLATE"), Column("CHANGED"), Column("SUBJECT", flexible=True))

_json = click.option("--json", "as_json", is_flag=True, help="Print it as the API shows it, on one line.")
_name = click.argument("name", type=TEXT)

Command = TypeVar("Command", bound=Callable[..., object])


def _words(command: Command) -> Command:
    """Take the words of a message, from a file or one by one."""
    for part, said in (("text", "mail and chats"), ("short", "SMS and calls"), ("subject", "mail, on one line")):
        command = click.option(f"--{part}", type=TEXT, default="", help=f"The words for {said}.")(command)
    return click.argument("file", type=click.Path(path_type=Path), required=False)(command)


@click.group()
def template() -> None:
    """Change the words of messages, and look at them beforehand.

    NAME is page, all_clear or acknowledged; with _many, what tells of several incidents at once. FILE is YAML or JSON
    with subject, short and text; what is left out is as it is built in.
    """


@template.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print an array of templates.")
@pass_wiring
def list_templates(wiring: Wiring, *, as_json: bool) -> None:
    """List the templates, also those that nobody changed."""
    with templates(wiring, "") as desk:
        found = desk.every()
    if as_json:
        write_array(wiring.out.stream, found)
    else:
        rows = [(Styled(one.id, "heading"), ", ".join(one.parts) or "-", one.subject) for one in found]
        wiring.out.table(LIST, rows)


@template.command("show")
@_name
@_json
@pass_wiring
def show_one(wiring: Wiring, *, name: str, as_json: bool) -> None:
    """Show a template: what was changed."""
    with templates(wiring, "") as desk:
        _tell(wiring, desk.show(name), as_json=as_json)


@template.command()
@_name
@_words
@BY
@_json
@pass_wiring
def put(
    wiring: Wiring, *, name: str, file: Path | None, subject: str, short: str, text: str, by: str, as_json: bool
) -> None:
    """Change the words of a message: all of them, to what FILE or the options say."""
    document = _read(file, subject=subject, short=short, text=text)
    if not document:
        message = "there are no words: name a FILE, or give --subject, --short or --text"
        raise InvalidInput(message)
    with templates(wiring, wiring.actor(by)) as desk:
        _tell(wiring, desk.put(name, document), as_json=as_json)


@template.command()
@_name
@_words
@click.option("--incident", "incident_id", type=INCIDENT_ID, default="", help="About this one; made up unless given.")
@_json
@pass_wiring
def preview(
    wiring: Wiring,
    *,
    name: str,
    file: Path | None,
    subject: str,
    short: str,
    text: str,
    incident_id: str,
    as_json: bool,
) -> None:
    """Show what a message would say, in these words or in those there are. Nothing is stored, and nothing sent."""
    document = _read(file, subject=subject, short=short, text=text)
    with templates(wiring, "") as desk:
        found = desk.preview(name, document, incident_id)
    if as_json:
        write_object(wiring.out.stream, found.model_dump(mode="json"), on_one_line=True)
    else:
        _show(wiring, found)


@template.command()
@_name
@BY
@pass_wiring
def delete(wiring: Wiring, *, name: str, by: str) -> None:
    """Go back to the words that are built in."""
    with templates(wiring, wiring.actor(by)) as desk:
        desk.remove(name)
    wiring.out.line(f"{name} is as it is built in.")


def _read(file: Path | None, **options: str) -> Document:
    """Return what a file says, but for what only an answer has: id and version. Options go before it."""
    said: Document = {}
    if file is not None:
        from tocsin.entrypoints.plain_yaml import read_object

        said = read_object(file, "template: subject, short and text")
    given = {name: text for name, text in options.items() if text}
    return {name: words for name, words in said.items() if name not in ("id", "version")} | given


def _tell(wiring: Wiring, one: TemplateView, *, as_json: bool) -> None:
    if as_json:
        write_object(wiring.out.stream, one.model_dump(mode="json"), on_one_line=True)
        return
    wiring.out.line(Styled(one.id, "heading"), "" if one.parts else "  as it is built in")
    for part, text in one.parts.items():
        _lines(wiring, part, text)


def _show(wiring: Wiring, found: PreviewView) -> None:
    for part, text in (("subject", found.subject), ("short", found.short), ("text", found.text)):
        _lines(wiring, part, text)
    for warning in found.warnings:
        wiring.err.line(f"Mind: {warning}")


def _lines(wiring: Wiring, part: str, text: str) -> None:
    wiring.out.line(f"  {part}:")
    for line in text.rstrip("\n").split("\n"):
        wiring.out.line(f"    {line}")
