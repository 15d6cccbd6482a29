"""People and how they are reached, on a store with a clock that is turned by hand, and channels that keep what is sent."""

import itertools
import re
from datetime import timedelta

from tests.desk import NOON
from tests.signing import RingInMemory
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.rules import Rules
from tocsin.identity.sealing import KeySealer
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.channel import Receipt
from tocsin.services.due import CODE
from tocsin.services.reach import Reach
from tocsin.services.tick import tick
from tocsin.services.users import Users
from tocsin.services.verification import Codes

BOSS = Actor("a test", "192.0.2.1", "request-1")


class Kept:
    """A channel that keeps what it is handed, or fails as it is told."""

    def __init__(self):
        self.sent = []
        self.fails = None

    def send(self, message, to):
        """Keep it."""
        if self.fails is not None:
            raise self.fails
        self.sent.append((message, dict(to)))
        return Receipt("1")


class Reached:
    """How the people of a store are reached. ``now`` is its clock, ``channel`` where messages of all kinds arrive."""

    def __init__(self, store, *, name="change", private=False, before=None):
        self.store = store
        self.now = NOON
        self._name = name
        self._ids = itertools.count(1)
        self.place = RingInMemory() if before is None else before.place
        self.keys = SigningKeys(self.place, clock=self.clock)
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id)
        self.users = Users(store, self.audit, clock=self.clock, new_id=self.new_id)
        sealer = KeySealer(self.keys)
        parts = Reach.of(store, self.keys, sealer, clock=self.clock, new_id=self.new_id, private=private)
        self.contacts, self.verification, self.rules = parts
        self.channel = Kept()
        self.channels = {kind: lambda: self.channel for kind in ChannelKind}

    def clock(self):
        """Return the present moment."""
        return self.now

    def new_id(self):
        """Return an id that nobody else has."""
        return f"{self._name}-{next(self._ids)}"

    def later(self, **span):
        """Let time pass."""
        self.now += timedelta(**span)

    def person(self, email="ann@example.com", **more):
        """Add a person."""
        return self.users.add(email, email.partition("@")[0], UserRole.RESPONDER, actor=BOSS, **more)

    def tick(self):
        """Do what is due; return the messages that came."""
        before = len(self.channel.sent)
        send_codes(self.store, self.contacts, self.keys, self.channels, clock=self.clock, new_id=self.new_id)
        return self.channel.sent[before:]

    def log(self):
        """Return what is on record, the oldest first: action, target, details."""
        return [(one.action, one.target, one.details) for one in self.audit.entries()]


def send_codes(store, contacts, keys, channels, *, clock, new_id):
    """Send the codes that are due, as a tick does."""
    codes = Codes(store, contacts, keys, channels, clock=clock, new_id=new_id)
    tick(store, Rules(), clock=clock, new_id=new_id, others={CODE: codes})


def code_of(client):
    """Send the codes that are due at an API that tests ask; return the last of them."""
    channel = Kept()
    channels = {kind: lambda: channel for kind in ChannelKind}
    contacts = client.parts.reach().contacts
    send_codes(client.store, contacts, client.signing_keys, channels, clock=client.clock, new_id=client.new_id)
    return code_in(channel.sent[-1][0])


def code_in(message):
    """Return the code in a message."""
    (found,) = re.findall(r"\b[0-9]{6}\b", message.short)
    return found
