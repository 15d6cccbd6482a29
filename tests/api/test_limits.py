"""Who may ask how often, and from where."""

from ipaddress import ip_network

import pytest

from tests.api.client import V1, with_options
from tocsin.api.limits import MOST_BUCKETS, Buckets
from tocsin.api.options import Options
from tocsin.domain.access import Scope

LIST = f"{V1}/incidents"


def test_a_key_that_asks_too_often_is_told_when_to_come_back():
    """And is let in again then; another key is not held up by it."""
    client = with_options(requests_per_second=2)
    other = client.key("other", Scope.INCIDENTS_READ)
    replies = [client.get(LIST) for _ in range(11)]
    assert [one.status for one in replies] == [200] * 10 + [429]
    assert (replies[-1].problem, replies[-1].headers["Retry-After"]) == ("too-many-requests", "1")
    assert client.get(LIST, token=other).status == 200
    client.minutes(1 / 60)
    assert [client.get(LIST).status for _ in range(3)] == [200, 200, 429]


def test_a_limit_of_zero_is_none():
    """For whoever has one in front."""
    client = with_options(requests_per_second=0)
    assert {client.get(LIST).status for _ in range(500)} == {200}


def test_what_needs_no_key_is_counted_by_address():
    """So that nobody can make the store be read for ever."""
    client = with_options(requests_per_second=1)
    statuses = [client.get("/ready", token="", address="192.0.2.1").status for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert client.get("/ready", token="", address="192.0.2.2").status == 200
    statuses = [client.get("/ready", token="", address=f"2001:db8::{one}").status for one in range(6)]
    assert statuses == [200] * 5 + [429], "of IPv6 a whole network is one address"


@pytest.mark.parametrize(
    "address, allowed",
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("2001:db8::1", True),
        ("192.0.2.1", False),
        ("2001:db9::1", False),
        ("", False),
        ("nonsense", False),
    ],
)
def test_a_source_is_let_in_from_its_own_networks_only(address, allowed):
    """Also where a socket for both shows an IPv4 peer as an IPv6 address."""
    networks = {"generic": (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))}
    options = Options(networks=networks)
    assert options.lets_in("generic", address) is allowed
    assert options.lets_in("alertmanager", address) is True


def test_a_limit_remembers_as_many_names_as_fit(client):
    """Addresses are made up easily; the one that asked longest ago is forgotten first."""
    buckets = Buckets(1, burst=1, clock=client.clock)
    assert buckets.take("first") == 0
    for number in range(MOST_BUCKETS - 1):
        buckets.take(f"{number}")
    assert buckets.take("first") == 1.0
    buckets.take("one more")
    assert buckets.take("1") == 1.0
    assert buckets.take("0") == 0


def test_a_clock_that_is_set_back_fills_no_bucket(client):
    """Nor does it empty one."""
    buckets = Buckets(1, burst=2, clock=client.clock)
    buckets.take("x")
    client.minutes(-60)
    assert buckets.take("x") == 0
    assert buckets.take("x") == 1.0
