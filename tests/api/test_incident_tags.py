"""The tags of answers: an edit held to what was seen, and nothing sent twice that has not changed."""

import pytest

from tests.api.client import V1, incident

LIST = f"{V1}/incidents"


def test_an_edit_can_be_held_to_what_was_seen(client):
    """If-Match takes the tag of what was read; afterwards that is old."""
    incident_id = client.opened()
    seen = client.get(incident(incident_id)).headers["ETag"]
    first = client("PATCH", incident(incident_id), {"title": "mine"}, if_match=seen)
    second = client("PATCH", incident(incident_id), {"title": "yours"}, if_match=seen)
    assert (first.status, second.status, second.problem) == (200, 412, "precondition-failed")
    assert client.get(incident(incident_id)).json["title"] == "mine"
    assert client("PATCH", incident(incident_id), {"title": "yours"}, if_match=first.headers["ETag"]).status == 200


def test_what_a_machine_changed_refuses_nobody(client):
    """Only what a person can edit counts for If-Match."""
    incident_id = client.opened()
    seen = client.get(incident(incident_id)).headers["ETag"]
    before = client.incidents.incident(incident_id)
    client.store._incidents[incident_id] = before.model_copy(update={"version": before.version + 5, "flaps": 3})
    assert client.post(incident(incident_id, "notes"), {"text": "x"}, if_match=seen).status == 201


@pytest.mark.parametrize("tags", ["*", '"0-abc"', '"7-abc", "0-def"', '"x", "0-1"'])
def test_if_match_takes_any_of_several_tags(client, tags):
    """One that is current is enough; the star is any."""
    incident_id = client.opened()
    assert client("PATCH", incident(incident_id), {"title": "new"}, if_match=tags).status == 200


@pytest.mark.parametrize("tags", ['"7-abc"', '"nonsense"', 'W/"0-abc"', "0-abc", '"7-abc", "8-abc"'])
def test_if_match_refuses_what_is_not_current(client, tags):
    """A weak tag and one that was never given out among them."""
    incident_id = client.opened()
    assert client("PATCH", incident(incident_id), {"title": "new"}, if_match=tags).status == 412
    assert client.get(incident(incident_id)).json["title"] == "Checkout is down"


@pytest.mark.parametrize("path", ["", "/INC-1001", "/INC-1001/notes", "/INC-1001/timeline", "/stats/summary"])
def test_what_has_not_changed_is_not_sent_again(client, path):
    """304 with the tag and no body, also as time goes by; a change is seen."""
    client.opened()
    first = client.get(LIST + path)
    client.minutes(1)
    again = client.get(LIST + path, if_none_match=f'"other", W/{first.headers["ETag"]}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    client.post(incident("INC-1001", "notes"), {"text": "news"})
    client.post(incident("INC-1001", "acknowledge"))
    assert client.get(LIST + path, if_none_match=first.headers["ETag"]).status == 200
