"""Whether a request comes from Twilio ("Security", "Validating requests"): HMAC-SHA1 over URL and sorted parameters."""

import base64
import hashlib
import hmac
from collections.abc import Iterable


def is_from_twilio(token: str, *, url: str, parameters: Iterable[tuple[str, str]], signature: str) -> bool:
    """Say whether Twilio signed this request with our account's ``token``.

    ``url`` is the one that Twilio was given, scheme and query included, whatever a proxy made of it; ``parameters`` are
    those of the form, decoded; ``signature`` is the header ``X-Twilio-Signature``. It says nothing of the time: the URL
    must be bound to one call.
    """
    if not token:
        return False
    # The same value twice is signed once ("Validating requests"), as Twilio's own libraries do it.
    said = url + "".join(name + value for name, value in sorted(set(parameters)))
    digest = hmac.new(token.encode(), said.encode("utf-8", "replace"), hashlib.sha1).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "replace"))
