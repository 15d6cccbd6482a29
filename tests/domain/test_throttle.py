"""Buckets of tokens: what is let through, and when the next one is."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.desk import NOON
from tocsin.domain.throttle import Bucket, Limit, neighbourhood

LIMITS = st.builds(Limit, st.integers(1, 60), st.integers(1, 120).map(lambda seconds: timedelta(seconds=seconds)))
PAUSES = st.lists(st.integers(0, 300).map(lambda seconds: timedelta(seconds=seconds)), max_size=80)


def tried(bucket, now):
    """Return whether an attempt is let through, and the bucket afterwards."""
    return (False, bucket) if bucket.wait(now) else (True, bucket.take(now))


@given(LIMITS)
def test_a_full_bucket_lets_exactly_so_many_through_at_once(limit):
    """And then the next one comes after one more span."""
    bucket = Bucket(limit)
    for _ in range(limit.at_once):
        through, bucket = tried(bucket, NOON)
        assert through
    assert bucket.wait(NOON) == limit.each
    assert bucket.full_at == NOON + limit.whole


@given(LIMITS, PAUSES)
def test_no_span_lets_more_through_than_the_limit_says(limit, pauses):
    """However the attempts are spread: a bucket full, and one for each span that passed."""
    bucket, now, through = Bucket(limit), NOON, []
    for pause in pauses:
        now += pause
        let, bucket = tried(bucket, now)
        if let:
            through.append(now)
    for first, began in enumerate(through):
        for last in range(first, len(through)):
            assert last - first + 1 <= limit.at_once + (through[last] - began) / limit.each


@given(LIMITS, PAUSES)
def test_who_waits_as_long_as_is_said_is_let_through(limit, pauses):
    """And not a moment sooner; nobody waits longer than one span."""
    bucket, now = Bucket(limit), NOON
    for pause in pauses:
        now += pause
        wait = bucket.wait(now)
        assert wait <= limit.each
        if wait:
            assert not tried(bucket, now + wait - timedelta(microseconds=1))[0]
            assert tried(bucket, now + wait)[0]
        bucket = tried(bucket, now)[1]


@given(LIMITS, st.integers(1, 400))
def test_a_bucket_is_full_again_when_it_says(limit, attempts):
    """What is forgotten then is worth nothing."""
    bucket = Bucket(limit)
    for _ in range(attempts):
        bucket = tried(bucket, NOON)[1]
    assert Bucket(limit, bucket.full_at).wait(bucket.full_at) == Bucket(limit).wait(bucket.full_at)
    refilled = Bucket(limit, bucket.full_at).take(bucket.full_at)
    assert refilled == Bucket(limit).take(bucket.full_at)


@given(LIMITS, st.integers(1, 10_000))
def test_a_clock_that_was_set_back_keeps_nobody_out(limit, hours):
    """Nobody waits longer than from an empty bucket."""
    bucket = Bucket(limit, NOON + timedelta(hours=hours))
    assert bucket.wait(NOON) <= limit.each


@pytest.mark.parametrize(
    "address, stands_for",
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("somewhere", "somewhere"),
        ("no:where", "no:where"),
    ],
)
def test_a_sender_of_ipv6_has_one_network(address, stands_for):
    """Who has one address of a /64 has them all."""
    assert neighbourhood(address) == stands_for
