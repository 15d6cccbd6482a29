"""A thousand incidents in one minute, a thousand people, a provider that takes its time: all are told within the minute."""

import itertools
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from tests import tables
from tests.desk import fires
from tests.paging.town import Town
from tocsin.domain.alert import Push, Source
from tocsin.domain.policy import policy_of
from tocsin.domain.rules import Rules
from tocsin.services.channel import Receipt
from tocsin.services.ingest import ingest
from tocsin.services.paging.rounds import Pager
from tocsin.storage.dynamodb_store import DynamoDbStore

INCIDENTS = 1_000
PAGERS = 4
SECONDS = 0.3
"""What the provider takes for each message."""

MINUTE = 60.0


class SlowPhone:
    """A provider that takes its time for each message, and notes when it took which."""

    def __init__(self, began, heard):
        self._began = began
        self._heard = heard

    def send(self, message, to):
        """Take a message."""
        time.sleep(SECONDS)
        self._heard.append((to["name"], message.id, time.monotonic() - self._began))
        return Receipt(provider_id=message.id)


class CrowdedTown(Town):
    """Everybody has a way, and each incident is somebody else's."""

    def found(self, target, incident, at):
        return super().found(f"user:{incident.service}", incident, at)


@pytest.fixture
def opened(ministack):
    """Return a table in which a thousand incidents have just opened."""
    table = tables.a_table(ministack)
    store = DynamoDbStore(ministack, table)
    ids = itertools.count()
    now = datetime.now(UTC)
    said = tuple(fires(f"host-{number}", service=f"person-{number}") for number in range(INCIDENTS))
    for start in range(0, INCIDENTS, 100):
        ingest(
            store,
            Push(Source.GENERIC, now, said[start : start + 100]),
            Rules(),
            clock=lambda: datetime.now(UTC),
            new_id=lambda: f"open-{next(ids)}",
        )
    return table


@pytest.mark.large
def test_every_first_page_is_sent_within_the_minute(ministack_url, opened):
    """By four pagers at once, each page once."""
    town = CrowdedTown()
    for number in range(INCIDENTS):
        town.person(f"person-{number}", "log")
    town.saved.append(
        policy_of({"id": "default", "name": "P", "steps": [{"actions": [{"type": "notify", "target": "on_call"}]}]})
    )
    heard = []
    began = time.monotonic()
    phone = SlowPhone(began, heard)

    def run(number):
        ids = itertools.count()
        pager = Pager(
            DynamoDbStore(tables.connect(ministack_url), opened),
            town,
            {"log": lambda: phone},
            clock=lambda: datetime.now(UTC),
            new_id=lambda: f"pager-{number}-{next(ids)}",
            timer=time.monotonic,
            jitter=random.Random(number).random,
        )
        while len(heard) < INCIDENTS and time.monotonic() - began < 2 * MINUTE:
            pager.round()

    pagers = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(PAGERS)]
    for one in pagers:
        one.start()
    for one in pagers:
        one.join(3 * MINUTE)
    assert max(Counter(name for name, _, _ in heard).values()) == 1
    assert len(heard) == INCIDENTS
    print(f"the last of {INCIDENTS} pages was sent after {max(when for _, _, when in heard):.1f} s")
    assert max(when for _, _, when in heard) < MINUTE
