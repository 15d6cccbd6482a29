"""Pages by mail: over a mail server, and by SES, whose API a small server plays."""

import base64
import json
import logging
import threading
from email import message_from_bytes, policy
from email.header import decode_header, make_header

import pytest
from botocore.config import Config
from botocore.session import Session

from tests.desk import NOON, at
from tests.mail_server import Mailbox, serving
from tests.messages import page
from tests.secrets_seen import nowhere
from tocsin.channels.mail import MailChannel
from tocsin.channels.ses import SesChannel, check_ses
from tocsin.channels.smtp import SmtpCourier
from tocsin.errors import Refused, Undelivered

TO = {"email": "ana.ruiz@example.com"}
SENDER = "Tocsin <pager@example.org>"


def by_smtp(port, clock=lambda: NOON):
    """Return mail over a server of this machine."""
    return MailChannel(SmtpCourier(f"smtp://127.0.0.1:{port}", SENDER, clock=clock, timeout=5.0), SENDER)


def read(content):
    """Return a letter as a mail program reads it."""
    return message_from_bytes(content, policy=policy.default)


def test_a_page_is_text_and_html_of_one_letter():
    """Programs that show no HTML show the text."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        by_smtp(port).send(page(text="Prüfung läuft\n" + "x" * 2_000), TO)
    letter = read(mailbox.got[0][0].content)
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert letter.get_body(("plain",)).get_content().startswith("Prüfung läuft")
    assert letter.get_body(("html",)).get_content().strip() == page().html
    assert letter["To"] == TO["email"]
    assert all(len(line) <= 998 for line in mailbox.got[0][0].content.splitlines())


def test_the_same_page_is_the_same_letter_however_often_it_is_sent():
    """Its Message-ID comes from the page's id alone, and is the provider's id; another page has another."""
    mailbox = Mailbox()
    ids = []
    with serving(mailbox) as port:
        for name, moment in (("p1", at(0)), ("p1", at(5)), ("p2", at(5))):
            channel = by_smtp(port, clock=lambda moment=moment: moment)
            ids.append(channel.send(page(text=str(moment), id=name), TO).provider_id)
    assert ids[0] == ids[1] != ids[2]
    assert [read(one.content)["Message-ID"] for one, _, _ in mailbox.got] == ids
    assert ids[0].endswith("@example.org>")


def test_a_subject_is_one_line_whatever_an_alert_calls_itself():
    """Nothing that somebody wrote adds a header."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        by_smtp(port).send(page(subject="down\r\nBcc: eve@example.com\x00 " + "x" * 900), TO)
    letter = read(mailbox.got[0][0].content)
    assert letter["Bcc"] is None
    assert letter["Subject"].startswith("down Bcc: eve@example.com x")
    assert mailbox.got[0][0].rcpt_tos == [TO["email"]]


def test_what_the_server_refuses_is_told_as_by_letters():
    """With its number, and without the address."""
    with serving(Mailbox(rcpt="550 no such user ana.ruiz@example.com")) as port, pytest.raises(Refused) as raised:
        by_smtp(port).send(page(), TO)
    assert str(raised.value) == "the mail server answered 550"
    with pytest.raises(Refused, match="no email"):
        by_smtp(9).send(page(), {})


def test_a_server_is_left_in_time():
    """However slow each of its answers is."""
    waits = threading.Event()

    class Slow:
        def deliver(self, letter):
            waits.wait(10)

    with pytest.raises(Undelivered, match="longer than"):
        MailChannel(Slow(), SENDER, longest=0.1).send(page(), TO)
    waits.set()


@pytest.fixture
def ses(provider):
    """Return botocore's own client of SES, to a small server."""
    session = Session()
    session.set_credentials("AKIAEXAMPLE", "secret-access-key")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2)
    return session.create_client("sesv2", region_name="us-east-1", endpoint_url=provider.url, config=config)


def test_ses_gets_the_same_letter_and_gives_it_an_id(provider, ses):
    """Which is the provider's: SES writes a Message-ID of its own."""
    provider.body = {"MessageId": "0100018f-1"}
    assert SesChannel(ses, SENDER, clock=lambda: NOON).send(page(), TO).provider_id == "0100018f-1"
    said = provider.only.json
    assert provider.only.path == "/v2/email/outbound-emails"
    assert (said["FromEmailAddress"], said["Destination"]) == (SENDER, {"ToAddresses": [TO["email"]]})
    letter = read(base64.b64decode(said["Content"]["Raw"]["Data"]))
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


def test_ses_gets_the_name_of_a_sender_in_ascii(provider, ses):
    """It refuses any other."""
    provider.body = {"MessageId": "m"}
    SesChannel(ses, "Übung <pager@example.org>", clock=lambda: NOON).send(page(), TO)
    said = provider.only.json["FromEmailAddress"]
    # Apprise changes for the whole process which of two encodings is taken: SES takes either.
    assert (said.isascii(), str(make_header(decode_header(said)))) == (True, "Übung <pager@example.org>")


@pytest.mark.parametrize(
    "answer, kind",
    [
        ((400, "MessageRejected"), Refused),
        ((400, "MailFromDomainNotVerifiedException"), Refused),
        ((403, "AccessDeniedException"), Refused),
        ((403, "ExpiredTokenException"), Undelivered),
        ((429, "TooManyRequestsException"), Undelivered),
        ((400, "LimitExceededException"), Undelivered),
        ((500, "InternalFailure"), Undelivered),
        ((503, ""), Undelivered),
    ],
)
def test_what_ses_says_decides_whether_it_is_tried_again(provider, ses, caplog, answer, kind):
    """Its code is told, and nothing of its words, nor of what was sent, at any level of the log."""
    caplog.set_level(logging.DEBUG)
    provider.status, code = answer
    provider.body = {"message": f"Email address is not verified: {TO['email']}"}
    provider.headers = {"x-amzn-errortype": code} if code else {}
    with pytest.raises(Undelivered) as raised:
        SesChannel(ses, SENDER, clock=lambda: NOON).send(page(), TO)
    assert type(raised.value) is kind
    assert str(raised.value) == f"SES answered {code or provider.status}"
    nowhere(f"{raised.value!r} {raised.value.__context__!r} {caplog.text}", address=TO["email"])


def test_ses_that_is_silent_is_tried_again(provider, ses):
    """It may be back."""
    provider.silence = 5.0
    with pytest.raises(Undelivered, match="no answer"):
        SesChannel(ses, SENDER, clock=lambda: NOON).send(page(), TO)


def test_an_address_adds_no_header_by_ses_either(provider, ses):
    """It is no letter then."""
    with pytest.raises(Refused):
        SesChannel(ses, SENDER, clock=lambda: NOON).send(page(), {"email": "ana@example.com\r\nBcc: eve@example.com"})
    assert provider.asked == []


GOOD = (200, {"VerifiedForSendingStatus": True})
NOT_THERE = (404, {"__type": "NotFoundException", "message": "no identity"})


@pytest.mark.parametrize(
    "plays, said",
    [
        ([GOOD, (200, {"SendingEnabled": True, "ProductionAccessEnabled": True})], "SES sends from pager@example.org"),
        ([NOT_THERE, GOOD, (200, {"SendingEnabled": True})], "SES sends from pager@example.org"),
        ([GOOD, (200, {"ProductionAccessEnabled": False})], "sandbox"),
    ],
)
def test_an_identity_of_ses_is_an_address_or_its_domain(provider, ses, plays, said):
    """In the sandbox SES sends to verified addresses only."""
    provider.plays = [(status, json.dumps(body).encode()) for status, body in plays]
    standing = check_ses(ses, SENDER)
    assert said in standing.found
    assert bool(standing.mend) == (said == "sandbox")


@pytest.mark.parametrize(
    "plays, why",
    [
        ([NOT_THERE, (200, {"VerifiedForSendingStatus": False})], "has not verified pager@example.org"),
        ([GOOD, (200, {"SendingEnabled": False})], "stopped"),
        ([(403, {"__type": "AccessDeniedException"})], "AccessDenied"),
    ],
)
def test_an_identity_that_cannot_send_is_told(provider, ses, plays, why):
    """Before somebody waits for a page."""
    provider.plays = [(status, json.dumps(body).encode()) for status, body in plays]
    with pytest.raises(Refused, match=why):
        check_ses(ses, SENDER)
