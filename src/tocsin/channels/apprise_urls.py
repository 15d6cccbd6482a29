"""What Apprise reaches: a hundred services, each by a URL of its own ("Supported Notifications").

Only services that have one fixed place on the Internet are taken (:data:`~tocsin.domain.apprise_services.SERVICES`): what a URL itself names as its host,
a file, a program or this machine's screen is not. A redirect is not followed, and a certificate is always checked.
Apprise takes most of a second to load all that it knows, so that this module is imported for the first such page.
"""

import logging
import re
from collections.abc import Collection
from typing import Any

import apprise
from apprise.manager_plugins import NotificationManager

from tocsin.domain.apprise_services import REFUSED_OPTIONS, SERVICES
from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Tells
from tocsin.domain.severity import Severity
from tocsin.errors import Refused, Undelivered
from tocsin.services.channel import Receipt

from .in_time import LONGEST, in_time
from .words import cut, one_line, word

LONGEST_TEXT = 3_000

# It would log numbers and keys: its own words, and at DEBUG each address that requests asks.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
logging.getLogger("urllib3.connectionpool").setLevel(logging.WARNING)

_CALLS = re.compile(r"@(?=(?:everyone|here|channel|all|room)\b)|<(?=[!@#])", re.IGNORECASE)
"""What calls a whole room together where an alert's text should not."""


class AppriseChannel:
    """Sends to the service of a URL, if it is one of ``services``.

    Apprise gives no id, and tells no reason: what fails is tried again.
    """

    def __init__(self, *, services: Collection[str] = SERVICES, longest: float = LONGEST) -> None:
        self._services = services
        self._longest = longest
        self._asset = apprise.AppriseAsset(
            app_id="Tocsin",
            app_desc="Tocsin",
            async_mode=False,
            http_redirects=False,
            allow_templates=False,
            service_timeout=longest,
            secure_logging=True,
        )

    def send(self, message: Message, to: Address) -> Receipt:
        """Send one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        service = parsed(word(to, "url"), self._services)
        known = apprise.Apprise(asset=self._asset)
        made = apprise.Apprise.instantiate(service, asset=self._asset)
        if made is None or not known.add(made):
            why = f"Apprise does not understand this {service['schema']} address"
            raise Refused(why)
        title = _harmless(cut(one_line(message.subject), 250))
        body = _harmless(cut(message.text.strip() or message.short, LONGEST_TEXT))
        try:
            sent = in_time(lambda: _notified(known, title, body, _kind(message)), self._longest)
        except TimeoutError:
            sent = False
        if not sent:
            why = f"Apprise could not hand it to {service['schema']}"
            raise Undelivered(why)
        return Receipt()


def parsed(url: str, services: Collection[str] = SERVICES) -> dict[str, Any]:
    """Return the parts of a URL as Apprise reads it. Raises :class:`~tocsin.errors.Refused` for what is not taken."""
    found = re.match(r"([A-Za-z0-9]{1,20})://", url)
    schema = found.group(1).lower() if found else ""
    if schema not in services:
        why = "Apprise's address is of no service that is taken: it needs one fixed place on the Internet"
        raise Refused(why, hint="A webhook, ntfy and e-mail are channels of their own.")
    plugin: Any = NotificationManager()[schema]  # type: ignore[no-untyped-call]  # Apprise has no types
    try:
        parts = plugin.parse_url(url)
    except Exception:  # noqa: BLE001 - a plugin of a hundred; its words may repeat the URL
        parts = None
    if not isinstance(parts, dict):
        why = f"Apprise does not understand this {schema} address"
        raise Refused(why)
    given = {str(name).lower() for name in parts.get("qsd", {})}
    if refused := sorted(REFUSED_OPTIONS & given):
        why = f"the option {refused[0]} of an Apprise address is not taken"
        raise Refused(why)
    return {**parts, "schema": schema}


def _notified(known: apprise.Apprise, title: str, body: str, kind: apprise.NotifyType) -> bool:
    try:
        return bool(known.notify(body=body, title=title, notify_type=kind, body_format=apprise.NotifyFormat.TEXT))
    except Exception:  # noqa: BLE001 - a plugin of a hundred; it counts as not sent
        return False


def _harmless(text: str) -> str:
    """Return ``text`` with a space of no width in whatever would call everybody."""
    return _CALLS.sub("\\g<0>\u200b", text)


def _kind(message: Message) -> apprise.NotifyType:
    if message.tells in {Tells.ALL_CLEAR, Tells.ACKNOWLEDGED}:
        return apprise.NotifyType.SUCCESS
    if message.severity in {Severity.CRITICAL, Severity.HIGH}:
        return apprise.NotifyType.FAILURE
    return apprise.NotifyType.INFO if message.severity is None else apprise.NotifyType.WARNING
