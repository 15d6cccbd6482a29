"""Twilio's REST API, as messages and calls share it ("Twilio API requests"): a form, basic sign-in, JSON answers."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tocsin.errors import Refused

from .answers import code_in, fields, taken
from .outbound import Outbound
from .standing import Standing
from .words import FORM, header

BASE = "https://api.twilio.com"


class Twilio:
    """One account. ``sid`` is its ``AC...``, ``token`` its auth token, ``sender`` a number of ours."""

    def __init__(self, outbound: Outbound, sid: str, token: str, sender: str, *, base: str = BASE) -> None:
        self._outbound = outbound
        self._account = f"{base}/2010-04-01/Accounts/{sid}"
        self._signed_in = {"Authorization": "Basic " + base64.b64encode(header(f"{sid}:{token}").encode()).decode()}
        self.sender = sender

    def make(self, what: str, form: Mapping[str, str]) -> Mapping[str, Any]:
        """Make a resource ("Messages", "Calls"); return what Twilio says of it. Raises as :func:`taken` does."""
        body = urlencode(form, errors="replace").encode()
        reply = self._outbound.post(f"{self._account}/{what}.json", body, {**FORM, **self._signed_in})
        found = fields(reply)
        taken(reply, "Twilio", why=code_in(found, "code"))
        return found

    def check(self) -> Standing:
        """Say that Twilio knows the account, and that it works. Raises as :func:`taken` does."""
        reply = self._outbound.get(f"{self._account}.json", self._signed_in)
        found = fields(reply)
        taken(reply, "Twilio", why=code_in(found, "code"))
        status = code_in(found, "status")
        if status != "active":
            message = f"Twilio's account is not active ({status or 'it does not say what it is'})"
            raise Refused(message)
        if found.get("type") == "Trial":
            return Standing(
                "Twilio knows the account, a trial: to verified numbers only", "Upgrade it in Twilio's console."
            )
        return Standing("Twilio knows the account")
