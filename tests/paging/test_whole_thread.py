"""One alert from push to all clear, with everything that it takes: people, teams, schedules, policies, mail and a webhook.

Nothing stands in for anything but the far side: a mail server and an HTTP server on this machine.
"""

import itertools
import json
import re
from contextlib import ExitStack
from datetime import timedelta
from email import message_from_bytes

import pytest

from tests.desk import NOON, fires, is_over
from tests.mail_server import Mailbox, serving
from tests.provider import provider
from tests.signing import RingInMemory
from tocsin.channels.webhook import signature
from tocsin.config import Settings
from tocsin.domain.access import UserRole
from tocsin.domain.alert import Push, Source
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.rules import Rules
from tocsin.entrypoints.page_addresses import links_of
from tocsin.entrypoints.paging import paging_of
from tocsin.entrypoints.reaching import reach_of
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.acting import Acting
from tocsin.services.auditing import AuditLog
from tocsin.services.incidents import IncidentService
from tocsin.services.ingest import ingest
from tocsin.services.page_links import acknowledge_cycle
from tocsin.services.policies import Policies
from tocsin.services.schedules import Schedules
from tocsin.services.targets import Targets
from tocsin.services.teams import Teams
from tocsin.services.users import Users

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

BOSS = Actor("root@example.com")


class Shop:
    """A store with a team of two, a schedule, a policy, and what is around it."""

    def __init__(self, store, mail_port, hook):
        self.store, self.hook = store, hook
        self.now = NOON
        self._ids = itertools.count(1)
        how = {"clock": lambda: self.now, "new_id": lambda: f"id-{next(self._ids)}"}
        self.how = how
        audit = AuditLog(store, **how)
        self.users, self.teams = Users(store, audit, **how), Teams(store, audit, **how)
        self.schedules = Schedules(store, audit, **how)
        self.keys = keys = SigningKeys(RingInMemory(), clock=how["clock"])
        contacts = reach_of(store, keys, private=True, **how).contacts
        for email in ("ana@example.com", "bo@example.com"):
            self.users.add(email, email, UserRole.RESPONDER, actor=BOSS)
        self.teams.add("shop", services=["checkout"], actor=BOSS)
        layer = {
            "id": "base",
            "name": "Base",
            "people": ["ana@example.com", "bo@example.com"],
            "rotation": {"unit": "day"},
            "start": "2026-03-02",
        }
        self.schedules.add({"name": "Primary", "time_zone": "UTC", "team": "shop", "layers": [layer]}, actor=BOSS)
        contacts.add_room("ops", ChannelKind.WEBHOOK, {"url": f"{hook.url}/in", "secret": "hush"}, actor=BOSS)
        targets = Targets(self.users, self.teams, self.schedules, contacts)
        self.policies = Policies(store, audit, targets, **how)
        notify = [{"type": "notify", "target": "on_call"}, {"type": "notify", "target": "room:ops"}]
        later = [{"type": "notify", "target": "user:bo@example.com", "channels": ["sms", "email"], "message": "Help"}]
        self.policies.add(
            {
                "name": "Checkout",
                "conditions": {"service": ["checkout"]},
                "steps": [{"actions": notify}, {"delay_minutes": 5, "actions": later}],
            },
            actor=BOSS,
        )
        self.settings = settings = Settings.read(
            {
                "SMTP_URL": f"smtp://127.0.0.1:{mail_port}",
                "MAIL_FROM": "tocsin@example.com",
                "OUTBOUND_ALLOW": "127.0.0.0/8",
                "PUBLIC_URL": "https://tocsin.example.com",
            }
        )
        paging = paging_of(settings, store, Rules(), keys, lambda: None, **how)
        self.service = IncidentService(store, rules=Rules(), others=paging.others, pages=paging.pages, **how)

    def push(self, *said):
        """Take what a sender says."""
        ingest(self.store, Push(Source.GENERIC, self.now, said), Rules(), **self.how)

    def later(self, minutes):
        """Let time pass, and do what is due."""
        self.now += timedelta(minutes=minutes)
        assert self.service.tick().left == 0


@pytest.fixture
def shop(any_store):
    """Return the shop, its mailbox and its webhook."""
    mailbox = Mailbox()
    with ExitStack() as stack:
        port = stack.enter_context(serving(mailbox))
        hook = stack.enter_context(provider())
        here = Shop(any_store, port, hook)
        # Whose shifts those are hear of them.
        here.later(0)
        assert [said for _, said in letters(mailbox)] == [
            "Tocsin: Your shifts by the schedule Primary have changed."
        ] * 2
        mailbox.got.clear()
        yield here, mailbox, hook


def letters(mailbox):
    """Return to whom what was sent."""
    return [
        (envelope.rcpt_tos[0], envelope.content.decode().partition("Subject: ")[2].partition("\r\n")[0])
        for envelope, _, _ in mailbox.got
    ]


def test_from_the_alert_to_the_all_clear(shop):
    """Whoever is on call is mailed, the room is called; the next step waits its time; who was told hears that it is over."""
    here, mailbox, hook = shop
    here.push(fires("db"))
    here.later(0)
    assert letters(mailbox) == [("ana@example.com", "HIGH: INC-1001 db is in trouble (checkout)")]
    called = hook.only
    stamp = called.headers["x-tocsin-timestamp"]
    assert called.headers["x-tocsin-signature"] == signature("hush", stamp, called.body)
    assert json.loads(called.body)["tells"] == "page"
    here.later(5)
    assert [to for to, _ in letters(mailbox)] == ["ana@example.com", "bo@example.com"]
    assert b"Help" in mailbox.got[1][0].content
    here.service.acknowledge("INC-1001", by="bo@example.com")
    here.later(1)
    # The room hears who is on it; nobody else is woken again.
    assert [json.loads(one.body)["tells"] for one in hook.asked] == ["page", "acknowledged"]
    here.push(is_over("db", 6))
    here.later(5)
    here.later(1)
    assert sorted(letters(mailbox)[2:]) == [
        ("ana@example.com", "All clear: INC-1001 db is in trouble (checkout)"),
        ("bo@example.com", "All clear: INC-1001 db is in trouble (checkout)"),
    ]
    assert [json.loads(one.body)["tells"] for one in hook.asked] == ["page", "acknowledged", "all_clear"]
    here.later(600)
    assert (len(mailbox.got), len(hook.asked)) == (4, 3)


def test_who_is_on_call_is_looked_up_then(shop):
    """The same policy pages the other one a day later."""
    here, mailbox, _ = shop
    here.later(24 * 60)
    here.push(fires("db", 24 * 60))
    here.later(0)
    assert [to for to, _ in letters(mailbox)] == ["bo@example.com"]


def test_the_link_of_a_letter_acknowledges(shop):
    """As it was sent, for whom it was sent to; then nobody else is paged."""
    here, mailbox, _ = shop
    here.push(fires("db"))
    here.later(0)
    letter = message_from_bytes(mailbox.got[0][0].content)
    plain = next(part for part in letter.walk() if part.get_content_type() == "text/plain")
    text = plain.get_payload(decode=True).decode()
    (token,) = re.findall(r"https://tocsin\.example\.com/ack\?t=(\S+)", text)
    link = links_of(here.settings, here.keys).read(token, here.now)
    after = acknowledge_cycle(Acting(here.store, rules=Rules(), **here.how), here.users, link)
    assert after.acknowledged_by == "ana@example.com"
    mailbox.got.clear()
    here.later(10)
    assert letters(mailbox) == []
