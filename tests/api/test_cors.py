"""CORS: which pages may read the answers in a browser."""

from tests.api.client import V1, incident, with_options

LIST = f"{V1}/incidents"


def test_a_page_of_a_listed_origin_may_read_answers():
    """Errors too, or a page could not tell what went wrong."""
    client = with_options(origins=("https://ops.example.com",))
    for path in ("/health", "/nothing"):
        headers = client.get(path, origin="https://ops.example.com").headers
        assert headers["Access-Control-Allow-Origin"] == "https://ops.example.com"
        assert "ETag" in headers["Access-Control-Expose-Headers"]
        assert headers["Vary"] == "Origin"


def test_a_page_of_another_origin_may_not():
    """The answer says nothing of origins; caches are told that it depends on it."""
    client = with_options(origins=("https://ops.example.com",))
    for asking in ({"origin": "https://evil.example.com"}, {}):
        headers = client.get("/health", **asking).headers
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Vary"] == "Origin"
    assert client.get("/docs").headers["Vary"] == "Accept-Encoding, Origin"


def test_nobody_may_unless_somebody_is_listed(client):
    """That is the default."""
    headers = client("OPTIONS", LIST, origin="https://ops.example.com").headers
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_any_page_may_where_the_star_is_set():
    """Without credentials: a key is sent by the page itself."""
    headers = with_options(origins=("*",)).get("/health", origin="https://a.example.com").headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in headers


def test_a_browser_is_told_beforehand_what_it_may_send():
    """The preflight names methods and headers, and needs no key."""
    client = with_options(origins=("https://ops.example.com",))
    reply = client("OPTIONS", incident("INC-1"), token="", origin="https://ops.example.com")
    assert reply.status == 204
    assert set(reply.headers["Access-Control-Allow-Methods"].split(", ")) >= {"PATCH", "DELETE"}
    assert {"Authorization", "If-Match", "Idempotency-Key"} <= set(
        reply.headers["Access-Control-Allow-Headers"].split(", ")
    )
