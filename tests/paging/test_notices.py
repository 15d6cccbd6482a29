"""Notices, from what writes them to the message: a silence ends while what it hides still fires."""

import logging
from datetime import timedelta

import pytest

from tests.desk import NOON, fires
from tests.paging.real_town import RealTown
from tocsin.domain.access import UserRole
from tocsin.domain.alert import Push, Source
from tocsin.domain.audit import Actor
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Tells
from tocsin.domain.rules import Rules
from tocsin.domain.silence import Matcher
from tocsin.services.due import NOTICE
from tocsin.services.incidents import IncidentService
from tocsin.services.ingest import ingest
from tocsin.services.paging.notices import notice_acts
from tocsin.services.paging.rounds import Pager
from tocsin.services.unsilencing import silence_acts

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration


class Silenced(RealTown):
    """A town with a pager in it, an incident, and a silence of an hour that hides it."""

    def __init__(self, store, *, author_id=None):
        super().__init__(store)
        parts = {"clock": self.clock, "new_id": self.new_id}
        self.ann = self.person()
        push = Push(Source.GENERIC, NOON, (fires("slow", 0, service="checkout"),))
        ingest(store, push, Rules(), **parts)
        until = NOON + timedelta(hours=1)
        where, author = Matcher(service="checkout"), self.ann.id if author_id is None else author_id
        self.silences.add(where, reason="a move", ends_at=until, actor=Actor("key:deploy"), author_id=author)
        channels = {ChannelKind.EMAIL: lambda: self.channel}
        pager = Pager(store, self.lookup, channels, **parts, timer=lambda: 0.0, jitter=lambda: 1.0, at_once=1)
        others = {**silence_acts(store, **parts), **notice_acts(pager.desk)}
        self.incidents = IncidentService(store, rules=Rules(), others=others, pages=pager, **parts)

    def ticked(self, minutes):
        """Tick then; return what was told so far."""
        self.now = NOON + timedelta(minutes=minutes)
        self.incidents.tick()
        # What is written by the one act is due at once, and may be found by the next tick.
        self.incidents.tick()
        return [(message.tells, message.text) for message, _ in self.channel.sent]


def test_its_author_hears_before_a_silence_ends_and_whoever_is_on_call_after(any_store):
    """Once, and with what is hidden; then what was held is paged."""
    town = Silenced(any_store)
    assert town.ticked(44) == []
    ((tells, text),) = town.ticked(45)
    assert (tells, "INC-1001" in text, "Your silence ends" in text) == (Tells.NOTICE, True, True)
    assert len(town.ticked(46)) == 1
    assert [one.kind for one in any_store.records(NOTICE, limit=9)] == []
    town.change(town.ann, role=UserRole.ADMIN)
    assert [tells for tells, _ in town.ticked(60)] == [Tells.NOTICE, Tells.PAGE]


def test_a_notice_that_reaches_nobody_is_logged(any_store, caplog):
    """A key has no way to be told."""
    town = Silenced(any_store, author_id="")
    with caplog.at_level(logging.WARNING):
        assert town.ticked(45) == []
    (said,) = [one.getMessage() for one in caplog.records if "reaches nobody" in one.getMessage()]
    assert "key:deploy" in said
    assert list(any_store.records(NOTICE, limit=9)) == []
