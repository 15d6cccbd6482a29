"""People and their accounts, on a store with a clock that is turned by hand; hashing is counted, and costs nothing."""

import hashlib
import itertools
from datetime import timedelta

from tests.desk import NOON
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.errors import Undelivered
from tocsin.identity.signing_keys import Keyring, SigningKey, SigningKeys
from tocsin.services.accounts import Accounts
from tocsin.services.auditing import AuditLog
from tocsin.services.courier import Post
from tocsin.services.due import LETTER
from tocsin.services.tick import tick
from tocsin.services.tickets import Tickets

PASSWORD = "violet tractor umbrella"
ANOTHER = "marble giraffe teapot"
HERE = Actor("192.0.2.1", "192.0.2.1", "request-1")


class Place:
    """Signing keys that are kept nowhere."""

    def __init__(self):
        self.ring = Keyring(SigningKey("k" * 43))

    def read(self):
        """Return them."""
        return self.ring

    make = read


class Hasher:
    """Hashes for nothing, and counts. ``cost`` is what hashes cost now."""

    nobody = "1:nobody"

    def __init__(self):
        self.cost = 1
        self.calls = []

    def hash(self, password):
        """Return something that tells passwords apart."""
        self.calls.append("hash")
        return f"{self.cost}:{hashlib.sha256(password.encode()).hexdigest()}"

    def matches(self, hashed, password):
        """Say whether it is of this password."""
        self.calls.append("match")
        return hashed.partition(":")[2] == hashlib.sha256(password.encode()).hexdigest()

    def outdated(self, hashed):
        """Say whether it costs something else."""
        return not hashed.startswith(f"{self.cost}:")


class Counted:
    """A store whose calls are counted by name; everything else is the store's own."""

    def __init__(self, store):
        self._store = store
        self.calls = []

    def __getattr__(self, name):
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*args, **kwargs):
            self.calls.append(name)
            return found(*args, **kwargs)

        return call


class Box:
    """A courier that keeps letters, or fails as it is told."""

    def __init__(self):
        self.letters = []
        self.fails = None

    def deliver(self, letter):
        """Keep it."""
        if self.fails is not None:
            raise self.fails
        self.letters.append(letter)

    def down(self):
        """Fail as a server that is down does."""
        self.fails = Undelivered("the mail server answered 451")


def token_in(letter):
    """Return the token in a letter."""
    (found,) = [line for line in letter.text.splitlines() if line.startswith("tocsin_")]
    return found


def weak(password, about):
    """Judge as little as tests need."""
    return "This is a very common password" if "password" in password else ""


class Town:
    """The accounts of a store. ``now`` is its clock, ``box`` where letters arrive; its ids begin with ``name``."""

    def __init__(self, store, *, name="change", letters=True, domains=("example.com",), hasher=None):
        self.store = Counted(store)
        self.now = NOON
        self._name = name
        self._ids = itertools.count(1)
        self.keys = SigningKeys(Place(), clock=self.clock)
        self.hasher = hasher or Hasher()
        self.sessions = sessions_of(self.store, self.keys, clock=self.clock, new_id=self.new_id)
        self.accounts = Accounts.of(
            self.store,
            self.sessions,
            self.keys,
            self.hasher,
            weak,
            clock=self.clock,
            new_id=self.new_id,
            letters=letters,
            domains=domains,
        )
        self.audit = AuditLog(self.store, clock=self.clock, new_id=self.new_id)
        self.tickets = Tickets(self.store, self.keys, clock=self.clock, new_id=self.new_id)
        self.box = Box()

    def clock(self):
        """Return the present moment."""
        return self.now

    def new_id(self):
        """Return an id that nobody else has."""
        return f"{self._name}-{next(self._ids)}"

    def later(self, **span):
        """Let time pass."""
        self.now += timedelta(**span)

    def person(self, email="ann@example.com", password=PASSWORD, role=UserRole.RESPONDER, **more):
        """Add a person, with a password unless it is empty."""
        users, passwords = self.accounts.users, self.accounts.passwords

        def also(user):
            return passwords.first(user, password) if password else ()

        return users.add(email, email.partition("@")[0], role, actor=Actor("a test"), also=also, **more)

    def change(self, user, **update):
        """Change a person, as an administrator does."""
        return self.accounts.users.change(user.id, lambda one: one.model_copy(update=update), actor=Actor("a test"))

    def sign_in(self, email="ann@example.com", password=PASSWORD, address="192.0.2.1"):
        """Sign in."""
        return self.accounts.signing_in.sign_in(email, password, actor=HERE._replace(address=address))

    def tick(self, **more):
        """Do what is due; return the letters that came."""
        before = len(self.box.letters)
        post = Post(self.store, self.tickets, self.accounts.users, self.box, clock=self.clock, new_id=self.new_id)
        self.ticked = tick(self.store, self.rules, clock=self.clock, new_id=self.new_id, others={LETTER: post}, **more)
        return self.box.letters[before:]

    @property
    def rules(self):
        """Return how incidents are decided on."""
        from tocsin.domain.rules import Rules

        return Rules()

    def log(self):
        """Return what is on record, the oldest first: action, target."""
        return [(one.action, one.target) for one in self.audit.entries()]

    def kept(self, *kinds):
        """Return everything in the records of some kinds, as text."""
        return str([record.model_dump(mode="json") for kind in kinds for record in self.store.records(kind, limit=100)])
