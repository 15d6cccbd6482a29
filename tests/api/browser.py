"""Somebody who signs in with an issuer, as a browser does it: there, to a small issuer on loopback, and back again."""

import itertools
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.api.client import Client, Reply, event
from tests.identity.issuer import CLIENT, SECRET
from tocsin.api.external import CALLBACK, PLACE
from tocsin.domain.access import UserRole
from tocsin.domain.external import Meaning
from tocsin.identity.issuer_http import IssuerHttp
from tocsin.identity.oidc import Client as OurClient
from tocsin.identity.oidc import OidcIssuer
from tocsin.services.external import ExternalPeople
from tocsin.services.external_sign_in import ExternalSignIn

HOST = "127.0.0.1:8080"


class Browser:
    """Somebody in front of an API that signs people in with an issuer."""

    def __init__(self, store, issuer, *, link=False, redirect_uri="", secret=None):
        self.issuer = issuer
        self.client = Client(store)
        parts = self.client.parts
        self.audit, self.users, self.sessions = parts.audit, parts.users, parts.sessions
        roles = {"oncall": UserRole.RESPONDER, "sre-admins": UserRole.ADMIN}
        meaning = Meaning(claim="groups", roles=roles)
        people = ExternalPeople(store, self.users, self.audit, meaning, clock=self.client.clock, link=link)
        ours = OurClient(CLIENT, secret or (lambda *, anew=False: SECRET))
        numbers = itertools.count(1)
        self.sign_in = ExternalSignIn(
            OidcIssuer(issuer.name, ("RS256", "ES256"), IssuerHttp(), clock=self.client.clock, client=ours),
            people,
            self.sessions,
            self.client.signing_keys,
            self.audit,
            clock=self.client.clock,
            new_secret=lambda: f"{next(numbers):043}",
            redirect_uri=redirect_uri,
        )
        self.client.api._parts = parts._replace(external=lambda: self.sign_in)

    def ask(self, path, *, host=HOST, cookies=(), method="GET", **query):
        """Ask as API Gateway hands it over; return the answer and the cookies that it sets."""
        asked = event(method, path, headers={"host": host, "user-agent": "a browser"}, parameters=query)
        answered = self.client.api({**asked, "cookies": list(cookies), "rawQueryString": urlencode(query)})
        return Reply(answered["statusCode"], answered["headers"], answered["body"].encode()), answered.get(
            "cookies", []
        )

    def start(self, **query):
        """Begin; return where it goes on, and the cookie as it is sent back."""
        reply, (cookie,) = self.ask(f"{PLACE}/start", **query)
        assert reply.status == 302
        return reply.headers["Location"], cookie.partition(";")[0]

    def come_back(self, location, cookie, **more):
        """Come back from the issuer."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return self.ask(CALLBACK, cookies=[cookie] if cookie else [], **(query | more))

    def signs_in(self, **query):
        """Do it all."""
        location, cookie = self.start(**query)
        return self.come_back(self.issuer.authorize(location), cookie)[0]

    def opened(self):
        """Return the sessions there are: whose, with what program, how."""
        return [(user.email, one.agent, one.how) for user in self.users.every() for one in self.sessions.every(user.id)]

    def actions(self):
        """Return what is in the audit log."""
        return [entry.action for entry in self.entries()]

    def entries(self):
        """Return the audit log behind the key with which the API is looked at."""
        return [entry for entry in self.audit.entries() if entry.action != "key_made"]


def refused(browser, reply, *, status=401, problem="sign-in-refused", before=()):
    """Say that somebody was refused, and no session opened."""
    assert (reply.status, reply.problem) == (status, problem), reply.body
    assert browser.opened() == list(before)
