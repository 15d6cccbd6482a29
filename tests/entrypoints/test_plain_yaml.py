"""Files of YAML and of JSON: what they say is what they look like, and nothing is lost without a word."""

import json

import pytest

from tocsin.entrypoints.plain_yaml import read_yaml
from tocsin.errors import InvalidInput


@pytest.fixture
def said(tmp_path):
    """Return what a file says that has this in it."""

    def read(text):
        file = tmp_path / "a.yaml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_yaml(file)

    return read


@pytest.mark.parametrize(
    "text, value",
    [
        ("a: 17:00", "17:00"),
        ("a: 2026-03-02", "2026-03-02"),
        ("a: 010", "010"),
        ("a: 09", "09"),
        ("a: -10", -10),
        ("a: 0", 0),
        ("a: 1.5", "1.5"),
        ("a: yes", "yes"),
        ("a: true", True),
        ("a: ~", None),
        ("a:", None),
        ('{"a": "\\ud83d\\ude00"}', "😀"),
        ('{\n\t"a": [1]\n}', [1]),
        (b'\xef\xbb\xbf{"a": 1}', 1),
    ],
)
def test_what_it_says_is_what_it_looks_like(said, text, value):
    """No octal numbers, no times to the base of 60; and JSON as any reader of JSON has it."""
    assert said(text) == {"a": value}


@pytest.mark.parametrize("text", ["a: {b: 1, c: 2, b: 3}", '{"a": {"b": 1, "b": 1}}', "a:\n  b: 1\n  'b': 2"])
def test_what_is_said_twice_is_refused(said, text):
    """Of two parts of one name the first would be lost, and with --prune all that it describes."""
    with pytest.raises(InvalidInput, match="it says 'b' twice"):
        said(text)


@pytest.mark.parametrize(
    "text", ["{", "a: b: c", "\x00", "a: !!python/object:os.system x", b"\xff\xfe\x00", "- " * 5_000]
)
def test_what_cannot_be_read_is_said_in_one_line(said, text):
    """Without a traceback, whatever it is."""
    with pytest.raises(InvalidInput, match=r"a\.yaml is no YAML that can be read"):
        said(text)


def test_large_answers_are_read_at_once(said):
    """A reader of YAML takes a minute for what other systems answer."""
    assert len(said(json.dumps({"a": [{"b": "c" * 50}] * 50_000}))["a"]) == 50_000
