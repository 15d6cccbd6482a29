"""The one way out: where it leads, where it does not, and what it bears."""

import logging
import socket
import threading

import pytest

from tests.certificates import certified
from tests.provider import provider as serving_provider
from tests.provider import trickle
from tests.secrets_seen import nowhere
from tocsin.channels.outbound import LARGEST_BODY, Outbound, resolve
from tocsin.channels.reachable import Reach, place_of
from tocsin.errors import Refused, Undelivered

LOOPBACK = ("127.0.0.0/8",)
PATH_SECRET = "T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.0.8"),
        *("169.254.169.254", "224.0.0.1", "224.0.1.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1"),
        *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "2002:a9fe:a9fe::1", "2001::1", "2001:db8::1", "100::1"),
        *("64:ff9b:1::1", "3fff::1", "5f00::1", "4000::1"),
    ],
)
def test_what_is_not_public_is_not_reached(address):
    """In whichever dress an address comes."""
    assert not Reach().reaches(address, "https")


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::1.1.1.1"])
def test_the_internet_is_reached_over_https_alone(address):
    """A secret in the path would travel in the clear."""
    assert Reach().reaches(address, "https")
    assert not Reach().reaches(address, "http")


def test_networks_that_somebody_allowed_are_reached_over_http_too():
    """Those, and no others."""
    reach = Reach(("10.1.0.0/16", "fd00::/8"))
    for scheme in ("http", "https"):
        assert reach.reaches("10.1.2.3", scheme)
        assert reach.reaches("fd00::1", scheme)
        assert reach.reaches("::ffff:10.1.2.3", scheme)
        assert not reach.reaches("10.2.2.3", scheme)


@pytest.mark.parametrize(
    "url",
    [
        *("", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "//example.com", "example.com"),
        *("https://", "https:///path", "https://u:p@example.com/", "https://example.com:0/", "https://a:99999/"),
        *("https://example.com/a b", "https://example.com\\@evil.example/", "https://exa\nmple.com", "https://é.com/"),
        *("https://[::1", "HTTPS://"),
    ],
)
def test_what_is_no_address_of_the_web_is_refused(outbound, url):
    """Without a word of it."""
    with pytest.raises(Refused) as raised:
        outbound.post(url, b"", {})
    assert len(url) < 9 or url not in str(raised.value)


def test_an_address_is_taken_apart():
    """What stands behind # stays here."""
    assert place_of("https://Example.com:8443/a/b?c=d#e") == (
        "https",
        "example.com",
        8443,
        "/a/b?c=d",
        "Example.com:8443",
    )
    assert place_of("https://example.com") == ("https", "example.com", 443, "/", "example.com")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "0"])
def test_this_machine_is_not_reached_whatever_it_is_called(provider, host):
    """The name is judged by what it stands for."""
    with pytest.raises(Refused, match="may not be reached") as raised:
        Outbound().post(f"https://{host}:{provider.port}/", b"", {})
    assert "OUTBOUND_ALLOW" in raised.value.hint
    assert provider.asked == []


def test_a_name_is_looked_up_once_and_that_very_address_is_asked(provider):
    """A name that means this machine the second time never gets to mean it."""
    answers = [["127.0.0.1"], ["169.254.169.254"]]
    looked_up = []

    def resolved(host, port):
        looked_up.append((host, port))
        return answers.pop(0)

    out = Outbound(LOOPBACK, resolve=resolved)
    assert out.get(f"http://rebinding.example:{provider.port}/x").status == 200
    assert looked_up == [("rebinding.example", provider.port)]
    assert provider.only.headers["host"] == f"rebinding.example:{provider.port}"


def test_only_addresses_that_may_be_reached_are_asked(provider):
    """One of a name's may be private; the others serve, in their order, until one answers."""
    with socket.create_server(("127.0.0.2", 0)) as closed:
        pass
    assert closed is not None
    out = Outbound(LOOPBACK, resolve=lambda host, port: ["10.0.0.1", "127.0.0.2", "127.0.0.1"], seconds=5.0)
    assert out.get(f"http://several.example:{provider.port}/").status == 200
    assert len(provider.asked) == 1


def test_a_certificate_is_that_of_the_name_and_not_of_the_address(tmp_path):
    """Whoever answers at the address must prove that it has the name."""
    shows, trusts = certified(tmp_path, name="hooks.example.com")
    with serving_provider(shows) as one:
        out = Outbound(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"], trust=trusts)
        assert out.get(f"https://hooks.example.com:{one.port}/").status == 200
        with pytest.raises(Undelivered, match="no whole answer"):
            out.get(f"https://other.example.com:{one.port}/")
        stranger = Outbound(LOOPBACK, resolve=lambda host, port: ["127.0.0.1"])
        with pytest.raises(Undelivered, match="no whole answer"):
            stranger.get(f"https://hooks.example.com:{one.port}/")
    assert len(one.asked) == 1


def test_no_redirect_is_followed(provider, outbound):
    """It would lead to an address that nobody looked at."""
    provider.status, provider.headers = 302, {"Location": f"{provider.url}/elsewhere"}
    assert outbound.post(f"{provider.url}/here", b"x", {}).status == 302
    assert [one.path for one in provider.asked] == ["/here"]


def test_a_proxy_of_the_environment_is_not_asked(provider, outbound, monkeypatch):
    """It would look names up by itself."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    assert outbound.get(f"{provider.url}/").status == 200


def test_nobody_waits_longer_than_the_time_for_all_of_it(provider):
    """Whether there is silence, or a header letter by letter, or a body that never ends."""
    out = Outbound(LOOPBACK, seconds=0.4)
    provider.silence = 30.0
    with pytest.raises(Undelivered, match=r"no answer within 0\.4 seconds|no whole answer"):
        out.get(provider.url)
    provider.silence = 0.0
    provider.raw = trickle(60, 0.05)
    with pytest.raises(Undelivered):
        out.get(provider.url)
    provider.raw = (piece for many in ([b"HTTP/1.1 200 OK\r\n\r\n"], trickle(60, 0.05)) for piece in many)
    with pytest.raises(Undelivered):
        out.get(provider.url)


def test_what_was_given_up_is_not_sent_later(provider):
    """A name that was looked up too late leads nowhere: by then somebody else may have been told."""
    go = threading.Event()

    def slow(_host, _port):
        go.wait(10)
        return ["127.0.0.1"]

    outbound = Outbound(("127.0.0.0/8",), seconds=0.05, resolve=slow)
    before = set(threading.enumerate())
    with pytest.raises(Undelivered, match="no answer within"):
        outbound.post(f"{provider.url}/x", b"{}", {})
    go.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
    assert provider.asked == []


def test_several_requests_of_one_message_have_the_time_of_one(provider):
    """A bundle does not take the time of all its incidents; the next message has its own again."""
    seconds = [0.0]
    out = Outbound(LOOPBACK, seconds=5.0, timer=lambda: seconds[0])
    together = out.together()
    assert together.get(provider.url).status == 200
    seconds[0] = 5.0
    with pytest.raises(Undelivered, match="no time left"):
        together.get(provider.url)
    assert out.get(provider.url).status == 200
    assert len(provider.asked) == 2


def test_a_name_that_takes_for_ever_is_given_up():
    """Looking names up has no time-out of its own."""
    waits = threading.Event()
    out = Outbound(LOOPBACK, seconds=0.2, resolve=lambda host, port: (waits.wait(10) and []) or [])
    with pytest.raises(Undelivered, match="no answer within"):
        out.get("https://slow.example/")
    waits.set()


@pytest.mark.parametrize(
    "raw",
    [[b""], [b"SSH-2.0-x\r\n"], [b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nshort"], [b"HTTP/1.1 9999 x\r\n\r\n"]],
)
def test_what_is_no_whole_answer_is_none(provider, outbound, raw):
    """It may go well another time."""
    provider.raw = raw
    with pytest.raises(Undelivered, match="no whole answer") as raised:
        outbound.get(provider.url)
    assert raised.value.retryable


def test_an_answer_that_floods_is_cut_off(provider, outbound):
    """Memory is worth more than what somebody has to say."""
    provider.body = b"x" * (LARGEST_BODY + 1)
    with pytest.raises(Undelivered, match="too large"):
        outbound.get(provider.url)


def test_a_name_that_does_not_exist_and_a_port_that_is_closed_are_no_end(outbound):
    """They may be back."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}/", "https://does-not-exist.invalid/"):
        with pytest.raises(Undelivered) as raised:
            outbound.get(url)
        assert raised.value.retryable


def test_nothing_of_an_address_is_told_or_logged(outbound, caplog):
    """Neither in an error, with all that it was raised from, nor at any level of a log."""
    caplog.set_level(logging.DEBUG)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Undelivered) as raised:
        outbound.post(
            f"http://127.0.0.1:{port}/services/{PATH_SECRET}", b"x", {"Authorization": "Bearer hunter2hunter2"}
        )
    chain = f"{raised.value!r} {raised.value.__context__!r} {raised.value.__cause__!r} {raised.value.hint}"
    nowhere(chain + caplog.text + repr(outbound), path=PATH_SECRET, key="hunter2hunter2")


def test_names_are_looked_up_as_the_machine_does_it():
    """Each address once."""
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]
