"""A town to page in: who is on call and how they are reached, as a test says; and phones that ring, or do not."""

import urllib.request
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock

from tests.desk import NOON
from tocsin.domain.contact import ChannelKind, Contact
from tocsin.domain.message import Message
from tocsin.domain.notification_rules import Way
from tocsin.domain.page import PageReason
from tocsin.domain.policy import TargetKind, parts_of
from tocsin.services.channel import Receipt
from tocsin.services.paging.directory import Found, Missing


def a_contact(user, kind, *, name=""):
    """Return a way to reach somebody; or a room, without a user."""
    contact_id = f"{kind.value}{'-' + name if name else ''}"
    return Contact(
        id=contact_id, kind=kind, user=user, name=name, verified_at=NOON, created_at=NOON, created_by="tests"
    )


@dataclass
class Town:
    """A directory that is written by hand. ``on_call`` maps schedules to who is on call; ``people`` to their ways."""

    people: dict = field(default_factory=dict)
    rooms: dict = field(default_factory=dict)
    on_call: dict = field(default_factory=dict)
    admins: tuple = ()
    quiet: dict = field(default_factory=dict)
    silences: dict = field(default_factory=dict)
    saved: list = field(default_factory=list)
    gone: set = field(default_factory=set)
    looked: list = field(default_factory=list)
    viewers: set = field(default_factory=set)

    def person(self, name, *ways):
        """Let somebody be reached: by channel, or by channel and minutes."""
        self.people[name] = [
            Way(a_contact(name, ChannelKind(kind)), timedelta(minutes=minutes))
            for kind, minutes in ((way, 0) if isinstance(way, str) else way for way in ways)
        ]

    def room(self, name, kind="slack"):
        """Open a room."""
        self.rooms[name] = a_contact("", ChannelKind(kind), name=name)

    def is_empty(self):
        return not self.people

    def policies(self):
        return tuple(self.saved)

    def team_of(self, incident):
        return incident.team

    def silence_of(self, incident, at):
        return next((name for name, hides in self.silences.items() if hides(incident, at)), "")

    def found(self, target, incident, at):
        kind, which = parts_of(target)
        match kind:
            case TargetKind.USER:
                return Found(people=(which,), why="named")
            case TargetKind.ROOM if which in self.rooms:
                return Found(rooms=(self.rooms[which],))
            case TargetKind.ASSIGNEES:
                known = tuple(one for one in incident.assignees if one in self.people)
                return Found(people=known, why="assigned")
            case TargetKind.ADMINS:
                return Found(people=self.admins, why="administers")
        who = self.on_call.get(which or "team")
        who = who(at) if callable(who) else who
        if not who:
            return Found(missing=(Missing(PageReason.NOBODY_ON_CALL, which or "the team"),))
        return Found(people=(who,) if isinstance(who, str) else tuple(who), why=f"on call of {which or 'the team'}")

    def ways(self, user, severity, channels=()):
        every = [way for way in self.people.get(user, []) if (user, way.contact.id) not in self.gone]
        return [way for way in every if way.contact.kind in channels] or every

    def ways_said(self, user, severity, channels=()):
        return "as the test says"

    def acknowledges(self, user):
        return user not in self.viewers

    def contact(self, user, contact):
        some = [way.contact for way in self.people.get(user, [])] if user else list(self.rooms.values())
        usable = [one for one in some if one.id == contact and (user, contact) not in self.gone]
        return usable[0] if usable else None

    def address(self, contact):
        return {"name": contact.user or contact.name}

    def quiet_until(self, user, severity, at):
        return self.quiet.get(user, lambda _severity, _at: None)(severity, at)

    def name(self, user):
        return user

    def called(self, target):
        return target


@dataclass
class Phones:
    """Every provider at once: keeps what was sent, or fails as it is told. ``fails`` maps (who, channel) to an error."""

    fails: dict = field(default_factory=dict)
    sent: list = field(default_factory=list)
    addresses: list = field(default_factory=list)
    asked: int = 0
    lock: Lock = field(default_factory=Lock)
    provider: object = field(default_factory=lambda: Phones.switchboard)
    switchboard = None
    """A provider on this machine, over which everything goes while one is there."""

    def channels(self, *without):
        """Return the channels, all but those that are not set up."""
        return {kind: (lambda kind=kind: Phone(self, kind)) for kind in ChannelKind if kind.value not in without}


def over_the_wire(provider, message):
    """Send a message to a provider, as JSON over HTTP, and return what came there."""
    body = message.model_dump_json().encode()
    with urllib.request.urlopen(urllib.request.Request(provider.url, body, method="POST"), timeout=10) as answer:
        assert answer.status == 200
    return Message.model_validate_json(provider.asked.pop().body)


@dataclass
class Phone:
    """One channel."""

    phones: Phones
    kind: ChannelKind

    def send(self, message, to):
        with self.phones.lock:
            self.phones.asked += 1
            error = self.phones.fails.get((to.get("name"), self.kind.value))
            if callable(error):
                error = error()
            if error is not None:
                raise error
            if self.phones.provider is not None:
                message = over_the_wire(self.phones.provider, message)
            self.phones.addresses.append(dict(to))
            self.phones.sent.append((to.get("name", ""), self.kind.value, message))
            return Receipt(provider_id=f"p-{len(self.phones.sent)}")
