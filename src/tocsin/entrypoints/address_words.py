"""The words of an address as somebody gives them: what may be seen as arguments, what is secret in other ways."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tocsin.domain.contact import WORDS, ChannelKind, Word

from .choices import TEXT
from .choices import Word as WordType

KIND = WordType("kind", [kind.value for kind in ChannelKind])

values = click.argument("values", nargs=-1, type=TEXT)
secrets = click.option(
    "--secrets",
    type=TEXT,
    metavar="FILE",
    help="Read what is secret from a file, a line for each; - is standard input.",
)


def words_of(kind: ChannelKind, given: Sequence[str], secrets_in: str | None) -> dict[str, str]:
    """Return the words of an address.

    ``given`` are ``NAME=VALUE``, or the value alone of the first word that may be seen. What is secret is read from the
    file ``secrets_in`` (``-``: standard input), or asked for on a terminal.
    """
    visible = [word for word in WORDS[kind] if not word.secret]
    hidden = [word for word in WORDS[kind] if word.secret]
    found: dict[str, str] = {}
    for value in given:
        name, equals, rest = value.partition("=")
        if equals and any(word.name == name for word in hidden):
            message = f"{name} is secret, and would be seen by whoever lists processes"
            raise click.UsageError(f"{message}: it is asked for, or read with --secrets FILE")
        if equals and any(word.name == name for word in visible):
            found[name] = rest
        elif visible and visible[0].name not in found:
            found[visible[0].name] = value
        else:
            names = ", ".join(word.name for word in visible) or "no word that may be seen"
            message = f"{kind} takes {names}: give NAME=VALUE, and the secrets when they are asked for"
            raise click.UsageError(message)
    return found | (_read(hidden, secrets_in) if secrets_in else _asked(kind, hidden))


def _read(hidden: Sequence[Word], secrets_in: str) -> dict[str, str]:
    if secrets_in == "-":
        text = sys.stdin.read() if sys.stdin is not None else ""
    else:
        try:
            text = Path(secrets_in).read_text("utf-8")
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            message = f"{secrets_in} could not be read: {why}"
            raise click.UsageError(message) from None
    return dict(zip((word.name for word in hidden), (line.strip() for line in text.splitlines()), strict=False))


def _asked(kind: ChannelKind, hidden: Sequence[Word]) -> dict[str, str]:
    if hidden and (sys.stdin is None or not sys.stdin.isatty()):
        names = ", ".join(word.name for word in hidden)
        message = f"there is no terminal to ask for what is secret of {kind} ({names}): say --secrets FILE"
        raise click.UsageError(message)
    return {word.name: _prompt(word) for word in hidden}


def _prompt(word: Word) -> str:
    what = word.name.replace("_", " ").capitalize()
    if word.required:
        return str(click.prompt(what, hide_input=True, err=True))
    return str(click.prompt(f"{what} (Enter: none)", hide_input=True, err=True, default="", show_default=False))
