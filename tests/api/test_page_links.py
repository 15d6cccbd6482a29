"""Links that acknowledge, as somebody follows them: a page that says what it would do, and a button that does it."""

import base64
import hashlib
import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.api.client import ORIGIN, V1, Client
from tests.fakes import MemoryStore
from tests.reach import BOSS
from tocsin.domain.access import UserRole
from tocsin.domain.page import Page
from tocsin.domain.user import UserEdit
from tocsin.errors import StoreBusy

ACK = "/ack"
TITLE = '<script>alert("x")</script> & Co'


class Follower:
    """Somebody with a link."""

    def __init__(self):
        self.client = Client(MemoryStore())
        self.ann = self.client.user("ann@example.com", UserRole.RESPONDER)
        self.incident = self.client.opened(TITLE, severity="high", service="checkout")
        self.token = self.link()

    def link(self, **more):
        said = {"incident_id": self.incident, "cycle": 1, "user": self.ann.id, "contact": "account", "channel": "email"}
        now = self.client.now
        page = Page.model_validate({"id": "p", "made_at": now, "not_before": now, **said, **more})
        url = urlsplit(self.client.parts.callers().links(page))
        assert f"{url.scheme}://{url.netloc}{url.path}" == f"{ORIGIN}{ACK}"
        return parse_qs(url.query)["t"][0]

    def ask(self, method, token=None, **more):
        query = {"t": self.token if token is None else token}
        return self.client(method, ACK, token="", query=query, **more)

    @property
    def status(self):
        return self.client.store.incident(self.incident).status


@pytest.fixture
def follower():
    """Return somebody with a link."""
    return Follower()


def test_following_a_link_changes_nothing(follower):
    """Programs that look into mail follow links, too, in any manner."""
    before = str(vars(follower.client.store))
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        assert follower.ask(method).status in (200, 204)
    assert str(vars(follower.client.store)) == before


def test_the_page_says_what_its_button_does_and_for_whom(follower):
    """One button, which posts to the same address, the token with it."""
    reply = follower.ask("GET")
    page = reply.body.decode()
    assert (reply.status, reply.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "Acknowledge INC-1001?" in page
    assert "You are ann@example.com." in page
    assert page.count("<form") == page.count("<button") == 1
    assert '<form method="post">' in page  # without an action: the address that it was shown at


def test_the_button_acknowledges_once_however_often_it_is_pressed(follower):
    """As browsers send an empty form."""
    form = {"raw": b"", "content_type": "application/x-www-form-urlencoded"}
    first = follower.ask("POST", **form)
    assert (first.status, "INC-1001 is acknowledged" in first.body.decode()) == (200, True)
    again = follower.ask("POST", **form)
    assert (again.status, follower.status) == (200, "acknowledged")
    (event,) = [one for one in follower.client.store.timeline("INC-1001") if one.kind == "acknowledged"]
    assert event.by == "ann@example.com"
    seen = follower.ask("GET").body.decode()
    assert "Acknowledged already" in seen
    assert "<form" not in seen


def test_what_strangers_wrote_is_text(follower):
    """On every page that shows it."""
    for method in ("GET", "POST", "GET"):
        page = follower.ask(method).body.decode()
        assert "<script" not in page
        assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; Co" in page


def test_a_page_runs_and_loads_nothing_and_is_not_kept_or_told(follower):
    """Its own style is the one thing that its policy lets through, by digest."""
    for reply in (follower.ask("GET"), follower.ask("POST"), follower.ask("GET", "wrong")):
        page, headers = reply.body.decode(), reply.headers
        style = re.search(r"<style>(.*?)</style>", page)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert headers["Content-Security-Policy"] == (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert (headers["Cache-Control"], headers["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert (headers["X-Frame-Options"], headers["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert not re.search(r"(?:src|href|action)=|url\(|@import|http", page.replace("http-equiv", ""))


def refusals():
    """Yield what makes a link no good, the status that tells so, and a few words of the page."""
    yield "a wrong token", lambda one: setattr(one, "token", "x" * 54), 401, "This link is no good"
    yield "no token", lambda one: setattr(one, "token", ""), 401, "This link is no good"
    yield "a day later", lambda one: one.client.minutes(24 * 60), 401, "sign in, or take a newer"
    yield "resolved", lambda one: one.client.post(f"{V1}/incidents/INC-1001/resolve"), 409, "INC-1001 is resolved"
    yield "worse", lambda one: one.client.post(f"{V1}/escalate", {"incident_id": "INC-1001"}), 412, "has got worse"
    yield "deleted", lambda one: setattr(one, "token", one.link(incident_id="INC-9")), 404, "There is no incident INC-9"
    edit = UserEdit(active=False)
    yield "left", lambda one: one.client.users.edit(one.ann.id, edit, actor=BOSS), 401, "may not"


@pytest.mark.parametrize("spoil, status, says", [pytest.param(*rest, id=name) for name, *rest in refusals()])
def test_every_refusal_is_a_page_with_its_status(follower, spoil, status, says):
    """And has no button."""
    spoil(follower)
    before = follower.client.store.incident("INC-1001")
    for method in ("GET", "POST"):
        reply = follower.ask(method)
        page = reply.body.decode()
        assert (reply.status, reply.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert says in page
        assert "<form" not in page
    assert follower.client.store.incident("INC-1001") == before


def test_what_goes_wrong_for_a_moment_is_told_as_such(follower):
    """With when to try again."""

    def busy(_incident_id):
        message = "the table tocsin-secret-name is busy"
        raise StoreBusy(message)

    follower.client.store.incident = busy
    reply = follower.ask("GET")
    assert (reply.status, reply.headers["Retry-After"]) == (503, "2")
    assert "tocsin-secret-name" not in reply.body.decode()


def test_the_token_is_in_no_line_of_the_log(follower):
    """It is in the query, which is not logged."""
    follower.ask("GET")
    follower.ask("POST")
    assert follower.token not in str(follower.client.log.said)
    assert follower.token[-20:] not in str(follower.client.log.said)
