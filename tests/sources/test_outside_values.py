"""Values from outside are read without trust."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.monitors import NOW
from tocsin.sources.outside import http_link, moment, number, text, whole

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()))
    | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(ANYTHING, st.integers(10, 50))
def test_a_text_can_always_be_stored(value, longest):
    """Whatever comes: encodable, without NULs, and no longer than asked."""
    found = text(value, longest)
    assert len(found) <= longest
    assert "\0" not in found
    assert found.encode("utf-8").decode("utf-8") == found


@given(ANYTHING)
def test_reading_a_value_never_raises(value):
    """A number, a moment or a link, or nothing."""
    assert number(value) is None or isinstance(value, int | float)
    assert whole(value) is None or isinstance(value, int | float | str)
    assert moment(value) is None or moment(value, until=NOW) is None or moment(value).tzinfo is not None
    assert http_link(value) in {"", value if isinstance(value, str) else ""}


@pytest.mark.parametrize(
    "link",
    ["http://a", "https://a.example.com/b?c=d#e", "https://wiki/ünï", "https://[::1]/x", "https://{{host.name}}/"],
)
def test_http_links_are_kept_as_they_came(link):
    """Nothing is rewritten."""
    assert http_link(link) == link


@pytest.mark.parametrize(
    "link",
    [
        "", "a", "//a", "https:", "https://", "http:///x", "https://?x", "javascript:alert(1)", "ftp://a", "data:text/html,x",
        "https://a b", "https://a\n", "https://a\u202eb", "https://a\"b", "https://a<b", "https://[a", " https://a",
        "https://" + "a" * 2_000, None, 5,
    ],
)  # fmt: skip
def test_whatever_else_is_no_link(link):
    """Other schemes, no host, quotes, blanks, hidden characters and endless ones."""
    assert http_link(link) == ""
