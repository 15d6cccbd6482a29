"""A letter as mail servers take it (RFC 5322): plain text, and HTML beside it if there is some."""

import hashlib
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from tocsin.services.courier import Letter

_LONGEST_LINE = 998
"""Bytes of a line (RFC 5321, section 4.5.3.1.6)."""


def message_id(letter: Letter, sender: str) -> str:
    """Return the id of a letter: the same, should it be sent twice, so that it is one to whoever reads it."""
    of = letter.id or f"{letter.to}\n{letter.text}"
    digest = hashlib.sha256(of.encode("utf-8", "replace")).hexdigest()[:32]
    return f"<{digest}@{parseaddr(sender)[1].rpartition('@')[2]}>"


def written(letter: Letter, sender: str, *, at: datetime) -> EmailMessage:
    """Return the letter with its headers. Raises ValueError for an address or a subject that would add another."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(letter, sender)
    message["Auto-Submitted"] = "auto-generated"
    plain = letter.text.isascii() and all(len(line) <= _LONGEST_LINE for line in letter.text.splitlines())
    message.set_content(letter.text, cte="7bit" if plain else None)  # a token stays on one line, however it is read
    if letter.html:
        message.add_alternative(letter.html, subtype="html")
    return message
