"""The rules once more, with requests that would be done: by whoever may, they are, and by nobody else."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from tests.api.client import V1, Client
from tests.api.test_access_matrix import NOBODY, ROWS, WHO
from tests.fakes import MemoryStore
from tests.people import PASSWORD
from tests.reach import code_of
from tocsin.api.access import TABLE
from tocsin.api.options import MOST_BYTES
from tocsin.domain.access import SELF, Scope, UserRole
from tocsin.domain.audit import Actor
from tocsin.services.feeds import Feeds

ASKED = [route for route, access in TABLE.items() if not access.anybody]
"""Where anything is asked of who comes."""

PREVIEW = f"POST {V1}/templates/{{template}}/preview"
CHANGES = [route for route in ASKED if not route.startswith("GET ") and route != PREVIEW]
DATADOG = f"POST {V1}/sync"
"""Nothing is read here: there are no keys for it, which only whoever may ask learns."""

TICK = f"POST {V1}/tick"
SNOOZED = timedelta(minutes=5)
"""After which there is something for a tick to do."""

MINE, THEIRS = f"{V1}/users/me", f"{V1}/users/{{user_id}}"
PHONE = {"kind": "sms", "address": {"number": "+49301234567"}}
INCIDENT = f"{V1}/incidents/{{incident_id}}"
SCHEDULE = f"{V1}/schedules/{{schedule_id}}"
WHEN = {"start": "2026-03-03T12:00:00Z", "end": "2026-03-04T12:00:00Z"}
LAYER = {"name": "Base", "people": ["other@example.com"], "rotation": {"unit": "week"}, "start": "2026-03-02"}
POLICY = {"conditions": {"service": ["x"]}, "steps": [{"actions": [{"type": "notify", "target": "on_call"}]}]}
SILENCE = {"where": {"service": "x"}, "reason": "it moves", "ends_at": "2026-03-02T13:00:00Z"}
BODIES = {
    f"POST {V1}/alerts": {"message": "Search is slow"},
    f"POST {V1}/webhooks/alertmanager": {
        "version": "4",
        "alerts": [{"status": "firing", "labels": {"alertname": "x"}, "startsAt": "2026-03-02T11:59:00Z"}],
    },
    f"POST {V1}/webhooks/elastic": {"rule": {"id": "r", "name": "x"}, "alert": {"id": "a", "actionGroup": "met"}},
    f"POST {V1}/webhooks/datadog": {
        "alert": {"alert_id": "101", "alert_scope": "host:a", "alert_transition": "Triggered"},
        "title": "Search is slow",
        "last_updated": "1772452740000",
    },
    f"POST {V1}/incidents": {"title": "Another"},
    f"PATCH {INCIDENT}": {"title": "Another"},
    f"PUT {INCIDENT}": {"title": "Another"},
    f"POST {INCIDENT}/snooze": {"until": "2026-03-03T12:00:00Z"},
    f"POST {INCIDENT}/merge": {"into": "INC-1002"},
    f"POST {INCIDENT}/notes": {"text": "Looking"},
    f"PUT {INCIDENT}/assignments/{{user}}": {"role": "commander"},
    f"POST {V1}/keys": {"name": "another", "scopes": ["alerts:write"]},
    f"PATCH {V1}/users/me": {"full_name": "Another"},
    f"POST {V1}/users": {"email": "another@example.com", "full_name": "Another"},
    f"PATCH {V1}/users/{{user_id}}": {"full_name": "Another"},
    f"POST {V1}/teams": {"name": "another"},
    f"PATCH {V1}/teams/{{team_id}}": {"name": "another"},
    f"POST {V1}/schedules": {"name": "another"},
    f"PATCH {SCHEDULE}": {"name": "another"},
    f"PUT {SCHEDULE}/layers/{{layer_id}}": {**LAYER, "people": ["root@example.com"]},
    f"POST {SCHEDULE}/overrides": {"person": "me@example.com", **WHEN},
    f"POST {SCHEDULE}/swaps": {
        "one": {"person": "me@example.com", **WHEN},
        "other": {"person": "other@example.com", **WHEN},
    },
    f"POST {SCHEDULE}/feeds": {"label": "wall"},
    f"POST {V1}/users/me/feeds": {"label": "phone"},
    f"POST {MINE}/contacts": PHONE,
    f"PATCH {MINE}/contacts/{{contact_id}}": {"name": "Another"},
    f"PUT {MINE}/notification-rules": {"account_email": False},
    f"POST {THEIRS}/contacts": PHONE,
    f"PATCH {THEIRS}/contacts/{{contact_id}}": {"name": "Another"},
    f"PUT {THEIRS}/notification-rules": {"account_email": False},
    f"POST {V1}/rooms": {"name": "another", **PHONE},
    f"PATCH {V1}/rooms/{{room}}": {"active": False},
    f"POST {V1}/policies": {"name": "another", **POLICY, "conditions": {"service": ["y"]}},
    f"PUT {V1}/policies/{{policy_id}}": {"name": "renamed", **POLICY},
    f"PUT {V1}/templates/{{template}}": {"subject": "$title"},
    PREVIEW: {"incident_id": "INC-1001"},
    f"POST {V1}/silences": SILENCE,
    f"POST {V1}/escalate": {"incident_id": "INC-1002"},
    f"POST {V1}/notify": {"targets": ["room:ops"], "message": "look"},
    f"PATCH {V1}/silences/{{silence_id}}": {"reason": "it still moves"},
    f"POST {V1}/heartbeats": {"name": "another", "every_minutes": 5},
    f"PATCH {V1}/heartbeats/{{name}}": {"service": "another"},
    f"POST {V1}/auth/password": {"current": PASSWORD, "new": "marble giraffe teapot"},
}
"""What can be done as it is."""


NOTED = {"audit", "audit_head", "refusal"}
"""Kinds of records that say that somebody was refused."""


class World:
    """A store in which there is everything that a path can name; ``person`` is whoever asks, if it is a person."""

    def __init__(self, who):
        self.client = client = Client(MemoryStore())
        admin = {"token": client.token}
        for title in ("First", "Second", "Third"):
            client.opened(title)
        assert client.post(f"{V1}/incidents/INC-1003/resolve", **admin).status == 200
        client.post(f"{V1}/incidents/INC-1001/snooze", {"until": (client.now + SNOOZED).isoformat()})
        client("PUT", f"{V1}/incidents/INC-1001/assignments/ann")
        (alert,) = client.post(f"{V1}/alerts", {"message": "x", "key": "x"}).json["taken"]
        client.key("spare", Scope.ALERTS_WRITE)
        client.user("root@example.com", UserRole.ADMIN)  # the last one could not be deactivated
        other = client.user("other@example.com")
        client.post(f"{V1}/teams", {"name": "shop"})
        client("PUT", f"{V1}/teams/shop/members/{other.id}")
        client.post(f"{V1}/schedules", {"name": "shop", "layers": [{"id": "base", **LAYER}]})
        client.post(f"{V1}/users/{other.id}/contacts", PHONE)
        client.post(f"{V1}/rooms", {"name": "ops", **PHONE})
        client.post(f"{V1}/policies", {"name": "loud", **POLICY})
        client("PUT", f"{V1}/templates/page", {"text": "$title"})
        silence = client.post(f"{V1}/silences", SILENCE).json["id"]
        client.post(f"{V1}/heartbeats", {"name": "backup", "every_minutes": 5})
        self.person, self.shown = self._asking(who)
        self.named = {"incident_id": "INC-1001", "alert_id": alert["alert"], "user": "ann", "key_id": "spare"}
        self.named |= {"user_id": other.id, "team_id": "shop", "session_id": "none", "contact_id": "1", "room": "ops"}
        me = self.person or client.user("me@example.com")
        agreed = client.post(f"{V1}/schedules/shop/overrides", {"person": me.id, **WHEN}).json
        self.named |= {"schedule_id": "shop", "layer_id": "base", "override_id": agreed["overrides"][0]["id"]}
        self.bodies = BODIES
        self.named |= {"user_id": other.id, "team_id": "shop", "session_id": "none"}
        self.named |= {"silence_id": silence, "name": "backup", "policy_id": "loud", "template": "page"}
        page = client.post(f"{V1}/notify", {"targets": ["room:ops"]}).json["notifications"][0]["id"]
        client("PUT", f"{V1}/users/{other.id}/slack/T1:U1")
        self.named |= {"notification_id": quote(page, safe=""), "slack_user": "T1:U1"}
        if self.person:
            client.signed_in(self.person)
            self.named["session_id"] = client.sessions.every(self.person.id)[0].id
            client.post(f"{V1}/users/{self.person.id}/contacts", PHONE)
            reach = client.parts.reach()
            reach.verification.ask(reach.contacts.own(self.person, "1"))
            self.bodies = BODIES | {f"POST {MINE}/contacts/{{contact_id}}/verify": {"code": code_of(client)}}
        feeds = Feeds(client.store, client.audit, clock=client.clock, new_id=client.new_id)
        self.feeds = {
            name: feeds.make(of, secret="x", actor=Actor("a test"), maker=self.person.id if self.person else "").name
            for name, of in (("schedules", client.schedules.named("shop")), ("users", me))
        }

    def _asking(self, who):
        if who in ("nobody", NOBODY):
            return None, "" if who == "nobody" else f"tocsin_{'0' * 12}_{'x' * 43}"
        if who.startswith("key "):
            scope = Scope(who[5:-1])
            key = self.client.key(f"of-{scope.value.replace(':', '-')}", scope)
            self.client.get(f"{V1}/incidents", token=key)  # when it was first used is kept
            return None, key
        accounts = self.client.parts.accounts()
        also = lambda user: accounts.passwords.first(user, PASSWORD)
        person = accounts.users.add("me@example.com", "Me", UserRole(who), actor=Actor("a test"), also=also)
        return person, self.client.person(person)

    def ask(self, route, **more):
        """Ask for something that can be done."""
        method, path = route.split()
        named = self.named | ({"incident_id": "INC-1003"} if path.endswith("/close") else {})
        named |= {"user_id": "root@example.com", "slack_user": "T1:U2"} if method == "PUT" else {}
        named |= {"feed_id": self.feeds.get(path.split("/")[3], "")}
        path = re.sub(r"\{(\w+)\}", lambda found: named[found[1]], path)
        sent = {"body": self.bodies.get(route), "token": self.shown} | more
        later = SNOOZED if route == TICK else timedelta(0)
        self.client.now += later
        reply = self.client(method, path, sent.pop("body"), **sent)
        self.client.now -= later
        return reply

    @property
    def kept(self):
        """Everything that is in the store but what says that somebody was refused."""
        kept = dict(vars(self.client.store))
        kept["_records"] = {one: said for one, said in kept["_records"].items() if one[0] not in NOTED}
        return str({name: said for name, said in kept.items() if name not in ("_lock", "_done")})


@pytest.fixture(scope="module")
def worlds():
    """Return a world for each of those who ask; whoever only asks for what they may not have changes nothing in it."""
    return {who: World(who) for who in (*WHO, NOBODY)}


@pytest.mark.parametrize("route", ASKED)
def test_what_can_be_done_is_done_by_whoever_may_and_by_nobody_else(worlds, route):
    """Nothing but who asks stands in its way, and where that does, nothing is changed."""
    for who in (*WHO, NOBODY):
        # Who changes nothing can do so where others did before.
        world = World(who) if who in ROWS[route] and route in CHANGES else worlds[who]
        if who == NOBODY:
            world.client.now += timedelta(minutes=1)  # so many keys that open nothing may be shown
        before = world.kept
        reply = world.ask(route)
        if who not in ROWS[route]:
            refused = (401, "unauthorized") if who in ("nobody", NOBODY) else (403, "forbidden")
            assert (reply.status, reply.problem) == refused, who
            assert world.kept == before, who
        elif route == DATADOG:
            assert (reply.status, reply.problem) == (409, "no-datadog"), who
        else:
            assert reply.status in (200, 201, 202, 204), (who, reply.body)
            assert (world.kept != before) is (route in CHANGES), who


@pytest.mark.parametrize("route", CHANGES)
@pytest.mark.parametrize("raw", [b"", b"{", b"\xff", b'{"nonsense": 1}', b"x" * (MOST_BYTES + 1)], ids=len)
def test_who_asks_is_looked_at_before_what_they_say(worlds, route, raw):
    """Whoever may not learns nothing of what a body should be."""
    for who in WHO:
        if who not in ROWS[route]:
            status = 401 if who == "nobody" else 403
            for media in ("application/json", "text/xml"):
                assert worlds[who].ask(route, body=None, raw=raw, content_type=media).status == status, who


@pytest.mark.parametrize("change", [{"active": False}, {"verified": False}], ids=["deactivated", "not verified"])
def test_who_may_not_sign_in_is_let_in_nowhere(change):
    """Whatever their role, with a token from when they still might."""
    world = World(UserRole.ADMIN.value)
    world.client.users.change(world.person.id, lambda one: one.model_copy(update=change), actor=Actor("a test"))
    before = world.kept
    for route in ASKED:
        world.client.now += timedelta(seconds=5)  # so many that open nothing may be shown
        reply = world.ask(route)
        assert (reply.status, reply.problem) == (401, "unauthorized"), route
        assert world.kept == before, route


@pytest.mark.parametrize("route", CHANGES)
def test_a_person_acts_for_nobody_else(route):
    """The header in which a program names a person is nothing in a person's request: neither kept, nor on record."""
    world = World(UserRole.ADMIN.value)
    assert world.ask(route, x_tocsin_by="mallory").status < 300 or route == DATADOG
    assert "mallory" not in str(vars(world.client.store))


@pytest.mark.parametrize("route", [one for one in CHANGES if TABLE[one] == SELF])
def test_a_key_has_nothing_of_its_own(route):
    """Whatever it may do, and on whose behalf it says that it does it."""
    world = World("key `admin`")
    ann = world.client.user("ann@example.com", UserRole.ADMIN)
    for by in ("ann@example.com", ann.id):
        assert world.ask(route, x_tocsin_by=by).status == 403
