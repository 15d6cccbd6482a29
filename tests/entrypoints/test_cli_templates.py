"""``template``: on a store and on a server, shown alike."""

import json

import pytest

from tests.entrypoints.test_cli_people import either, on_a_server, remote, store  # noqa: F401 - fixtures

NOTHING = {"id": "page", "subject": "", "short": "", "text": "", "version": 0}


def test_words_are_changed_by_options(either):  # noqa: F811 - a fixture of its own name
    """All of them: what is left out is as it is built in."""
    put = either("template", "put", "page", "--subject", "[$severity] $title", "--by", "boss", "--json")
    assert (put.status, put.json) == (0, NOTHING | {"subject": "[$severity] $title", "version": 1})
    assert either("template", "show", "PAGE", "--json").json == put.json
    assert either("template", "show", "page").lines == ["page", "  subject:", "    [$severity] $title"]
    assert either("template", "put", "page", "--text", "$id\n$acknowledge").lines == [
        "page",
        "  text:",
        "    $id",
        "    $acknowledge",
    ]
    assert either("template", "show", "all-clear").lines == ["all_clear  as it is built in"]
    listed = either("template", "list").lines
    assert [one.split()[:2] for one in listed[:3]] == [["TEMPLATE", "CHANGED"], ["page", "text"], ["page_many", "-"]]
    assert len(either("template", "list", "--json").json) == 6
    assert either("template", "delete", "page").lines == ["page is as it is built in."]
    assert either("template", "show", "page", "--json").json == NOTHING | {"version": 3}


def test_words_are_changed_by_a_file(either):  # noqa: F811 - a fixture of its own name
    """YAML, or what was shown; options go before it."""
    file = either.folder / "page.yaml"
    file.write_text("subject: $title\ntext: |\n  $title\n  $acknowledge\n")
    made = either("template", "put", "page", str(file), "--short", "$id $acknowledge", "--json").json
    assert made == NOTHING | {
        "subject": "$title",
        "short": "$id $acknowledge",
        "text": "$title\n$acknowledge",
        "version": 1,
    }
    file.write_text(json.dumps(made))
    assert either("template", "put", "page", str(file), "--json").json == made
    file.write_text("colour: red")
    assert either("template", "put", "page", str(file)).status != 0
    file.write_text("- a list")
    assert "describes no template" in either("template", "put", "page", str(file)).err


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("put", "page"), "there are no words"),
        (("put", "page", "--text", "$titel"), "did you mean $title?"),
        (("preview", "page", "--text", "$titel"), "did you mean $title?"),
        (("show", "pgae"), "did you mean page?"),
        (("preview", "page", "--incident", "9999"), "incident"),
    ],
)
def test_what_is_wrong_is_said(either, arguments, said):  # noqa: F811 - a fixture of its own name
    """With what was meant most likely; nothing is kept."""
    refused = either("template", *arguments)
    assert refused.status != 0
    assert said in refused.err
    assert either("template", "show", "page", "--json").json == NOTHING


def test_a_preview_shows_what_would_go_out(either):  # noqa: F811 - a fixture of its own name
    """About an incident that is made up, or about one there is; what is not meant, on standard error."""
    said = either("template", "preview", "page", "--subject", "$id: $title", "--short", "$id", "--text", "$title")
    assert said.lines[:2] == ["  subject:", "    INC-1042: Checkout answers with errors"]
    assert said.lines[2:4] == ["  short:", "    INC-1042"]
    assert [one.split(":")[1] for one in said.err.splitlines() if one.startswith("Mind")] == [" short", " text"]
    assert either("open", "--title", "Search is down").status == 0
    about = either("template", "preview", "page", "--subject", "$title", "--incident", "1001", "--json").json
    assert (about["subject"], about["warnings"]) == ("Search is down", [])
    assert either("template", "show", "page", "--json").json == NOTHING


def test_what_is_paged_has_these_words(tocsin):
    """The next message that goes out, by the pager as it is put together."""
    assert tocsin("template", "put", "page", "--subject", "Up: $title").status == 0
    assert tocsin("room", "add", "ops", "log").status == 0
    assert tocsin("open", "--title", "Search is down").status == 0
    assert tocsin("page", "room:ops", "look", "--incident", "1001").status == 0
    said = tocsin("tick")
    # Where a log line goes is as whoever logs first in a process says.
    assert "page for the log: Up: Search is down" in said.out + said.err
