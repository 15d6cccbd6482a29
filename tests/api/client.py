"""The API as tests ask it: events of API Gateway in this process, with a clock that is turned by hand."""

import base64
import itertools
import json
import logging
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tests.desk import NOON
from tests.fakes import MemoryStore
from tests.people import Hasher, weak
from tests.signing import RingInMemory
from tocsin.api.call import Parts
from tocsin.api.endpoints import Answer, Endpoints
from tocsin.api.frame import Api
from tocsin.api.health import Alive
from tocsin.api.options import Options
from tocsin.api.routes import ROUTES
from tocsin.config import Settings
from tocsin.domain.access import ANYBODY, Scope, UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.rules import Rules
from tocsin.entrypoints.answering import answering_of
from tocsin.entrypoints.page_addresses import callers_of
from tocsin.entrypoints.reaching import reach_of
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import random_secret
from tocsin.services.accounts import Accounts
from tocsin.services.api_keys import ApiKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.incidents import IncidentService
from tocsin.services.intake import Intake
from tocsin.services.schedules import Schedules
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams
from tocsin.services.unsilencing import silence_acts
from tocsin.services.users import Users
from tocsin.services.watches import Watches
from tocsin.services.watching import watch_acts
from tocsin.sources.naming import TagNames

V1 = "/api/v1"
SECRET = "s" * 43
ORIGIN = "https://tocsin.example.com"
CALLERS = {"PUBLIC_URL": ORIGIN, "SLACK_SIGNING_SECRET": "slack-secret", "TWILIO_AUTH_TOKEN": "twilio-token"}
"""What links begin with, and what providers sign with."""


def no_aws():
    """Fail: nothing here is kept in AWS."""
    raise AssertionError


class Reply(NamedTuple):
    """An answer, as a client sees it."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        """The body, as JSON."""
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """What kind of problem it is."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.json["status"] == self.status
        assert self.json["instance"] == self.headers["X-Request-Id"]
        return self.json["type"].removeprefix("urn:tocsin:problem:")


class Lines:
    """A log that keeps what is said."""

    def __init__(self):
        self.said = []

    def say(self, level, text, **facts):
        """Keep a line."""
        self.said.append((logging.getLevelName(level), text, facts))

    def of(self, level):
        """Return the lines of a level."""
        return [(text, facts) for at, text, facts in self.said if at == level]


class Client:
    """Asks an API on ``store``. ``token`` is the key it shows unless told otherwise."""

    def __init__(
        self,
        store,
        *,
        options=None,
        rules=None,
        routes=ROUTES,
        lacks=list,
        reader=lambda: None,
        datadog=lambda deadline: None,
        before=None,
        oidc=None,
    ):
        self.store = store
        self.settings = Settings.read(CALLERS)
        self.now = NOON if before is None else before.now
        self.log = Lines()
        self._ids = itertools.count(1) if before is None else before._ids
        rules = rules or Rules()
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id)
        self.keys = ApiKeys(store, clock=self.clock, new_id=self.new_id)
        self.users = Users(store, self.audit, clock=self.clock, new_id=self.new_id)
        self.teams = Teams(store, self.audit, clock=self.clock, new_id=self.new_id)
        self.schedules = Schedules(store, self.audit, clock=self.clock, new_id=self.new_id)
        how = {"clock": self.clock, "new_id": self.new_id}
        others = {**silence_acts(store, **how), **watch_acts(store, rules, **how)}
        self.incidents = IncidentService(store, rules=rules, others=others, **how)
        self.place = RingInMemory() if before is None else before.place
        self.signing_keys = SigningKeys(self.place, clock=self.clock)
        self.sessions = sessions_of(store, self.signing_keys, clock=self.clock, new_id=self.new_id)
        self.parts = Parts(
            store=store,
            incidents=self.incidents,
            intake=Intake(store, rules, clock=self.clock, new_id=self.new_id),
            keys=self.keys,
            rules=rules,
            clock=self.clock,
            new_id=self.new_id,
            new_secret=random_secret,
            lacks=lacks,
            tags=TagNames,
            reader=reader,
            datadog=datadog,
            site="datadoghq.com",
            audit=self.audit,
            sessions=self.sessions,
            users=self.users,
            teams=self.teams,
            accounts=self.accounts_of(self.signing_keys),
            reach=lambda: reach_of(store, self.signing_keys, clock=self.clock, new_id=self.new_id),
            callers=lambda: callers_of(self.settings, self.signing_keys, no_aws, clock=self.clock),
            answering=lambda: answering_of(Settings(), store, self.signing_keys, lambda: None, **how),
            silences=Silences(store, self.audit, **how),
            watches=Watches(store, self.audit, rules, **how),
            oidc=oidc,
        )
        self.api = Api(routes, self.parts, options or Options(requests_per_second=0), self.log)
        self.token = self.key("tests", Scope.ADMIN) if before is None else before.token

    def accounts_of(self, keys):
        """Return what gives the accounts; hashing costs nothing."""
        accounts = Accounts.of(
            self.store,
            self.sessions,
            keys,
            Hasher(),
            weak,
            clock=self.clock,
            new_id=self.new_id,
            letters=True,
            domains=["example.com"],
        )
        return lambda: accounts

    def again(self, store):
        """Return what asks a second process on the same store, opened anew."""
        return Client(store, before=self)

    def clock(self):
        """Return the present moment."""
        return self.now

    def new_id(self):
        """Return an id that nobody else has."""
        return f"change-{next(self._ids)}"

    def key(self, name, *scopes, **more):
        """Make a key; return its token."""
        secret = f"{name}{SECRET}"[:43]
        _, token = self.keys.create(name, scopes or [Scope.ADMIN], secret=secret, actor=Actor("a test"), **more)
        return str(token)

    def user(self, email="ann@example.com", role=UserRole.VIEWER, **more):
        """Add a person."""
        return self.users.add(email, more.pop("full_name", email), role, actor=Actor("a test"), **more)

    def signed_in(self, user=None, **more):
        """Sign somebody in, who need not exist yet; return their tokens."""
        return self.sessions.open(user or self.user(role=UserRole.ADMIN), actor=Actor("", "192.0.2.9"), **more)

    def person(self, user):
        """Sign a person in; return the access token that they show."""
        return self.signed_in(user).access_token

    def minutes(self, number):
        """Let time pass."""
        self.now += timedelta(minutes=number)

    def __call__(self, method, path, body=None, *, token=None, address="127.0.0.1", raw=None, query=None, **headers):
        """Ask; ``body`` is sent as JSON, ``raw`` as it is. Headers are named with _ for -."""
        sent = raw if raw is not None else b"" if body is None else json.dumps(body).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        shown = self.token if token is None else token
        if shown and "authorization" not in given:
            given["authorization"] = f"Bearer {shown}"
        text = urlencode(query or {}, doseq=True)
        parameters = {name: ",".join(v) if isinstance(v, list) else str(v) for name, v in (query or {}).items()}
        answered = self.api(event(method, path, sent, given, address=address, query=text, parameters=parameters))
        body = answered["body"] or ""
        received = base64.b64decode(body) if answered["isBase64Encoded"] else body.encode()
        return Reply(answered["statusCode"], answered["headers"], received)

    def get(self, path, **more):
        """Ask for something."""
        return self("GET", path, **more)

    def post(self, path, body=None, **more):
        """Do something."""
        return self("POST", path, body, **more)

    def opened(self, title="Checkout is down", **fields):
        """Open an incident by hand; return its id."""
        reply = self.post(f"{V1}/incidents", {"title": title, **fields})
        assert reply.status == 201, reply.body
        return reply.json["id"]


def with_options(**options):
    """Return an API on an empty store, with some options set."""
    return Client(MemoryStore(), options=Options(**{"requests_per_second": 0, **options}))


def with_route(function, **how):
    """Return an API on an empty store, with a route to ``/extra`` besides its own."""
    extra = Endpoints("extra", {"GET /extra": ANYBODY})
    extra("GET", "/extra", answers={200: Answer(Alive)}, **how)(function)
    return Client(MemoryStore(), routes=(*ROUTES, *extra.declared))


def event(method, path, body=b"", headers=None, *, address="127.0.0.1", query="", parameters=None):
    """Build an event of payload version 2.0."""
    try:
        text, coded = body.decode(), False
    except UnicodeDecodeError:
        text, coded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers or {},
        "queryStringParameters": parameters or {},
        "requestContext": {
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": address, "userAgent": "tests"},
            "requestId": "request-of-the-gateway",
            "stage": "$default",
        },
        "isBase64Encoded": coded,
        **({"body": text} if body else {}),
    }


def incident(incident_id, *rest):
    """Return the path of an incident, or of something beneath it."""
    return "/".join([f"{V1}/incidents/{incident_id}", *(quote(one, safe="") for one in rest)])
