"""Titles, labels and messages are written by anybody."""

import unicodedata

import pytest

from tests.entrypoints.command_line import process
from tests.entrypoints.pseudo_terminal import ESCAPES, OnTerminal
from tocsin.entrypoints.plain_text import width

HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J\x1b[31mred\x1b[5;1H",
    "\x9b31m\x9d0;c1\x9c and \x90dcs\x9c",
    "gnp.\u202eexe \u2066isolated\u2069 \u200bzero\u200d\ufeff",
    "line one\nINC-9999  critical  detected  forged line\r\x1b[1A",
    "e" + "\u0363" * 300,
    "long " * 13_000,
    "日本語🔥" * 50,
    "{{host.name}} %s %(x)s {0} [red]markup[/red] <b>html</b> $(id) `id`",
]
HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp")


@pytest.fixture
def attacked(shop, datadog):
    """Return the command line after a sync of monitors whose every text is hostile."""
    for number, text in enumerate(HOSTILE):
        tag = text.replace(",", "")[:150]
        monitor = datadog.world.create(
            text,
            query=f"avg(last_5m):avg:a{{*}} > 1 {text[:500]}",
            message=f"first\n{text}\nRunbook: https://evil.example/{text[:100]}",
            tags=(f"service:{tag}", f"env:{tag}", f"team:{tag}"),
            groups=(f"host:{tag}", f"host:other-{number}"),
        )
        datadog.world.trigger(monitor)
    shop("sync")
    assert len(shop("list", "--json").json) == len(HOSTILE)
    return shop


def harmful(text):
    return {char for char in text if unicodedata.category(char) in HARMFUL and char != "\n"}


def commands(tocsin):
    ids = [one["id"] for one in tocsin("list", "--json").json]
    return [
        ["list"],
        ["list", "--wide", "--utc"],
        ["stats"],
        *(["show", one] for one in ids),
        ["ack", *ids],
        ["note", ids[0], HOSTILE[0]],
        ["resolve", ids[0], "--root-cause", HOSTILE[2], "--step", HOSTILE[3]],
        ["show", ids[0]],
        ["list", "--status", HOSTILE[0]],
        ["show", HOSTILE[3]],
        [HOSTILE[0]],
    ]


def test_nothing_that_is_shown_moves_hides_or_reorders(attacked):
    """Every command that repeats text from outside, in a pipe, its errors too."""
    for command in commands(attacked):
        said = attacked(*command)
        assert not harmful(said.out), command
        assert not harmful(said.err), command
        assert max(map(len, said.err.splitlines()), default=0) < 2_000


def test_on_a_terminal_there_are_our_colours_and_nothing_else(attacked):
    """A title cannot paint itself, nor move the cursor or rename the window."""
    for command in commands(attacked):
        said = attacked(*command, columns=90)
        assert not harmful(ESCAPES.sub("", said.out)), command
        assert set(ESCAPES.findall(said.out)) <= {
            f"\x1b[{code}m" for code in ("0", "1", "2", "1;97;41", "1;31", "33", "36", "32")
        }


def test_each_incident_stays_on_its_line_and_within_the_width(attacked):
    """No title forges a second incident, or pushes the next one off its line."""
    lines = ESCAPES.sub("", attacked("list", columns=90).out).splitlines()
    assert len(lines) == 1 + len(HOSTILE) + 2
    assert [line[:4] for line in lines[1:-2]] == ["INC-"] * len(HOSTILE)
    assert all(width(line) <= 90 for line in lines[:-2])
    assert "INC-9999" not in {line.split()[0] for line in lines[1:-2]}


def test_json_is_ascii_and_holds_the_text_as_it_came(attacked):
    """Programs get the truth, escaped, so that `--json` on a terminal does no harm either."""
    said = attacked("list", "--json")
    assert said.out.isascii()
    assert not harmful(said.out)
    titles = {one["title"] for one in said.json}
    assert HOSTILE[0].strip() in titles
    assert all(attacked("show", one["id"], "--json").out.isascii() for one in said.json)


def test_a_sync_summary_is_harmless_too(shop, datadog):
    """Titles, queries and tags that come fresh from Datadog."""
    for text in HOSTILE:
        datadog.world.trigger(datadog.world.create(text, query="avg(last_5m):avg:a{*} > 1", message=text))
    for columns in (None, 90):
        said = shop("sync", columns=columns)
        assert "Opened 8" in ESCAPES.sub("", said.out) or columns
        assert not harmful(ESCAPES.sub("", said.out))


def test_a_real_terminal_takes_no_harm(attacked):
    """The whole program on a pseudo-terminal, and the same in a pipe."""
    terminal = OnTerminal(attacked.folder, "list", columns=100)
    assert terminal.ended() == 0
    assert not harmful(terminal.text)
    assert not harmful(process(attacked.folder, "list").out)
