"""Looking for secrets in what a program showed: as they are, and in every dress in which they might have got out.

``nowhere(text, ...)`` looks once; :class:`Seen` gathers all that a run writes, and looks at the end::

    seen = Seen(password=PASSWORD, token=token)
    seen.add("the log", log.said)
    seen.nothing()

A secret may be let through where it is meant to be shown, once: ``seen.add("created", said.out, may_show=["token"])``.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 8
"""Letters. Less may stand anywhere by chance."""


def dresses(secret: str) -> Iterator[tuple[str, str]]:
    """Yield each form in which a secret could be recognised, and what that form is called."""
    raw = secret.encode()
    yield "as it is", secret
    yield "backwards", secret[::-1]
    yield "in capitals", secret.upper()
    yield "percent-encoded", quote(secret, safe="")
    yield "as a form", quote_plus(secret)
    yield "as JSON", json.dumps(secret)[1:-1]
    yield "as Python", repr(secret)[1:-1]
    yield "in hexadecimal digits", raw.hex()
    for name in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(name, raw, usedforsecurity=False).digest()
        yield name, digest.hex()
        yield f"{name} in base64", base64.b64encode(digest).decode().rstrip("=")
    # What stands in front of it moves it by up to two bytes; what cannot be affected by its neighbours is looked for.
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + raw).decode().rstrip("=")
        inner = coded[(before * 8 + 5) // 6 : len(coded) - (1 if (before + len(raw)) % 3 else 0)]
        yield "in base64", inner
        yield "in base64 for addresses", inner.translate(str.maketrans("+/", "-_"))


def nowhere(text: object, **secrets: str) -> None:
    """Fail if a secret is in a text, bytes, or anything whose ``str`` or JSON shows it. It names the secret by name."""
    seen = Seen(**secrets)
    seen.add("what was shown", text)
    seen.nothing()


class Seen:
    """All that a run wrote. ``secrets`` are given by name, so that a failure need not show them."""

    def __init__(self, **secrets: str) -> None:
        self.secrets: dict[str, str] = {}
        self._texts: dict[tuple[str, frozenset[str]], str] = {}
        for name, secret in secrets.items():
            self.secret(name, secret)

    def secret(self, name: str, secret: str) -> str:
        """Know one more secret, and return it. Raises ValueError for one so short that it may be there by chance."""
        if len(secret) < SHORTEST:
            message = f"{name} is too short to be looked for"
            raise ValueError(message)
        self.secrets[name] = secret
        return secret

    def add(self, where: str, said: object, *, may_show: tuple[str, ...] = ()) -> None:
        """Keep what was written somewhere; the secrets named in ``may_show`` are meant to be in it.

        What was written twice is looked at once, and reported from where it came first.
        """
        text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
        self._texts.setdefault((text, frozenset(may_show)), where)

    @property
    def found(self) -> list[str]:
        """Each place in which a secret is, what it is called, and in what dress it came."""
        return [
            f"{where}: {name}, {dress}"
            for name, secret in self.secrets.items()
            for dress, form in dresses(secret)
            for (text, may_show), where in self._texts.items()
            if name not in may_show and form in text
        ]

    def nothing(self) -> None:
        """Fail if there is a secret anywhere, or if nothing was looked at."""
        assert any(text for text, _ in self._texts), "nothing was written that could be looked at"
        assert self.secrets, "there is no secret to look for"
        assert not (found := self.found), "; ".join(found)
