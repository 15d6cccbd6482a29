"""The rules, tried: every route as everybody, expecting what docs/access.md says."""

import re

import pytest

import access_page
from tests.api.client import Client
from tests.fakes import MemoryStore
from tocsin.api.access import TABLE
from tocsin.domain.access import Scope, UserRole

WHO = list(access_page.everybody())
NOBODY = "a key that opens nothing"
AT_THE_DOOR = {(401, "unauthorized"), (403, "forbidden")}


def rows():
    """Yield each row of the page: a route, and who may ask it."""
    for line in access_page.PAGE.read_text(encoding="utf-8").splitlines():
        if found := re.fullmatch(r"\| `([A-Z]+ /\S*)` \| (.*) \|", line):
            yield found[1], {who for who, said in zip(WHO, found[2].split(" | "), strict=True) if said == "yes"}


ROWS = dict(rows())


@pytest.fixture(scope="module")
def api():
    """Return an API on an empty store, and what each of those who ask shows: a key, or the token of a new sign-in."""
    client = Client(MemoryStore())
    people = {role.value: client.user(f"{role.value}@example.com", role) for role in UserRole}
    shown = {who: lambda user=user: client.person(user) for who, user in people.items()}
    keys = {"nobody": "", NOBODY: f"tocsin_{'0' * 12}_{'x' * 43}"}
    keys |= {f"key `{scope.value}`": client.key(f"of-{scope.value.replace(':', '-')}", scope) for scope in Scope}
    return client, shown | {who: lambda key=key: key for who, key in keys.items()}


def asked(api, route, who):
    """Return the answer to a route that is about nothing there is, and what refused it at the door."""
    client, shown = api
    method, path = route.split()
    client.minutes(1)  # so that nobody has tried too many keys
    reply = client(method, re.sub(r"\{\w+\}", "INC-9999", path), token=shown[who]())
    # What a link says is no good is refused with a page, and not at the door.
    refused = reply.status in (401, 403) and not reply.headers["Content-Type"].startswith("text/html")
    problem = reply.problem if refused else ""
    return (reply.status, problem) if (reply.status, problem) in AT_THE_DOOR else None


@pytest.mark.parametrize("route", TABLE)
def test_each_route_lets_in_whom_the_page_says(api, route):
    """Nobody is asked who they are, whoever may not is refused, and nobody else is."""
    for who in WHO:
        refused = (401, "unauthorized") if who == "nobody" else (403, "forbidden")
        assert asked(api, route, who) == (None if who in ROWS[route] else refused), who


@pytest.mark.parametrize("route", TABLE)
def test_who_shows_a_key_that_opens_nothing_is_nobody(api, route):
    """Wherever they ask."""
    assert (asked(api, route, NOBODY) is None) is ("nobody" in ROWS[route])
