"""Mail: a letter handed to a mail server, over TLS."""

import hashlib
import smtplib
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import unquote, urlsplit

from tocsin.addresses import is_this_machine
from tocsin.clock import Clock
from tocsin.errors import Refused, Undelivered
from tocsin.services.courier import Letter

PORTS = {"smtp": 587, "smtps": 465}
TIMEOUT = 10.0
"""Seconds that the server may take for a connection, and for each answer."""

_PERMANENT = 500


class SmtpCourier:
    """Hands letters to the server of ``url``: ``smtps://`` is TLS from the start, ``smtp://`` begins it (STARTTLS).

    On this machine ``smtp://`` goes without. ``sender`` is who the letters are from; ``starttls`` and ``context`` are
    for who knows better.
    """

    def __init__(
        self,
        url: str,
        sender: str,
        *,
        clock: Clock,
        starttls: bool | None = None,
        context: ssl.SSLContext | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        parts = urlsplit(url)
        self._scheme = parts.scheme
        self._host = parts.hostname or ""
        self._port = parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")
        self._sender = sender
        self._domain = parseaddr(sender)[1].rpartition("@")[2]
        self._clock = clock
        self._starttls = not is_this_machine(self._host) if starttls is None else starttls
        self._context = context
        self._timeout = timeout

    def deliver(self, letter: Letter) -> None:
        """Hand a letter over.

        Raises :class:`~tocsin.errors.Undelivered` if that may go well another time, and
        :class:`~tocsin.errors.Refused` if not. What the server said is not repeated, but for its number.
        """
        try:
            written = self._message(letter)
            with self._connected() as server:
                server.send_message(written)
        except smtplib.SMTPRecipientsRefused as error:
            raise _failed(max(code for code, _ in error.recipients.values()), final=True) from None
        except smtplib.SMTPDataError as error:
            raise _failed(error.smtp_code, final=True) from None
        except smtplib.SMTPResponseException as error:
            # Not about the letter: who we are, and whom it is from, can be set right.
            raise _failed(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            message = "the mail server lacks STARTTLS, signing in, or addresses that are not ASCII"
            raise Undelivered(message) from None
        except (smtplib.SMTPException, OSError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            message = f"the mail server could not be reached: {why}"
            raise Undelivered(message) from None
        except ValueError:
            message = "this is no letter that can be sent"
            raise Refused(message) from None

    def _connected(self) -> smtplib.SMTP:
        # Its own name would be looked up, which may take as long as a server that is down.
        context = self._context or ssl.create_default_context()
        if self._scheme == "smtps":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, self._domain, timeout=self._timeout, context=context
            )
        else:
            server = smtplib.SMTP(self._host, self._port, self._domain, timeout=self._timeout)
        try:
            if self._scheme == "smtp" and self._starttls:
                server.starttls(context=context)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self._clock())
        # The same letter, should it be sent twice, is one to whoever reads it.
        digest = hashlib.sha256(f"{letter.to}\n{letter.text}".encode()).hexdigest()[:32]
        message["Message-ID"] = f"<{digest}@{self._domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="7bit")  # a token stays on one line, however it is read
        return message


def _failed(code: int, *, final: bool = False) -> Undelivered:
    said = f"the mail server answered {code}"
    return Refused(said) if final and code >= _PERMANENT else Undelivered(said)
