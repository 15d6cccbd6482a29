"""Who is there when the running API is tried: people who signed in over HTTP, and what letters brought them."""

from email import message_from_bytes

from tests.entrypoints.serving import ask, eventually
from tests.people import ANOTHER, PASSWORD
from tocsin.domain.access import UserRole

FOUNDER = "founder@example.com"
ASKER, DOOR, CHANGER = "asker@example.com", "door@example.com", "changer@example.com"
LOST = [f"lost{number}@example.com" for number in range(5)]
NEW = [f"new{number}@example.com" for number in range(5)]
OPENED = 4
"""Sign-ins that are there to be ended."""


def posted(url, path, body, *, token="", status=200):
    """Ask for something that must be done; return what is answered."""
    shown = {"authorization": f"Bearer {token}"} if token else {}
    reply = ask(url, "POST", f"/api/v1{path}", body, content_type="application/json", **shown)
    assert reply.status == status, (path, reply.status, reply.body)
    return reply.json if reply.body else {}


def signed_in(url, email, password=PASSWORD):
    """Sign somebody in; return their tokens."""
    return posted(url, "/auth/login", {"email": email, "password": password})


def make_founder(url, token):
    """Make the first administrator with the token from the terminal; return their access token."""
    body = {"token": token, "email": FOUNDER, "full_name": "Founder", "password": PASSWORD}
    posted(url, "/auth/setup", body, status=204)
    return signed_in(url, FOUNDER)["access_token"]


def cast(url, founder, letters, role=UserRole.VIEWER):
    """Add people with ``role``, who set their passwords with tokens from letters, and sign in.

    ``letters`` is handed how many there will be, and returns the token in each, by address. Return what the hooks of Schemathesis work with: who asks (with an ``access_token``), a person who signs in at the
    ``door``, one who is to ``change`` passwords, sign-ins to be ``ended``, one to be ``prolonged``, tokens that
    ``reset`` and ``verify``, and names that are to be ``spared``.
    """
    those = {}
    for email in (ASKER, DOOR, CHANGER, *LOST):
        body = {"email": email, "full_name": email.partition("@")[0], "role": role}
        those[email] = posted(url, "/users", body, token=founder, status=201)["id"]
        posted(url, "/auth/recover", {"email": email}, status=202)
    for email in NEW:
        body = {"email": email, "full_name": "New", "password": PASSWORD}
        posted(url, "/auth/signup", body, status=202)
    tokens = letters(len(those) + len(NEW))
    for email in (ASKER, DOOR, CHANGER):
        posted(url, "/auth/reset", {"token": tokens[email], "password": PASSWORD}, status=204)
    return {
        "asker": signed_in(url, ASKER),
        "door": {"email": DOOR, "password": PASSWORD},
        "change": {"passwords": [PASSWORD, ANOTHER], **signed_in(url, CHANGER)},
        "ended": [signed_in(url, DOOR) for _ in range(OPENED)],
        "prolonged": signed_in(url, DOOR),
        "reset": [tokens[email] for email in LOST],
        "verify": [tokens[email] for email in NEW],
        "password": ANOTHER,
        "spared": [FOUNDER, *those, *those.values()],
    }


def arrived(mailbox, number):
    """Wait for so many letters; return the token in each, by address."""
    eventually(lambda: len(mailbox.got) >= number)
    found = {}
    for envelope, _, _ in mailbox.got:
        lines = message_from_bytes(envelope.content).get_payload().split("\r\n")
        (found[envelope.rcpt_tos[0]],) = [line for line in lines if line.startswith("tocsin_")]
    return found
