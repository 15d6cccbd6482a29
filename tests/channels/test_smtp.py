"""Letters by mail, handed to a real mail server on this machine: in the clear, over TLS, signed in, refused, silent."""

import socket
from email import message_from_bytes

import pytest
from aiosmtpd.smtp import AuthResult

from tests.certificates import certified
from tests.desk import NOON
from tests.mail_server import Mailbox, serving
from tocsin.channels.in_time import in_time
from tocsin.channels.smtp import SmtpCourier
from tocsin.errors import Refused, Undelivered
from tocsin.services.courier import Letter

LETTER = Letter(to="ana@example.com", subject="Your password for Tocsin", text="A token:\n\ntocsin_recover_x.y_z\n")
SENDER = "Tocsin <tocsin@example.org>"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Return what the server shows, and what trusts it."""
    return certified(tmp_path_factory.mktemp("certificate"))


def courier(url, **more):
    """Return a courier with the tests' clock."""
    return SmtpCourier(url, SENDER, clock=lambda: NOON, timeout=5.0, **more)


def authenticator(server, session, envelope, mechanism, data):
    """Let one user in."""
    good = (data.login, data.password) == (b"ops@example.org", b"p@ss word/1")
    return AuthResult(success=good, handled=False)


def test_a_letter_arrives_whole():
    """With its headers; the same letter has the same id when it comes again."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        courier(f"smtp://127.0.0.1:{port}").deliver(LETTER)
        courier(f"smtp://127.0.0.1:{port}").deliver(LETTER)
    first, second = (message_from_bytes(envelope.content) for envelope, _, _ in mailbox.got)
    assert first.get_payload() == LETTER.text.replace("\n", "\r\n")
    assert (first["To"], first["From"], first["Subject"]) == (LETTER.to, SENDER, LETTER.subject)
    assert first["Date"] == "Mon, 02 Mar 2026 12:00:00 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Message-ID"] == second["Message-ID"]
    assert "tocsin_" not in str(first.items())
    assert mailbox.got[0][0].mail_from == "tocsin@example.org"


def test_starttls_comes_before_the_letter_and_before_the_password(certificate):
    """User and password are written in the address, percent-encoded."""
    shows, trusts = certificate
    mailbox = Mailbox()
    options = {"tls_context": shows, "require_starttls": True, "authenticator": authenticator, "auth_required": True}
    with serving(mailbox, **options) as port:
        url = f"smtp://ops%40example.org:p%40ss%20word%2F1@127.0.0.1:{port}"
        courier(url, starttls=True, context=trusts).deliver(LETTER)
    ((_, over_tls, authenticated),) = mailbox.got
    assert over_tls
    assert authenticated


def test_smtps_is_tls_from_the_start(certificate):
    """As port 465 has it."""
    shows, trusts = certificate
    mailbox = Mailbox()
    with serving(mailbox, ssl_context=shows) as port:
        courier(f"smtps://127.0.0.1:{port}", context=trusts).deliver(LETTER)
    assert len(mailbox.got) == 1


def test_a_certificate_that_nobody_vouches_for_gets_no_letter(certificate):
    """It may be somebody else's server."""
    shows, _ = certificate
    mailbox = Mailbox()
    with serving(mailbox, tls_context=shows) as port, pytest.raises(Undelivered, match="could not be reached"):
        courier(f"smtp://127.0.0.1:{port}", starttls=True).deliver(LETTER)
    assert mailbox.got == []


def test_a_server_without_starttls_gets_no_letter():
    """Elsewhere than on this machine, nothing travels in the clear."""
    mailbox = Mailbox()
    with serving(mailbox) as port, pytest.raises(Undelivered, match="STARTTLS") as raised:
        courier(f"smtp://127.0.0.1:{port}", starttls=True).deliver(LETTER)
    assert raised.value.retryable
    assert mailbox.got == []


def test_a_wrong_password_is_told_and_tried_again(certificate):
    """Somebody may set it right; it is not repeated."""
    shows, trusts = certificate
    options = {"tls_context": shows, "authenticator": authenticator, "auth_required": True}
    with serving(Mailbox(), **options) as port, pytest.raises(Undelivered) as raised:
        courier(f"smtp://ops:hunter2hunter2@127.0.0.1:{port}", starttls=True, context=trusts).deliver(LETTER)
    assert str(raised.value) == "the mail server answered 535"
    assert raised.value.retryable


@pytest.mark.parametrize(
    "answers, kind",
    [
        ({"rcpt": "550 no such user ana@example.com"}, Refused),
        ({"rcpt": "451 greylisted"}, Undelivered),
        ({"data": "554 tocsin_recover_x.y_z looks like spam"}, Refused),
        ({"data": "452 no room"}, Undelivered),
    ],
)
def test_what_the_server_says_decides_whether_it_is_tried_again(answers, kind):
    """For good with 5xx, not yet with 4xx; its words, which may repeat the letter's, are not."""
    with serving(Mailbox(**answers)) as port, pytest.raises(Undelivered) as raised:
        courier(f"smtp://127.0.0.1:{port}").deliver(LETTER)
    assert type(raised.value) is kind
    code = next(iter(answers.values()))[:3]
    assert str(raised.value) == f"the mail server answered {code}"


@pytest.mark.parametrize("answers", [{"quit": "421 I am going away"}, {"slow": 30}])
def test_what_is_taken_is_taken_however_the_server_says_good_bye(answers):
    """It would be sent a second time otherwise."""
    mailbox = Mailbox(**answers)
    with serving(mailbox) as port:
        in_time(lambda: courier(f"smtp://127.0.0.1:{port}").deliver(LETTER), 2)
    assert len(mailbox.got) == 1


def test_a_server_that_is_not_there_is_no_end():
    """It may be back."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Undelivered, match="could not be reached"):
        courier(f"smtp://127.0.0.1:{port}").deliver(LETTER)


def test_a_server_that_says_nothing_is_left_in_time():
    """Or a tick would wait for it for ever."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        impatient = SmtpCourier(f"smtp://127.0.0.1:{port}", SENDER, clock=lambda: NOON, timeout=0.2)
        with pytest.raises(Undelivered):
            impatient.deliver(LETTER)


@pytest.mark.parametrize("to", ["ana\r\nBcc: eve@example.com", "ana@example.com\nX: y"])
def test_an_address_adds_no_header(to):
    """Whatever somebody made up."""
    mailbox = Mailbox()
    with serving(mailbox) as port, pytest.raises(Refused):
        courier(f"smtp://127.0.0.1:{port}").deliver(LETTER.model_copy(update={"to": to}))
    assert mailbox.got == []


@pytest.mark.parametrize(
    "url, plain", [("smtp://127.0.0.1", True), ("smtp://localhost:25", True), ("smtp://mail.example.org", False)]
)
def test_only_this_machine_is_written_to_in_the_clear(url, plain):
    """Unless it is told otherwise."""
    assert courier(url)._starttls is not plain


def test_the_server_can_be_tried_without_a_letter(certificate):
    """As ``doctor`` does; a wrong password is told as with a letter."""
    shows, trusts = certificate
    mailbox = Mailbox()
    options = {"tls_context": shows, "require_starttls": True, "authenticator": authenticator, "auth_required": True}
    with serving(mailbox, **options) as port:
        url = f"smtp://ops%40example.org:p%40ss%20word%2F1@127.0.0.1:{port}"
        assert courier(url, starttls=True, context=trusts).check().found == "the mail server lets us in"
        with pytest.raises(Undelivered, match="535"):
            courier(url.replace("word", "wrong"), starttls=True, context=trusts).check()
    assert mailbox.got == []
