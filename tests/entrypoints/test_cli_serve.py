"""``serve`` as a process of its own: what it prints, what it does on the side, how it ends."""

import contextlib
import http.client
import re
import signal
import threading
from urllib.parse import urlsplit

import pytest

from tests.channels.test_heartbeat import Listener
from tests.entrypoints.command_line import process
from tests.entrypoints.serving import PATIENCE, Serving, ask, ask_on, eventually
from tocsin.demo import MonitorId

LIST = "/api/v1/incidents"
AUTH = "/api/v1/auth"


def test_it_serves_what_the_lambda_function_serves(tmp_path):
    """Over real HTTP, on loopback, from the first key that it prints."""
    with Serving(tmp_path) as serving:
        assert serving.url.startswith("http://127.0.0.1:")
        assert ask(serving.url, "GET", "/health").json["status"] == "ok"
        assert ask(serving.url, "GET", LIST).status == 401
        made = serving.ask("POST", LIST, {"title": "Checkout is down"})
        assert (made.status, made.headers["Location"]) == (201, f"{LIST}/INC-1001")
        assert serving.ask("HEAD", LIST).body == b""
        assert serving.ask("TRACE", LIST).headers["Allow"] == "GET, HEAD, OPTIONS, POST"
        assert ask(serving.url, "GET", "/health/ready").json["store"] is True
    assert process(tmp_path, "list", "--json").json[0]["title"] == "Checkout is down"


def test_the_first_key_is_shown_once(tmp_path):
    """The second start shows none, and the first key goes on working."""
    with Serving(tmp_path) as serving:
        key = serving.key
        serving.tell()
        assert serving.ended() == 0
    with Serving(tmp_path) as serving:
        assert ask(serving.url, "GET", LIST, authorization=f"Bearer {key}").status == 200
        serving.tell()
        assert serving.ended() == 0
        assert not re.search(r"tocsin_\w{12}_", serving.err)


def test_a_token_for_the_first_administrator_is_shown_until_there_is_one(tmp_path):
    """On the terminal alone: each start's takes the place of the one before."""
    password = "violet tractor umbrella"
    body = {"email": "ana@example.com", "full_name": "Ana", "password": password}
    with Serving(tmp_path) as serving:
        first = setup_token(serving)
        serving.tell()
        assert serving.ended() == 0
    with Serving(tmp_path, LOG_LEVEL="INFO") as serving:
        token = setup_token(serving)
        refused = ask(serving.url, "POST", f"{AUTH}/setup", {**body, "token": first})
        assert refused.json["type"] == "urn:tocsin:problem:sign-in-refused"
        assert ask(serving.url, "POST", f"{AUTH}/setup", {**body, "token": token}).status == 204
        signed_in = ask(serving.url, "POST", f"{AUTH}/login", {"email": "ana@example.com", "password": password})
        assert ask(serving.url, "GET", LIST, authorization=f"Bearer {signed_in.json['access_token']}").status == 200
        serving.tell()
        assert serving.ended() == 0
        assert serving.err.count(token) == 1
        assert password not in serving.err
    with Serving(tmp_path) as serving:
        serving.tell()
        assert serving.ended() == 0
        assert "tocsin_" not in serving.err


def setup_token(serving):
    """Return the token that a server showed."""
    return eventually(lambda: re.search(r"tocsin_setup_\S+", serving.err))[0]


def test_letters_without_a_sender_end_it_at_once(tmp_path):
    """With the setting that is missing."""
    said = process(tmp_path, "serve", "--port", "0", SMTP_URL="smtp://user:hunter2hunter2@mail.example.com")
    assert said.status == 2
    assert "MAIL_FROM" in said.err
    assert "hunter2" not in said.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_told_to(tmp_path, number):
    """With status 0, and every request that was let in answered."""
    with Serving(tmp_path) as serving:
        key, statuses, over = serving.key, [], threading.Event()

        def keep_asking():
            with contextlib.closing(http.client.HTTPConnection(urlsplit(serving.url).netloc, timeout=10)) as kept:
                while not over.is_set():
                    try:
                        reply = ask_on(kept, "POST", LIST, {"title": "x"}, authorization=f"Bearer {key}")
                    except (OSError, http.client.HTTPException):
                        return  # the connection was closed between two requests
                    statuses.append(reply.status)

        threads = [threading.Thread(target=keep_asking) for _ in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(statuses) > 20)
        serving.tell(number)
        assert serving.ended() == 0
        over.set()
        for thread in threads:
            thread.join()
        assert "Ended" in serving.err
    assert set(statuses) == {201}
    there = process(tmp_path, "list", "--json").json
    # What was made and not answered would be one at most for each connection; but nothing under way is lost.
    assert len(there) == len(statuses)


def test_it_syncs_and_ticks_on_the_side(tmp_path, settings, datadog):
    """If Datadog's keys are set; how long ago is in /ready."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    with Serving(tmp_path, **settings) as serving:
        found = eventually(lambda: serving.ask("GET", LIST).json["incidents"])
        assert found[0]["source"] == "datadog"
        ready = eventually(lambda: (said := ask(serving.url, "GET", "/ready").json)["last_sweep"] and said)
        assert ready["last_tick_seconds"] < PATIENCE


def test_without_keys_it_ticks_alone(tmp_path):
    """What is due is due."""
    with Serving(tmp_path) as serving:
        ready = eventually(lambda: (said := ask(serving.url, "GET", "/ready").json)["last_tick"] and said)
        assert ready["last_sweep"] is None


def test_each_good_round_is_told_to_who_watches_us(tmp_path):
    """With nothing of the address in the log, whatever comes of it."""
    with Listener(404) as there, Serving(tmp_path, HEARTBEAT_URL=f"{there.url}/hunter2?key=hunter2") as serving:
        eventually(lambda: there.asked)
        eventually(lambda: "our heartbeat did not reach 127.0.0.1: it answered 404" in serving.err)
        assert "hunter2" not in serving.err


def test_a_sync_that_fails_is_told_and_tried_again(tmp_path, settings):
    """Serving goes on."""
    with Serving(tmp_path, **settings | {"DATADOG_API_KEY": "wrong"}) as serving:
        eventually(lambda: "tried again" in serving.err)
        assert ask(serving.url, "GET", "/health").status == 200


def test_settings_that_cannot_work_end_it_at_once(tmp_path):
    """In a line, with the status of a wrong setting."""
    said = process(tmp_path, "serve", "--port", "0", REQUESTS_PER_SECOND="many")
    assert (said.status, said.out) == (2, "")
    assert "REQUESTS_PER_SECOND" in said.err


def test_a_port_that_is_taken_ends_it_at_once(tmp_path):
    """And says which option takes another."""
    with Serving(tmp_path) as serving:
        said = process(tmp_path, "serve", "--port", str(urlsplit(serving.url).port))
        assert said.status == 2
        assert "--port" in said.err


def test_its_log_is_on_standard_error_and_holds_no_key(tmp_path):
    """A line of JSON for each request."""
    with Serving(tmp_path, LOG_LEVEL="INFO") as serving:
        serving.ask("GET", LIST)
        line = eventually(lambda: re.search(r"\{.*GET /api/v1/incidents 200.*\}", serving.err))[0]
        assert '"key":"first-administrator"' in line
        assert serving.key not in line
        assert serving.err.count(serving.key) == 1


def test_it_works_on_the_store_that_is_chosen(tmp_path):
    """As every command."""
    with Serving(tmp_path, "--store", f"json:{tmp_path / 'other.json'}") as serving:
        serving.ask("POST", LIST, {"title": "x"})
    assert (tmp_path / "other.json").exists()
    assert not (tmp_path / "incidents.json").exists()
