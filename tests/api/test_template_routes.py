"""The words of messages over the API: read and tried by all, changed by administrators."""

import pytest

from tests.api.client import V1
from tocsin.domain.access import Scope, UserRole
from tocsin.domain.template import TemplateId
from tocsin.services.paging.previewing import LINK

TEMPLATES = f"{V1}/templates"
PAGE = f"{TEMPLATES}/page"
NOTHING = {"id": "page", "subject": "", "short": "", "text": "", "version": 0}


def test_words_are_changed_and_shown(client):
    """All are always there; what is left out is as it is built in."""
    assert [one["id"] for one in client.get(TEMPLATES).json["templates"]] == list(TemplateId)
    assert client.get(PAGE).json == NOTHING
    put = client("PUT", PAGE, {"subject": "[$severity] $title", "short": ""})
    assert (put.status, put.json) == (200, NOTHING | {"subject": "[$severity] $title", "version": 1})
    assert client.get(PAGE).json == client.get(TEMPLATES).json["templates"][0] == put.json
    assert client("PUT", PAGE, {"text": "$id $acknowledge"}).json["subject"] == ""
    assert [client("DELETE", PAGE).status for _ in range(2)] == [204, 204]
    assert client.get(PAGE).json == NOTHING | {"version": 3}
    actions = [one["action"] for one in client.get(f"{V1}/audit", query={"target": "template:page"}).json["entries"]]
    assert actions == ["template_removed", "template_changed", "template_changed"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"subject": " "},
        {"text": "$titel"},
        {"text": "$"},
        {"subject": "a\nb"},
        {"html": "x"},
        {"text": "x" * 4_001},
    ],
)
def test_what_could_not_be_filled_in_is_refused(client, body):
    """When it is saved, and not when somebody is paged; a preview says the same, but for what there is to keep."""
    assert client("PUT", PAGE, body).problem == "invalid-input"
    says_something = bool("".join(body.values()).strip())
    assert client.post(f"{PAGE}/preview", body).status == (422 if says_something else 200)
    assert client.get(PAGE).json == NOTHING


def test_a_field_that_is_misspelt_is_refused_with_the_nearest(client):
    """In the words that a person reads."""
    said = client("PUT", PAGE, {"text": "$titel"}).json
    assert said["detail"] == "text: page has no field $titel there; did you mean $title?"
    nowhere = client.get(f"{TEMPLATES}/pgae")
    assert (nowhere.problem, nowhere.json["detail"]) == ("not-found", "there is no template pgae; did you mean page?")


def test_of_two_who_change_it_the_second_looks_again(client):
    """Also where it was deleted and made anew between."""
    client("PUT", PAGE, {"subject": "one"})
    seen = client.get(PAGE).headers["ETag"]
    client("DELETE", PAGE)
    client("PUT", PAGE, {"subject": "two"})
    for method, body in (("PUT", {"subject": "three"}), ("DELETE", None)):
        assert client(method, PAGE, body, if_match=seen).problem == "precondition-failed"
    now = client.get(PAGE).headers["ETag"]
    assert client("PUT", PAGE, {"subject": "three"}, if_match=now).status == 200


def test_a_preview_is_what_would_go_out_and_changes_nothing(client):
    """In words to try, or in those that are kept; about an incident, or one that is made up."""
    client.opened("<b>Search</b> is down")
    body = {"subject": "$id: $title", "text": "$title\n$message"}
    said = client.post(f"{PAGE}/preview", body).json
    assert set(said) == {"subject", "short", "text", "html", "warnings"}
    assert said["subject"] == "INC-1042: Checkout answers with errors"
    assert said["warnings"] == ["text: there is no $acknowledge, so that nobody can acknowledge from it"]
    said = client.post(f"{PAGE}/preview", body | {"incident_id": "INC-1001"}).json
    assert said["subject"] == "INC-1001: <b>Search</b> is down"
    assert "<p>&lt;b&gt;Search&lt;/b&gt; is down</p>" in said["html"]
    assert client.get(PAGE).json == NOTHING
    client("PUT", PAGE, {"subject": "kept: $id"})
    assert client.post(f"{PAGE}/preview", {"incident_id": "INC-1001"}).json["subject"] == "kept: INC-1001"
    for incident in ("INC-9999", "a/b"):
        assert client.post(f"{PAGE}/preview", {"incident_id": incident}).problem == "not-found"
    assert client.post(f"{TEMPLATES}/nothing/preview", body).problem == "not-found"


def test_a_preview_has_no_link_that_acknowledges(client):
    """Whoever may only look gets nothing that does more."""
    client.opened("Search is down")
    said = client.post(f"{PAGE}/preview", {"text": "$acknowledge", "incident_id": "INC-1001"}).json
    assert said["text"].startswith(f"{LINK}\n")


def test_administrators_change_words_and_everybody_sees_them(client):
    """People by role, keys by scope; one that sends alerts has nothing to do with them."""
    shown = [client.person(client.user(f"{role}@example.com", role)) for role in UserRole]
    shown += [client.key(f"key-{number}", scope) for number, scope in enumerate(Scope)]
    reads, writes = [200, 200, 200, 403, 200, 200, 200], [403, 403, 200, 403, 403, 403, 200]
    assert [client.get(TEMPLATES, token=one).status for one in shown] == reads
    assert [client.get(PAGE, token=one).status for one in shown] == reads
    assert [client.post(f"{PAGE}/preview", {}, token=one).status for one in shown] == reads
    assert [client("PUT", PAGE, {"subject": "x"}, token=one).status for one in shown] == writes
    assert [client("DELETE", PAGE, token=one).status for one in shown] == [403 if one == 403 else 204 for one in writes]
