"""What is made when it is first used, and never before."""

import pytest

from tests.builders import at
from tocsin.domain.change import Record
from tocsin.entrypoints.late import late, late_acts
from tocsin.errors import Unreachable


def test_nothing_is_made_before_it_is_used_and_then_once():
    """Whatever is asked for first."""
    made = []

    def make():
        made.append(1)
        return "text"

    text = late(make)
    assert made == []
    assert (text.upper(), text.title(), made) == ("TEXT", "Text", [1])


def test_what_cannot_be_made_is_tried_again():
    """The record stays due, and the next one finds out whether it can be made now."""
    outcomes = [Unreachable("away"), {"letter": lambda due: due.id == "1"}]

    def make():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    acts = late_acts(("letter",), make)
    due = Record(kind="letter", id="1", body={}, due_at=at(0))
    with pytest.raises(Unreachable):
        acts["letter"](due)
    assert acts["letter"](due)
    assert not acts["letter"](due.model_copy(update={"id": "2"}))
    assert (list(acts), outcomes) == (["letter"], [])
