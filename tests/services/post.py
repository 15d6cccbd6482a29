"""A desk with silences."""

import itertools

from tests.desk import NOON, Desk, at, fires
from tocsin.domain.audit import Actor
from tocsin.domain.severity import Severity
from tocsin.domain.silence import Matcher
from tocsin.services.auditing import AuditLog
from tocsin.services.due import NOTICE
from tocsin.services.silences import Silences
from tocsin.services.tick import tick
from tocsin.services.unsilencing import silence_acts

ANA = Actor("ana@example.com")
CHECKOUT = Matcher(service="checkout")
UP_TO_HIGH = Matcher(service="checkout", severity_at_most=Severity.HIGH)
CALLS = frozenset({"commit", "commit_many", "record", "records", "find", "incidents", "timeline"})


class Post:
    """A desk with silences, whose ticks act on them."""

    def __init__(self, store, *, name="s"):
        self.desk = Desk(store)
        self.store = store
        ids = itertools.count(1)
        self.new_id = lambda: f"{name}-{next(ids)}"
        self.clock = lambda: self.desk.now
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id, pause=lambda _: None)
        self.silences = Silences(store, self.audit, clock=self.clock, new_id=self.new_id)

    def silence(self, where=CHECKOUT, *, minutes=60, **more):
        """Silence something from now on."""
        given = {"reason": "a deployment", "actor": ANA, "ends_at": self.desk.now + (at(minutes) - NOON)}
        return self.silences.add(where, **given | more)

    def tick(self, minutes=None, store=None):
        """Do what is due at a moment; return the ids of incidents that got a new cycle by it."""
        if minutes is not None:
            self.desk.minute(minutes)
        before = self.cycles()
        store = store or self.store
        tick(
            store,
            self.desk.service.rules,
            clock=self.clock,
            new_id=self.new_id,
            others=silence_acts(store, clock=self.clock, new_id=self.new_id),
        )
        return {one: number - before[one] for one, number in self.cycles().items() if number != before[one]}

    def cycles(self):
        """Return how many cycles each incident had."""
        return {one.id: one.cycles for one in self.desk.incidents()}

    def opened(self, *names, minutes=None, **more):
        """Push alerts that share an incident; return its id."""
        if minutes is not None:
            self.desk.minute(minutes)
        here = (self.desk.now - NOON).total_seconds() / 60
        return self.desk.push(*(fires(name, here, **more) for name in names)).opened[0]

    def hidden(self, incident_id):
        """Say what hides an incident now."""
        found = self.silences.hiding(self.store.incident(incident_id), self.desk.now)
        return None if found is None else found.id

    def notices(self):
        """Return the notices there are, by id."""
        return {one.id: one.body for one in self.store.records(NOTICE, limit=50)}
