"""A body is read without trust: a value, or a refusal that says where it goes wrong."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.bodies import encoded
from tocsin.errors import InvalidInput, MalformedBody
from tocsin.sources.bodies import Fields, flat, read_json


@pytest.mark.parametrize(
    "body, says",
    [
        (b"", "the body is empty"),
        (b" \n", "the body is empty"),
        (b'{"a": "\xff"}', "its byte 8"),
        ('{"a": 1}'.encode("utf-16"), "is no UTF-8 text"),
        (b'{"a": 1 "b"}', "line 1, column 9"),
        (b'{"a":\n nope}', "line 2, column 2"),
        (b"payload=%7B%7D", "is no JSON"),
        (b'{"a": 1}\0', "is no JSON"),
        (b'{"a": NaN}', "it has no NaN"),
        (b'{"a": -Infinity}', "it has no -Infinity"),
        (b"[" * 200_000, "nested too deeply"),
        (b'{"a":' * 200_000, "nested too deeply"),
        (b"[" + b"9" * 5_000 + b"]", "thousands of digits"),
        (b'{"severity": "low", "severity": "critical"}', "names 'severity' twice"),
        (b'[{"labels": {"a": "1", "b": "2", "a": "3"}}]', "names 'a' twice"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(body, says):
    """In one short line, as a 400."""
    with pytest.raises(MalformedBody) as refused:
        read_json(body)
    assert says in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert len(str(refused.value)) < 150
    assert refused.value.http_status == 400


@pytest.mark.parametrize(
    "body, says",
    [
        ("{&quot;message&quot;: &quot;x&quot;}", "escaped for HTML"),
        ("[\n  {&quot;message&quot;: 1}]", "escaped for HTML"),
        ('{"message": "x"}\n{"message": "y"}\n', "several values"),
        ('{"message": "x"}\r\n\r\n["y"]', "several values"),
        ('{"message": "x",\n}', ""),
        ('{"message": "x"\n{', ""),
        ('{"message": &quot;x&quot;}', "escaped for HTML"),
        ("&quot;", ""),
        ("disk full", ""),
    ],
)
def test_what_its_sender_took_for_json_comes_with_what_to_do(body, says):
    """Where that can be told from what came; nothing is guessed."""
    with pytest.raises(MalformedBody) as refused:
        read_json(body.encode())
    assert says in refused.value.hint
    assert bool(says) is bool(refused.value.hint)


def test_a_malformed_body_is_input_that_cannot_be_used():
    """Who handles the one handles the other; only the status differs."""
    assert issubclass(MalformedBody, InvalidInput)
    assert InvalidInput.http_status == 422


@pytest.mark.parametrize(
    "body, value",
    [
        (b"\xef\xbb\xbf[]", []),
        (b'{"a": "line 1\nline 2\ttab"}', {"a": "line 1\nline 2\ttab"}),
        (b'{"a": "\\u0000"}', {"a": "\0"}),
        (b'{"a": "\0"}', {"a": "\0"}),
        (b'{"a": 1e400, "b": 12345678901234567890123}', {"a": float("inf"), "b": 12345678901234567890123}),
        (b"null", None),
    ],
)
def test_what_a_hasty_script_sends_is_read(body, value):
    """A byte order mark, line breaks and NULs inside a text, huge numbers that nobody may ask for."""
    assert read_json(body) == value


@given(st.binary(max_size=300))
def test_any_bytes_are_a_value_or_a_refusal(body):
    """Nothing else comes out."""
    with contextlib.suppress(MalformedBody):
        json.dumps(read_json(body))


@pytest.mark.parametrize(
    "value, says",
    [
        (5, "service: it is a number; it should be a text"),
        (True, "service: it is true or false; it should be a text"),
        ([], "service: it is a list; it should be a text"),
        ({}, "service: it is an object; it should be a text"),
    ],
)
def test_a_field_of_the_wrong_type_is_named(value, says):
    """With what it is, and what it should be."""
    with pytest.raises(InvalidInput) as refused:
        Fields({"service": value}, "alert").text("service")
    assert str(refused.value) == says


@pytest.mark.parametrize("item, what", [(None, "null"), ("x", "a text"), ([], "a list"), (3.5, "a number")])
def test_what_is_no_object_has_no_fields(item, what):
    """The message calls it by the name that it was given."""
    with pytest.raises(InvalidInput) as refused:
        Fields(item, "alert")
    assert str(refused.value) == f"alert: it is {what}; it should be an object"


def test_null_and_absent_are_the_same():
    """No text, no texts, no link, no moment."""
    for fields in (Fields({}, "alert"), Fields({"a": None}, "alert")):
        assert fields.text("a") == ""
        assert fields.texts("a") == {}
        assert fields.link("a") == ""
        assert fields.moment("a") is None
        assert "a" not in fields


def test_texts_take_numbers_as_json_writes_them():
    """Nobody quotes a port; what has an inside is refused by its full name."""
    given_labels = {" port ": 8080, "ratio": 0.5, "leader": True, "none": None, "nul": "a\0b", "half": "\ud800"}
    assert Fields({"labels": given_labels}, "alert").texts("labels") == {
        "port": "8080",
        "ratio": "0.5",
        "leader": "true",
        "nul": "ab",
        "half": "?",
    }
    with pytest.raises(InvalidInput, match=r"^labels\.a: it is a list; it should be a text$"):
        Fields({"labels": {"a": []}}, "alert").texts("labels")
    with pytest.raises(InvalidInput, match=r"^labels\.\\x1b\[31m\\n: it is a list"):
        Fields({"labels": {"\x1b[31m\n": []}}, "alert").texts("labels")
    with pytest.raises(InvalidInput, match=r"^labels: it is a list; it should be an object of texts$"):
        Fields({"labels": ["a"]}, "alert").texts("labels")


@pytest.mark.parametrize(
    "item",
    [
        {"alert": {"actionGroup": "x"}},
        {"alert.actionGroup": "x"},
        {"alert_action_group": "x"},
        {"ALERT_ACTIONGROUP": "x"},
        {"alert": {"alert_action_group": "x"}},
        {"alert": {"action": {"group": "x"}}},
    ],
)
def test_a_value_is_found_however_a_template_spells_its_path(item):
    """Letter case, underscores, dots, and objects around it."""
    ((simple, (path, value)),) = flat(item).items()
    assert (simple, value) == ("alertactiongroup", "x")
    assert item == {path: "x"} or path.split(".")[0] in item


def test_of_two_values_of_one_name_the_outer_and_the_first_counts():
    """And what is buried deeper than anybody writes is left alone."""
    assert flat({"alert": {"id": "inner"}, "alert_id": "outer"}) == {"alertid": ("alert_id", "outer")}
    assert flat({"alert_id": "first", "ALERT_ID": "second"}) == {"alertid": ("alert_id", "first")}
    assert flat({"alert": {"action": {"Group": 1}}}) == {"alertactiongroup": ("alert.action.Group", 1)}
    assert flat({"a": {"b": {"c": {"d": {"e": 1}}}}}) == {}
    assert flat({"a" * 65: {"b": 1}, "c": 2}) == {"c": ("c", 2)}
    assert flat([1]) == flat("x") == flat(None) == {}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_any_json_can_be_flattened(value):
    """Whatever it holds."""
    found = flat(read_json(encoded(value)))
    assert all(isinstance(name, str) and name for name in found)
