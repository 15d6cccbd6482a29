"""Letters on their way out of the pager and of what it is put together from, to a real mail server."""

import json
import subprocess
import sys
import threading
from email import message_from_bytes

import pytest
from botocore.session import Session

from tests.desk import NOON
from tests.entrypoints.command_line import ROOT
from tests.entrypoints.function import Context, PagerFunction
from tests.mail_server import Mailbox, serving
from tests.people import HERE, PASSWORD
from tocsin.channels.in_time import LONGEST, CourierInTime
from tocsin.config import Settings
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.accounts import accounts_of
from tocsin.entrypoints.aws import TIMEOUT, Aws
from tocsin.entrypoints.aws_secrets import SecretText
from tocsin.entrypoints.key_places import key_file
from tocsin.entrypoints.letters import SecretCourier, letters_of
from tocsin.entrypoints.pager_handler import SENDING_SECONDS
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.errors import ConfigurationError, Refused, Undelivered
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import random_id
from tocsin.services.courier import Letter
from tocsin.services.deadline import MARGIN
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")

LETTER = Letter(to="ana@example.com", subject="x", text="x")


def asked(environ, clock):
    """Add somebody to the store of an environment, and ask for a new password for them; return the signing keys."""
    settings = Settings.read(environ)
    store = JsonStore(settings.incidents_file)
    keys = SigningKeys(key_file(settings, new_secret=lambda: "s" * 43), clock=clock)
    known = {"clock": clock, "new_id": random_id}
    sessions = sessions_of(store, keys, **known)
    accounts = accounts_of(settings, store, sessions, keys, **known)
    accounts.users.add(
        "ana@example.com",
        "Ana",
        UserRole.VIEWER,
        actor=Actor("a test"),
        also=lambda user: accounts.passwords.first(user, PASSWORD),
    )
    accounts.recovery.ask("ana@example.com", actor=HERE)
    store.close()
    return accounts


def test_the_pager_sends_what_was_asked_for(environ):
    """With a token that sets a password, signed with the keys that the API checks it with; and logs none of it."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "Tocsin <ops@example.org>"}
        function = PagerFunction(environ)
        accounts = asked(environ, lambda: function.now)
        ran = function()
        assert ran.error is None
        assert function().error is None
    ((envelope, _, _),) = mailbox.got
    assert envelope.rcpt_tos == ["ana@example.com"]
    text = message_from_bytes(envelope.content).get_payload()
    (token,) = [line for line in text.split("\r\n") if line.startswith("tocsin_recover_")]
    assert token not in ran.text
    function.minutes(1)
    assert accounts.recovery.reset(token, "marble giraffe teapot", actor=HERE).email == "ana@example.com"


@pytest.mark.parametrize("command", ["tick", "sync"])
def test_the_command_line_sends_what_is_due_too(shop, command):
    """For whoever lets a timer of their own run it, in place of a server."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        shop.environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
        asked(shop.environ, lambda: shop.now)
        assert shop("list").status == 0
        assert not mailbox.got
        assert shop(command).status == 0
        assert shop(command).status == 0
    ((envelope, _, _),) = mailbox.got
    assert envelope.rcpt_tos == ["ana@example.com"]


def test_a_mail_server_that_is_down_fails_no_run(environ):
    """It is logged, and tried again by a later run."""
    with serving(Mailbox()) as port:
        pass
    environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
    function = PagerFunction(environ)
    asked(environ, lambda: function.now)
    ran = function()
    assert ran.error is None
    assert any("could not be sent" in one for one in ran.said("WARNING"))
    assert "ana@" not in ran.text
    mailbox = Mailbox()
    with serving(mailbox, port=port):
        assert function.minutes(2)().error is None
    assert len(mailbox.got) == 1


def test_letters_need_somebody_whom_they_are_from():
    """The message names the setting."""
    settings = Settings.read({"SMTP_URL": "smtp://mail.example.com"})
    with pytest.raises(ConfigurationError, match="MAIL_FROM is not set"):
        letters_of(settings, None, None, None, clock=None, new_id=None)


def test_without_a_mail_server_there_are_none():
    """Nothing of it is asked for."""
    assert letters_of(Settings(), None, None, None, clock=None, new_id=None) == {}


REGION = "us-east-1"
SECRET = "tocsin/smtp"


@pytest.fixture
def secrets(moto):
    """Return a client of Secrets Manager in which nothing is kept."""
    return Session().create_client("secretsmanager", region_name=REGION)


def kept(secrets, **held):
    """Keep what names a mail server."""
    secrets.create_secret(Name=SECRET, SecretString=json.dumps(held))


def rotated(secrets, **held):
    """Keep another."""
    secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps(held))


NAMED = {"SMTP_SECRET_NAME": SECRET, "MAIL_FROM": "ops@example.org", "AWS_REGION": REGION}


def test_a_secret_of_aws_names_the_mail_server(environ, secrets):
    """It goes before one that is set, and neither it nor its password is logged."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        kept(secrets, url=f"smtp://127.0.0.1:{port}")
        environ |= NAMED | {"SMTP_URL": "smtp://127.0.0.1:9", "LOG_LEVEL": "DEBUG"}
        function = PagerFunction(environ)
        asked(environ, lambda: function.now)
        ran = function()
    assert (ran.error, len(mailbox.got)) == (None, 1)
    assert "LettersHeldUp" not in ran.metrics
    assert f":{port}" not in ran.text


@pytest.mark.parametrize(
    "held, why",
    [
        (None, "does not exist"),
        ({}, "there is no url"),
        ({"url": "http://hunter2hunter2@mail.example.com"}, "its url is not smtp://"),
        ({"url": "smtp://mail.example.com:x"}, "its url is not smtp://"),
    ],
)
def test_a_secret_that_is_none_fails_no_run_and_is_seen(environ, secrets, held, why):
    """The round counts as successful, a warning and a metric tell, and once it is right a later run sends the letter."""
    if held is not None:
        kept(secrets, **held)
    environ |= NAMED
    function = PagerFunction(environ)
    asked(environ, lambda: function.now)
    ran = function()
    assert ran.error is None
    assert (ran.metrics["SuccessfulRounds"], ran.metrics["LettersHeldUp"]) == (1, 1)
    (said,) = [one for one in ran.said("WARNING") if "letter" in one]
    assert "tried again" in said
    assert "SMTP_SECRET_NAME" in said
    assert why in said
    assert "hunter2" not in ran.text
    mailbox = Mailbox()
    with serving(mailbox) as port:
        (kept if held is None else rotated)(secrets, url=f"smtp://127.0.0.1:{port}")
        again = function.minutes(2)()
    assert (len(mailbox.got), "LettersHeldUp" in again.metrics) == (1, False)


def test_a_secret_is_read_anew_after_a_letter_that_was_not_taken(secrets):
    """So that the password of a mail server can be exchanged without a deployment."""
    kept(secrets, url="smtp://old")
    tried = []

    class Taker:
        def __init__(self, url):
            self.url = url

        def deliver(self, letter):
            tried.append(self.url)
            if self.url == "smtp://old" and len(tried) > 1:
                message = "the mail server answered 535"
                raise Undelivered(message)

    courier = SecretCourier(SecretText(SECRET, "url", "X", Aws(REGION, {}), clock=lambda: NOON), Taker)
    courier.deliver(LETTER)
    rotated(secrets, url="smtp://new")
    with pytest.raises(Undelivered):
        courier.deliver(LETTER)
    courier.deliver(LETTER)
    assert tried == ["smtp://old", "smtp://old", "smtp://new"]


def test_without_signing_keys_a_letter_waits_and_no_run_fails(environ):
    """On Lambda they are in a secret, which may be away; the letter is tried again."""
    environ |= {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "ops@example.org"}
    function = PagerFunction(environ)
    asked(environ, lambda: function.now)
    settings = Settings.read(environ)
    key_path = settings.incidents_file.with_name(f"{settings.incidents_file.name}.keys")
    key_path.write_text("{}")
    ran = function()
    assert (ran.error, ran.metrics["SuccessfulRounds"], ran.metrics["LettersHeldUp"]) == (None, 1, 1)
    assert any("its token could not be signed" in one for one in ran.said("WARNING"))


def test_no_letter_is_begun_with_little_time_left(environ):
    """It might end with the run; it waits, and is seen to wait."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
        function = PagerFunction(environ)
        asked(environ, lambda: function.now)
        ran = function(Context(90, 24))
        assert (ran.error, ran.metrics["SuccessfulRounds"]) == (None, 1)
        assert any("the time was over" in one for one in ran.said("WARNING"))
        assert mailbox.got == []
        assert function(Context(90, 26)).error is None
    assert len(mailbox.got) == 1


def test_a_letter_takes_no_longer_than_it_may():
    """Of a server that is slow again and again each answer alone would be in time."""
    ended = threading.Event()

    class Slow:
        def deliver(self, letter):
            ended.wait(60)

    with pytest.raises(Undelivered, match=r"longer than 0\.05 seconds"):
        CourierInTime(Slow(), longest=0.05).deliver(LETTER)
    ended.set()


def test_the_time_for_a_letter_is_there_when_it_is_begun():
    """For the mail server, and for a secret that is asked twice and answers neither time."""
    assert SENDING_SECONDS + MARGIN >= LONGEST + 2 * (2 * TIMEOUT) + 1


def test_what_a_courier_raises_is_raised_to_who_waits():
    """Whatever it is."""

    class Refuses:
        def deliver(self, letter):
            message = "the mail server answered 550"
            raise Refused(message)

    with pytest.raises(Refused, match="550"):
        CourierInTime(Refuses()).deliver(LETTER)


@pytest.mark.parametrize("module", ["sync_handler", "api_handler"])
def test_a_cold_start_imports_nothing_that_passwords_and_letters_need(module):
    """Only who signs in, or sends a letter, pays for it."""
    names = ("argon2", "zxcvbn", "smtplib", "tocsin.services.passwords", "tocsin.services.courier")
    program = f"import sys, tocsin.entrypoints.{module}; print([n for n in {names} if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
