"""Letters on their way out of the scheduled function and of what it is put together from, to a real mail server."""

import subprocess
import sys
from email import message_from_bytes

import pytest

from tests.entrypoints.command_line import ROOT
from tests.entrypoints.function import Function
from tests.mail_server import Mailbox, serving
from tests.people import HERE, PASSWORD
from tocsin.config import Settings
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.accounts import accounts_of
from tocsin.entrypoints.letters import InTime, SecretCourier, letters_of
from tocsin.entrypoints.sign_in import key_file, sessions_of
from tocsin.errors import ConfigurationError
from tocsin.identity.signing_keys import SigningKeys
from tocsin.ids import random_id
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")


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


def test_the_scheduled_function_sends_what_was_asked_for(environ, datadog):
    """With a token that sets a password, signed with the keys that the API checks it with; and logs none of it."""
    mailbox = Mailbox()
    with serving(mailbox) as port:
        environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "Tocsin <ops@example.org>"}
        function = Function(environ)
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


def test_a_mail_server_that_is_down_fails_no_run(environ, datadog):
    """It is logged, and tried again by a later run."""
    with serving(Mailbox()) as port:
        pass
    environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
    function = Function(environ)
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
        letters_of(settings, None, None, clock=None, new_id=None)


def test_without_a_mail_server_there_are_none():
    """Nothing of it is asked for."""
    assert letters_of(Settings(), None, None, clock=None, new_id=None) == {}


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
