"""Whether a request comes from Twilio ("Security", "Validating requests"): HMAC-SHA1 over URL and sorted parameters."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def is_from_twilio(token: str, *, url: str, parameters: Iterable[tuple[str, str]], signature: str) -> bool:
    """Say whether Twilio signed this request with our account's ``token``.

    ``url`` is the one that Twilio was given, scheme and query included, whatever a proxy made of it; ``parameters`` are
    those of the form, decoded; ``signature`` is the header ``X-Twilio-Signature``. It says nothing of the time: the URL
    must be bound to one call.
    """
    if not token:
        return False
    # The same value twice is signed once ("Validating requests"), as Twilio's own libraries do it.
    said = "".join(name + value for name, value in sorted(set(parameters)))
    given = signature.encode("utf-8", "replace")
    signed = [hmac.new(token.encode(), f"{one}{said}".encode("utf-8", "replace"), hashlib.sha1) for one in _either(url)]
    return any(hmac.compare_digest(base64.b64encode(one.digest()), given) for one in signed)


def _either(url: str) -> tuple[str, str]:
    """Return a URL with its port and without: Twilio signs now the one, now the other, and its own libraries take both."""
    host = urlsplit(url).netloc
    bare = re.sub(r":[0-9]*$", "", host)
    other = bare if bare != host else f"{host}:{_PORTS.get(urlsplit(url).scheme, 0)}"
    return url, url.replace(host, other, 1)
