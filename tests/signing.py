"""People who sign in, on a store with a clock that is turned by hand; and signing keys that are kept nowhere."""

import base64
import itertools
import json
from datetime import timedelta

from tests.desk import NOON
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.identity.signing_keys import Keyring, SigningKey, SigningKeys
from tocsin.identity.tokens import JwtTokens
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users

HERE = Actor("", "192.0.2.9", "request-1")


class RingInMemory:
    """Signing keys that are kept nowhere."""

    def __init__(self):
        self.ring = None
        self.looks = 0
        self._numbers = itertools.count(1)

    def read(self):
        """Return them as they are now."""
        self.looks += 1
        return self.ring

    def make(self):
        """Make them."""
        self.ring = self.ring or Keyring(SigningKey(self.secret()))
        return self.ring

    def rotate(self):
        """Exchange them."""
        self.ring = self.make().rotated(self.secret())

    def secret(self):
        """Return a secret that is new."""
        return f"{next(self._numbers):043d}"


class Gate:
    """The sessions of a store. ``now`` is its clock."""

    def __init__(self, store):
        self.store = store
        self.now = NOON
        self.place = RingInMemory()
        self._ids = itertools.count(1)
        self.keys = SigningKeys(self.place, clock=self.clock)
        self.tokens = JwtTokens(self.keys, new_id=self.new_id)
        self.audit = AuditLog(store, clock=self.clock, new_id=self.new_id)
        self.users = Users(store, self.audit, clock=self.clock, new_id=self.new_id)
        self.sessions = sessions_of(store, self.keys, clock=self.clock, new_id=self.new_id)

    def clock(self):
        """Return the present moment."""
        return self.now

    def new_id(self):
        """Return an id that nobody else has."""
        return f"change-{next(self._ids)}"

    def later(self, **span):
        """Let time pass."""
        self.now += timedelta(**span)

    def person(self, email="ann@example.com", role=UserRole.RESPONDER, **more):
        """Add a person."""
        return self.users.add(email, email.partition("@")[0], role, actor=Actor("a test"), **more)

    def deactivate(self, user):
        """Take a person's access away, as whoever administers people does."""
        gone = {"active": False, "signed_out_at": self.now}
        self.users.change(
            user.id, lambda one: one.model_copy(update=gone), actor=Actor("a test"), also=self.sessions.end_all
        )

    def opens(self, access_token):
        """Return who holds an access token, or None."""
        claims = self.sessions.read(access_token)
        return None if claims is None else self.sessions.holder(claims)

    def log(self):
        """Return what is on record, the oldest first: action, actor, target."""
        return [(one.action, one.actor, one.target) for one in self.audit.entries()]


def parts_of(token):
    """Return header and payload of a token, unchecked."""
    return tuple(json.loads(_decoded(part)) for part in token.split(".")[:2])


def token_of(header, payload, sign):
    """Return a token made by hand; ``sign`` gives the signature of its first two parts."""
    signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(payload).encode())}"
    return f"{signed}.{_encoded(sign(signed.encode()))}"


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
