"""What the issuer publishes is fetched when it is needed, kept as long as it is good, and believed in bounds."""

import json
import threading
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.identity.issuer import AUDIENCE, DESCRIPTION, answers, breaks_off, floods, jwk, silent
from tests.identity.test_oidc_tokens import made, opens
from tocsin.errors import IssuerFailed
from tocsin.identity.issuer_http import IssuerHttp
from tocsin.identity.kept import Fetched, Kept, good_for
from tocsin.identity.oidc import OidcIssuer
from tocsin.replies import NoReply, Reply

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def test_description_and_keys_are_fetched_once_an_hour(issuer):
    """Whatever number of tokens comes."""
    verifier = made(issuer)
    for _ in range(5):
        assert opens(verifier, issuer.token())
    assert sorted(issuer.asked) == [DESCRIPTION, "/keys"]
    issuer.at += HOUR
    assert opens(verifier, issuer.token())
    assert issuer.count("/keys") == 2


def test_a_shorter_cache_control_is_honoured_down_to_a_minute(issuer):
    """A longer one is not: a key that was taken away must not work for a day."""
    for said, fresh in [
        ("max-age=300", 5 * MINUTE),
        ("no-store", MINUTE),
        ("max-age=0", MINUTE),
        ("max-age=86400", HOUR),
    ]:
        issuer.headers = {"Cache-Control": f"public, {said}"}
        verifier, before = made(issuer), issuer.count("/keys")
        assert opens(verifier, issuer.token())
        issuer.at += fresh - timedelta(seconds=1)
        assert opens(verifier, issuer.token())
        assert issuer.count("/keys") == before + 1, said
        issuer.at += timedelta(seconds=1)
        assert opens(verifier, issuer.token())
        assert issuer.count("/keys") == before + 2, said


def test_an_answer_that_says_nothing_is_kept_for_an_hour():
    """As one that cannot be understood."""
    assert good_for("") == good_for("public, max-age=soon") == HOUR


def test_a_new_key_opens_at_once(issuer):
    """Issuers rotate when they like; the old one is good until the issuer takes it away."""
    verifier = made(issuer)
    old = issuer.token()
    assert opens(verifier, old)
    issuer.at += MINUTE
    issuer.rotate("ES256", keep=True)
    assert opens(verifier, issuer.token())
    assert opens(verifier, old)
    issuer.at += MINUTE
    issuer.rotate()
    assert opens(verifier, issuer.token())
    assert not opens(verifier, old)


def test_keys_that_nobody_knows_make_us_ask_once_a_minute(issuer):
    """Whoever makes them up must not make us bother the issuer."""
    verifier = made(issuer)
    assert opens(verifier, issuer.token())
    issuer.at += MINUTE
    for number in range(10):
        assert not opens(verifier, issuer.token(header={"kid": f"made-up-{number}"}))
    assert issuer.count("/keys") == 2
    issuer.at += MINUTE
    assert not opens(verifier, issuer.token(header={"kid": "made-up"}))
    assert issuer.count("/keys") == 3


@pytest.mark.parametrize(
    "fault", [answers(500), answers(404), answers(200, b"[]"), answers(302, Location="/x"), breaks_off]
)
def test_keys_that_worked_are_kept_for_a_day_while_no_new_ones_come(issuer, fault):
    """An issuer that is down for an hour locks out nobody who has a token."""
    verifier = made(issuer)
    assert opens(verifier, issuer.token())
    issuer.faults["/keys"] = fault
    issuer.at += HOUR
    assert opens(verifier, issuer.token())
    assert opens(verifier, issuer.token())
    assert issuer.count("/keys") == 2
    issuer.at += timedelta(hours=23)
    with pytest.raises(IssuerFailed):
        verifier.verified(issuer.token(), audience=AUDIENCE, presenter="")
    issuer.faults.clear()
    issuer.at += timedelta(seconds=5)
    assert opens(verifier, issuer.token())


@pytest.mark.parametrize("path", [DESCRIPTION, "/keys"])
@pytest.mark.parametrize(
    "fault, says",
    [
        (answers(500), "answered 500"),
        (answers(403, b"secret"), "answered 403"),
        (answers(302, Location="http://127.0.0.1:1/"), "answered 302"),
        (breaks_off, "no whole answer"),
        (floods, "too large to be true"),
    ],
)
def test_an_issuer_that_gives_no_answer_is_an_error_in_one_line(issuer, path, fault, says):
    """Without a word of its own, and asked again after five seconds."""
    issuer.faults[path] = fault
    verifier = made(issuer)
    for _ in range(3):
        with pytest.raises(IssuerFailed, match=says) as failed:
            verifier.verified(issuer.token(), audience=AUDIENCE, presenter="")
        assert "secret" not in str(failed.value)
    assert issuer.count(path) == 1
    issuer.faults.clear()
    issuer.at += timedelta(seconds=5)
    assert opens(verifier, issuer.token())


@pytest.mark.parametrize(
    "wrong, says",
    [
        ({"issuer": "https://example.com"}, "of another issuer"),
        ({"issuer": None}, "of another issuer"),
        ({"jwks_uri": "http://example.com/keys"}, "no safe jwks_uri"),
        ({"jwks_uri": "file:///etc/passwd"}, "no safe jwks_uri"),
        ({"jwks_uri": "https://a@example.com/keys"}, "no safe jwks_uri"),
        ({"jwks_uri": 7}, "no safe jwks_uri"),
        ({"token_endpoint": "http://127.0.0.1.example.com/token"}, "no safe token_endpoint"),
        ({"userinfo_endpoint": "http://example.com/me"}, "no safe userinfo_endpoint"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "no safe authorization_endpoint"),
    ],
)
def test_a_description_that_cannot_be_right_is_refused(issuer, wrong, says):
    """Of another issuer, or with places to which no secret may go."""
    issuer.describes = wrong
    with pytest.raises(IssuerFailed, match=says):
        made(issuer).verified(issuer.token(), audience=AUDIENCE, presenter="")


def test_the_name_of_an_issuer_is_compared_letter_by_letter(issuer):
    """A slash more is another name; its description is found all the same."""
    other = OidcIssuer(f"{issuer.name}/", ("RS256",), IssuerHttp(), clock=lambda: issuer.at)
    with pytest.raises(IssuerFailed, match="of another issuer"):
        other.verified(issuer.token(iss=f"{issuer.name}/"), audience=AUDIENCE, presenter="")
    issuer.describes = {"issuer": f"{issuer.name}/"}
    issuer.at += MINUTE
    assert opens(other, issuer.token(iss=f"{issuer.name}/"))


def test_no_answer_is_waited_for_beyond_its_time(issuer):
    """A silent issuer is given up."""
    issuer.faults["/keys"] = silent(5)
    http = IssuerHttp(read_seconds=0.05)
    with pytest.raises(NoReply, match="ReadTimeoutError"):
        http.get(f"{issuer.name}/keys")


def test_an_answer_that_trickles_in_is_given_up(issuer):
    """Each piece may come in time, and the whole never."""
    issuer.faults["/keys"] = floods
    ticks = iter(range(0, 1_000, 5))
    with pytest.raises(NoReply, match="too long to arrive"):
        IssuerHttp(timer=lambda: next(ticks)).get(f"{issuer.name}/keys")


def test_nobody_there_is_no_answer():
    """On a port that nobody listens on."""
    with pytest.raises(NoReply, match="no whole answer"):
        IssuerHttp().get("http://127.0.0.1:9/keys")


def test_whoever_has_something_to_go_by_does_not_wait_for_who_fetches(issuer):
    """One thread asks the slow issuer; the others use what is there."""
    fetching, go_on = threading.Event(), threading.Event()
    fetched = []

    def fetch():
        if fetched:
            fetching.set()
            assert go_on.wait(10)
        fetched.append(1)
        return Fetched(len(fetched))

    kept = Kept(fetch, clock=lambda: issuer.at)
    assert kept.get() == 1
    issuer.at += HOUR
    slow = threading.Thread(target=kept.get)
    slow.start()
    assert fetching.wait(10)
    assert kept.get() == 1
    go_on.set()
    slow.join(10)
    assert kept.get() == 2


def test_first_requests_at_once_fetch_once(issuer):
    """They wait for the one that does."""
    fetched = []
    kept = Kept(lambda: fetched.append(1) or Fetched(7), clock=lambda: issuer.at)
    threads = [threading.Thread(target=kept.get) for _ in range(32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == 1


def test_keys_come_from_where_the_description_says():
    """Asked over whatever speaks HTTP."""
    asked = []

    class Scripted:
        def get(self, url, headers=None):
            asked.append(url)
            said = {
                "issuer": "https://id.example.com/a",
                "authorization_endpoint": "https://id.example.com/in",
                "token_endpoint": "https://id.example.com/token",
                "jwks_uri": "https://keys.example.com/k?v=2",
                "keys": [jwk("RS256", 0, "first")],
            }
            return Reply(200, {}, json.dumps(said).encode())

    issuer = OidcIssuer("https://id.example.com/a", ("RS256",), Scripted(), clock=lambda: NOON)
    assert issuer._documents.key("first", "RS256")["kty"] == "RSA"
    assert asked == ["https://id.example.com/a/.well-known/openid-configuration", "https://keys.example.com/k?v=2"]
