"""A desk with heartbeats that are watched."""

import itertools

from tests.desk import Desk
from tocsin.domain.alert import Source
from tocsin.domain.audit import Actor
from tocsin.domain.incident import Status
from tocsin.domain.rules import Rules
from tocsin.domain.severity import Severity
from tocsin.services.auditing import AuditLog
from tocsin.services.tick import tick
from tocsin.services.watches import WatchEdit, Watches
from tocsin.services.watching import watch_acts

ANA = Actor("ana@example.com")
SECRET = "s" * 43
KEY = "heartbeat:backup"
ALL = WatchEdit(grace_minutes=2, severity=Severity.CRITICAL, service="db", environment="prod", team="data")
RULES = Rules()


class Ward:
    """A desk with watches, whose ticks act on them."""

    def __init__(self, store, *, name="w", rules=RULES):
        self.desk = Desk(store, rules)
        self.store = store
        self.rules = rules
        ids = itertools.count(1)
        self.new_id = lambda: f"{name}-{next(ids)}"
        self.clock = lambda: self.desk.now
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id, pause=lambda _: None)
        self.watches = Watches(store, self.audit, rules, clock=self.clock, new_id=self.new_id)

    def watched(self, name="backup", *, every=10, given=ALL):
        """Watch for a heartbeat from now on."""
        return self.watches.add(name, every_minutes=every, secret=SECRET, actor=ANA, given=given)

    def tick(self, minutes=None):
        """Do what is due at a moment; return the incidents there are then, and whether each is over."""
        if minutes is not None:
            self.desk.minute(minutes)
        others = watch_acts(self.store, self.rules, clock=self.clock, new_id=self.new_id)
        tick(self.store, self.rules, clock=self.clock, new_id=self.new_id, others=others)
        return [(one.id, one.status is Status.RESOLVED) for one in self.desk.incidents()]

    def call(self, minutes=None, **more):
        """Call."""
        if minutes is not None:
            self.desk.minute(minutes)
        return self.watches.call("backup", **more)

    @property
    def row(self):
        """The alert of the heartbeat."""
        return self.store.alerts_named(Source.GENERIC, [KEY])[KEY]
