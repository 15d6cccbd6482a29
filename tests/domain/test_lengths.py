"""Texts are kept to what any store can hold, and say so where they were cut."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOON, an_incident
from tocsin.domain.decision import Reason
from tocsin.domain.draft import Draft
from tocsin.domain.lengths import EVENT, TITLE, bounded, cut, cut_lines
from tocsin.domain.timeline import EventKind, replay

TEXTS = st.text(st.sampled_from('a\x00"é\U0001f514\n'), max_size=400)


def size(*texts):
    return sum(len(json.dumps(text, ensure_ascii=False).encode()) - 2 for text in texts)


@given(TEXTS, st.integers(100, 500))
def test_a_text_takes_no_more_than_its_bytes(text, most):
    """Whatever the characters are, what is kept fits, is a beginning, and is all of it if all of it fits."""
    kept = cut(text, most)
    assert size(kept) <= most
    assert (kept == text) == (size(text) <= most)
    beginning, _, mark = kept.partition("… [cut: ")
    assert text.startswith(beginning)
    if kept != text:
        assert mark == f"{len(text) - len(beginning)} more characters]"
        assert size(text[: len(beginning) + 1]) > most - 48


@given(st.lists(TEXTS, max_size=8), st.integers(200, 900))
def test_lines_take_no_more_than_their_bytes(lines, most):
    """Of a list, the first lines are kept, one is cut, and a last one says how many are missing."""
    kept = cut_lines(lines, most)
    assert size(*kept) + 3 * len(kept) <= most
    if size(*lines) + 3 * len(lines) <= most:
        assert kept == tuple(lines)
    else:
        assert "[cut: " in kept[-1] or "[cut: " in kept[-2]
        whole = [line for line, given in zip(kept, lines, strict=False) if line == given]
        assert list(whole) == lines[: len(whole)]
        assert len(whole) >= len(kept) - 2


def test_a_long_text_says_how_much_is_missing():
    """A person sees that there was more, and how much."""
    assert cut("x" * 2_000, 1_000).endswith("x… [cut: 1,048 more characters]")
    assert cut_lines(["y" * 100] * 20, 1_000)[-1] == "… [cut: 11 more]"


def test_an_incident_whose_texts_are_short_is_left_alone():
    """Nothing is copied where nothing is cut."""
    incident = an_incident(description="short", logs=("one", "two"), tags=("a:b",))
    assert bounded(incident) is incident


@pytest.mark.parametrize("letter", ["x", "\x00", "\U0001f514"])
def test_every_step_of_a_draft_keeps_to_the_bounds(letter):
    """However long the texts are that come in, incident and events stay under 400 KB, and the replay still fits."""
    much = letter * 500_000
    people = ("acknowledged_by", "resolved_by")
    texts = dict.fromkeys(("title", "service", "environment", "team", "description", "root_cause", *people), much)
    lists = dict.fromkeys(("logs", "resolution_steps", "tags", "assignees"), (much, much))
    draft = Draft(None, at=NOON)
    draft.step(an_incident(**texts, **lists), EventKind.OPENED, Reason.BY_HAND, text=much)
    draft.step(draft.incident.model_copy(update={"logs": (much,)}), EventKind.NOTED, Reason.BY_HAND, text=much)
    change = draft.change("long")
    assert size(draft.incident.title) <= TITLE
    assert len(draft.incident.model_dump_json().encode()) < 400_000
    assert sum(len(event.model_dump_json().encode()) for event in change.events) < 400_000
    assert all(size(event.text) <= EVENT for event in change.events)
    assert replay(draft.incident, change.events) == draft.incident
