"""No secret, hash or token in what the API answers: every route is asked, and all that it says and logs is searched.

A new route is asked by itself. What is given as a secret somewhere else (a password in a body, say) gets a name in
``SECRETS``.
"""

import base64
import re

import pytest

from tests.api.client import V1, Client
from tests.api.test_account_routes import letters
from tests.chains import a_log
from tests.fakes import MemoryStore
from tests.people import PASSWORD, token_in
from tests.secrets_seen import Seen
from tocsin.api.routes import ROUTES
from tocsin.domain.access import Scope, UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.user import UserEdit
from tocsin.ids import random_secret

SECRETS = ("password", "current_password", "new_password", "token", "refresh_token", "access_token", "code", "secret")
"""Fields of bodies, and parameters, in which somebody may send what nobody else may see."""

MADE = {"incident_id": "INC-1001", "alert_id": "generic~dGVzdHM6YQ", "user": "ann", "room": "ops"}
"""What stands in paths."""

AUTH = f"{V1}/auth"
TOKENS = ("access_token", "refresh_token")
SHOWS = {
    f"POST {AUTH}/login": TOKENS,
    f"POST {AUTH}/login/access-token": TOKENS,
    f"POST {AUTH}/refresh": TOKENS,
    f"POST {AUTH}/password": TOKENS,
    f"POST {V1}/keys": ("key",),
    f"POST {V1}/heartbeats": ("token",),
}
"""What an answer shows on purpose: to whoever just proved who they are, or made it, and once."""

NEW = "copper lantern window"
ANN, BO = "ann@example.com", "bo@example.com"


def proof(token):
    """Return the part of a token or key that nobody can make up."""
    return token[-43:]


class Run:
    """An API with keys of all sorts, all of whose answers are kept."""

    def __init__(self):
        self.client = client = Client(MemoryStore())
        self.seen = Seen()
        self.bodies = {name: self.seen.secret(name, random_secret()) for name in SECRETS}
        self.hook = f"https://example.com/{self.seen.secret('an address', random_secret())}"
        self.tokens = [self.key("admin", Scope.ADMIN), self.key("reader", Scope.INCIDENTS_READ)]
        self.tokens.append(self.key("revoked", Scope.ADMIN))
        client.keys.revoke("revoked", actor=Actor("a test"))
        self.tokens.append(self.tokens[0][:-4] + self.seen.secret("half a key", random_secret())[:4])
        client.opened()
        self.accounts = client.parts.accounts()
        self.setup = self.token("setup", self.accounts.first.offer())
        self.password, self.new = self.seen.secret("a password", PASSWORD), self.seen.secret("a new one", NEW)
        self.ann, bo = self.person(ANN, UserRole.ADMIN), self.person(BO, UserRole.VIEWER)
        self.held = client.signed_in(self.ann)
        out = client.signed_in(bo)
        client.users.edit(bo.id, UserEdit(active=False), actor=Actor("a test"))
        for name, one in (("Ann's", self.held), ("Bo's", out)):
            self.tokens.append(self.token(f"{name} access", one.access_token))
            self.token(f"{name} refresh", one.refresh_token)
        self.tokens.append(self.held.refresh_token)
        self.recovery = self.token("recovery", self.accounts.recovery.issue_reset(self.ann, Actor("a test")))
        client.post(f"{AUTH}/signup", {"email": "cy@example.com", "full_name": "Cy", "password": PASSWORD}, token="")
        self.verification = self.token("verification", token_in(letters(client)[0]))
        slack = {"kind": "slack", "address": {"url": self.hook}}
        client.post(f"{V1}/users/{ANN}/contacts", slack)
        client.post(f"{V1}/rooms", {"name": "ops", **slack})
        self.seen.secret("the signing key", client.place.ring.current.secret)

    def person(self, email, role):
        """Add somebody who signs in with the password."""
        also = lambda user: self.accounts.passwords.first(user, PASSWORD)
        return self.accounts.users.add(email, "Somebody", role, actor=Actor("a test"), also=also)

    def token(self, name, token):
        """Know a token; return it."""
        self.seen.secret(f"the {name} token", proof(token))
        return token

    def right(self, route):
        """Return a body with which something is done that is about secrets; nothing of other routes."""
        return {
            f"POST {V1}/keys": {"name": "another", "scopes": ["admin"]},
            f"POST {V1}/users/me/contacts": {"kind": "webhook", "address": {"url": self.hook}},
            f"PATCH {V1}/users/me/contacts/1": {"address": {"url": self.hook}},
            f"PATCH {V1}/rooms/ops": {"address": {"url": self.hook}},
            f"POST {AUTH}/login": {"email": ANN, "password": PASSWORD},
            f"POST {AUTH}/login/access-token": {"email": ANN, "password": PASSWORD},
            f"POST {AUTH}/refresh": {"refresh_token": self.held.refresh_token},
            f"POST {AUTH}/password": {"current": PASSWORD, "new": NEW},
            f"POST {AUTH}/setup": {"token": self.setup, "email": ANN, "full_name": "Ann", "password": PASSWORD},
            f"POST {AUTH}/recover": {"email": ANN},
            f"POST {AUTH}/reset": {"token": self.recovery, "password": NEW},
            f"POST {AUTH}/signup": {"email": "di@example.com", "full_name": "Di", "password": PASSWORD},
            f"POST {AUTH}/verify": {"token": self.verification},
        }.get(route)

    def key(self, name, scope):
        """Make a key; return its token."""
        secret = self.seen.secret(f"the {name} key", random_secret())
        return str(self.client.keys.create(name, [scope], secret=secret, actor=Actor("a test"))[1])

    def ask(self, method, path, body=None, **more):
        """Ask, and keep what is answered."""
        reply = self.client(method, path, body, **more)
        shown = [self.shown(reply, name) for name in SHOWS.get(f"{method} {path}", ()) if reply.status in (200, 201)]
        self.seen.add(f"{method} {path}", f"{reply.status} {reply.headers}\n")
        self.seen.add(f"{method} {path}", reply.body, may_show=tuple(shown))
        return reply

    def shown(self, reply, name):
        """Know what an answer shows on purpose from now on; return what it is called here."""
        called = f"a new {name} {len(self.seen.secrets)}"
        self.seen.secret(called, proof(reply.json[name]))
        return called


@pytest.mark.parametrize("endpoint", [one.endpoint for one in ROUTES], ids=lambda one: f"{one.method} {one.path}")
def test_a_route_shows_no_secret(endpoint):
    """Whoever asks, however the key is shown, whatever is wrong with the body: neither answer nor log nor audit log."""
    run = Run()
    path = re.sub(r"\{(\w+)\}", lambda found: MADE.get(found[1], "1"), endpoint.path)
    for token in (*run.tokens, ""):
        run.ask(endpoint.method, path, token=token)
        run.ask(endpoint.method, path, token=token, query=run.bodies)
        basic = base64.b64encode(f"{run.bodies['password']}:{token}".encode()).decode()
        run.ask(endpoint.method, path, token="", authorization=f"Basic {basic}")
        run.ask(endpoint.method, path, token="", x_tocsin_key=token)
        if endpoint.method != "GET":
            run.ask(endpoint.method, path, run.bodies, token=token)
            run.ask(endpoint.method, path, {"title": [run.bodies], "status": run.bodies}, token=token)
            run.ask(endpoint.method, path, raw=f'{{"password": "{run.bodies["password"]}'.encode(), token=token)
    done = run.right(f"{endpoint.method} {path}")
    if done is not None:
        again = [run.ask(endpoint.method, path, done, token=run.held.access_token).status for _ in range(2)]
        assert again[0] < 300 or path.endswith("/setup"), again  # there is somebody already
    run.seen.add("the log", run.client.log.said)
    run.seen.add("the audit log", [entry.line() for entry in a_log(run.client.store).entries()])
    run.seen.nothing()
