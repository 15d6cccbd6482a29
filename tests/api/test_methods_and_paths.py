"""Methods and paths: what is not there, or does not work there, is answered with what does."""

import pytest

from tests.api.client import V1
from tocsin.api.routes import ROUTES

LIST = f"{V1}/incidents"


def test_a_wrong_method_is_told_the_right_ones(client):
    """In Allow, and in the body."""
    reply = client("DELETE", LIST)
    assert (reply.status, reply.problem) == (405, "wrong-method")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS, POST"
    assert reply.json["allowed"] == ["GET", "HEAD", "OPTIONS", "POST"]


@pytest.mark.parametrize("one", ROUTES, ids=lambda one: f"{one.endpoint.method} {one.endpoint.path}")
def test_every_path_refuses_a_method_that_it_does_not_have(client, one):
    """TRACE is none of theirs."""
    path = one.endpoint.path.replace("{incident_id}", "INC-1").replace("{user}", "ann").replace("{alert_id}", "x")
    assert client("TRACE", path).status == 405


def test_head_is_answered_as_get_without_a_body(client):
    """With the same headers, the length of what GET would send among them."""
    got, head = client.get("/health"), client("HEAD", "/health")
    assert (head.status, head.body) == (200, b"")
    assert head.headers == got.headers | {"Content-Length": str(len(got.body))}


def test_options_names_the_methods_of_a_path(client):
    """Without a key: a browser asks before it sends one."""
    reply = client("OPTIONS", LIST, token="")
    assert (reply.status, reply.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST")


@pytest.mark.parametrize("path", ["/", "/api/v1", "/api/v1/incidents/", "/api/v1/incidents/INC-1/nothing", "/../x"])
def test_a_path_with_nothing_at_it_is_no_such_path(client, path):
    """With a hint where to look."""
    reply = client.get(path)
    assert (reply.status, reply.problem) == (404, "no-such-path")
    assert "/docs" in reply.json["hint"]
