"""Calendar feeds, on every backend: secret links, what they show, and how they end."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest

from tests.desk import NOON
from tests.secrets_seen import nowhere
from tests.services.rota import BOSS, Rota, override
from tests.services.test_losing_races import Between
from tests.services.test_users import OFF
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, RecordWrite
from tocsin.errors import InvalidInput, NotAllowed, NotFound
from tocsin.services.feeds import AHEAD, BACK, FEED, MOST_FEEDS

pytestmark = pytest.mark.large  # moto takes its time: the other stand-in for DynamoDB tries them, in integration

SECRET = "s3cret-" * 6 + "x"


@pytest.fixture
def rota(any_store):
    made = Rota(any_store)
    made.ann, made.bo = made.people("ann bo")
    made.shop = made.add()
    return made


def events(rota, feed, secret=SECRET):
    """Return what a calendar shows: the properties of each event."""
    text, _ = rota.feeds.calendar(feed.id, secret)
    text = text.replace("\r\n ", "")
    found = re.findall(r"BEGIN:VEVENT\r\n(.*?)\r\nEND:VEVENT", text, re.DOTALL)
    return [dict(line.split(":", 1) for line in one.split("\r\n")) for one in found]


def test_a_feed_shows_the_shifts_of_a_schedule(rota):
    """Those of the last 30 days, and of the next 180 at least: by name, without gaps."""
    rota.now += timedelta(days=100)
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    shown = events(rota, feed)
    assert {one["SUMMARY"] for one in shown} == {"Ann: Shop", "Bo: Shop"}
    assert shown[0]["DTSTART"] <= f"{rota.now - BACK:%Y%m%dT%H%M%SZ}"
    assert shown[-1]["DTEND"] >= f"{rota.now + AHEAD:%Y%m%dT%H%M%SZ}"
    assert all(one["DTEND"] == other["DTSTART"] for one, other in pairwise(shown))


def test_a_feed_of_a_person_shows_their_shifts_on_every_schedule(rota):
    """In order, and those of nobody else."""
    rota.add("Web", "ann")
    feed = rota.feeds.make(rota.ann, secret=SECRET, actor=BOSS, maker=rota.ann.id)
    shown = events(rota, feed)
    assert {one["SUMMARY"] for one in shown} == {"On call: Shop", "On call: Web"}
    assert [one["DTSTART"] for one in shown] == sorted(one["DTSTART"] for one in shown)
    assert all(one["DESCRIPTION"].startswith("Ann is on call by the schedule ") for one in shown)


def test_an_event_keeps_its_name(rota):
    """From day to day, and when others move: a calendar shows it once. The text that tells changes apart does so, too."""
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    first, state = events(rota, feed), rota.feeds.calendar(feed.id, SECRET)[1]
    rota.later(days=3)
    again = events(rota, feed)
    assert [one["UID"] for one in again][: len(first)] == [one["UID"] for one in first]
    assert len({one["UID"] for one in first}) == len(first)
    assert again[0]["DTSTAMP"] != first[0]["DTSTAMP"]
    rota.later(days=-3)
    rota.schedules.add_overrides("shop", [override("bo", 200, 201)], actor=BOSS)
    assert rota.feeds.calendar(feed.id, SECRET)[1] == state  # bo was on call anyway
    rota.schedules.add_overrides("shop", [override("ann", 202, 203)], actor=BOSS)
    assert {one["UID"] for one in first} < {one["UID"] for one in events(rota, feed)}
    assert rota.feeds.calendar(feed.id, SECRET)[1] != state


def test_what_began_long_ago_keeps_its_name_for_a_month(rota):
    """It is cut where a month begins, and not where each day does."""
    solo = rota.add("Solo", "ann")
    feed = rota.feeds.make(solo, secret=SECRET, actor=BOSS)
    rota.later(days=100)
    (before,) = events(rota, feed)
    rota.later(days=1)
    (after,) = events(rota, feed)
    assert (before["UID"], before["DTSTART"]) == (after["UID"], after["DTSTART"])
    assert before["DTSTART"] > f"{NOON:%Y%m%dT%H%M%SZ}"


def test_every_link_that_is_not_good_looks_alike(rota):
    """Whatever is wrong with it."""
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    for feed_id, secret in (
        (feed.id, ""),
        (feed.id, "é"),
        (feed.id, SECRET[:-1]),
        ("", SECRET),
        (f"{feed.id}/", SECRET),
        (f"{rota.shop.id}.{'0' * 12}", SECRET),
    ):
        with pytest.raises(NotFound, match="there is no such feed, or not any more"):
            rota.feeds.calendar(feed_id, secret)


def test_nothing_that_is_kept_opens_a_feed(rota):
    """Neither the record nor the log has the secret."""
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS, label="wall")
    nowhere(
        [one.line().replace(feed.digest, "") for one in rota.audit.entries()],
        secret=SECRET,
    )
    assert SECRET not in str(rota.store.record(FEED, feed.id))
    assert rota.told()[-1] == ("feed_made", {})


def test_a_feed_is_revoked(rota):
    """By whoever made it or administers, once; the others go on."""
    mine = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS, maker=rota.ann.id)
    other = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    assert sorted(one.id for one in rota.feeds.of(rota.shop.id)) == sorted([mine.id, other.id])
    with pytest.raises(NotAllowed, match="made by somebody else"):
        rota.feeds.revoke(rota.shop.id, other.name, actor=Actor(rota.ann.email), own=rota.ann.id)
    with pytest.raises(NotFound):
        rota.feeds.revoke(rota.ann.id, mine.name, actor=BOSS)
    rota.feeds.revoke(rota.shop.id, mine.name, actor=Actor(rota.ann.email), own=rota.ann.id)
    with pytest.raises(NotFound):
        rota.feeds.revoke(rota.shop.id, mine.name, actor=BOSS)
    with pytest.raises(NotFound):
        rota.feeds.calendar(mine.id, SECRET)
    assert rota.feeds.of(rota.shop.id) == [other]
    assert events(rota, other)
    assert rota.told()[-1] == ("feed_revoked", {})


def test_of_two_who_revoke_a_feed_one_does(rota):
    """The other finds it gone."""
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    act = lambda: rota.feeds.revoke(rota.shop.id, feed.name, actor=BOSS)
    late = Rota(Between(rota.store, act), name="late")
    with pytest.raises(NotFound):
        late.feeds.revoke(rota.shop.id, feed.name, actor=BOSS)


def test_a_feed_ends_with_its_maker_and_its_schedule(rota):
    """Whoever has left takes no link along."""
    mine = rota.feeds.make(rota.ann, secret=SECRET, actor=BOSS, maker=rota.ann.id)
    shop = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    rota.users.edit(rota.ann.email, OFF, actor=BOSS)
    with pytest.raises(NotFound):
        rota.feeds.calendar(mine.id, SECRET)
    assert events(rota, shop)
    rota.schedules.remove("shop", actor=BOSS)
    with pytest.raises(NotFound):
        rota.feeds.calendar(shop.id, SECRET)
    stray = rota.feeds.make(rota.bo, secret=SECRET, actor=BOSS, maker="nobody")
    with pytest.raises(NotFound):
        rota.feeds.calendar(stray.id, SECRET)


def test_who_is_not_there_is_shown_by_id(rota):
    """As a store that lost them would."""
    rota.store.commit(_without(rota.bo.id))
    feed = rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    assert {one["SUMMARY"] for one in events(rota, feed)} == {"Ann: Shop", f"{rota.bo.id}: Shop"}


@pytest.mark.large
def test_there_is_an_end_to_feeds(rota):
    """Of one schedule; another has its own."""
    for _ in range(MOST_FEEDS):
        rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    with pytest.raises(InvalidInput, match="20 feeds of it already"):
        rota.feeds.make(rota.shop, secret=SECRET, actor=BOSS)
    assert rota.feeds.make(rota.ann, secret=SECRET, actor=BOSS)


def _without(user_id):
    return Change(id="gone", at=NOON, records=(RecordWrite(kind="user", id=user_id, record=None),))
