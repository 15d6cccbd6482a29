"""Texts of requests: moments and words, each refused with the name of its field."""

import pytest

from tests.api.client import V1, incident

LIST = f"{V1}/incidents"


def named(reply):
    """Return the fields that a refusal names."""
    assert (reply.status, reply.problem) == (422, "invalid-input")
    return [(one["in"], one["field"]) for one in reply.json["errors"]]


@pytest.mark.parametrize("moment", ["0.5", "1772452800", "-1", "2026-03-02", "2026-03-02T12:00:00", "soon", ""])
def test_a_moment_is_written_out(client, moment):
    """A bare number may count seconds or milliseconds: nobody can know."""
    assert named(client.get(LIST, query={"until": moment})) == [("query", "until")]
    reply = client.post(incident(client.opened(), "snooze"), {"until": moment})
    assert named(reply) == [("body", "until")]


@pytest.mark.parametrize("moment", [0, 1772452800, 1.5, True, None, [], {}])
def test_a_moment_is_a_text(client, moment):
    """Also where JSON has numbers."""
    assert named(client.post(incident(client.opened(), "snooze"), {"until": moment})) == [("body", "until")]


@pytest.mark.parametrize("moment", ["2026-03-02T14:30:00Z", "2026-03-02T14:30:00+00:00", "2026-03-02 15:30:00.5+01:00"])
def test_a_moment_with_its_offset_is_taken(client, moment):
    """In the forms of RFC 3339."""
    assert client.get(LIST, query={"since": moment}).status == 200
    assert client.post(incident(client.opened(), "snooze"), {"until": moment}).status == 200


def test_a_plus_that_arrives_as_a_space_is_read_as_it_was_meant(client):
    """Hardly anybody escapes it."""
    reply = client.get(LIST, query={"since": "2026-03-02T14:30:00 01:00"})
    assert reply.status == 200


@pytest.mark.parametrize("blank", ["", " ", "\n\t"])
def test_what_needs_words_is_not_blank(client, blank):
    """Titles, notes and names."""
    assert named(client.post(LIST, {"title": blank})) == [("body", "title")]
    assert named(client.post(LIST, {"title": "x", "assignees": ["ann", blank]})) == [("body", "assignees[1]")]
    assert named(client.post(incident(client.opened(), "notes"), {"text": blank})) == [("body", "text")]


def test_null_in_place_of_a_body_that_may_be_left_out_says_nothing(client):
    """It is as good as no body."""
    assert client.post(incident(client.opened(), "resolve"), raw=b"null").json["status"] == "resolved"
