"""``doctor`` on a server: whether it is well, and what the key is for."""

import pytest

from tocsin.services.heartbeats import note_tick


def found(said):
    """Return the checks of a doctor by name, as verdict and what was found."""
    return {one["check"]: (one["verdict"], one["found"]) for one in said.json}


def test_doctor_asks_the_server_whether_it_is_well(remote, server, store):
    """And whether it takes the key, and what for; nothing is changed by that."""
    note_tick(store, at=remote.now, change_id="t")
    remote.minutes(2)
    said = remote("doctor", "--json")
    assert said.status == 0
    assert found(said) | {"settings": ""} == {
        "settings": "",
        "server": ("good", f"{server.url} is ready: no sweep of Datadog yet, round of the pager 2 min ago"),
        "key": ("good", "it is accepted, for admin"),
    }
    assert remote("list", "--json").json == []


@pytest.mark.parametrize(
    "scopes, says",
    [
        (["alerts:write"], "alerts:write"),
        (["incidents:read"], "incidents:read"),
        (["incidents:write"], "incidents:write, incidents:read"),
        (["incidents:read", "alerts:write"], "incidents:read, alerts:write"),
    ],
)
def test_doctor_says_what_the_key_is_for(remote, scopes, says):
    """By trying, without changing anything."""
    made = remote("key", "create", "scoped", *(word for scope in scopes for word in ("--scope", scope)))
    remote.environ["TOCSIN_API_KEY"] = made.out.strip()
    assert found(remote("doctor", "--json"))["key"] == ("good", f"it is accepted, for {says}")


def test_doctor_tells_a_wrong_key_and_a_missing_one_from_a_server_that_is_away(remote):
    """Each with what mends it."""
    remote.environ["TOCSIN_API_KEY"] = f"tocsin_{'0' * 12}_{'x' * 43}"
    said = remote("doctor", "--json")
    verdicts = {name: verdict for name, (verdict, _) in found(said).items()}
    assert (said.status, verdicts) == (2, {"settings": "good", "server": "good", "key": "bad"})
    del remote.environ["TOCSIN_API_KEY"]
    said = remote("doctor", "--json")
    assert (said.status, "TOCSIN_API_KEY is not set" in found(said)["key"][1]) == (2, True)
    said = remote("doctor", "--json", "--server", "http://127.0.0.1:1")
    assert (said.status, found(said)["server"][0], found(said)["key"][0]) == (6, "bad", "skipped")


def test_doctor_says_that_a_server_is_late(remote, store):
    """Which is no error of the server."""
    note_tick(store, at=remote.now, change_id="t")
    remote.minutes(20)
    said = remote("doctor", "--json")
    assert (said.status, found(said)["server"][0]) == (0, "doubtful")


@pytest.mark.parametrize(
    "answer, status, says",
    [
        ((503, b'{"status": "unready", "store": false}'), 6, "does not reach its store"),
        (
            (503, b'{"status": "unready", "store": true, "lacks": ["no index"]}'),
            6,
            "its store lacks something: no index",
        ),
        ((404, b"{}"), 2, "no server of ours: it answered 404"),
        ((200, b"<html>"), 2, "no server of ours: its answer is no JSON"),
        ((200, b'{"status": "ok", "store": true}'), 2, "TOCSIN_API_KEY is not set"),
    ],
)
def test_doctor_says_how_a_server_is_unready(tocsin, scripted, answer, status, says):
    """As its own health says it."""
    url, _ = scripted(answer)
    said = tocsin("doctor", "--server", url)
    assert (said.status, says in said.out) == (status, True), said.out


@pytest.mark.parametrize(
    "answers, verdict, says",
    [
        ([(403, b"{}")] * 4, "doubtful", "may do nothing from here"),
        ([(403, b"{}"), (500, b"{}")], "bad", "answered 500"),
        ([(429, b"{}")], "bad", "answered 429"),
    ],
)
def test_doctor_does_not_guess_what_a_key_is_for(tocsin, scripted, answers, verdict, says):
    """What it could not find out it says."""
    url, _ = scripted((200, b'{"status": "ok", "store": true}'), *answers)
    said = found(tocsin("doctor", "--json", "--server", url, TOCSIN_API_KEY="tocsin_x"))
    assert (said["key"][0], says in said["key"][1]) == (verdict, True)
