"""What was sent to us, read without trust: a JSON value, and its fields one by one.

Everything that cannot be used is an :class:`~tocsin.errors.InvalidInput` which names the field or the place in one
line, and never repeats more than a little of what was sent. The size of a body is whoever serves HTTP's concern.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from tocsin.errors import InvalidInput, MalformedBody

from .outside import http_link, text
from .times import instant

_LONGEST_SHOWN = 40
_LONGEST_TEXT = 1_000_000  # longer than any body: what is kept of a text is its reader's to say
_DEEPEST_NAME = 4
_LONGEST_NAME = 64  # of a field in somebody's template; what is inside an endless one would be named as endlessly
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def read_json(body: bytes) -> object:
    """Return the JSON value in ``body``. Raises :class:`~tocsin.errors.MalformedBody`, which says where it goes wrong.

    Line breaks and other control characters inside a text are let pass: a script that pastes a log line into its JSON
    has something to say. A name given twice in one object is refused, since nobody can know which one was meant.
    """
    try:
        decoded = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the body is no UTF-8 text: its byte {error.start + 1} does not belong there"
        raise MalformedBody(message) from None
    if not decoded.strip():
        message = "the body is empty; it should hold JSON"
        raise MalformedBody(message)
    try:
        return json.loads(decoded, strict=False, object_pairs_hook=_without_doubles, parse_constant=_refuse)
    except json.JSONDecodeError as error:
        message = f"the body is no JSON: {error.msg}, at line {error.lineno}, column {error.colno}"
        raise MalformedBody(message, hint=_meant(decoded, error)) from None
    except RecursionError:
        message = "the body is nested too deeply"
        raise MalformedBody(message) from None
    except ValueError:
        message = "the body holds a number with thousands of digits"
        raise MalformedBody(message) from None


def shown(value: object) -> str:
    """Return as much of a value as an error may repeat, in quotes and without control characters."""
    return repr(text(str(value), _LONGEST_SHOWN))


def kind(value: object) -> str:
    """Say in two words what kind of JSON value this is."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


class Fields:
    """The fields of one object. A missing one and null are the same; what nobody asks for is passed over."""

    def __init__(self, item: object, name: str) -> None:
        """``name`` is what messages call the whole. Raises :class:`~tocsin.errors.InvalidInput` if it is no object."""
        if not isinstance(item, dict):
            message = f"{name}: it is {kind(item)}; it should be an object"
            raise InvalidInput(message)
        self._item: Mapping[str, object] = item

    def __contains__(self, name: str) -> bool:
        return self._item.get(name) is not None

    def raw(self, name: str) -> object:
        """Return the value as it came."""
        return self._item.get(name)

    def text(self, name: str, longest: int = _LONGEST_TEXT) -> str:
        """Return a text without blanks around it, cut to ``longest`` characters; empty if there is none."""
        value = self._item.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise InvalidInput(f"{name}: it is {kind(value)}; it should be a text")
        return text(value.strip(), longest).strip()

    def first_text(self, names: Iterable[str], longest: int = _LONGEST_TEXT) -> str:
        """Return the first of these texts that is not empty."""
        return next((found for name in names if (found := self.text(name, longest))), "")

    def texts(self, name: str) -> dict[str, str]:
        """Return an object of texts; numbers and truth values in it become the text that JSON has for them."""
        value = self._item.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise InvalidInput(f"{name}: it is {kind(value)}; it should be an object of texts")
        return {
            text(key.strip(), _LONGEST_TEXT): _as_text(entry, f"{name}.{shown(key)[1:-1]}")
            for key, entry in value.items()
            if entry is not None
        }

    def link(self, *names: str) -> str:
        """Return the first of these that is an http(s) address; whatever else they say is left out."""
        return next((link for name in names if (link := http_link(self.text(name)))), "")

    def moment(self, name: str) -> datetime | None:
        """Return a moment in UTC, or None for none and for what stands for none (see :func:`~.times.instant`)."""
        return instant(self._item.get(name), name)


class Named(NamedTuple):
    """A value, and its path as the body writes it."""

    path: str
    value: object


def flat(item: object) -> dict[str, Named]:
    """Return the values of an object and of the objects in it, each by its simplified path.

    ``{"alert": {"actionGroup": ...}}``, ``alert.actionGroup``, ``alert_action_group`` and ``ALERT_ACTIONGROUP`` are all
    ``alertactiongroup``, and so is an ``alert_action_group`` inside ``alert``: people write templates as they like.
    """
    found: dict[str, Named] = {}
    inside = [("", Named("", item))]
    for _ in range(_DEEPEST_NAME):
        # Level by level, so that of two values of one name the outer one counts.
        level, inside = inside, []
        for simple, (path, value) in level:
            if isinstance(value, dict):
                inside += [
                    (_joined(simple, name), Named(f"{path}.{name}".removeprefix("."), inner))
                    for name, inner in value.items()
                    if len(name) <= _LONGEST_NAME
                ]
            elif simple:
                found.setdefault(simple, Named(path, value))
    return found


def _joined(path: str, name: str) -> str:
    simple = _NOT_IN_A_NAME.sub("", name.lower())
    return simple if simple.startswith(path) else path + simple


def _as_text(value: object, name: str) -> str:
    if isinstance(value, str):
        return text(value, _LONGEST_TEXT)
    if isinstance(value, dict | list):
        raise InvalidInput(f"{name}: it is {kind(value)}; it should be a text")
    return json.dumps(value)


def _meant(body: str, error: json.JSONDecodeError) -> str:
    """Return what to do about a body that its sender took for JSON; empty if nobody can tell."""
    if body.startswith("&quot;", error.pos) and body.lstrip().startswith(("{", "[")):
        return "Its quotes were escaped for HTML (&quot;): send it as it was before."
    if error.msg == "Extra data" and body.startswith(("{", "["), error.pos):
        return "It holds several values: send each by itself, or (to /api/v1/alerts) all in one list."
    return ""


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(name for name, _ in pairs).most_common(1)
        message = f"the body names {shown(twice)} twice in one object"
        raise MalformedBody(message)
    return found


def _refuse(constant: str) -> object:
    message = f"the body is no JSON: it has no {constant}"
    raise MalformedBody(message)
