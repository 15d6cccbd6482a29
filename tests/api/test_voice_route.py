"""The key that was pressed in a call: signed by Twilio, for the person who was called."""

import base64
import hashlib
import hmac
import xml.etree.ElementTree as ET
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.api.client import ORIGIN, V1, Client
from tests.desk import NOON
from tests.fakes import MemoryStore
from tocsin.domain.access import UserRole
from tocsin.domain.page import Page
from tocsin.entrypoints.page_addresses import MOST_BY_KEY, action_url
from tocsin.services.paging.messages import Messages

VOICE = f"{V1}/twilio/voice"


class Phone:
    """Somebody who is called about incidents."""

    def __init__(self, incidents=1):
        self.client = Client(MemoryStore())
        self.ann = self.client.user("ann@example.com", UserRole.RESPONDER)
        self.incidents = [self.client.opened(f"Number {one}") for one in range(incidents)]

    def url(self, **more):
        """Return where the key goes, as the channel has it."""
        said = {"cycle": 1, "user": self.ann.id, "contact": "account", "channel": "voice", "made_at": NOON} | more
        pages = [Page(id=f"p{one}", incident_id=one, not_before=NOON, **said) for one in self.incidents]
        messages = Messages(link=self.client.parts.callers().links)
        found = {one: self.client.store.incident(one) for one in self.incidents}
        return action_url(messages.of(pages, found, bundle="b", at=NOON))

    def press(self, digits="1", *, url=None, secret="twilio-token", query=None, **form):
        url = self.url() if url is None else url
        form = {"CallSid": "CA1", "To": "+49", "Digits": digits} | form
        said = url + "".join(f"{name}{value}" for name, value in sorted(form.items()))
        signature = base64.b64encode(hmac.new(secret.encode(), said.encode(), hashlib.sha1).digest()).decode()
        return self.client(
            "POST",
            VOICE,
            raw=urlencode(form).encode(),
            token="",
            query=dict_of(parse_qsl(urlsplit(url).query)) if query is None else query,
            content_type="application/x-www-form-urlencoded",
            x_twilio_signature=signature,
        )

    def status(self, incident="INC-1001"):
        return self.client.store.incident(incident).status


def dict_of(pairs):
    """Return a query with every value of a name."""
    found = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def said(reply):
    """Return what is said, of TwiML that can be read."""
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/xml")
    return [one.text for one in ET.fromstring(reply.body)]


def test_the_key_one_acknowledges():
    """As whoever was called, and twice is no error."""
    phone = Phone()
    assert urlsplit(phone.url())._replace(query="").geturl() == f"{ORIGIN}{VOICE}"
    for _ in range(2):
        assert said(phone.press()) == ["INC-1001 is acknowledged.", "Goodbye."]
    assert phone.client.store.incident("INC-1001").acknowledged_by == "ann@example.com"


@pytest.mark.parametrize("digits", ["", "2", "11", "#"])
def test_any_other_key_acknowledges_nothing(digits):
    """Nor does none."""
    phone = Phone()
    assert said(phone.press(digits))[0] == "Nothing was acknowledged."
    assert phone.status() == "detected"


def test_a_call_about_several_acknowledges_all_that_it_told_of():
    """Unless there were so many that nobody knows what they heard: then no key is asked for."""
    phone = Phone(3)
    assert said(phone.press())[0] == " ".join(f"INC-100{one} is acknowledged." for one in (1, 2, 3))
    assert {phone.status(one) for one in phone.incidents} == {"acknowledged"}
    assert Phone(MOST_BY_KEY).url()
    assert Phone(MOST_BY_KEY + 1).url() == ""
    assert Phone().url(user="") == ""


def test_why_not_is_said_aloud():
    """Whoever listens sees no status."""
    phone = Phone(2)
    phone.client.post(f"{V1}/escalate", {"incident_id": "INC-1001"})
    text = said(phone.press())[0]
    assert text.startswith("Not acknowledged: INC-1001 has got worse since this page")
    assert text.endswith("INC-1002 is acknowledged.")
    url = phone.url()
    phone.client.minutes(24 * 60)
    assert "this link is no good" in said(phone.press(url=url))[0]
    assert said(phone.press(url=f"{ORIGIN}{VOICE}?"))[0] == "There is nothing to acknowledge."


def test_what_twilio_did_not_sign_is_refused():
    """Also where its signature is of another call, or nothing says what our address is."""
    phone = Phone()
    other = f"{phone.url()}x"
    replies = [
        phone.press(secret="another"),
        phone.press(query={"token": other.partition("token=")[2]}),
        phone.client.post(VOICE, {"Digits": "1"}, token=""),
    ]
    assert {(one.status, one.problem) for one in replies} == {(401, "sign-in-refused")}
    assert phone.status() == "detected"


def test_without_an_address_of_our_own_nothing_is_of_twilio():
    """What it would have signed is not known."""
    phone = Phone()
    url = phone.url()
    phone.client.settings = phone.client.settings.model_copy(update={"public_url": ""})
    assert phone.press(url=url).status == 401
