"""Names of people: on one line, visible, bounded; what looks the same is the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.people import LONGEST_NAME, MOST_PEOPLE, people, person
from tocsin.errors import InvalidInput


@pytest.mark.parametrize(
    "given_name, kept",
    [
        ("ann", "ann"),
        ("  Ann \t O'Neill\n", "Ann O'Neill"),
        ("ann\x1b[31m", "ann[31m"),
        ("an\u200bn\u202e", "ann"),
        ("Ann\u2028B", "Ann B"),
        ("Żółw 🐢", "Żółw 🐢"),
        ("x" * 300, "x" * (LONGEST_NAME - 1) + "…"),
    ],
)
def test_a_name_is_kept_as_it_is_seen(given_name, kept):
    """Control, invisible and reordering characters go, spaces become one."""
    assert person(given_name) == kept


@pytest.mark.parametrize("nobody", ["", "  ", "\x00", "\u200b\n", "\ud800"])
def test_nobody_is_refused(nobody):
    """A move is made by somebody."""
    with pytest.raises(InvalidInput, match="name"):
        person(nobody)


@given(st.text())
def test_cleaning_twice_changes_nothing_and_nothing_hidden_is_left(name):
    """So a name can be looked up as it was stored; whatever characters it was made of."""
    try:
        clean = person(name)
    except InvalidInput:
        return
    assert person(clean) == clean
    assert 0 < len(clean) <= LONGEST_NAME
    assert all(unicodedata.category(char)[0] != "C" for char in clean)


def test_people_are_counted_once_and_are_not_too_many():
    """An incident is read whole, with all of their names."""
    assert people(["ann", " ann", "bo"]) == ("ann", "bo")
    assert len(people(map(str, range(MOST_PEOPLE)))) == MOST_PEOPLE
    with pytest.raises(InvalidInput, match="at most 50"):
        people(map(str, range(MOST_PEOPLE + 1)))
