"""What the words of an address may be, and what of the secret ones may be seen.

What is refused here is wrong on its face. Where a host name leads is looked at when something is sent there.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, urlsplit

from tocsin.errors import InvalidInput

from .apprise_services import REFUSED_OPTIONS, SERVICES
from .contact import LONGEST_WORD, REPOSITORY, WORDS, ChannelKind, Word
from .people import person
from .user import checked_email

HIDDEN = "set"
"""What is shown of a secret of which nothing may be seen."""

LONGEST_LABEL = 100

NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
"""What a room may be called."""

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN = re.compile(r"[\s().-]+")
_TOKEN = re.compile(r"[!-~]+")
_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9](?:[a-z0-9-]{0,62}))*")
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]{0,30})://\S+")
_REGIONS = ("us", "eu")


class Words(NamedTuple):
    """The words of an address: what may be seen (of secrets a hint), and the secret ones."""

    visible: dict[str, str]
    secret: dict[str, str]


def checked_words(kind: ChannelKind, given: Mapping[str, str], *, private: bool = False) -> Words:
    """Return the words of an address as they are used. What is empty is left out.

    ``private``: networks were allowed that are not public, over http too; which those are is looked at when something is
    sent. Raises :class:`~tocsin.errors.InvalidInput`, which never repeats a secret.
    """
    known = {word.name: word for word in WORDS[kind]}
    said = {name: value.strip() for name, value in given.items() if value.strip()}
    if strange := sorted(set(said) - set(known)):
        message = f"{kind} has no {strange[0][:40]!r}; it takes {', '.join(known)}"
        raise InvalidInput(message)
    if missing := [word.name for word in known.values() if word.required and word.name not in said]:
        message = f"{kind} needs {', '.join(missing)}"
        raise InvalidInput(message)
    visible: dict[str, str] = {}
    secret: dict[str, str] = {}
    for name, word in known.items():
        if name not in said:
            continue
        value = _checked(kind, word, said[name], private=private)
        if word.secret:
            secret[name] = value
        visible[name] = _hint(name, value) if word.secret else value
    return Words(visible, secret)


def checked_label(text: str) -> str:
    """Return what somebody calls one of their ways, on one line; empty: nothing. Raises ``InvalidInput``."""
    label = person(text) if text.strip() else ""
    if len(label) > LONGEST_LABEL:
        message = f"a name of a contact has at most {LONGEST_LABEL} characters"
        raise InvalidInput(message)
    return label


def checked_room_name(text: str) -> str:
    """Return the name of a room, without the ``#`` that it may begin with. Raises ``InvalidInput`` otherwise."""
    name = text.strip().removeprefix("#")
    if not re.fullmatch(NAME, name):
        message = f"{text[:100]!r} cannot be the name of a room: letters, digits, '.', '_' and '-', at most 63"
        raise InvalidInput(message)
    return name


def _checked(kind: ChannelKind, word: Word, value: str, *, private: bool) -> str:
    if len(value) > LONGEST_WORD or not value.isprintable():
        message = f"{kind}: {word.name} has at most {LONGEST_WORD:,} characters, on one line"
        raise InvalidInput(message)
    if word.name == "url":
        return _apprise(value) if kind is ChannelKind.APPRISE else _web(kind, value, private=private)
    return _CHECKS.get(word.name, _token)(value)


def _number(value: str) -> str:
    # The nought in brackets is dialled within the country, and instead of its number.
    number = _BETWEEN.sub("", value.replace("(0)", ""))
    if not _NUMBER.fullmatch(number):
        message = f"{value[:40]!r} is no telephone number"
        raise InvalidInput(message, hint="with its country, as in +49 30 1234567")
    return number


def _region(value: str) -> str:
    if value.lower() not in _REGIONS:
        message = f"there is no region {value[:40]!r}; there are {', '.join(_REGIONS)}"
        raise InvalidInput(message)
    return value.lower()


def _token(value: str) -> str:
    if not _TOKEN.fullmatch(value):
        message = "a key or token has no blanks, and is plain ASCII"
        raise InvalidInput(message)
    return value


def _repository(value: str) -> str:
    if not re.fullmatch(REPOSITORY, value):
        message = f"{value[:100]!r} is no repository: OWNER/NAME"
        raise InvalidInput(message)
    return value


_CHECKS: Mapping[str, Callable[[str], str]] = {
    "email": checked_email,
    "number": _number,
    "region": _region,
    "repository": _repository,
    "labels": str,
    "name": str,
    "channel": _token,
}


def _web(kind: ChannelKind, value: str, *, private: bool) -> str:
    parts = _split(value)
    host = _host(parts)
    if not host or parts.port == 0 or not (parts.scheme == "https" or (private and parts.scheme == "http")):
        message = f"{kind}: the url begins with https:// and a host"
        raise InvalidInput(message)
    if "@" in parts.netloc:
        message = f"{kind}: nobody signs in within the url"
        raise InvalidInput(message, hint="there are other words for secrets, or put it behind the host")
    _public(host, private=private)
    return value


def _apprise(value: str) -> str:
    found = _SCHEME.fullmatch(value)
    if found is None or found[1] not in SERVICES:
        message = "apprise: the url is of no service that is taken: it needs one fixed place on the Internet"
        raise InvalidInput(message, hint="as in tgram://TOKEN/CHAT; a webhook, ntfy and e-mail are kinds of their own")
    given = {name.lower() for name, _ in parse_qsl(value.partition("?")[2], keep_blank_values=True)}
    if refused := sorted(REFUSED_OPTIONS & given):
        message = f"apprise: the option {refused[0]} is not taken"
        raise InvalidInput(message)
    return value


def _split(value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts if not re.search(r"[\s\\]", value) else SplitResult("", "", "", "", "")


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    return host if _literal(host) is not None or _HOST.fullmatch(host) else ""


def _literal(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _public(host: str, *, private: bool) -> None:
    """Refuse what is of no public network, in whatever way it is written."""
    if private:
        return
    literal = _literal(host)
    if literal is None:
        named = "." in host and not host.endswith((".localhost", ".local", ".internal"))
        good = named and not _NUMERIC.fullmatch(host)
    else:
        inside = literal.ipv4_mapped if isinstance(literal, ipaddress.IPv6Address) else None
        good = (inside or literal).is_global
    if not good:
        message = "the url leads to no address of the public network"
        raise InvalidInput(message)


def _hint(name: str, value: str) -> str:
    """Return what may be seen of a secret: of a url where it leads, if that is a place on the web."""
    if name != "url":
        return HIDDEN
    if not value.lower().startswith(("http://", "https://")):
        return f"{value.partition('://')[0]}://..."
    parts = urlsplit(value)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}/..."
