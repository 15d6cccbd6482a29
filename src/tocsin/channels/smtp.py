"""Mail: a letter handed to a mail server, over TLS."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from email.utils import parseaddr
from urllib.parse import unquote, urlsplit

from tocsin.addresses import is_this_machine
from tocsin.clock import Clock
from tocsin.errors import Refused, Undelivered
from tocsin.services.courier import Letter

from .mime import written
from .standing import Standing

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
        with _told():
            message = written(letter, self._sender, at=self._clock())
            with closing(self._connected()) as server:
                server.send_message(message)
                # It was taken: whatever becomes of the good-bye, and however long that takes, it is not sent again.
                with suppress(smtplib.SMTPException, OSError):
                    server.putcmd("QUIT")

    def check(self) -> Standing:
        """Say that the server is there, and lets us in. Raises as :meth:`deliver` does."""
        with _told(), self._connected() as server:
            server.noop()
        return Standing("the mail server lets us in")

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


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong with the mail server as one of our errors."""
    try:
        yield
    except smtplib.SMTPRecipientsRefused as error:
        raise _failed(max(code for code, _ in error.recipients.values()), final=True) from None
    except smtplib.SMTPDataError as error:
        raise _failed(error.smtp_code, final=True) from None
    except smtplib.SMTPResponseException as error:
        # Not about the letter: who we are, and whom it is from, can be set right.
        raise _failed(error.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        why = "the mail server lacks STARTTLS, signing in, or addresses that are not ASCII"
        raise Undelivered(why) from None
    except (smtplib.SMTPException, OSError) as error:
        why = getattr(error, "strerror", None) or type(error).__name__
        said = f"the mail server could not be reached: {why}"
        raise Undelivered(said) from None
    except ValueError:
        why = "this is no letter that can be sent"
        raise Refused(why) from None


def _failed(code: int, *, final: bool = False) -> Undelivered:
    said = f"the mail server answered {code}"
    return Refused(said) if final and code >= _PERMANENT else Undelivered(said)
