"""What the title and the text of a Datadog notification say: they name what a template may have left out.

A title reads ``[P2] [Recovered on {host:web-1}] Disk is full``; the tags are left out where a monitor's
``include_tags`` is off. The text ends with links, and the one to the monitor names the group as the API does.
Pure; nothing here raises over what a notification holds.
"""

import re
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from .datadog_account import is_web_host
from .outside import http_link

_TITLE = re.compile(
    r"\s{0,9}(?:\[P(?P<priority>[1-5])\]\s{0,9})?"
    r"\[(?P<transition>[A-Za-z][A-Za-z -]{1,40}?)(?: on \{(?P<group>[^{}]{1,2000})\})?\]\s{0,9}"
)
_MONITOR = re.compile(r"/monitors/?#?(?P<id>[0-9]{1,19})(?=[/?#&]|$)")
_STATUS, _EDIT = "[Monitor Status](", "[Edit Monitor]("

ALERT, WARN, NO_DATA, OK = "Alert", "Warn", "No Data", "OK"

_TRANSITIONS = {
    "triggered": ALERT, "re-triggered": ALERT,
    "warn": WARN, "re-warn": WARN,
    "no data": NO_DATA, "re-no data": NO_DATA,
}  # fmt: skip
_RENOTIFIED = {"error": ALERT, "warning": WARN}


class Title(NamedTuple):
    """A title in its parts; empty where it does not say."""

    name: str
    transition: str = ""
    group: str = ""
    priority: int | None = None


class Link(NamedTuple):
    """A link to a monitor: the site's address, the monitor, and the group that it shows, if any."""

    web_url: str
    monitor: str
    group: str


def title_parts(title: str) -> Title:
    """Take a title apart. What stands in brackets at its front and is no transition belongs to the name."""
    found = _TITLE.match(title)
    if found is None or not state_word(found["transition"], "error"):
        return Title(title.strip())
    priority = found["priority"]
    return Title(
        title[found.end() :].strip(),
        found["transition"],
        (found["group"] or "").strip(),
        int(priority) if priority else None,
    )


def state_word(transition: str, alert_type: str) -> str:
    """Return the state that a transition leads to, in the words of polling; empty for one that is not known.

    A renewed notification says no more than the type of the alert.
    """
    word = " ".join(transition.casefold().split())
    if word.endswith("recovered"):
        return OK
    return _RENOTIFIED.get(alert_type.casefold(), "") if word == "renotify" else _TRANSITIONS.get(word, "")


def monitor_link(message: str) -> Link | None:
    """Return the link to the monitor that Datadog sets below a message, the last one if there are several.

    A link that a person wrote into the message counts only if it is so named.
    """
    for label in (_STATUS, _EDIT):
        _, found, rest = message.rpartition(label)
        if found and (link := as_monitor_link(rest.partition(")")[0])):
            return link
    return None


def as_monitor_link(address: str) -> Link | None:
    """Return what an address says if it leads to a monitor on one of Datadog's sites."""
    address = address.strip().replace("&amp;", "&")
    if not http_link(address):
        return None
    parts = urlsplit(address)
    found = _MONITOR.search(address)
    if found is None or not is_web_host(parts.hostname or ""):
        return None
    # Older links have the monitor behind a #, and everything else behind that.
    query = address.partition("?")[2].partition("#")[0]
    return Link(f"https://{parts.hostname}", found["id"], parse_qs(query).get("group", [""])[0])


def without_frame(message: str) -> str:
    """Return what the monitor's author wrote: without the marks around it and the links that Datadog sets below."""
    text = message.replace("%%%", "").strip()
    head, found, _ = text.rpartition(f"[{_STATUS}")
    return head.rstrip("- \n") if found else text
