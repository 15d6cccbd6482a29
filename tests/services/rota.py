"""Schedules of a store, with people and a clock that is turned by hand."""

import itertools
from datetime import timedelta

from tests.desk import NOON
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.schedule import on_call
from tocsin.services.auditing import AuditLog
from tocsin.services.due import SHIFT_NOTICE
from tocsin.services.feeds import Feeds
from tocsin.services.schedules import Schedules
from tocsin.services.teams import Teams
from tocsin.services.users import Users

BOSS = Actor("boss@example.com", "192.0.2.1", "r-1")
MONDAY = NOON.replace(hour=9)


class Rota:
    """What there is to work with on a store; ids begin with ``name``."""

    def __init__(self, store, *, name="r"):
        self.store = store
        self.now = NOON
        self._name = name
        self._ids = itertools.count(1)
        parts = {"clock": self.clock, "new_id": self.new_id}
        self.audit = AuditLog(store, **parts)
        self.users = Users(store, self.audit, **parts)
        self.teams = Teams(store, self.audit, **parts)
        self.schedules = Schedules(store, self.audit, **parts)
        self.feeds = Feeds(store, self.audit, **parts)

    def clock(self):
        return self.now

    def new_id(self):
        return f"{self._name}-{next(self._ids)}"

    def later(self, **span):
        self.now += timedelta(**span)

    def person(self, name, role=UserRole.RESPONDER):
        return self.users.add(f"{name}@example.com", name.title(), role, actor=BOSS)

    def people(self, names):
        return [self.person(name) for name in names.split()]

    def add(self, name="Shop", people="ann bo", actor=BOSS, **more):
        return self.schedules.add({"name": name, "layers": [layer(people)], **more}, actor=actor)

    def who(self, schedule, at=None):
        return on_call(self.schedules.get(schedule.id), at or self.now).person

    def told(self, since=0):
        """Return the last entries of the audit log, as action and details."""
        return [(one.action, one.details) for one in self.audit.entries(after=since)]

    def notices(self):
        """Return what is to be told now, by person."""
        due = [one for one in self.store.due(self.now) if one.kind == SHIFT_NOTICE]
        return {self.users.get(str(one.body["user"])).email.partition("@")[0]: one.body for one in due}


def layer(people="ann bo", name="base", **more):
    return {
        "id": name,
        "name": name.title(),
        "people": [f"{one}@example.com" for one in people.split()],
        "rotation": {"unit": "week"},
        "start": "2026-03-02",
        **more,
    }


def at(hours):
    return NOON + timedelta(hours=hours)


def override(person, start, end, replaces=None):
    said = {"person": f"{person}@example.com", "start": at(start), "end": at(end)}
    return said | ({"replaces": f"{replaces}@example.com"} if replaces else {})
