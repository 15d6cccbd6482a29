"""Whom the demo pages: two people who share a schedule, by the real pager. Their mail is shown, and goes nowhere."""

import time
from collections.abc import Callable
from datetime import timedelta

from tocsin.clock import Clock
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.contact import Address, ChannelKind
from tocsin.domain.message import Message
from tocsin.identity.signing_keys import NoKeys, SigningKeys
from tocsin.ids import NewId
from tocsin.services.auditing import AuditLog
from tocsin.services.channel import Receipt
from tocsin.services.paging.rounds import Pager
from tocsin.services.policies import Policies
from tocsin.services.schedules import Schedules
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams
from tocsin.services.users import Users
from tocsin.storage.store import Store

from .paging import lookup_of
from .reaching import reach_of

PEOPLE = (("amira@shop.example", "Amira"), ("jonas@shop.example", "Jonas"))
"""Whoever acts in the scenario; the first is on call, and the second is the next step."""

PATIENCE = 5
"""Minutes until the next step."""

Told = Callable[[str, Message], None]
"""Is told whom a message went to, and what it says."""


def pager_of(store: Store, told: Told, *, clock: Clock, new_id: NewId) -> Pager:
    """Return a pager of a store that knows nobody yet, after adding the people, their schedule and its policy."""
    keys = SigningKeys(NoKeys(), clock=clock)  # an account's own address is not sealed
    audit = AuditLog(store, clock=clock, new_id=new_id)
    users = Users(store, audit, clock=clock, new_id=new_id)
    teams = Teams(store, audit, clock=clock, new_id=new_id)
    schedules = Schedules(store, audit, clock=clock, new_id=new_id)
    contacts = reach_of(store, keys, clock=clock, new_id=new_id).contacts
    targets = Targets(users, teams, schedules, contacts)
    policies = Policies(store, audit, targets, clock=clock, new_id=new_id)
    actor = Actor("demo")
    first, second = (users.add(email, name, UserRole.RESPONDER, actor=actor).email for email, name in PEOPLE)
    yesterday = f"{clock() - timedelta(days=1):%Y-%m-%d}"
    week = {"name": "Weeks", "people": [first, second], "rotation": {"unit": "week"}, "start": yesterday}
    schedules.add({"name": "Shop", "layers": [week]}, actor=actor)
    steps = [
        {"delay_minutes": minutes, "actions": [{"type": "notify", "target": target}]}
        for minutes, target in ((0, "schedule:Shop"), (PATIENCE, f"user:{second}"))
    ]
    policies.add({"name": "Shop", "conditions": {"source": ["datadog"]}, "steps": steps}, actor=actor)
    return Pager(
        store,
        lookup_of(store, keys, clock=clock, new_id=new_id),
        {ChannelKind.EMAIL: lambda: _Shown(told)},
        clock=clock,
        new_id=new_id,
        timer=time.monotonic,
        jitter=lambda: 1.0,
        at_once=1,
    )


class _Shown:
    """Shows mail in place of sending it."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def send(self, message: Message, to: Address) -> Receipt:
        """Show it."""
        self._told(to["email"], message)
        return Receipt(message.id)
