"""Pages at night are counted by the clock of whoever was paged, and by messages."""

from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.reach import Reached
from tocsin.domain.change import Change
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Tells
from tocsin.domain.page import Page, PageStatus
from tocsin.services.pages_at_night import pages_at_night
from tocsin.services.paging.desk import planned

DAY = timedelta(days=1)


@pytest.fixture
def people(any_store):
    """Return people in a store: one in Berlin, one in New York."""
    town = Reached(any_store)
    town.ann, town.bo = (
        town.person(time_zone="Europe/Berlin"),
        town.person("bo@example.com", time_zone="America/New_York"),
    )
    return town


def paged(town, who, hours, *, name="p", **more):
    """Put a page on record that was sent so many hours after noon, UTC."""
    at = NOON + timedelta(hours=hours)
    said = {"status": PageStatus.SENT, "sent_at": at, "made_at": at, "not_before": at, "channel": ChannelKind.SMS}
    page = Page.model_validate(said | {"id": f"{name}:{who.id}:{hours}", "user": who.id, "contact": "c"} | more)
    town.store.commit(Change(id=town.new_id(), at=at, records=(planned(page),)))


def counted(town, start=NOON, end=NOON + DAY, now=NOON + 2 * DAY, **more):
    found = pages_at_night(town.store, [town.ann, town.bo], start, end, now, **more)
    return (
        None if found is None else {town.users.get(user).email[:3].strip("@"): number for user, number in found.items()}
    )


def test_the_night_is_that_of_whoever_was_paged(people):
    """From ten in the evening until seven, on their clock."""
    # Noon is 13:00 in Berlin and 07:00 in New York.
    for hours in (8.99, 9, 17.99, 18):
        paged(people, people.ann, hours)
        paged(people, people.bo, hours)
    paged(people, people.ann, 9.5)  # 21:30 in UTC
    paged(people, people.bo, 14)  # 21:00 there, and 02:00 in UTC
    paged(people, people.bo, 15)
    assert counted(people) == {"ann": 3, "bo": 3}


def test_only_what_was_sent_in_that_time_counts(people):
    """And pages alone: no all-clear, nothing that was dropped, nothing for a room or for anybody else."""
    paged(people, people.ann, 10, tells=Tells.ALL_CLEAR)
    paged(people, people.ann, 11, status=PageStatus.DROPPED, sent_at=None)
    paged(people, people.ann, 12, user="")
    paged(people, people.ann, 13, user="somebody")
    paged(people, people.ann, 34)
    assert counted(people) == {}
    paged(people, people.ann, 14)
    assert counted(people) == {"ann": 1}


def test_what_went_as_one_message_counts_once(people):
    """However many incidents it told of."""
    for name in "abc":
        paged(people, people.ann, 10, name=name, bundle="a")
    assert counted(people) == {"ann": 1}


def test_what_is_still_to_come_is_not_counted(people):
    """Nobody knows it."""
    paged(people, people.ann, 10)
    assert counted(people, now=NOON) is None


def test_a_number_that_would_be_too_low_is_not_given(people):
    """Where more pages are on record than are read."""
    paged(people, people.ann, 10)
    paged(people, people.ann, 11)
    assert counted(people, most=2) == {"ann": 2}
    assert counted(people, most=1) is None
